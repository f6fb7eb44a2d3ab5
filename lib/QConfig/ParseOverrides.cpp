//===- ParseOverrides.cpp - ONNX Runtime's TensorQuantOverrides from JSON ---------------===//

#include "Parse.h"
#include "qopt/QConfig/Encodings.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>

using namespace qopt;
using namespace qopt::qconfig;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

/// "QUInt8" and the like into bits and sign.
static Error readType(const JsonReader &item, Encoding &encoding) {
  std::string type;
  if (Error error = item.optionalOneOf("quant_type", type,
                                       {"QInt8", "QUInt8", "QInt16", "QUInt16", "QInt4", "QUInt4"}))
    return error;
  if (type.empty())
    return Error::success();
  const StringRef text(type);
  encoding.isSigned = !text.starts_with("QU");
  encoding.bits = text.ends_with("16") ? 16 : text.ends_with("4") ? 4 : 8;
  return Error::success();
}

static Error readParameters(const JsonReader &item, Encoding &encoding) {
  if (!item.has("scale") || !item.has("zero_point"))
    return item.error("scale and zero_point come together");
  for (const StringRef key : {"rmin", "rmax", "symmetric"})
    if (item.has(key))
      return item.optional(key)->error("has no meaning beside scale and zero_point");
  if (!encoding.isSigned)
    return item.error("needs 'quant_type', the type that zero_point is of");
  Expected<float> scale = parseScale(*item.optional("scale"));
  if (!scale)
    return scale.takeError();
  const int64_t half = int64_t(1) << (encoding.bits - 1);
  const int64_t low = *encoding.isSigned ? -half : 0;
  Expected<int64_t> zeroPoint = item.optional("zero_point")->integer(low, low + 2 * half - 1);
  if (!zeroPoint)
    return zeroPoint.takeError();
  encoding.scales.push_back(*scale);
  encoding.zeroPoints.push_back(*zeroPoint);
  return Error::success();
}

static Error readRange(const JsonReader &item, Encoding &encoding) {
  constexpr double most = std::numeric_limits<float>::max();
  Encoding::Range range{0.0f, 0.0f, std::nullopt};
  for (auto [key, bound] : {std::pair<StringRef, float *>("rmin", &range.low),
                            std::pair<StringRef, float *>("rmax", &range.high)}) {
    Expected<JsonReader> member = item.required(key);
    if (!member)
      return member.takeError();
    Expected<double> number = member->number(-most, most);
    if (!number)
      return number.takeError();
    *bound = static_cast<float>(*number);
  }
  bool symmetric = false;
  if (Error error = item.optionalBool("symmetric", symmetric))
    return error;
  if (item.has("symmetric"))
    range.symmetric = symmetric;
  if (Error error = checkRange(range.low, range.high, "rmin and rmax"))
    return item.error(llvm::toString(std::move(error)));
  encoding.ranges.push_back(range);
  return Error::success();
}

/// One channel, or the whole tensor. Type and axis of the first hold for the others.
static Error readItem(const JsonReader &item, bool first, Encoding &encoding) {
  if (Error error = item.requireObject())
    return error;
  if (Error error = item.rejectUnknownKeys({"quant_type", "scale", "zero_point", "rmin", "rmax",
                                            "symmetric", "axis", "reduce_range", "convert"}))
    return error;
  for (const StringRef key : {"reduce_range", "convert"})
    if (const auto member = item.optional(key); member && !member->value().isNull())
      if (!member->value().isBool() || member->value().asBool())
        return member->error("is not supported; give scale and zero_point, or rmin and rmax");
  Encoding own = encoding;
  if (Error error = readType(item, own))
    return error;
  if (!first && (own.bits != encoding.bits || own.isSigned != encoding.isSigned))
    return item.optional("quant_type")->error("expected the type of the first channel");
  encoding = own;
  if (item.has("axis")) {
    Expected<int64_t> axis = item.optional("axis")->integer();
    if (!axis)
      return axis.takeError();
    if (!first && *axis != encoding.axis)
      return item.optional("axis")->error("expected the axis of the first channel");
    encoding.axis = *axis;
    encoding.perChannel = true;
  }
  if (item.has("scale") || item.has("zero_point"))
    return readParameters(item, encoding);
  if (item.has("rmin") || item.has("rmax"))
    return readRange(item, encoding);
  return item.error("gives no parameters; expected scale and zero_point, or rmin and rmax (types "
                    "alone are given by --config)");
}

Expected<std::vector<Encoding>> qconfig::parseOverrides(const Json &json, StringRef file) {
  const JsonReader reader(json, file);
  if (Error error = reader.requireObject())
    return std::move(error);
  std::vector<Encoding> result;
  for (const auto &[name, list] : reader.members()) {
    if (Error error = list.requireArray())
      return std::move(error);
    if (list.size() == 0)
      return list.error("expected at least one set of parameters");
    Encoding encoding;
    encoding.name = name;
    encoding.path = list.path();
    for (const auto &[index, item] : llvm::enumerate(list.items()))
      if (Error error = readItem(item, index == 0, encoding))
        return std::move(error);
    if (list.size() > 1 && !encoding.perChannel)
      return list.at(0).error("has no 'axis', but there are " + llvm::Twine(list.size()) +
                              " channels");
    if (!encoding.ranges.empty() && !encoding.scales.empty())
      return list.error("mixes scales and ranges; expected the same keys for each channel");
    result.push_back(std::move(encoding));
  }
  return std::move(result);
}
