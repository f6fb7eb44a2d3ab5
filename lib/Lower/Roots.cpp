//===- Roots.cpp - weights, biases and multipliers of quantized roots ---------------===//

#include "Roots.h"

#include "dialects/NN/Parameter.h"
#include "qopt/Support/Numerics.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace {

/// Scales and zero points of the weight, one per channel of its axis or one for all.
struct WeightParams {
  SmallVector<float> scales;
  SmallVector<int32_t> zeroPoints;
  bool isSigned = true;

  size_t index(int64_t channel) const { return static_cast<size_t>(channel) % scales.size(); }
};

} // namespace

static WeightParams weightParams(quant::QuantizedType type) {
  WeightParams params;
  params.isSigned = type.isSigned();
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    for (const double scale : perAxis.getScales())
      params.scales.push_back(static_cast<float>(scale));
    for (const int64_t zeroPoint : perAxis.getZeroPoints())
      params.zeroPoints.push_back(static_cast<int32_t>(zeroPoint));
    return params;
  }
  const auto uniform = cast<quant::UniformQuantizedType>(type);
  params.scales.push_back(static_cast<float>(uniform.getScale()));
  params.zeroPoints.push_back(static_cast<int32_t>(uniform.getZeroPoint()));
  return params;
}

/// The codes as signed: unsigned ones move by 128 together with their zero points, which
/// changes no product.
static LogicalResult readWeights(const Root &root, WeightParams &params, RootConstants &constants) {
  FailureOr<nn::ParameterData<int8_t>> codes = nn::getI8Data(nn::getParameter(root.weight));
  if (failed(codes))
    return failure();
  constants.weights.assign(codes->begin(), codes->end());
  if (params.isSigned)
    return success();
  for (int8_t &code : constants.weights)
    code = static_cast<int8_t>(static_cast<uint8_t>(code) - 128);
  for (int32_t &zeroPoint : params.zeroPoints)
    zeroPoint -= 128;
  return success();
}

/// [N4] For each output channel abs(bias) + sum abs(w - wz) * max abs(x - zx) within i32.
/// `channelOf` is the output channel of a weight's index along its axis, per group.
static LogicalResult proveAccumulators(Lowering &lowering, const Root &root,
                                       const RootConstants &constants, int32_t outChannels,
                                       const Codes &in) {
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(root.weight.getType()).getShape();
  int64_t inner = 1;
  for (const int64_t size : shape.drop_front(root.weightAxis + 1))
    inner *= size;
  const int64_t axis = shape[root.weightAxis];
  const int64_t outer = static_cast<int64_t>(constants.weights.size()) / (axis * inner);
  // With the channels on axis 1 (IOHW), the inputs of a group follow one another on axis 0.
  const int64_t perGroup = std::max<int64_t>(outer / root.groups, 1);
  std::vector<int64_t> sums(outChannels, 0);
  for (int64_t o = 0, at = 0; o < outer; ++o)
    for (int64_t a = 0; a < axis; ++a) {
      const int64_t channel = root.weightAxis == 0 ? a : o / perGroup * axis + a;
      const int32_t zeroPoint =
          constants.weightZeroPoints.empty() ? 0 : constants.weightZeroPoints[channel];
      for (int64_t i = 0; i < inner; ++i)
        sums[channel] += std::abs(constants.weights[at++] - zeroPoint);
    }
  const int64_t widest = std::max(in.qmax - in.zeroPoint, in.zeroPoint - in.qmin);
  for (int32_t channel = 0; channel < outChannels; ++channel) {
    const int64_t most = sums[channel] * widest + std::abs<int64_t>(constants.bias[channel]);
    if (most > std::numeric_limits<int32_t>::max())
      return lowering.error() << "cannot be compiled: the accumulator of output channel " << channel
                              << " can reach " << most
                              << ", beyond 32 bits (N4); leave this layer in float";
  }
  return success();
}

static LogicalResult readBias(Lowering &lowering, const Root &root, int32_t outChannels,
                              RootConstants &constants) {
  constants.bias.assign(outChannels, 0);
  if (!root.bias)
    return success();
  nn::ParameterOp parameter = nn::getParameter(root.bias);
  if (!parameter)
    return lowering.error() << "cannot be compiled: its bias must be a constant";
  FailureOr<nn::ParameterData<int32_t>> codes = nn::getI32Data(parameter);
  if (failed(codes))
    return failure();
  constants.bias.assign(codes->begin(), codes->end());
  return success();
}

FailureOr<RootConstants> lower::readConstants(Lowering &lowering, const Root &root,
                                              int32_t outChannels, const Codes &in,
                                              const Codes &to) {
  const quant::QuantizedType type = nn::getQuantizedElementType(root.weight.getType());
  if (!type || !nn::getParameter(root.weight))
    return lowering.error() << "cannot be compiled: its weight must be a quantized constant, got "
                            << root.weight.getType();
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
    if (perAxis.getQuantizedDimension() != root.weightAxis)
      return lowering.error() << "cannot be compiled: its weight is quantized along axis "
                              << perAxis.getQuantizedDimension() << ", expected axis "
                              << root.weightAxis;
  WeightParams params = weightParams(type);
  RootConstants constants;
  if (failed(readWeights(root, params, constants)) ||
      failed(readBias(lowering, root, outChannels, constants)))
    return failure();
  if (llvm::any_of(params.zeroPoints, [](int32_t z) { return z != 0; }))
    for (int32_t channel = 0; channel < outChannels; ++channel)
      constants.weightZeroPoints.push_back(params.zeroPoints[params.index(channel)]);
  for (int32_t channel = 0; channel < outChannels; ++channel)
    constants.multipliers.push_back(
        numerics::requantizeMultiplier(in.scale, params.scales[params.index(channel)], to.scale));
  if (failed(proveAccumulators(lowering, root, constants, outChannels, in)))
    return failure();
  return constants;
}

FailureOr<std::optional<Codes>> lower::midOf(Lowering &lowering, const Root &root) {
  if (!root.mid)
    return std::optional<Codes>();
  auto attribute = dyn_cast<TypeAttr>(root.mid);
  auto type = attribute ? dyn_cast<quant::UniformQuantizedType>(attribute.getValue())
                        : quant::UniformQuantizedType();
  if (!type)
    return lowering.error() << "cannot be compiled: 'mid' must be a per-tensor quantized type, got "
                            << root.mid << "; run the convert stage first";
  if (!root.residual && !root.table)
    return lowering.error() << "cannot be compiled: 'mid' without a residual or a table";
  return std::optional<Codes>(codesOf(type));
}

LogicalResult lower::checkTable(Lowering &lowering, ElementsAttr table, int64_t channels) {
  const auto type = cast<ShapedType>(table.getType());
  const bool one = type.getRank() == 1 && type.getDimSize(0) == 256;
  const bool perChannel = channels > 0 && type.getRank() == 2 && type.getDimSize(0) == channels &&
                          type.getDimSize(1) == 256;
  if (type.getElementType().isInteger(8) && (one || perChannel))
    return success();
  auto error = lowering.error() << "cannot be compiled: its table must be tensor<256xi8>";
  if (channels > 0)
    error << " or tensor<" << channels << "x256xi8>";
  return error << ", got " << type;
}
