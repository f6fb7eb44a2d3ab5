//===- Verify.cpp - what holds for every nn op --------------------------------------===//
//
// Upstream's quantized types check less than is needed: a zero point outside the storage
// range, an axis past the rank, or two scales for three channels are accepted there.
//
//===-----------------------------------------------------------------------------===//

#include "dialects/NN/NN.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::nn;

static LogicalResult verifyPerAxis(Operation *op, quant::UniformQuantizedPerAxisType type,
                                   RankedTensorType tensor) {
  const int64_t axis = type.getQuantizedDimension();
  if (axis < 0 || axis >= tensor.getRank())
    return op->emitOpError("[quant_c2] quantized axis ")
           << axis << " lies outside the rank of " << tensor;
  const int64_t channels = tensor.getDimSize(axis);
  if (static_cast<int64_t>(type.getScales().size()) != channels)
    return op->emitOpError("[quant_c3] expected ")
           << channels << " scales for axis " << axis << ", got " << type.getScales().size();
  for (const int64_t zeroPoint : type.getZeroPoints())
    if (zeroPoint < type.getStorageTypeMin() || zeroPoint > type.getStorageTypeMax())
      return op->emitOpError("[quant_c1] zero point ")
             << zeroPoint << " lies outside the storage range [" << type.getStorageTypeMin() << ", "
             << type.getStorageTypeMax() << "]";
  return success();
}

/// [quant_c1] zero points in range, [quant_c2] axis in the rank, [quant_c3] one scale per
/// channel, [quant_c4] expressed type f32.
static LogicalResult verifyElementType(Operation *op, Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return op->emitOpError("expected ranked tensors, got ") << type;
  const Type element = tensor.getElementType();
  if (element.isF32())
    return success();
  auto quantized = dyn_cast<quant::QuantizedType>(element);
  if (!quantized || !quantized.getExpressedType().isF32())
    return op->emitOpError("[quant_c4] expected element type f32 or !quant.uniform for f32, got ")
           << element;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(quantized))
    return verifyPerAxis(op, perAxis, tensor);
  auto uniform = dyn_cast<quant::UniformQuantizedType>(quantized);
  if (!uniform)
    return op->emitOpError("[quant_c4] expected a uniform quantized type, got ") << quantized;
  if (uniform.getZeroPoint() < uniform.getStorageTypeMin() ||
      uniform.getZeroPoint() > uniform.getStorageTypeMax())
    return op->emitOpError("[quant_c1] zero point ")
           << uniform.getZeroPoint() << " lies outside the storage range ["
           << uniform.getStorageTypeMin() << ", " << uniform.getStorageTypeMax() << "]";
  return success();
}

/// [dynamic_linear_c5] the weight alone is in codes.
static LogicalResult verifyDynamic(DynamicLinearOp op) {
  for (const Value value : {op.getInput(), op.getBias(), op.getResidual(), op.getResult()})
    if (value && getQuantizedElementType(value.getType()))
      return op.emitOpError("[dynamic_linear_c5] takes and gives f32 beside its weight, got ")
             << value.getType();
  const quant::QuantizedType weight = getQuantizedElementType(op.getWeight().getType());
  auto perAxis = dyn_cast_if_present<quant::UniformQuantizedPerAxisType>(weight);
  if (!weight || weight.getStorageTypeIntegralWidth() > 8 ||
      (perAxis && perAxis.getQuantizedDimension() != 0))
    return op.emitOpError("[dynamic_linear_c5] expected a weight in codes of at most 8 bits, per "
                          "tensor or along axis 0, got ")
           << op.getWeight().getType();
  return success();
}

