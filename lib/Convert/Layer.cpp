//===- Layer.cpp - one layer: can it run on codes, and its form that does -----------===//
//
// Reads the op's rule and interfaces only; no op is named here.
//
//===-----------------------------------------------------------------------------===//

#include "Layer.h"

#include "Tables.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Reference/Constants.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;
using quantize::QOptDialect;

bool convert::isPoint(Operation *op) {
  return isa_and_present<quantize::ObserveOp, quantize::FakeQuantOp>(op);
}

FlatSymbolRefAttr convert::pointSymbol(Operation *op) {
  return op->getAttrOfType<FlatSymbolRefAttr>("qparams");
}

FlatSymbolRefAttr convert::midSymbol(Operation *op) {
  return isa<FusionRootOpInterface>(op) ? op->getAttrOfType<FlatSymbolRefAttr>("mid")
                                        : FlatSymbolRefAttr();
}

/// The point over a constant that makes `value`, or null.
static Operation *constantPoint(Value value) {
  Operation *op = value.getDefiningOp();
  return isPoint(op) && isConstant(op->getOperand(0)) ? op : nullptr;
}

/// The i32 codes behind a bias that import took from DequantizeLinear, or null.
static nn::ParameterOp biasCodes(Value value) {
  auto border = value.getDefiningOp<quantize::DequantizeOp>();
  return border ? nn::getParameter(border.getInput()) : nn::ParameterOp();
}

/// The point that reads the result of an op, or null.
static Operation *resultPoint(Value result) {
  for (Operation *user : result.getUsers())
    if (isPoint(user))
      return user;
  return nullptr;
}

//===-- why not ---------------------------------------------------------------------===//

/// "'x'", or "operand 1" for a value without a name.
static std::string operandName(OpOperand &operand) {
  const Value value = operand.get();
  std::string name;
  if (isConstant(value))
    name = constantName(value);
  else if (!isPoint(value.getDefiningOp()))
    name = nn::getValueName(value);
  else
    name = pointSymbol(value.getDefiningOp()).getValue().str();
  return name.empty() ? "operand " + std::to_string(operand.getOperandNumber()) : "'" + name + "'";
}

static std::string reasonOfOperand(OpOperand &operand, OperandRole role, const CodesMap &codes) {
  const Value value = operand.get();
  switch (role) {
  case OperandRole::Activation:
  case OperandRole::Residual:
    if (codes.contains(value) || constantPoint(value))
      return {};
    return "its input " + operandName(operand) + " is float and has no quantization point";
  case OperandRole::Weight:
    if (constantPoint(value))
      return {};
    return "its weight " + operandName(operand) +
           (isConstant(value) ? " has no quantization point" : " is no constant");
  case OperandRole::Bias:
    if (biasCodes(value) || isConstant(value))
      return {};
    break;
  case OperandRole::Parameter:
    if (nn::getParameter(value))
      return {};
    break;
  }
  return "its " + stringifyRole(role).str() + " " + operandName(operand) + " is no constant";
}

std::string convert::reasonForFloat(QuantizableOpInterface op, const CodesMap &codes) {
  if (auto given = op->getAttrOfType<StringAttr>(QOptDialect::kFloatReasonAttr))
    return given.str();
  const QuantRule &rule = op.getQuantRule();
  if (rule.result == ResultRule::Float)
    return rule.kind.str() + " has no integer form (N14)";
  if (!op->hasAttr(QOptDialect::kQConfigAttr))
    return "no configuration entry covers it";
  const bool dynamic = quantize::isDynamic(op);
  for (OpOperand &operand : op->getOpOperands()) {
    const OperandRole role = op.getOperandRole(operand.getOperandNumber());
    if (dynamic && (role == OperandRole::Activation || role == OperandRole::Residual))
      continue; // read as float
    std::string reason = reasonOfOperand(operand, role, codes);
    if (!reason.empty())
      return reason;
  }
  if (dynamic || rule.result == ResultRule::SameAs || rule.result == ResultRule::Shared ||
      op->hasAttr(QOptDialect::kFloatResultAttr))
    return {};
  for (const Value result : op->getResults())
    if (!resultPoint(result))
      return "its result has no quantization point";
  return {};
}

//===-- how -------------------------------------------------------------------------===//

