//===- ParseSpec.cpp - how one tensor is quantized, from JSON --------------------------===//

#include "Parse.h"

#include "qopt/Support/Histogram.h"
#include "qopt/Support/RangeSearch.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>

using namespace qopt;
using namespace qopt::qconfig;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

std::string Spec::dtype() const {
  return (codes.isSigned ? "s" : "u") + std::to_string(codes.bits);
}

Error qconfig::parseDtype(const JsonReader &reader, bool isWeight, QuantRange &codes) {
  const StringRef choices = isWeight ? "s2 to s16 (weights are signed)" : "u2 to u16 or s2 to s16";
  Expected<std::string> text = reader.string();
  if (!text)
    return text.takeError();
  StringRef rest = *text;
  unsigned bits = 0;
  const bool isSigned = rest.consume_front("s");
  const bool known = (isSigned || (!isWeight && rest.consume_front("u"))) &&
                     !rest.getAsInteger(10, bits) && bits >= 2 && bits <= 16;
  if (!known)
    return reader.expected(choices);
  codes.isSigned = isSigned;
  codes.bits = static_cast<int>(bits);
  return Error::success();
}

Expected<float> qconfig::parseScale(const JsonReader &reader) {
  Expected<double> value = reader.number(0.0, std::numeric_limits<float>::max());
  if (!value)
    return value.takeError();
  const float scale = static_cast<float>(*value);
  if (!(scale > 0.0f))
    return reader.expected("a positive number that f32 can hold");
  return scale;
}

namespace {

/// Parses one spec step by step; each step returns its first error.
class SpecParser {
public:
  SpecParser(const JsonReader &reader, const Spec &defaults, bool isWeight)
      : reader(reader), defaults(defaults), isWeight(isWeight), spec(defaults) {}

  Expected<Spec> run() {
    static constexpr StringRef keys[] = {
        "dtype",     "bits",       "scheme",     "granularity",        "observer", "quant_min",
        "quant_max", "bins",       "percentile", "averaging_constant", "eps",      "narrow_range",
        "scale",     "zero_point", "learned",    "grad_scale"};
    if (Error error = reader.requireObject())
      return error;
    if (Error error = reader.rejectUnknownKeys(keys))
      return error;
    if (!isWeight && observerIs("dynamic"))
      return dynamic();
    if (defaults.isDynamic() && !reader.has("observer"))
      return reader.error("the default is the observer \"dynamic\", which has no other fields; "
                          "give an observer too");
    for (auto step : {&SpecParser::scheme, &SpecParser::codes, &SpecParser::observer,
                      &SpecParser::options, &SpecParser::parameters, &SpecParser::learned})
      if (Error error = (this->*step)())
        return error;
    return spec;
  }

private:
  bool observerIs(StringRef name) {
    const auto member = reader.optional("observer");
    return member && member->value().isString() && member->value().asString() == name;
  }

  /// Found at run time (N17): there is nothing to choose.
  Expected<Spec> dynamic() {
    for (const auto &[key, value] : reader.members())
      if (key != "observer")
        return value.error("observer \"dynamic\" makes u8 codes, affine, per tensor (N17 in "
                           "docs/Numerics.md) and takes no other field");
    return dynamicRule(Rule()).activation;
  }

  Error scheme() {
    std::string scheme = defaults.codes.symmetric ? "symmetric" : "affine";
    if (Error error = reader.optionalOneOf("scheme", scheme, {"affine", "symmetric"}))
      return error;
    if (isWeight && scheme == "affine")
      return reader.optional("scheme")->error(
          "weights are quantized symmetrically (N1 in docs/Numerics.md); expected \"symmetric\"");
    spec.codes.symmetric = scheme == "symmetric";
    std::string granularity = defaults.perChannel ? "per_channel" : "per_tensor";
    if (Error error =
            reader.optionalOneOf("granularity", granularity, {"per_tensor", "per_channel"}))
      return error;
    if (!isWeight && granularity == "per_channel")
      return reader.optional("granularity")
          ->error("activations are quantized per tensor only (N1 in docs/Numerics.md); expected "
                  "\"per_tensor\"");
    spec.perChannel = granularity == "per_channel";
    return Error::success();
  }

  Error codes() {
    QuantRange &codes = spec.codes;
    bool narrow =
        defaults.codes.isSigned && defaults.codes.qmin > -(1 << (defaults.codes.bits - 1));
    if (auto dtype = reader.optional("dtype")) {
      if (Error error = parseDtype(*dtype, isWeight, codes))
        return error;
      narrow &= isWeight;
    }
    int64_t bits = codes.bits;
    if (Error error = reader.optionalInteger("bits", bits, 2, 16))
      return error;
    if (Error error = reader.optionalBool("narrow_range", narrow))
      return error;
    const bool asBefore =
        !reader.has("dtype") && !reader.has("bits") && !reader.has("narrow_range");
    if (!asBefore)
      codes = QuantRange::make(static_cast<int>(bits), codes.isSigned, codes.symmetric, narrow);
    if (narrow && !codes.isSigned)
      return reader.optional("narrow_range")
          ->error("unsigned codes have no narrow range; use quant_min and quant_max");
    int64_t low = codes.qmin, high = codes.qmax;
    if (Error error = reader.optionalInteger("quant_min", low, INT32_MIN, INT32_MAX))
      return error;
    if (Error error = reader.optionalInteger("quant_max", high, INT32_MIN, INT32_MAX))
      return error;
    codes.qmin = static_cast<int32_t>(low);
    codes.qmax = static_cast<int32_t>(high);
    if (Error error = checkQuantRange(codes, isWeight ? "weight" : "activation"))
      return reader.error(llvm::toString(std::move(error)));
    return Error::success();
  }

