//===- ParseEncodings.cpp - AIMET encodings from JSON -----------------------------------===//

#include "Parse.h"
#include "qopt/QConfig/Encodings.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace qopt;
using namespace qopt::qconfig;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {
class EncodingParser {
public:
  explicit EncodingParser(const JsonReader &reader) : reader(reader) {}

  Expected<std::vector<Encoding>> run() {
    if (Error error = reader.requireObject())
      return std::move(error);
    Expected<JsonReader> version = reader.required("version");
    if (!version)
      return version.takeError();
    Expected<std::string> number = version->oneOf({"0.6.1", "1.0.0"});
    if (!number)
      return number.takeError();
    for (const StringRef group : {"activation_encodings", "param_encodings"}) {
      const auto member = reader.optional(group);
      if (!member)
        continue;
      if (Error error = *number == "1.0.0" ? list(*member) : table(*member))
        return std::move(error);
    }
    return std::move(encodings);
  }

private:
  /// 1.0.0: [{"name": ..., "enc_type": ..., "bw": ..., "scale": [...], "offset": [...]}, ...].
  Error list(const JsonReader &group) {
    if (Error error = group.requireArray())
      return error;
    for (const JsonReader &item : group.items()) {
      if (Error error = item.requireObject())
        return error;
      Expected<JsonReader> name = item.required("name");
      if (!name)
        return name.takeError();
      Expected<std::string> text = name->string();
      if (!text)
        return text.takeError();
      if (!names.insert(*text).second)
        return item.error("a second encoding of '" + *text + "'");
      if (Error error = listed(item, *text))
        return error;
    }
    return Error::success();
  }

  Error listed(const JsonReader &item, StringRef name) {
    Expected<bool> isFloat = readDtype(item, {"INT", "FLOAT"});
    if (!isFloat || *isFloat)
      return isFloat.takeError();
    Expected<JsonReader> type = item.required("enc_type");
    if (!type)
      return type.takeError();
    Expected<std::string> kind = type->oneOf({"PER_TENSOR", "PER_CHANNEL"});
    if (!kind)
      return kind.takeError();
    Encoding encoding;
    encoding.name = name.str();
    encoding.path = item.path();
    encoding.perChannel = *kind == "PER_CHANNEL";
    if (Error error = readBits(item, "bw", encoding))
      return error;
    Expected<JsonReader> scales = requiredArray(item, "scale");
    if (!scales)
      return scales.takeError();
    Expected<JsonReader> offsets = requiredArray(item, "offset");
    if (!offsets)
      return offsets.takeError();
    if (scales->size() != offsets->size() || scales->size() == 0 ||
        (!encoding.perChannel && scales->size() != 1))
      return item.error("expected as many offsets as scales, one of each for PER_TENSOR; got " +
                        llvm::Twine(scales->size()) + " scales and " +
                        llvm::Twine(offsets->size()) + " offsets");
    for (auto [scale, offset] : llvm::zip_equal(scales->items(), offsets->items()))
      if (Error error = add(scale, offset, encoding))
        return error;
    encodings.push_back(std::move(encoding));
    return Error::success();
  }

  /// 0.6.1: {"name": [{"bitwidth": ..., "scale": ..., "offset": ...}, one for each channel]}.
  Error table(const JsonReader &group) {
    if (Error error = group.requireObject())
      return error;
    for (const auto &[name, channels] : group.members()) {
      if (channels.value().isObject())
        return channels.error("is by the inputs and outputs of a PyTorch module; expected an array "
                              "by the ONNX model's tensor names, as in the .encodings file that "
                              "AIMET writes beside the ONNX model");
      if (Error error = channels.requireArray())
        return error;
      if (channels.size() == 0)
        return channels.error("expected at least one encoding");
      if (!names.insert(name).second)
        return channels.error("a second encoding of '" + name + "'");
      if (Error error = rows(name, channels))
        return error;
    }
    return Error::success();
  }

  Error rows(StringRef name, const JsonReader &channels) {
    Encoding encoding;
    encoding.name = name.str();
    encoding.path = channels.path();
    encoding.perChannel = channels.size() > 1;
    for (const auto &[index, channel] : llvm::enumerate(channels.items())) {
      if (Error error = channel.requireObject())
        return error;
      Expected<bool> isFloat = readDtype(channel, {"int", "float"});
      if (!isFloat || *isFloat)
        return isFloat.takeError();
      const int before = encoding.bits;
      if (Error error = readBits(channel, "bitwidth", encoding))
        return error;
      if (index > 0 && encoding.bits != before)
        return channel.error("expected the bitwidth of the other channels, " + llvm::Twine(before) +
                             ", got " + llvm::Twine(encoding.bits));
      Expected<JsonReader> scale = channel.required("scale");
      if (!scale)
        return scale.takeError();
      Expected<JsonReader> offset = channel.required("offset");
      if (!offset)
        return offset.takeError();
      if (Error error = add(*scale, *offset, encoding))
        return error;
    }
    encodings.push_back(std::move(encoding));
    return Error::success();
  }

  static Expected<JsonReader> requiredArray(const JsonReader &item, StringRef key) {
    Expected<JsonReader> member = item.required(key);
    if (member)
      if (Error error = member->requireArray())
        return std::move(error);
    return member;
  }

  /// Whether the tensor is float; an integer one where the file does not say.
  static Expected<bool> readDtype(const JsonReader &item, llvm::ArrayRef<StringRef> choices) {
    std::string dtype = choices[0].str();
    if (Error error = item.optionalOneOf("dtype", dtype, choices))
      return std::move(error);
    return dtype == choices[1];
  }

  static Error readBits(const JsonReader &item, StringRef key, Encoding &encoding) {
    Expected<JsonReader> member = item.required(key);
    if (!member)
      return member.takeError();
    Expected<int64_t> bits = member->integer(2, 32);
    if (!bits)
      return bits.takeError();
    encoding.bits = static_cast<int>(*bits);
    return Error::success();
  }

  /// x = (q + offset) * scale with q from 0 on, so the zero point is -offset.
  static Error add(const JsonReader &scale, const JsonReader &offset, Encoding &encoding) {
    Expected<float> value = parseScale(scale);
    if (!value)
      return value.takeError();
    const double least = 1.0 - static_cast<double>(int64_t(1) << encoding.bits);
    Expected<double> number = offset.number(least, 0.0);
    if (!number)
      return number.takeError();
    const auto zeroPoint = static_cast<int64_t>(-*number);
    if (static_cast<double>(zeroPoint) != -*number)
      return offset.expected("a whole number");
    encoding.scales.push_back(*value);
    encoding.zeroPoints.push_back(zeroPoint);
    return Error::success();
  }

  const JsonReader &reader;
  std::vector<Encoding> encodings;
  llvm::StringSet<> names;
};
} // namespace

Expected<std::vector<Encoding>> qconfig::parseEncodings(const Json &json, StringRef file) {
  const JsonReader reader(json, file);
  return EncodingParser(reader).run();
}
