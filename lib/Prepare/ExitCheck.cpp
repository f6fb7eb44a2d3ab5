//===- ExitCheck.cpp - what holds after prepare ----------------------------------------===//

#include "Codes.h"
#include "qopt/Prepare/Passes.h"

#include "dialects/NN/Names.h"

namespace qopt::prepare {
#define GEN_PASS_DEF_PREPAREVERIFYEXIT
#include "qopt/Prepare/Passes.h.inc"
} // namespace qopt::prepare

using namespace mlir;
using namespace qopt;
using namespace qopt::prepare;
using quantize::QParamsOp;

/// The point that makes a value, or null.
static Operation *pointOf(Value value) {
  return isPoint(value.getDefiningOp()) ? value.getDefiningOp() : nullptr;
}

static FlatSymbolRefAttr symbolOfPoint(Operation *point) {
  return point->getAttrOfType<FlatSymbolRefAttr>("qparams");
}

static unsigned numPointsBehind(Value value) { return llvm::count_if(value.getUsers(), isPoint); }

/// Each value is observed once; a second point in a row only where it changes parameters.
static LogicalResult checkPoint(Operation *point) {
  const Value input = point->getOperand(0);
  if (numPointsBehind(input) > 1 && !pointOf(input)) {
    Operation *producer = input.getDefiningOp();
    // Two cats may ask codes that were moved here for two different sets of parameters.
    if (!producer || !moves(producer))
      return point->emitOpError("observes '")
             << nameOf(input) << "', which another point observes already";
  }
  Operation *before = pointOf(input);
  if (before && symbolOfPoint(before) == symbolOfPoint(point))
    return point->emitOpError("repeats the point before it, ") << symbolOfPoint(point);
  return success();
}

/// The symbol whose parameters the codes of `value` have, or null.
static FlatSymbolRefAttr symbolOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isPoint(op))
      return symbolOfPoint(op);
    if (!moves(op) && !shares(op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}

static LogicalResult checkOperand(QuantizableOpInterface op, OpOperand &operand) {
  const OperandRole role = op.getOperandRole(operand.getOperandNumber());
  const bool activation = role == OperandRole::Activation || role == OperandRole::Residual;
  if (readsCodes(operand) && !symbolOf(operand.get()))
    return op.emitOpError("runs on codes but its operand ")
           << operand.getOperandNumber() << " has no quantization point before it";
  Operation *weight = pointOf(operand.get());
  if (role == OperandRole::Weight && (!weight || !isConstant(weight->getOperand(0))))
    return op.emitOpError("runs on codes but its weight is no observed parameter");
  if (!activation && role != OperandRole::Weight && weight)
    return op.emitOpError("has a point behind its ") << stringifyRole(role) << ", which has none";
  return success();
}

/// A point inside exactly where something happens between the accumulator and the result.
static LogicalResult checkMid(QuantizableOpInterface op) {
  if (!isa<FusionRootOpInterface>(op.getOperation()))
    return success();
  const bool wanted = tabulatedAct(op) || hasMidResidual(op);
  auto mid = op->getAttrOfType<FlatSymbolRefAttr>("mid");
  if (wanted != static_cast<bool>(mid))
    return op.emitOpError(wanted ? "needs a point inside, 'mid', before its residual or table"
                                 : "has a point inside, 'mid', without a use for it");
  if (mid && !quantize::lookupQParams(op, mid))
    return op.emitOpError("expected the name of a qopt.qparams as 'mid', got ") << mid;
  return success();
}

static LogicalResult checkResult(QuantizableOpInterface op) {
  if (moves(op) || givesFloat(op)) // what reads a float result has its own border
    return success();
  if (!shares(op)) {
    const unsigned points = numPointsBehind(op->getResult(0));
    if (points == 1 && op->getResult(0).hasOneUse())
      return success();
    return op.emitOpError("runs on codes, so one quantization point must be its result's only "
                          "user; found ")
           << points << (points == 1 ? " point beside other users" : " points");
  }
  const FlatSymbolRefAttr first = symbolOf(op->getOperand(0));
  for (const Value operand : op->getOperands())
    if (symbolOf(operand) != first)
      return op.emitOpError("its operands must share one observer, got ")
             << first << " and " << symbolOf(operand);
  return success();
}

static LogicalResult checkOp(QuantizableOpInterface op) {
  if (!onCodes(op))
    return success();
  for (OpOperand &operand : op->getOpOperands())
    if (failed(checkOperand(op, operand)))
      return failure();
  if (failed(checkMid(op)))
    return failure();
  return checkResult(op);
}

namespace {

struct VerifyExitPass : prepare::impl::PrepareVerifyExitBase<VerifyExitPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool ok = succeeded(nn::verifyNames(module));
    module.walk([&](Operation *op) {
      if (isPoint(op))
        ok &= succeeded(checkPoint(op));
      else if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
        ok &= succeeded(checkOp(quantizable));
    });
    const llvm::DenseSet<StringAttr> used = usedSymbols(module);
    for (QParamsOp qparams : module.getOps<QParamsOp>())
      if (!used.contains(qparams.getSymNameAttr())) {
        qparams.emitOpError("names no point: nothing uses it");
        ok = false;
      }
    if (!ok)
      return signalPassFailure();
    module->setAttr(quantize::QOptDialect::kStageAttr, StringAttr::get(&getContext(), "prepared"));
  }
};

} // namespace
