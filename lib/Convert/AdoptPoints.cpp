//===- AdoptPoints.cpp - the points of a foreign quantized model --------------------===//
//
// A model that another tool quantized comes with its quantization points: where that tool put
// them, with its parameters. Convert wants a point behind each op that computes, in front of
// what moves codes. This pass moves points where that changes no number, and says why an op
// stays float where it would.
//
//===-----------------------------------------------------------------------------===//

#include "Layer.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Convert/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cmath>

namespace qopt::convert {
#define GEN_PASS_DEF_CONVERTADOPTPOINTS
#include "qopt/Convert/Passes.h.inc"
} // namespace qopt::convert

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;
using quantize::ObserveOp;
using quantize::QOptDialect;

namespace {
class Adopter {
public:
  explicit Adopter(func::FuncOp function) : function(function) {}
  void run();

  unsigned moved = 0, cloned = 0;

private:
  void hoistPoints(QuantizableOpInterface op);
  void sharePoints(QuantizableOpInterface op);
  void splitPoints(QuantizableOpInterface op);
  void setRule(QuantizableOpInterface op);
  void setFloatResult(QuantizableOpInterface op);
  static void reportMixedReaders(QuantizableOpInterface op);
  void observeBefore(OpOperand &operand, FlatSymbolRefAttr symbol);
  std::string whyFloat(QuantizableOpInterface op);

  func::FuncOp function;
  DenseMap<std::pair<Value, Attribute>, Value> points; // made here, by value and symbol
};
} // namespace

//===-- what is known of values -----------------------------------------------------===//

static quant::QuantizedType pointType(Operation *point) {
  return quantize::lookupQParams(point, pointSymbol(point)).getQuantizedType();
}

/// The points that read a value, the first of each type.
static SmallVector<ObserveOp> pointsBehind(Value value) {
  SmallVector<ObserveOp> result;
  for (Operation *user : value.getUsers())
    if (auto point = dyn_cast<ObserveOp>(user))
      result.push_back(point);
  // Users are listed last to first.
  std::reverse(result.begin(), result.end());
  SmallVector<ObserveOp> distinct;
  for (ObserveOp point : result)
    if (llvm::none_of(distinct, [&](ObserveOp p) { return pointType(p) == pointType(point); }))
      distinct.push_back(point);
  return distinct;
}

static bool moves(Operation *op) {
  auto quantizable = dyn_cast_or_null<QuantizableOpInterface>(op);
  if (!quantizable)
    return false;
  const ResultRule rule = quantizable.getQuantRule().result;
  return rule == ResultRule::SameAs || rule == ResultRule::Shared;
}

/// The type of the codes that a value will have, seen through what moves them; null: float.
static quant::QuantizedType gridOf(Value value) {
  Operation *op = value.getDefiningOp();
  while (moves(op))
    op = op->getOperand(0).getDefiningOp();
  return isPoint(op) ? pointType(op) : quant::QuantizedType();
}

//===-- moving points ---------------------------------------------------------------===//

/// Lets an operand be read through a point.
void Adopter::observeBefore(OpOperand &operand, FlatSymbolRefAttr symbol) {
  Value &point = points[{operand.get(), symbol}];
  if (!point) {
    OpBuilder builder(function.getContext());
    builder.setInsertionPointAfterValue(operand.get());
    point = ObserveOp::create(builder, operand.get().getLoc(), operand.get().getType(),
                              operand.get(), symbol);
    ++moved;
  }
  operand.set(point);
}

/// Quantizing commutes with moving elements, and with taking the largest (N2 is monotone): a
/// point behind such an op goes before it, so that it moves codes.
void Adopter::hoistPoints(QuantizableOpInterface op) {
  if (gridOf(op->getOperand(0)))
    return;
  FlatSymbolRefAttr symbol;
  quant::QuantizedType type;
  for (const Value result : op->getResults()) {
    const SmallVector<ObserveOp> behind = pointsBehind(result);
    for (ObserveOp point : behind) {
      if (type && type != pointType(point))
        return; // no one grid for all: the op stays float
      type = pointType(point);
      symbol = pointSymbol(point);
    }
  }
  if (symbol)
    observeBefore(op->getOpOperand(0), symbol);
}

/// The operands of a cat get the parameters of its result, each by N10.
void Adopter::sharePoints(QuantizableOpInterface op) {
  const SmallVector<ObserveOp> behind = pointsBehind(op->getResult(0));
  if (behind.size() != 1)
    return;
  for (OpOperand &operand : op->getOpOperands())
    if (gridOf(operand.get()) != pointType(behind.front()))
      observeBefore(operand, pointSymbol(behind.front()));
}

/// An op whose result is quantized in several ways is computed once for each: requantizing the
/// first would round twice.
void Adopter::splitPoints(QuantizableOpInterface op) {
  if (op->getNumResults() != 1)
    return;
  Value result = op->getResult(0);
  const SmallVector<ObserveOp> behind = pointsBehind(result);
  for (ObserveOp point : llvm::drop_begin(behind, behind.empty() ? 0 : 1)) {
    OpBuilder builder(op);
    builder.setInsertionPointAfter(op);
    Operation *copy = builder.clone(*op.getOperation());
    nn::setValueName(copy, nn::getValueName(result) + "@" + pointSymbol(point).getValue().str());
    const quant::QuantizedType type = pointType(point);
    result.replaceUsesWithIf(copy->getResult(0), [&](OpOperand &use) {
      return isPoint(use.getOwner()) && pointType(use.getOwner()) == type;
    });
    ++cloned;
  }
}