namespace {
/// Builds the quantized form of one op.
class LayerOnCodes {
public:
  LayerOnCodes(QuantizableOpInterface op, CodesMap &codes, ConstantCodes &constants)
      : op(op), codes(codes), constants(constants) {}
  FailureOr<Operation *> run();

private:
  FailureOr<Codes> activation(Value value);
  FailureOr<Value> weight(Value value);
  FailureOr<Value> bias(Value value);
  FailureOr<Value> operand(OpOperand &operand);
  FailureOr<Operation *> runDynamic(DynamicFormOpInterface form);
  LogicalResult setResultTypes(Operation *made);
  LogicalResult checkShared();
  LogicalResult setMid(Operation *made);
  Value operandOfRole(OperandRole role);

  QuantizableOpInterface op;
  CodesMap &codes;
  ConstantCodes &constants;
};
} // namespace

/// The parameters that a symbol was resolved to.
static quant::QuantizedType typeOf(Operation *from, FlatSymbolRefAttr symbol) {
  return quantize::lookupQParams(from, symbol).getQuantizedType();
}

Value LayerOnCodes::operandOfRole(OperandRole role) {
  for (OpOperand &operand : op->getOpOperands())
    if (op.getOperandRole(operand.getOperandNumber()) == role)
      return operand.get();
  return {};
}

FailureOr<Codes> LayerOnCodes::activation(Value value) {
  const auto known = codes.find(value);
  if (known != codes.end())
    return known->second;
  Operation *point = constantPoint(value);
  FailureOr<Value> constant =
      constants.quantize(point->getOperand(0), typeOf(op, pointSymbol(point)), op);
  if (failed(constant))
    return failure();
  if (!uniformType((*constant).getType()))
    return op.emitError() << layerName(op) << ": the constant activation of observer "
                          << pointSymbol(point)
                          << " is per channel; configure per_tensor for it (N1)";
  return codes[value] = {*constant, pointSymbol(point)};
}

FailureOr<Value> LayerOnCodes::weight(Value value) {
  Operation *point = constantPoint(value);
  const quant::QuantizedType type = typeOf(op, pointSymbol(point));
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  const int64_t axis = op.getQuantRule().weightAxis;
  if (perAxis && perAxis.getQuantizedDimension() != axis)
    return op.emitError() << layerName(op) << ": observer " << pointSymbol(point)
                          << " counts channels along axis " << perAxis.getQuantizedDimension()
                          << " of the weight; expected axis " << axis
                          << ", which counts output channels";
  return constants.quantize(point->getOperand(0), type, op);
}

FailureOr<Value> LayerOnCodes::bias(Value value) {
  const Value input = operandOfRole(OperandRole::Activation);
  Operation *weightPoint = constantPoint(operandOfRole(OperandRole::Weight));
  const int64_t channels = cast<RankedTensorType>(value.getType()).getNumElements();
  int64_t badChannel = 0;
  const quant::QuantizedType type =
      biasType(uniformType(codes.lookup(input).value.getType()),
               typeOf(op, pointSymbol(weightPoint)), channels, badChannel);
  if (!type)
    return op.emitError() << layerName(op) << ": input scale times weight scale of channel "
                          << badChannel
                          << " is no positive f32, so the bias has no scale (N5); check the "
                             "scales of "
                          << pointSymbol(weightPoint) << " and of the input";
  if (nn::ParameterOp codes = biasCodes(value))
    return constants.adoptBias(codes, type, op);
  return constants.quantizeBias(value, type, op);
}

FailureOr<Value> LayerOnCodes::operand(OpOperand &operand) {
  switch (op.getOperandRole(operand.getOperandNumber())) {
  case OperandRole::Activation:
  case OperandRole::Residual: {
    FailureOr<Codes> found = activation(operand.get());
    return failed(found) ? FailureOr<Value>(failure()) : found->value;
  }
  case OperandRole::Weight:
    return weight(operand.get());
  case OperandRole::Bias:
    return bias(operand.get());
  case OperandRole::Parameter:
    if (failed(checkFinite(nn::getParameter(operand.get()), op)))
      return failure();
    return operand.get();
  }
  llvm_unreachable("all roles are handled");
}

/// Operands whose codes end up in one tensor need one set of parameters.
LogicalResult LayerOnCodes::checkShared() {
  const Codes first = codes.lookup(op->getOperand(0));
  for (const Value value : op->getOperands().drop_front()) {
    const Codes other = codes.lookup(value);
    if (uniformType(other.value.getType()) != uniformType(first.value.getType()))
      return op.emitError() << layerName(op) << ": its operands must share parameters, but "
                            << first.observer << " gives " << uniformType(first.value.getType())
                            << " and " << other.observer << " gives "
                            << uniformType(other.value.getType())
                            << "; put a qopt.observe of the shared observer behind each operand";
  }
  return success();
}