  Error observer() {
    std::vector<StringRef> choices(observerNames().begin(), observerNames().end());
    if (!isWeight)
      llvm::erase(choices, "per_channel_min_max");
    choices.push_back("fixed");
    if (!isWeight)
      choices.push_back("dynamic"); // read before, since it takes no other field
    if (Error error = reader.optionalOneOf("observer", spec.observer, choices))
      return error;
    if (spec.perChannel && (spec.observer == "min_max" || !reader.has("observer")))
      spec.observer = "per_channel_min_max";
    if (!spec.perChannel && !reader.has("observer") && spec.observer == "per_channel_min_max")
      spec.observer = "min_max";
    if (spec.perChannel != (spec.observer == "per_channel_min_max"))
      return reader.error("observer \"" + spec.observer + "\" does not fit granularity \"" +
                          (spec.perChannel ? "per_channel\"; expected min_max or "
                                             "per_channel_min_max"
                                           : "per_tensor\"; expected another observer"));
    if (spec.observer != defaults.observer)
      spec.options.clear();
    return Error::success();
  }

  /// A numeric option that belongs to some observers only.
  Error option(StringRef key, double low, double high, bool integer,
               llvm::ArrayRef<StringRef> observers) {
    auto member = reader.optional(key);
    if (!member)
      return Error::success();
    if (!observers.empty() && !llvm::is_contained(observers, spec.observer))
      return member->error("belongs to " + joinList(observers) + ", but the observer is " +
                           spec.observer);
    double value = 0.0;
    if (integer) {
      Expected<int64_t> read =
          member->integer(static_cast<int64_t>(low), static_cast<int64_t>(high));
      if (!read)
        return read.takeError();
      value = static_cast<double>(*read);
    } else {
      Expected<double> read = member->number(low, high);
      if (!read)
        return read.takeError();
      value = *read;
    }
    setOption(key, value);
    return Error::success();
  }

  void setOption(StringRef key, double value) {
    llvm::erase_if(spec.options, [&](const auto &known) { return known.first == key; });
    spec.options.emplace_back(key.str(), value);
  }

  Error options() {
    static constexpr StringRef searches[] = {"histogram", "percentile", "mse", "entropy"};
    if (Error error = option("bins", Histogram::kLeastBins, Histogram::kMostBins, true, searches))
      return error;
    if (Error error = option("percentile", 50.0, 100.0, false, {"percentile"}))
      return error;
    if (Error error = option("averaging_constant", 0.0, 1.0, false, {"moving_average_min_max"}))
      return error;
    return option("eps", 0.0, 1.0, false, {});
  }

  /// Initial parameters, or those that stay with the observer `fixed`.
  Error parameters() {
    const auto scale = reader.optional("scale"), zeroPoint = reader.optional("zero_point");
    const bool fixed = spec.observer == "fixed";
    if (fixed && (!scale || !zeroPoint))
      return reader.error("observer \"fixed\" needs scale and zero_point");
    if (scale) {
      if (spec.perChannel)
        return scale->error("one scale does not fit per_channel; leave it out or use per_tensor");
      Expected<float> value = parseScale(*scale);
      if (!value)
        return value.takeError();
      setOption("scale", *value);
    }
    if (!zeroPoint)
      return Error::success();
    if (!scale)
      return zeroPoint->error("needs a scale beside it");
    Expected<int64_t> value = zeroPoint->integer(spec.codes.qmin, spec.codes.qmax);
    if (!value)
      return value.takeError();
    const int64_t middle = spec.codes.isSigned ? 0 : int64_t(1) << (spec.codes.bits - 1);
    if (spec.codes.symmetric && *value != middle)
      return zeroPoint->expected(std::to_string(middle) + ", since the scheme is symmetric");
    setOption("zero_point", static_cast<double>(*value));
    return Error::success();
  }

  /// What training learns: false, "scale", or "scale_and_zero_point".
  Error learned() {
    const auto member = reader.optional("learned");
    if (member && member->value().isBool() && !member->value().asBool())
      spec.learnScale = spec.learnZeroPoint = false;
    else if (member) {
      Expected<std::string> what = member->oneOf({"scale", "scale_and_zero_point"});
      if (!what)
        return member->expected("false, \"scale\" or \"scale_and_zero_point\"");
      spec.learnScale = true;
      spec.learnZeroPoint = *what == "scale_and_zero_point";
    }
    if (spec.learnZeroPoint && spec.codes.symmetric)
      return (member ? *member : reader).error("a symmetric scheme has no zero point to learn");
    if (spec.learnScale && spec.observer == "fixed")
      return (member ? *member : reader)
          .error("observer \"fixed\" keeps its scale: it is not learned");
    const auto factor = reader.optional("grad_scale");
    if (factor && !spec.learnScale)
      return factor->error("belongs to learned scales; give \"learned\" too");
    return reader.optionalOneOf("grad_scale", spec.gradScale, {"lsq", "torch", "none"});
  }

  const JsonReader &reader;
  const Spec &defaults;
  const bool isWeight;
  Spec spec;
};

} // namespace

Expected<Spec> qconfig::parseSpec(const JsonReader &reader, const Spec &defaults, bool isWeight) {
  return SpecParser(reader, defaults, isWeight).run();
}
