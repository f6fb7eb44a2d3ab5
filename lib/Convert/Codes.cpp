//===- Codes.cpp - quantized types, constants in codes, tables ----------------------===//

#include "Codes.h"

#include "dialects/NN/Parameter.h"
#include "qopt/Reference/Constants.h"
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

LogicalResult convert::checkFinite(ArrayRef<float> values, StringRef name, Operation *user) {
  // First without an exit from the loop, for the many constants that are fine.
  const auto isFine = [](float value) { return std::fabs(value) <= FLT_MAX; };
  unsigned bad = 0;
  for (const float value : values)
    bad |= !isFine(value);
  if (!bad)
    return success();
  const auto found = llvm::find_if(values, [&](float value) { return !isFine(value); });
  return user->emitError() << layerName(user) << ": constant \"" << name << "\" is "
                           << (std::isnan(*found) ? "NaN" : "infinite") << " at element "
                           << found - values.begin()
                           << "; quantization needs finite weights: repair the model, or "
                              "leave this layer float (null in the configuration)";
}

LogicalResult convert::checkFinite(nn::ParameterOp parameter, Operation *user) {
  FailureOr<nn::ParameterData<float>> data = nn::getF32Data(parameter);
  if (failed(data))
    return failure();
  return checkFinite(data->values(), parameter.getName(), user);
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
static FailureOr<int64_t> channelAxis(Value constant, quant::QuantizedType element,
                                      Operation *user) {
  auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
  if (!perAxis)
    return -1;
  const int64_t axis = perAxis.getQuantizedDimension();
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(constant.getType()).getShape();
  if (axis >= 0 && axis < static_cast<int64_t>(shape.size()) &&
      shape[axis] == static_cast<int64_t>(perAxis.getScales().size()))
    return axis;
  return user->emitError() << layerName(user) << ": constant \"" << constantName(constant)
                           << "\" of type " << constant.getType() << " has "
                           << perAxis.getScales().size() << " scales along axis " << axis
                           << "; expected one per element of that axis: calibrate again";
}

/// A parameter with the name and discardable attributes of `origin`, behind it and the ones
/// made before.
template <typename T>
Value ConstantCodes::add(Value origin, quant::QuantizedType element, nn::NewElements<T> codes) {
  Operation *source = origin.getDefiningOp();
  Operation *&last = lastMade[source];
  OpBuilder builder(source->getContext());
  builder.setInsertionPointAfter(last ? last : source);
  const std::string name = constantName(origin);
  const RankedTensorType type = convert::withElement(origin.getType(), element);
  nn::ParameterOp parameter =
      nn::createParameter(builder, origin.getLoc(), name, type,
                          std::move(codes).finish(builder.getContext(), name, type.getShape()));
  parameter->setDiscardableAttrs(llvm::to_vector(source->getDiscardableAttrs()));
  last = parameter;
  return made[{origin, element}] = parameter.getResult();
}

FailureOr<ArrayRef<float>> ConstantCodes::read(Value constant) {
  auto fold = constant.getDefiningOp<quantize::FoldBatchNormOp>();
  if (fold && constant == fold.getFoldedWeight()) {
    folded.resize(cast<RankedTensorType>(constant.getType()).getNumElements());
    if (failed(computeFoldedWeight(fold, folded)))
      return failure();
    return ArrayRef<float>(folded);
  }
  FailureOr<nn::ParameterData<float>> data = constantF32(constant);
  if (failed(data))
    return failure();
  return stored.emplace(std::move(*data)).values();
}

FailureOr<Value> ConstantCodes::quantize(Value constant, quant::QuantizedType element,
                                         Operation *user) {
  if (const Value known = made.lookup({constant, element}))
    return known;
  const FailureOr<int64_t> axis = channelAxis(constant, element, user);
  if (failed(axis))
    return failure();
  const FailureOr<ArrayRef<float>> data = read(constant);
  if (failed(data))
    return failure();
  const auto low = static_cast<int32_t>(element.getStorageTypeMin());
  const auto high = static_cast<int32_t>(element.getStorageTypeMax());
  nn::NewElements<int8_t> codes(static_cast<int64_t>(data->size()));
  bool finite = true;
  forEachLine(cast<RankedTensorType>(constant.getType()).getShape(), *axis,
              [&](int64_t begin, int64_t length, int64_t channel) {
                finite &= quantizeAll(data->slice(begin, length),
                                      {scaleOf(element, channel), zeroPointOf(element, channel)},
                                      low, high, &codes.values()[begin]);
              });
  if (!finite && failed(checkFinite(*data, constantName(constant), user)))
    return failure();
  return add(constant, element, std::move(codes));
}

FailureOr<Value> ConstantCodes::quantizeBias(Value constant, quant::QuantizedType element,
                                             Operation *user) {
  if (const Value known = made.lookup({constant, element}))
    return known;
  const FailureOr<ArrayRef<float>> data = read(constant);
  if (failed(data) || failed(checkFinite(*data, constantName(constant), user)))
    return failure();
  nn::NewElements<int32_t> elements(static_cast<int64_t>(data->size()));
  for (const auto [channel, value] : llvm::enumerate(*data)) {
    const float scale = scaleOf(element, static_cast<int64_t>(channel));
    if (!(std::fabs(value / scale) < 0x1p31f))
      return user->emitError() << layerName(user) << ": bias \"" << constantName(constant)
                               << "\" of channel " << channel << " is " << value
                               << ", which no i32 code of scale " << scale
                               << " reaches; calibrate again, so that the weight scale gets its "
                                  "floor abs(bias) / (input scale * 2^30) (N5)";
    // The type's scale is sx * sw, rounded once: a factor of 1 leaves it as it is.
    elements.values()[channel] = numerics::quantizeBias(value, scale, 1.0f);
  }
  return add(constant, element, std::move(elements));
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
  nn::NewElements<int32_t> elements(static_cast<int64_t>(data->size()));
  const MutableArrayRef<int32_t> codes = elements.values();
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
  return add(parameter, element, std::move(elements));
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