/// A float result (N6) takes the place of the one before.
LogicalResult LayerOnCodes::setResultTypes(Operation *made) {
  if (op->hasAttr(QOptDialect::kFloatResultAttr)) {
    op->getResult(0).replaceAllUsesWith(made->getResult(0));
    return success();
  }
  const ResultRule rule = op.getQuantRule().result;
  const bool moves = rule == ResultRule::SameAs || rule == ResultRule::Shared;
  for (auto [result, old] : llvm::zip_equal(made->getResults(), op->getResults())) {
    const FlatSymbolRefAttr observer =
        moves ? codes.lookup(op->getOperand(0)).observer : pointSymbol(resultPoint(old));
    const quant::QuantizedType type =
        moves ? nn::getQuantizedElementType(made->getOperand(0).getType()) : typeOf(op, observer);
    result.setType(withElement(old.getType(), type));
    codes[old] = {result, observer};
    made->setAttr(QOptDialect::kObserverAttr, observer);
  }
  return success();
}

/// The quantization point inside a fused group becomes a type; it must be there exactly when
/// something happens between it and the result.
LogicalResult LayerOnCodes::setMid(Operation *made) {
  auto root = dyn_cast<FusionRootOpInterface>(made);
  if (!root)
    return success();
  auto act = dyn_cast_if_present<nn::ActAttr>(root.getFusedActivation());
  const bool tabulated = act && !act.isClamp();
  const bool residual = static_cast<bool>(root.getResidualValue());
  auto config = op->getAttrOfType<quantize::QConfigAttr>(QOptDialect::kQConfigAttr);
  const FlatSymbolRefAttr symbol = midSymbol(op);
  if (residual && tabulated)
    return op.emitError() << layerName(op) << ": a residual and the tabulated activation "
                          << stringifyActKind(act.getKind())
                          << " need two quantization points, but a fused group has one (mid); "
                             "keep the activation an op of its own";
  if (symbol && !residual && !tabulated)
    return op.emitError() << layerName(op) << ": 'mid' " << symbol
                          << " has no use without a residual or a tabulated activation; "
                             "prepare the module again";
  if (!symbol && (tabulated || (residual && !config.getResidualAccumulator())))
    return op.emitError() << layerName(op) << ": 'mid' is missing between the accumulator and the "
                          << (residual ? "residual" : "tabulated activation")
                          << "; prepare the module again"
                          << (residual ? ", or configure residual: accumulator" : "");
  if (symbol)
    made->setAttr("mid", TypeAttr::get(typeOf(op, symbol)));
  return success();
}

/// [N17] the weight becomes codes, all else stays float.
FailureOr<Operation *> LayerOnCodes::runDynamic(DynamicFormOpInterface form) {
  FailureOr<Value> codes = weight(operandOfRole(OperandRole::Weight));
  if (failed(codes))
    return failure();
  OpBuilder builder(op);
  Operation *made = form.buildDynamicForm(builder, *codes);
  op->getResult(0).replaceAllUsesWith(made->getResult(0));
  return made;
}

FailureOr<Operation *> LayerOnCodes::run() {
  if (quantize::isDynamic(op)) {
    auto form = dyn_cast<DynamicFormOpInterface>(op.getOperation());
    if (!form)
      return op.emitError() << layerName(op) << ": " << op.getQuantRule().kind
                            << " has no form for parameters found at run time (N17); configure "
                               "another observer for its activation";
    return runDynamic(form);
  }
  SmallVector<Value> operands;
  for (OpOperand &each : op->getOpOperands()) {
    FailureOr<Value> value = operand(each);
    if (failed(value))
      return failure();
    operands.push_back(*value);
  }
  if (op.getQuantRule().result == ResultRule::Shared && failed(checkShared()))
    return failure();
  OpBuilder builder(op);
  Operation *made = builder.clone(*op.getOperation());
  made->setOperands(operands);
  if (failed(setResultTypes(made)) || failed(setMid(made)) || failed(setTable(op, made)))
    return failure();
  return made;
}

FailureOr<Operation *> convert::buildOnCodes(QuantizableOpInterface op, CodesMap &codes,
                                             ConstantCodes &constants) {
  return LayerOnCodes(op, codes, constants).run();
}
