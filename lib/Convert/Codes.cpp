//===- Codes.cpp - quantized types, constants in codes, tables ----------------------===//

#include "Codes.h"

#include "dialects/NN/Parameter.h"
#include "qopt/Support/Numerics.h"

#include "llvm/ADT/StringSet.h"

#include <cfloat>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;

//===-- types -----------------------------------------------------------------------===//

std::string convert::layerName(Operation *op) {
  std::string name = op->getNumResults() ? nn::getValueName(op->getResult(0)) : std::string();
  if (name.empty())
    name = op->getName().getStringRef().str();
  return "'" + name + "'";
}

RankedTensorType convert::withElement(Type tensor, Type element) {
  return RankedTensorType::get(cast<RankedTensorType>(tensor).getShape(), element);
}

quant::UniformQuantizedType convert::uniformType(Type tensor) {
  return dyn_cast_or_null<quant::UniformQuantizedType>(nn::getQuantizedElementType(tensor));
}

CodeSpace convert::codeSpace(quant::UniformQuantizedType type) {
  return {static_cast<float>(type.getScale()), static_cast<int32_t>(type.getZeroPoint()),
          static_cast<int32_t>(type.getStorageTypeMin()),
          static_cast<int32_t>(type.getStorageTypeMax()), type.isSigned()};
}

float convert::scaleOf(quant::QuantizedType type, int64_t channel) {
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type))
    return static_cast<float>(uniform.getScale());
  return static_cast<float>(cast<quant::UniformQuantizedPerAxisType>(type).getScales()[channel]);
}

int32_t convert::zeroPointOf(quant::QuantizedType type, int64_t channel) {
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type))
    return static_cast<int32_t>(uniform.getZeroPoint());
  auto perAxis = cast<quant::UniformQuantizedPerAxisType>(type);
  return static_cast<int32_t>(perAxis.getZeroPoints()[channel]);
}

/// The number of scales of a uniform type.
static int64_t scaleCount(quant::QuantizedType type) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type);
  return perAxis ? static_cast<int64_t>(perAxis.getScales().size()) : 1;
}

quant::QuantizedType convert::biasType(quant::UniformQuantizedType input,
                                       quant::QuantizedType weight, int64_t channels,
                                       int64_t &badChannel) {
  MLIRContext *context = input.getContext();
  const Type storage = IntegerType::get(context, 32);
  const int64_t low = std::numeric_limits<int32_t>::min();
  const int64_t high = std::numeric_limits<int32_t>::max();
  const bool perChannel = isa<quant::UniformQuantizedPerAxisType>(weight);
  const auto inputScale = static_cast<float>(input.getScale());
  SmallVector<double> scales;
  for (int64_t channel = 0; channel < (perChannel ? channels : 1); ++channel) {
    const float scale = inputScale * scaleOf(weight, channel % scaleCount(weight));
    if (!(scale > 0.0f) || !std::isfinite(scale)) {
      badChannel = channel;
      return {};
    }
    scales.push_back(scale);
  }
  if (!perChannel)
    return quant::UniformQuantizedType::get(quant::QuantizationFlags::Signed, storage,
                                            input.getExpressedType(), scales.front(), 0, low, high);
  return quant::UniformQuantizedPerAxisType::get(
      quant::QuantizationFlags::Signed, storage, input.getExpressedType(), scales,
      SmallVector<int64_t>(scales.size(), 0), /*quantizedDimension=*/0, low, high);
}

//===-- tables ----------------------------------------------------------------------===//

ElementsAttr convert::tableAttr(MLIRContext *context, ArrayRef<ByteTable> tables, bool perChannel) {
  SmallVector<int64_t> shape{256};
  if (perChannel)
    shape.insert(shape.begin(), static_cast<int64_t>(tables.size()));
  SmallVector<int8_t, 256> bytes;
  for (const ByteTable &table : tables)
    for (const uint8_t byte : table)
      bytes.push_back(static_cast<int8_t>(byte));
  return DenseElementsAttr::get(RankedTensorType::get(shape, IntegerType::get(context, 8)),
                                ArrayRef<int8_t>(bytes));
}

