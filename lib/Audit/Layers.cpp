//===- Layers.cpp - what the audits read of a converted module ----------------------===//

#include "Layers.h"

#include "dialects/QOpt/QOptDialect.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;
using quantize::QOptDialect;

func::FuncOp audit::mainOf(ModuleOp module) { return module.lookupSymbol<func::FuncOp>("main"); }

std::string audit::layerName(Operation *op) {
  std::string name = op->getNumResults() ? nn::getValueName(op->getResult(0)) : std::string();
  return name.empty() ? op->getName().getStringRef().str() : name;
}

UniformType audit::uniformType(Value value) {
  return value ? dyn_cast_or_null<UniformType>(nn::getQuantizedElementType(value.getType()))
               : UniformType();
}

float audit::scaleOf(quant::QuantizedType type, int64_t channel) {
  if (auto uniform = dyn_cast<UniformType>(type))
    return static_cast<float>(uniform.getScale());
  const ArrayRef<double> scales = cast<quant::UniformQuantizedPerAxisType>(type).getScales();
  return static_cast<float>(scales[channel % static_cast<int64_t>(scales.size())]);
}

int32_t audit::zeroPointOf(quant::QuantizedType type, int64_t channel) {
  if (auto uniform = dyn_cast<UniformType>(type))
    return static_cast<int32_t>(uniform.getZeroPoint());
  const ArrayRef<int64_t> points = cast<quant::UniformQuantizedPerAxisType>(type).getZeroPoints();
  return static_cast<int32_t>(points[channel % static_cast<int64_t>(points.size())]);
}

//===-- roots -----------------------------------------------------------------------===//

std::optional<Root> Root::of(Operation *op) {
  auto fusion = dyn_cast<FusionRootOpInterface>(op);
  auto layer = dyn_cast<QuantizableOpInterface>(op);
  Root root;
  root.output = op->getNumResults() ? uniformType(op->getResult(0)) : UniformType();
  // Without codes behind it, an accumulator may be given as float (N6).
  if (!fusion || !layer || (!root.output && !op->hasAttr(QOptDialect::kFloatResultAttr)))
    return std::nullopt;
  root.op = op;
  root.layer = layerName(op);
  root.activation = op->getOperand(0);
  root.input = uniformType(root.activation);
  const Value weight = fusion.getWeightOperand().get();
  nn::ParameterOp parameter = nn::getParameter(weight);
  root.weight = nn::getQuantizedElementType(weight.getType());
  if (!root.input || !root.weight || !parameter)
    return std::nullopt;
  FailureOr<nn::ParameterData<int8_t>> data = nn::getI8Data(parameter);
  if (failed(data))
    return std::nullopt;
  root.codes.assign(data->begin(), data->end());
  root.shape = llvm::to_vector(cast<RankedTensorType>(weight.getType()).getShape());
  root.axis = layer.getQuantRule().weightAxis;
  root.groups = root.axis == 0 ? 1 : fusion.getWeightGroups();
  root.bias.assign(root.shape[root.axis] * root.groups, 0);
  root.act = fusion.getFusedActivation();
  root.residual = fusion.getResidualValue();
  if (auto mid = op->getAttrOfType<TypeAttr>("mid"))
    root.mid = dyn_cast<UniformType>(mid.getValue());
  if (const Value bias = fusion.getBiasValue()) {
    nn::ParameterOp constant = nn::getParameter(bias);
    if (!constant)
      return std::nullopt;
    FailureOr<nn::ParameterData<int32_t>> codes = nn::getI32Data(constant);
    if (failed(codes) || codes->size() != root.bias.size())
      return std::nullopt;
    root.bias.assign(codes->begin(), codes->end());
    root.biasType = nn::getQuantizedElementType(bias.getType());
  }
  return root;
}

int64_t Root::channelOf(int64_t i) const {
  int64_t inner = 1;
  for (size_t dim = axis + 1; dim < shape.size(); ++dim)
    inner *= shape[dim];
  const int64_t perGroup = elements() / groups;
  return (i / perGroup) * shape[axis] + (i / inner) % shape[axis];
}

int64_t Root::centred(int64_t i) const {
  const int64_t code = weight.isSigned() ? int64_t(codes[i]) : int64_t(uint8_t(codes[i]));
  return code - zeroPointOf(weight, channelOf(i));
}

float Root::weightScale(int64_t channel) const { return scaleOf(weight, channel); }

std::vector<Span> audit::accumulatorSpans(const Root &root) {
  const int64_t zero = root.input.getZeroPoint();
  const int64_t low = root.input.getStorageTypeMin() - zero;
  const int64_t high = root.input.getStorageTypeMax() - zero;
  std::vector<Span> spans(root.channels());
  for (int64_t channel = 0; channel < root.channels(); ++channel) {
    spans[channel].low = std::min<int64_t>(root.bias[channel], 0);
    spans[channel].high = std::max<int64_t>(root.bias[channel], 0);
  }
  for (int64_t i = 0; i < root.elements(); ++i) {
    const int64_t weight = root.centred(i);
    Span &span = spans[root.channelOf(i)];
    // 0: the term of a position in the padding, or one that is not added yet.
    span.low += std::min({weight * low, weight * high, int64_t(0)});
    span.high += std::max({weight * low, weight * high, int64_t(0)});
  }
  return spans;
}
