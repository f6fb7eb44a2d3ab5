//===- SettleFloat.cpp - what cannot run on codes stays float --------------------------===//

#include "Codes.h"
#include "qopt/Prepare/Passes.h"

#include <cmath>

namespace qopt::prepare {
#define GEN_PASS_DEF_PREPARESETTLEFLOAT
#include "qopt/Prepare/Passes.h.inc"
} // namespace qopt::prepare

using namespace mlir;
using namespace qopt;
using namespace qopt::prepare;
using quantize::QOptDialect;

/// The name of an operand in a reason.
static std::string quoted(Value value) {
  const std::string name = nameOf(value);
  return name.empty() ? "a value without a name" : "'" + name + "'";
}

/// Codes can be moved out of this value: it has some, or is an input, which gets some.
static bool canBeMoved(Value value) { return hasCodes(value) || isa<BlockArgument>(value); }

/// Why an op with a qconfig cannot run on codes, or an empty string.
static std::string whyFloat(QuantizableOpInterface op) {
  for (OpOperand &operand : op->getOpOperands()) {
    const OperandRole role = op.getOperandRole(operand.getOperandNumber());
    const bool constant =
        role == OperandRole::Weight || role == OperandRole::Bias || role == OperandRole::Parameter;
    if (constant && !isConstant(operand.get()))
      return "its " + stringifyRole(role).str() + " " + quoted(operand.get()) +
             " is computed, not a constant";
  }
  if (auto pad = dyn_cast<nn::PadOp>(op.getOperation()))
    if (!std::isfinite(pad.getValue().convertToFloat()))
      return "pads with a value that is not finite";
  const ResultRule rule = op.getQuantRule().result;
  if (rule == ResultRule::SameAs && !canBeMoved(op->getOperand(0)))
    return "its input " + quoted(op->getOperand(0)) + " is float";
  if (rule == ResultRule::Shared && llvm::none_of(op->getOperands(), canBeMoved))
    return "its inputs are float";
  return {};
}

/// The codes come from the network's inputs alone and nothing on codes reads the result.
static bool movesUnreadInput(Operation *op) {
  if (!moves(op) && !shares(op))
    return false;
  auto isInput = [](Value value) {
    Operation *source = value.getDefiningOp();
    return !source || (!hasCodes(value) && !isPoint(source));
  };
  for (const Value operand : op->getOperands())
    if (!isInput(sourceOf(operand)))
      return false;
  for (const Value result : op->getResults())
    for (OpOperand &use : result.getUses())
      if (readsCodes(use))
        return false;
  return true;
}

namespace {

struct SettleFloatPass : prepare::impl::PrepareSettleFloatBase<SettleFloatPass> {
  void runOnOperation() override {
    SmallVector<QuantizableOpInterface> ops;
    getOperation().walk([&](QuantizableOpInterface op) { ops.push_back(op); });
    for (QuantizableOpInterface op : ops)
      if (onCodes(op))
        settle(op, whyFloat(op));
    // Last first, so that a chain of moves unravels from its end.
    for (QuantizableOpInterface op : llvm::reverse(ops))
      if (movesUnreadInput(op))
        settle(op, "moves an input that no op on codes reads");
  }

  void settle(QuantizableOpInterface op, const std::string &reason) {
    if (reason.empty())
      return;
    op->removeAttr(QOptDialect::kQConfigAttr);
    op->removeAttr(QOptDialect::kFloatResultAttr);
    op->setAttr(QOptDialect::kFloatReasonAttr, StringAttr::get(&getContext(), reason));
    ++settled;
  }
};

} // namespace