/// [quant_c5] activations are quantized per tensor; [quant_c6] an op runs on codes wholly or
/// not at all, but that a root may give its bare accumulator as float ([quant_c9], N6);
/// [quant_c7] moved codes keep their type.
static LogicalResult verifyRule(Operation *op, QuantizableOpInterface quantizable) {
  if (auto dynamic = dyn_cast<DynamicLinearOp>(op))
    return verifyDynamic(dynamic);
  const QuantRule &rule = quantizable.getQuantRule();
  const bool onCodes = computesOnCodes(op);
  for (OpOperand &operand : op->getOpOperands()) {
    const Type type = operand.get().getType();
    const quant::QuantizedType quantized = getQuantizedElementType(type);
    const OperandRole role = quantizable.getOperandRole(operand.getOperandNumber());
    const bool isActivation = role == OperandRole::Activation || role == OperandRole::Residual;
    if (isActivation && isa_and_present<quant::UniformQuantizedPerAxisType>(quantized))
      return op->emitOpError("[quant_c5] operand ")
             << operand.getOperandNumber() << " is an activation and must be quantized per tensor";
    if (role == OperandRole::Parameter && quantized)
      return op->emitOpError("[quant_c6] operand ")
             << operand.getOperandNumber() << " is a parameter that stays float";
    if (role != OperandRole::Parameter && static_cast<bool>(quantized) != onCodes)
      return op->emitOpError("[quant_c6] operand ")
             << operand.getOperandNumber() << " is " << (quantized ? "quantized" : "float")
             << " but the " << (hasFloatResultOfCodes(op) ? "input" : "result") << " is "
             << (onCodes ? "quantized" : "float");
  }
  if (!onCodes)
    return success();
  if (hasFloatResultOfCodes(op)) {
    auto root = cast<FusionRootOpInterface>(op);
    if (root.getResidualValue() || root.getFusedActivation() || op->hasAttr("mid") ||
        op->hasAttr("table"))
      return op->emitOpError("[quant_c9] a float result is the accumulator alone: it allows no "
                             "residual, activation, mid or table behind it (N6)");
    return success();
  }
  if (rule.result == ResultRule::Float)
    return op->emitOpError("[quant_c8] has no integer form: put qopt.dequantize before it and "
                           "qopt.quantize behind it (N14)");
  if (rule.result != ResultRule::SameAs && rule.result != ResultRule::Shared)
    return success();
  const quant::QuantizedType first = getQuantizedElementType(op->getOperand(0).getType());
  auto differs = [&](Value value) { return getQuantizedElementType(value.getType()) != first; };
  if (llvm::any_of(op->getResults(), differs) ||
      (rule.result == ResultRule::Shared && llvm::any_of(op->getOperands(), differs)))
    return op->emitOpError("[quant_c7] moves codes, so inputs and results must have one "
                           "quantized type");
  return success();
}

static LogicalResult verifyShapes(Operation *op) {
  SmallVector<SmallVector<int64_t>> shapes;
  if (failed(cast<ShapeOpInterface>(op).inferResultShapes(shapes)))
    return failure();
  if (shapes.size() != op->getNumResults())
    return op->emitOpError("expected ") << shapes.size() << " results, got " << op->getNumResults();
  for (auto [index, shape] : llvm::enumerate(shapes)) {
    auto type = cast<RankedTensorType>(op->getResult(index).getType());
    bool matches = type.getRank() == static_cast<int64_t>(shape.size());
    for (int64_t i = 0; matches && i < type.getRank(); ++i)
      matches =
          type.isDynamicDim(i) || ShapedType::isDynamic(shape[i]) || type.getDimSize(i) == shape[i];
    if (!matches)
      return op->emitOpError("result ") << index << " has type " << type << " but its shape is "
                                        << RankedTensorType::get(shape, type.getElementType());
  }
  return success();
}

LogicalResult nn::verifyOp(Operation *op) {
  for (const Type type : op->getOperandTypes())
    if (failed(verifyElementType(op, type)))
      return failure();
  for (const Type type : op->getResultTypes())
    if (failed(verifyElementType(op, type)))
      return failure();
  if (failed(verifyShapes(op)))
    return failure();
  return verifyRule(op, cast<QuantizableOpInterface>(op));
}

LogicalResult nn::inferAndSetResultTypes(Operation *op, Type element) {
  SmallVector<SmallVector<int64_t>> shapes;
  if (failed(cast<ShapeOpInterface>(op).inferResultShapes(shapes)))
    return failure();
  if (!element)
    element = cast<RankedTensorType>(op->getOperand(0).getType()).getElementType();
  for (auto [result, shape] : llvm::zip_equal(op->getResults(), shapes))
    result.setType(RankedTensorType::get(shape, element));
  return success();
}

LogicalResult ParameterOp::verify() {
  const auto data = cast<ShapedType>(getValue().getType());
  const auto type = cast<RankedTensorType>(getType());
  if (data.getShape() != type.getShape())
    return emitOpError("[parameter_c1] data of shape ")
           << data << " does not fit the result " << type;
  const Type element = type.getElementType();
  auto quantized = dyn_cast<quant::QuantizedType>(element);
  if (!quantized) {
    if (data.getElementType() != element)
      return emitOpError("[parameter_c2] expected data of element type ")
             << element << ", got " << data.getElementType();
    return success();
  }
  const unsigned storage = quantized.getStorageTypeIntegralWidth();
  const unsigned expected = storage <= 8 ? 8 : storage;
  if (!data.getElementType().isInteger(expected))
    return emitOpError("[parameter_c2] expected codes of type i")
           << expected << " for " << quantized << ", got " << data.getElementType();
  return verifyElementType(*this, type);
}
