//===- Evaluator.cpp - what an op's evaluator sees -----------------------------------===//

#include "lib/Reference/Evaluator.h"

#include "qopt/Support/Text.h"

#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

const RuntimeValue *OpContext::find(Value value) const {
  if (!value)
    return nullptr;
  for (OpOperand &operand : op->getOpOperands())
    if (operand.get() == value)
      return operands[operand.getOperandNumber()];
  llvm_unreachable("not an operand");
}

SmallVector<int64_t> OpContext::resultShape(unsigned index) const {
  SmallVector<int64_t> shape(cast<RankedTensorType>(op->getResult(index).getType()).getShape());
  for (auto [dim, size] : llvm::enumerate(shape)) {
    if (!ShapedType::isDynamic(size))
      continue;
    size = 1;
    for (auto [operand, value] : llvm::zip_equal(op->getOperands(), operands)) {
      auto type = cast<RankedTensorType>(operand.getType());
      if (dim < static_cast<size_t>(type.getRank()) && type.isDynamicDim(dim)) {
        size = value->data.dim(dim);
        break;
      }
    }
  }
  return shape;
}

bool reference::isConfigured(QuantizableOpInterface op) {
  return op.getQuantRule().result != ResultRule::Float &&
         op->hasAttr(quantize::QOptDialect::kQConfigAttr) &&
         !op->hasAttr(quantize::QOptDialect::kFloatReasonAttr);
}

bool OpContext::givesFloat() const {
  return mode == EvalMode::Codes
             ? nn::hasFloatResultOfCodes(op)
             : op->hasAttr(quantize::QOptDialect::kFloatResultAttr) || isDynamic();
}

bool OpContext::runsOnCodes() const {
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  if (!quantizable || !isConfigured(quantizable) || (!resultQuant() && !givesFloat()))
    return false;
  for (auto [index, value] : llvm::enumerate(operands)) {
    const OperandRole role = quantizable.getOperandRole(index);
    const bool readsFloat = role == OperandRole::Parameter || role == OperandRole::Bias ||
                            (isDynamic() && role != OperandRole::Weight);
    if (!readsFloat && !value->quant)
      return false;
  }
  return true;
}

llvm::Error OpContext::error(const Twine &message) const {
  std::string name = op->getNumResults() ? nn::getValueName(op->getResult(0)) : std::string();
  return makeError("op '" + name + "' (" + op->getName().getStringRef() + "): " + message);
}

//===-- constants -------------------------------------------------------------------===//

static DType dtypeOf(Type element, const TensorQuant *quant) {
  if (quant)
    return quant->codeDType();
  return element.isInteger(8) ? DType::I8 : element.isInteger(32) ? DType::I32 : DType::F32;
}

llvm::Expected<Tensor> reference::constantData(ElementsAttr value, const TensorQuant *quant) {
  const auto type = cast<ShapedType>(value.getType());
  const Type element = type.getElementType();
  if (!element.isF32() && !element.isInteger(8) && !element.isInteger(16) && !element.isInteger(32))
    return makeError("constants of this element type are not known here; expected f32, i8, i16 "
                     "or i32");
  const DType dtype = dtypeOf(element, quant);
  if (dtypeSize(dtype) * 8 != element.getIntOrFloatBitWidth())
    return makeError("data of " + Twine(element.getIntOrFloatBitWidth()) + " bits does not fit " +
                     dtypeName(dtype));
  Tensor result = Tensor::empty(dtype, type.getShape());
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || static_cast<int64_t>(blob->getData().size()) != result.bytes())
      return makeError("resource '" + resource.getRawHandle().getKey() + "' holds " +
                       Twine(blob ? blob->getData().size() : 0) + " bytes, expected " +
                       Twine(result.bytes()) + "; the file is truncated or was edited");
    std::memcpy(result.raw(), blob->getData().data(), result.bytes());
    return result;
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return makeError("expected a dense constant or a resource");
  const ArrayRef<char> raw = dense.getRawData();
  const int64_t step = dense.isSplat() ? static_cast<int64_t>(raw.size()) : result.bytes();
  for (int64_t at = 0; at < result.bytes(); at += step)
    std::memcpy(result.raw() + at, raw.data(), step);
  return result;
}

//===-- parameters ------------------------------------------------------------------===//

QuantPtr reference::quantOf(quantize::QParamsOp symbol) {
  const quantize::SpecAttr spec = symbol.getSpec();
  auto quant = std::make_shared<TensorQuant>();
  quant->scales.assign(symbol.getScales()->begin(), symbol.getScales()->end());
  quant->zeroPoints.assign(symbol.getZeroPoints()->begin(), symbol.getZeroPoints()->end());
  quant->axis = spec.isPerChannel() ? static_cast<int64_t>(*symbol.getAxis()) : -1;
  quant->bits = spec.getBits();
  quant->isSigned = spec.getIsSigned();
  quant->qmin = static_cast<int32_t>(spec.getQmin());
  quant->qmax = static_cast<int32_t>(spec.getQmax());
  return quant;
}

QuantPtr reference::quantOf(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    type = tensor.getElementType();
  auto element = dyn_cast<quant::QuantizedType>(type);
  if (!element)
    return nullptr;
  auto quant = std::make_shared<TensorQuant>();
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element)) {
    for (const double scale : perAxis.getScales())
      quant->scales.push_back(static_cast<float>(scale));
    for (const int64_t zeroPoint : perAxis.getZeroPoints())
      quant->zeroPoints.push_back(static_cast<int32_t>(zeroPoint));
    quant->axis = perAxis.getQuantizedDimension();
  } else {
    auto uniform = cast<quant::UniformQuantizedType>(element);
    quant->scales.push_back(static_cast<float>(uniform.getScale()));
    quant->zeroPoints.push_back(static_cast<int32_t>(uniform.getZeroPoint()));
  }
  quant->bits = element.getStorageTypeIntegralWidth();
  quant->isSigned = element.isSigned();
  quant->qmin = static_cast<int32_t>(element.getStorageTypeMin());
  quant->qmax = static_cast<int32_t>(element.getStorageTypeMax());
  return quant;
}
