//===- Codes.cpp - which ops run on codes, and whose parameters a value has ------------===//

#include "Codes.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::prepare;
using quantize::QOptDialect;

bool prepare::isPoint(Operation *op) {
  return isa_and_present<quantize::ObserveOp, quantize::FakeQuantOp>(op);
}

quantize::QConfigAttr prepare::configOf(Operation *op) {
  return op->getAttrOfType<quantize::QConfigAttr>(QOptDialect::kQConfigAttr);
}

bool prepare::onCodes(Operation *op) {
  return isa_and_present<QuantizableOpInterface>(op) && configOf(op);
}

bool prepare::givesFloat(Operation *op) {
  return onCodes(op) && (op->hasAttr(QOptDialect::kFloatResultAttr) || quantize::isDynamic(op));
}

bool prepare::hasCodes(Value value) {
  return onCodes(value.getDefiningOp()) && !givesFloat(value.getDefiningOp());
}

bool prepare::readsCodes(OpOperand &operand) {
  auto op = dyn_cast<QuantizableOpInterface>(operand.getOwner());
  if (!op || !onCodes(op) || quantize::isDynamic(op))
    return false;
  const OperandRole role = op.getOperandRole(operand.getOperandNumber());
  return role == OperandRole::Activation || role == OperandRole::Residual;
}

static bool hasRule(Operation *op, ResultRule rule) {
  return onCodes(op) && cast<QuantizableOpInterface>(op).getQuantRule().result == rule;
}

bool prepare::moves(Operation *op) { return hasRule(op, ResultRule::SameAs); }
bool prepare::shares(Operation *op) { return hasRule(op, ResultRule::Shared); }

Value prepare::sourceOf(Value value, bool throughPoints) {
  while (Operation *op = value.getDefiningOp()) {
    if (!moves(op) && !(throughPoints && isPoint(op)))
      break;
    value = op->getOperand(0);
  }
  return value;
}

std::string prepare::nameOf(Value value) {
  return isConstant(value) ? constantName(value) : nn::getValueName(value);
}

quantize::QParamsOp prepare::fixedParams(Operation *from, Value value) {
  const std::string name = nameOf(value);
  if (name.empty())
    return {};
  auto symbol = quantize::lookupQParams(from, FlatSymbolRefAttr::get(from->getContext(), name));
  return symbol && symbol.getFixed() ? symbol : quantize::QParamsOp();
}

nn::ActAttr prepare::tabulatedAct(Operation *op) {
  if (quantize::isDynamic(op)) // its activation is float
    return {};
  auto root = dyn_cast<FusionRootOpInterface>(op);
  auto act = root ? dyn_cast_or_null<nn::ActAttr>(root.getFusedActivation()) : nn::ActAttr();
  return act && !act.isClamp() ? act : nn::ActAttr();
}

bool prepare::hasMidResidual(Operation *op) {
  auto root = dyn_cast<FusionRootOpInterface>(op);
  return root && root.getResidualValue() && !configOf(op).getResidualAccumulator() &&
         !quantize::isDynamic(op);
}

/// The rule of the op that a fused activation was, where it bounds the result.
static const QuantRule *ruleOfAct(nn::ActAttr act) {
  switch (act.getKind()) {
  case nn::ActKind::Sigmoid:
    return &nn::SigmoidOp::rule();
  case nn::ActKind::Tanh:
    return &nn::TanhOp::rule();
  case nn::ActKind::HardSigmoid:
    return &nn::HardSigmoidOp::rule();
  default:
    return nullptr;
  }
}

std::optional<std::pair<float, int32_t>> prepare::boundedResult(QuantizableOpInterface op) {
  const QuantRule *rule = &op.getQuantRule();
  if (nn::ActAttr act = tabulatedAct(op))
    rule = ruleOfAct(act);
  if (!rule || rule->result != ResultRule::Fixed)
    return std::nullopt;
  return std::pair(rule->fixedScale, rule->fixedZeroPoint);
}

llvm::DenseSet<StringAttr> prepare::usedSymbols(ModuleOp module) {
  llvm::DenseSet<StringAttr> names;
  if (const auto uses = SymbolTable::getSymbolUses(&module.getBodyRegion()))
    for (const SymbolTable::SymbolUse &use : *uses)
      names.insert(use.getSymbolRef().getRootReference());
  return names;
}
