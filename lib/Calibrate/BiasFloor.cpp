//===- BiasFloor.cpp - weight scales that leave room for the bias (N5)
//---------------------------===//

#include "BiasFloor.h"

#include "qopt/Reference/Constants.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

/// The resolved parameters that a value carries, or null.
static quantize::QParamsOp paramsOf(Operation *op, Value value) {
  const FlatSymbolRefAttr name = carriedSymbol(value);
  quantize::QParamsOp symbol = name ? quantize::lookupQParams(op, name) : quantize::QParamsOp();
  return symbol && symbol.isResolved() ? symbol : quantize::QParamsOp();
}

FailureOr<WeightFloors> calibrate::weightFloors(FusionRootOpInterface op) {
  WeightFloors result;
  if (quantize::isDynamic(op)) // its bias stays float
    return result;
  const Value bias = op.getBiasValue();
  quantize::QParamsOp weight = paramsOf(op, op.getWeightOperand().get());
  quantize::QParamsOp input = paramsOf(op, op->getOperand(0));
  if (!bias || !isConstant(bias) || !weight || !input)
    return result;
  FailureOr<nn::ParameterData<float>> data = constantF32(bias);
  if (failed(data))
    return failure();
  result.weight = weight;
  result.floors.assign(weight.getScales()->size(), 0.0f);
  // Channels repeat over the groups of a transposed convolution; one scale serves all.
  for (auto [channel, value] : llvm::enumerate(data->values())) {
    float &floor = result.floors[channel % result.floors.size()];
    floor = std::max(floor, weightScaleFloor(value, input.getScales()->front()));
  }
  return result;
}

/// Raises the scales of one op's weight; the number of them.
static FailureOr<unsigned> raise(FusionRootOpInterface op) {
  FailureOr<WeightFloors> floors = weightFloors(op);
  if (failed(floors))
    return failure();
  if (!floors->weight)
    return 0u;
  SmallVector<float> scales(*floors->weight.getScales());
  unsigned count = 0, first = 0;
  float before = 0.0f;
  for (auto [channel, floor] : llvm::enumerate(floors->floors)) {
    if (!(scales[channel] < floor))
      continue;
    if (count++ == 0) {
      first = channel;
      before = scales[channel];
    }
    scales[channel] = floor;
  }
  if (!count)
    return 0u;
  SmallVector<int32_t> zeroPoints(*floors->weight.getZeroPoints());
  floors->weight.setQParams(scales, zeroPoints);
  op->emitRemark() << "'" << nn::getValueName(op->getResult(0)) << "': " << count << " of "
                   << scales.size() << " weight scales raised so that the bias fits i32 (N5), the "
                   << "first of channel " << first << " from " << before << " to " << scales[first];
  return count;
}

FailureOr<unsigned> calibrate::raiseWeightScales(ModuleOp module) {
  unsigned raised = 0;
  bool valid = true;
  module.walk([&](FusionRootOpInterface op) {
    const FailureOr<unsigned> count = raise(op);
    valid &= succeeded(count);
    raised += succeeded(count) ? *count : 0;
  });
  if (!valid)
    return failure();
  return raised;
}