//===-- rules -----------------------------------------------------------------------===//

/// A rule whose specs nobody reads any more: the points stand.
static quantize::QConfigAttr importedRule(MLIRContext *context, bool residualAccumulator) {
  auto spec = [&](bool isSigned) {
    return quantize::SpecAttr::get(context, 8, isSigned, isSigned ? -128 : 0, isSigned ? 127 : 255,
                                   quantize::Scheme::Affine, quantize::Granularity::PerTensor,
                                   "fixed", DictionaryAttr());
  };
  return quantize::QConfigAttr::get(context, spec(false), spec(true), "the imported model",
                                    residualAccumulator);
}

/// Parameters and biases are read as they are: their points say nothing.
static void dropPoints(QuantizableOpInterface op) {
  for (OpOperand &operand : op->getOpOperands()) {
    const OperandRole role = op.getOperandRole(operand.getOperandNumber());
    Operation *point = operand.get().getDefiningOp();
    if ((role == OperandRole::Parameter || role == OperandRole::Bias) && isPoint(point))
      operand.set(point->getOperand(0));
  }
}

/// Why convert would refuse the op, where it does not leave it float by itself.
std::string Adopter::whyFloat(QuantizableOpInterface op) {
  const QuantRule &rule = op.getQuantRule();
  for (OpOperand &operand : op->getOpOperands()) {
    const OperandRole role = op.getOperandRole(operand.getOperandNumber());
    auto perAxis = dyn_cast_or_null<quant::UniformQuantizedPerAxisType>(gridOf(operand.get()));
    if (role == OperandRole::Activation && perAxis)
      return "its constant operand is quantized per channel (N1)";
    if (role == OperandRole::Weight && perAxis &&
        perAxis.getQuantizedDimension() != rule.weightAxis)
      return "its weight is quantized along axis " +
             std::to_string(perAxis.getQuantizedDimension()) + ", not by output channel";
  }
  if (rule.result != ResultRule::Shared)
    return {};
  for (const Value value : op->getOperands())
    if (gridOf(value) && gridOf(value) != gridOf(op->getOperand(0)))
      return "its operands have different parameters, and its result has no quantization point";
  return {};
}

void Adopter::setRule(QuantizableOpInterface op) {
  if (op.getQuantRule().result == ResultRule::Float)
    return; // convert knows why
  dropPoints(op);
  if (quantize::isDynamic(op)) // the importer knows (N17)
    return;
  if (const std::string reason = whyFloat(op); !reason.empty()) {
    op->setAttr(QOptDialect::kFloatReasonAttr, StringAttr::get(op.getContext(), reason));
    return;
  }
  auto root = dyn_cast<FusionRootOpInterface>(op.getOperation());
  const bool accumulates = root && root.getResidualValue();
  op->setAttr(QOptDialect::kQConfigAttr, importedRule(op.getContext(), accumulates));
}

/// A layer whose result the model leaves float gives its accumulator so (N6).
void Adopter::setFloatResult(QuantizableOpInterface op) {
  auto root = dyn_cast<FusionRootOpInterface>(op.getOperation());
  if (!root || quantize::isDynamic(op) || root.getResidualValue() || root.getFusedActivation() ||
      !gridOf(op->getOperand(0)) || !pointsBehind(op->getResult(0)).empty())
    return;
  op->setAttr(QOptDialect::kFloatResultAttr, UnitAttr::get(op.getContext()));
}

/// Codes stand for the value everywhere, also where the model reads it unrounded.
void Adopter::reportMixedReaders(QuantizableOpInterface op) {
  for (const Value result : op->getResults()) {
    const auto reader =
        llvm::find_if(result.getUsers(), [](Operation *user) { return !isPoint(user); });
    if (reader == result.getUsers().end() || pointsBehind(result).empty())
      continue;
    mlir::emitRemark(op.getLoc())
        << "'" << nn::getValueName(result) << "' is read through its quantization point and also "
        << "without one" << (isa<func::ReturnOp>(*reader) ? ", as an output" : "")
        << "; the program reads its codes at both places, so results differ from the model's by "
           "that rounding";
  }
}

void Adopter::run() {
  SmallVector<QuantizableOpInterface> ops;
  function.walk([&](QuantizableOpInterface op) { ops.push_back(op); });
  // From the back: a point may pass several ops.
  for (QuantizableOpInterface op : llvm::reverse(ops)) {
    if (op.getQuantRule().result == ResultRule::SameAs)
      hoistPoints(op);
    if (op.getQuantRule().result == ResultRule::Shared)
      sharePoints(op);
  }
  for (QuantizableOpInterface op : ops)
    if (!moves(op))
      splitPoints(op);
  function.walk([&](QuantizableOpInterface op) {
    setRule(op);
    setFloatResult(op);
    reportMixedReaders(op);
  });
}

namespace {
struct ConvertAdoptPoints : convert::impl::ConvertAdoptPointsBase<ConvertAdoptPoints> {
  using ConvertAdoptPointsBase::ConvertAdoptPointsBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (func::FuncOp function : module.getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      Adopter adopter(function);
      adopter.run();
      moved += adopter.moved;
      cloned += adopter.cloned;
    }
    module->setAttr(QOptDialect::kStageAttr, StringAttr::get(&getContext(), "calibrated"));
  }
};
} // namespace