//===-- constants -------------------------------------------------------------------===//

LogicalResult convert::checkFinite(nn::ParameterOp parameter, Operation *user) {
  FailureOr<nn::ParameterData<float>> data = nn::getF32Data(parameter);
  if (failed(data))
    return failure();
  // First without an exit from the loop, for the many constants that are fine.
  const auto isFine = [](float value) { return std::fabs(value) <= FLT_MAX; };
  unsigned bad = 0;
  for (const float value : data->values())
    bad |= !isFine(value);
  if (!bad)
    return success();
  for (const auto [index, value] : llvm::enumerate(data->values()))
    if (!isFine(value))
      return user->emitError() << layerName(user) << ": constant \"" << parameter.getName()
                               << "\" is " << (std::isnan(value) ? "NaN" : "infinite")
                               << " at element " << index
                               << "; quantization needs finite weights: repair the model, or "
                                  "leave this layer float (null in the configuration)";
  return success();
}

/// Calls `visit(begin, length, channel)` for each run of elements of one channel along `axis`, or
/// once for all with axis -1.
template <typename Visitor>
static void forEachLine(ArrayRef<int64_t> shape, int64_t axis, Visitor visit) {
  const int64_t inner = ShapedType::getNumElements(shape.drop_front(axis + 1));
  const int64_t lines = ShapedType::getNumElements(shape.take_front(axis + 1));
  for (int64_t line = 0; line < lines; ++line)
    visit(line * inner, inner, axis < 0 ? 0 : line % shape[axis]);
}

/// The axis of a per-channel type, or -1; checked against the parameter's shape.
static FailureOr<int64_t> channelAxis(nn::ParameterOp parameter, quant::QuantizedType element,
                                      Operation *user) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
  if (!perAxis)
    return -1;
  const int64_t axis = perAxis.getQuantizedDimension();
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(parameter.getType()).getShape();
  if (axis >= 0 && axis < static_cast<int64_t>(shape.size()) &&
      shape[axis] == static_cast<int64_t>(perAxis.getScales().size()))
    return axis;
  return user->emitError() << layerName(user) << ": constant \"" << parameter.getName()
                           << "\" of type " << parameter.getType() << " has "
                           << perAxis.getScales().size() << " scales along axis " << axis
                           << "; expected one per element of that axis: calibrate again";
}

/// A parameter with the name and discardable attributes of `origin`, behind it and the ones
/// made before.
template <typename T>
Value ConstantCodes::add(nn::ParameterOp origin, quant::QuantizedType element, ArrayRef<T> codes) {
  Operation *&last = lastMade[origin];
  OpBuilder builder(origin->getContext());
  builder.setInsertionPointAfter(last ? last : origin.getOperation());
  nn::ParameterOp parameter =
      nn::createParameter(builder, origin.getLoc(), origin.getName(),
                          convert::withElement(origin.getType(), element), codes);
  parameter->setDiscardableAttrs(llvm::to_vector(origin->getDiscardableAttrs()));
  last = parameter;
  return made[{origin.getResult(), element}] = parameter.getResult();
}

FailureOr<Value> ConstantCodes::quantize(nn::ParameterOp parameter, quant::QuantizedType element,
                                         Operation *user) {
  if (const Value known = made.lookup({parameter.getResult(), element}))
    return known;
  FailureOr<int64_t> axis = channelAxis(parameter, element, user);
  if (failed(axis) || failed(checkFinite(parameter, user)))
    return failure();
  FailureOr<nn::ParameterData<float>> data = nn::getF32Data(parameter);
  if (failed(data))
    return failure();
  const auto low = static_cast<int32_t>(element.getStorageTypeMin());
  const auto high = static_cast<int32_t>(element.getStorageTypeMax());
  std::vector<int8_t> codes(data->size());
  forEachLine(cast<RankedTensorType>(parameter.getType()).getShape(), *axis,
              [&](int64_t begin, int64_t length, int64_t channel) {
                quantizeAll(data->values().slice(begin, length),
                            {scaleOf(element, channel), zeroPointOf(element, channel)}, low, high,
                            &codes[begin]);
              });
  return add<int8_t>(parameter, element, codes);
}

