//===- QOptOps.cpp - verifiers and helpers of the qopt ops --------------------------===//

#include "dialects/QOpt/QOptDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

#include <cmath>

using namespace mlir;
using namespace qopt::quantize;

#define GET_OP_CLASSES
#include "dialects/QOpt/QOptOps.cpp.inc"

quant::QuantizedType qopt::quantize::makeQuantizedType(SpecAttr spec, ArrayRef<float> scales,
                                                       ArrayRef<int32_t> zeroPoints, int64_t axis) {
  MLIRContext *context = spec.getContext();
  const unsigned flags = spec.getIsSigned() ? quant::QuantizationFlags::Signed : 0;
  const Type storage = IntegerType::get(context, spec.getBits());
  const Type expressed = Float32Type::get(context);
  if (axis < 0)
    return quant::UniformQuantizedType::get(flags, storage, expressed, scales.front(),
                                            zeroPoints.front(), spec.getQmin(), spec.getQmax());
  SmallVector<double> wideScales(scales.begin(), scales.end());
  SmallVector<int64_t> wideZeroPoints(zeroPoints.begin(), zeroPoints.end());
  return quant::UniformQuantizedPerAxisType::get(flags, storage, expressed, wideScales,
                                                 wideZeroPoints, static_cast<int32_t>(axis),
                                                 spec.getQmin(), spec.getQmax());
}

quant::QuantizedType QParamsOp::getQuantizedType() {
  if (!isResolved() || getSpec().getBits() > 8)
    return {};
  const int64_t axis = getSpec().isPerChannel() ? static_cast<int64_t>(*getAxis()) : -1;
  return makeQuantizedType(getSpec(), *getScales(), *getZeroPoints(), axis);
}

void QParamsOp::setQParams(ArrayRef<float> scales, ArrayRef<int32_t> zeroPoints) {
  setScales(scales);
  setZeroPoints(zeroPoints);
}

static LogicalResult verifyZeroPoints(QParamsOp op) {
  const SpecAttr spec = op.getSpec();
  const int64_t middle = spec.getIsSigned() ? 0 : int64_t(1) << (spec.getBits() - 1);
  const ArrayRef<int32_t> zeroPoints = *op.getZeroPoints();
  for (const int32_t zeroPoint : zeroPoints) {
    if (zeroPoint < spec.getQmin() || zeroPoint > spec.getQmax())
      return op.emitOpError("[qparams_c4] zero point ")
             << zeroPoint << " lies outside [" << spec.getQmin() << ", " << spec.getQmax() << "]";
    if (spec.isSymmetric() && zeroPoint != middle)
      return op.emitOpError("[qparams_c4] symmetric parameters need zero point ")
             << middle << ", got " << zeroPoint;
  }
  return success();
}

static LogicalResult verifyLearned(QParamsOp op) {
  if (!op.getLearned())
    return success();
  if (op.getFixed() || op.getDerivedFrom())
    return op.emitOpError("[qparams_c7] learned parameters cannot be ")
           << (op.getFixed() ? "fixed" : "derived from others");
  if (op.getLearned()->getZeroPoint() && op.getSpec().isSymmetric())
    return op.emitOpError("[qparams_c7] a symmetric scheme has no zero point to learn");
  return success();
}

LogicalResult QParamsOp::verify() {
  if (failed(verifyLearned(*this)))
    return failure();
  if (getSpec().isPerChannel() && !getAxis())
    return emitOpError("[qparams_c5] per-channel parameters need an 'axis'");
  if (getScales().has_value() != getZeroPoints().has_value() ||
      (getScales() && getScales()->size() != getZeroPoints()->size()))
    return emitOpError("[qparams_c1] expected as many zero points as scales");
  if (!getScales())
    return success();
  if (!getSpec().isPerChannel() && getScales()->size() != 1)
    return emitOpError("[qparams_c2] expected one scale for a per-tensor spec, got ")
           << getScales()->size();
  const ArrayRef<float> scales = *getScales();
  for (const float scale : scales)
    if (!(scale > 0.0f) || !std::isfinite(scale))
      return emitOpError("[qparams_c3] expected positive finite scales, got ") << scale;
  return verifyZeroPoints(*this);
}