FailureOr<Value> ConstantCodes::quantizeBias(nn::ParameterOp parameter,
                                             quant::QuantizedType element, Operation *user) {
  if (const Value known = made.lookup({parameter.getResult(), element}))
    return known;
  if (failed(checkFinite(parameter, user)))
    return failure();
  FailureOr<nn::ParameterData<float>> data = nn::getF32Data(parameter);
  if (failed(data))
    return failure();
  std::vector<int32_t> codes(data->size());
  for (const auto [channel, value] : llvm::enumerate(data->values())) {
    const float scale = scaleOf(element, static_cast<int64_t>(channel));
    if (!(std::fabs(value / scale) < 0x1p31f))
      return user->emitError() << layerName(user) << ": bias \"" << parameter.getName()
                               << "\" of channel " << channel << " is " << value
                               << ", which no i32 code of scale " << scale
                               << " reaches; calibrate again, so that the weight scale gets its "
                                  "floor abs(bias) / (input scale * 2^30) (N5)";
    // The type's scale is sx * sw, rounded once: a factor of 1 leaves it as it is.
    codes[channel] = numerics::quantizeBias(value, scale, 1.0f);
  }
  return add<int32_t>(parameter, element, codes);
}

FailureOr<Value> ConstantCodes::adoptBias(nn::ParameterOp parameter, quant::QuantizedType element,
                                          Operation *user) {
  if (nn::getQuantizedElementType(parameter.getType()) == element)
    return parameter.getResult();
  if (const Value known = made.lookup({parameter.getResult(), element}))
    return known;
  FailureOr<nn::ParameterData<int32_t>> data = nn::getI32Data(parameter);
  if (failed(data))
    return failure();
  const quant::QuantizedType from = nn::getQuantizedElementType(parameter.getType());
  std::vector<int32_t> codes(data->size());
  size_t changed = 0;
  for (const auto [channel, code] : llvm::enumerate(data->values())) {
    const auto at = static_cast<int64_t>(channel);
    const double wanted = static_cast<double>(code) * scaleOf(from, at) / scaleOf(element, at);
    if (!(std::fabs(wanted) < 0x1p31))
      return user->emitError() << layerName(user) << ": bias \"" << parameter.getName()
                               << "\" of channel " << channel << " would have the code " << wanted
                               << " at the scale of input times weight (N5), beyond i32";
    codes[channel] = static_cast<int32_t>(std::nearbyint(wanted));
    changed += codes[channel] != code;
  }
  if (changed)
    emitRemark(user->getLoc()) << layerName(user) << ": bias \"" << parameter.getName()
                               << "\" has another scale than input times weight (N5); " << changed
                               << " of " << codes.size() << " codes change";
  return add<int32_t>(parameter, element, codes);
}

Value ConstantCodes::dequantize(nn::ParameterOp parameter, quantize::DequantizeOp border) {
  const auto type = cast<RankedTensorType>(border.getType());
  Value &known = made[{parameter.getResult(), type}];
  if (known)
    return known;
  FailureOr<nn::ParameterData<int32_t>> codes = nn::getI32Data(parameter);
  if (failed(codes))
    return border.getResult();
  const quant::QuantizedType from = nn::getQuantizedElementType(parameter.getType());
  std::vector<float> values;
  for (const auto [channel, code] : llvm::enumerate(codes->values()))
    values.push_back(numerics::dequantize(code, scaleOf(from, static_cast<int64_t>(channel)), 0));
  OpBuilder builder(border);
  return known = nn::createParameter(builder, parameter.getLoc(), parameter.getName(),
                                     type.getShape(), ArrayRef<float>(values));
}

void convert::makeParameterNamesUnique(Block &block) {
  llvm::StringSet<> seen;
  for (nn::ParameterOp parameter : block.getOps<nn::ParameterOp>())
    if (!seen.insert(parameter.getName()).second) {
      parameter.setName(nn::uniqueParameterName(parameter, parameter.getName()));
      seen.insert(parameter.getName());
    }
}