LogicalResult QParamsOp::verifySymbolUses(SymbolTableCollection &symbols) {
  const FlatSymbolRefAttr name = getDerivedFromAttr();
  if (!name)
    return success();
  auto source = symbols.lookupNearestSymbolFrom<QParamsOp>(*this, name);
  if (!source || source == *this)
    return emitOpError("[qparams_c6] 'derived_from' expects the name of another qopt.qparams, got ")
           << name;
  const SpecAttr mine = getSpec(), theirs = source.getSpec();
  if (mine.getBits() != theirs.getBits() || mine.getIsSigned() != theirs.getIsSigned() ||
      mine.getQmin() != theirs.getQmin() || mine.getQmax() != theirs.getQmax() ||
      mine.isPerChannel() || theirs.isPerChannel())
    return emitOpError("[qparams_c6] expected the codes of ") << name << ", per tensor";
  return success();
}

bool qopt::quantize::isDynamic(Operation *op) {
  auto config = op->getAttrOfType<QConfigAttr>(QOptDialect::kQConfigAttr);
  return config && config.getActivation().getObserver() == kDynamicObserver &&
         !op->hasAttr(QOptDialect::kFloatReasonAttr);
}

QParamsOp qopt::quantize::lookupQParams(Operation *from, FlatSymbolRefAttr name) {
  return SymbolTable::lookupNearestSymbolFrom<QParamsOp>(from, name);
}

static LogicalResult verifyPoint(Operation *op, FlatSymbolRefAttr name,
                                 SymbolTableCollection &symbols) {
  if (symbols.lookupNearestSymbolFrom<QParamsOp>(op, name))
    return success();
  return op->emitOpError("expected the name of a qopt.qparams, got ") << name;
}

LogicalResult ObserveOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyPoint(*this, getQparamsAttr(), symbols);
}

LogicalResult FakeQuantOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyPoint(*this, getQparamsAttr(), symbols);
}

static LogicalResult verifyQuantized(Operation *op, Value value, StringRef what) {
  const Type element = cast<RankedTensorType>(value.getType()).getElementType();
  auto quantized = dyn_cast<quant::QuantizedType>(element);
  if (!quantized || !quantized.getExpressedType().isF32())
    return op->emitOpError("expected the ")
           << what << " to have a !quant.uniform element type for f32, got " << element;
  return success();
}

LogicalResult FoldBatchNormOp::verify() {
  const auto weight = cast<RankedTensorType>(getWeight().getType());
  if (getFoldedWeight().getType() != weight)
    return emitOpError("[fold_batch_norm_c2] expected the first result to have the weight's type ")
           << weight << ", got " << getFoldedWeight().getType();
  if (!(getEps().convertToDouble() > 0.0))
    return emitOpError("[fold_batch_norm_c3] expected a positive eps, got ")
           << getEps().convertToDouble();
  const auto axis = static_cast<int64_t>(getAxis()), groups = static_cast<int64_t>(getGroups());
  if (axis < 0 || axis >= weight.getRank() || groups < 1)
    return emitOpError("[fold_batch_norm_c4] expected an axis of the weight of rank ")
           << weight.getRank() << " and positive groups, got axis " << axis << ", groups "
           << groups;
  const auto expected =
      RankedTensorType::get({weight.getDimSize(axis) * groups}, weight.getElementType());
  const Value vectors[] = {getBias(), getGamma(), getBeta(), getMean(), getVar(), getFoldedBias()};
  for (const Value value : vectors)
    if (value && value.getType() != expected)
      return emitOpError("[fold_batch_norm_c1] expected one number per output channel, ")
             << expected << ", got " << value.getType();
  return success();
}

LogicalResult QuantizeOp::verify() { return verifyQuantized(*this, getResult(), "result"); }
LogicalResult DequantizeOp::verify() { return verifyQuantized(*this, getInput(), "input"); }
LogicalResult RequantizeOp::verify() {
  if (failed(verifyQuantized(*this, getInput(), "input")))
    return failure();
  return verifyQuantized(*this, getResult(), "result");
}
