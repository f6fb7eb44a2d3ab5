//===- Ranges.cpp - the parameters that an observer's statistics give -------------------------===//

#include "Ranges.h"

#include "qopt/Reference/Constants.h"
#include "qopt/Support/Text.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

QuantRange calibrate::codesOf(quantize::SpecAttr spec) {
  return {static_cast<int>(spec.getBits()), spec.getIsSigned(),
          static_cast<int32_t>(spec.getQmin()), static_cast<int32_t>(spec.getQmax()),
          spec.isSymmetric()};
}

static llvm::Expected<nn::ParameterData<float>> dataOf(Value constant) {
  FailureOr<nn::ParameterData<float>> data = constantF32(constant);
  if (failed(data))
    return makeError("constant \"" + constantName(constant) + "\" cannot be read");
  return std::move(*data);
}

/// Nothing was seen: what to do about it.
static llvm::Error sawNothing(Observer &observer) {
  return makeError(observer.where() +
                   " saw no data; run calibrate-run first, with the network that it is part of");
}

/// The scale and zero point of a state, with the options of the spec.
static llvm::Expected<QParams> paramsOf(Observer &observer, const ObserverState &state,
                                        const std::string &where) {
  const quantize::SpecAttr spec = observer.symbol.getSpec();
  const QuantRange codes = codesOf(spec);
  if (llvm::Error error = checkQuantRange(codes, where))
    return std::move(error);
  SearchOptions options;
  options.percentile = spec.getOption("percentile", options.percentile);
  llvm::Expected<Range> range = chooseRange(kindOf(spec), state, codes, options, where);
  if (!range)
    return range.takeError();
  for (const StringRef side : {"include", "include_low"}) {
    const auto include = static_cast<float>(spec.getOption(side, 0.0));
    range->lo = std::min(range->lo, include);
    range->hi = std::max(range->hi, include);
  }
  if (llvm::Error error = checkRange(range->lo, range->hi, where))
    return std::move(error);
  QParams params = chooseQParams(range->lo, range->hi, codes);
  params.scale = std::max(params.scale, static_cast<float>(spec.getOption("eps", 0.0)));
  return params;
}

/// Adds a constant, seen as [outer, channels, inner], to the states of its channels: each sees all
/// its values at once.
static void addChannels(ArrayRef<float> data, int64_t outer, int64_t inner,
                        std::vector<ObserverState> &states) {
  const auto channels = static_cast<int64_t>(states.size());
  for (int64_t c = 0; c < channels; ++c) {
    if (outer == 1) {
      states[c].update(data.slice(c * inner, inner));
      continue;
    }
    std::vector<float> values;
    for (int64_t o = 0; o < outer; ++o) {
      const ArrayRef<float> line = data.slice((o * channels + c) * inner, inner);
      values.insert(values.end(), line.begin(), line.end());
    }
    states[c].update(values);
  }
}

/// One state per channel of the constants.
static llvm::Expected<Params> channelParams(Observer &observer) {
  const quantize::SpecAttr spec = observer.symbol.getSpec();
  const auto axis = static_cast<int64_t>(*observer.symbol.getAxis());
  std::vector<ObserverState> states;
  for (const Value constant : observer.constants) {
    const ArrayRef<int64_t> shape = cast<RankedTensorType>(constant.getType()).getShape();
    if (axis < 0 || axis >= static_cast<int64_t>(shape.size()))
      return makeError(observer.where() + ": axis " + Twine(axis) + " lies outside the rank of " +
                       "constant \"" + constantName(constant) + "\" (" + shapeText(shape) + ")");
    if (!states.empty() && static_cast<int64_t>(states.size()) != shape[axis])
      return makeError(observer.where() + ": its constants have different numbers of channels");
    llvm::Expected<nn::ParameterData<float>> data = dataOf(constant);
    if (!data)
      return data.takeError();
    while (static_cast<int64_t>(states.size()) < shape[axis])
      states.push_back(makeState(spec));
    addChannels(data->values(), ShapedType::getNumElements(shape.take_front(axis)),
                ShapedType::getNumElements(shape.drop_front(axis + 1)), states);
  }
  Params result;
  for (auto [channel, state] : llvm::enumerate(states)) {
    llvm::Expected<QParams> params =
        paramsOf(observer, state, (observer.where() + ", channel " + Twine(channel)).str());
    if (!params)
      return params.takeError();
    result.scales.push_back(params->scale);
    result.zeroPoints.push_back(params->zeroPoint);
  }
  return result;
}

llvm::Expected<Params> calibrate::observedParams(Observer &observer) {
  const quantize::SpecAttr spec = observer.symbol.getSpec();
  if (spec.isPerChannel())
    return observer.constants.empty() ? llvm::Expected<Params>(sawNothing(observer))
                                      : channelParams(observer);
  llvm::Expected<std::optional<ObserverState>> stored = loadState(observer.symbol);
  if (!stored)
    return stored.takeError();
  if (observer.seesData && (!*stored || !(*stored)->batches()))
    return sawNothing(observer);
  ObserverState state = *stored ? std::move(**stored) : makeState(spec);
  for (const Value constant : observer.constants) {
    llvm::Expected<nn::ParameterData<float>> data = dataOf(constant);
    if (!data)
      return data.takeError();
    state.update(data->values());
  }
  llvm::Expected<QParams> params = paramsOf(observer, state, observer.where());
  if (!params)
    return params.takeError();
  return Params{{params->scale}, {params->zeroPoint}};
}

llvm::Expected<Params> calibrate::givenParams(Observer &observer) {
  quantize::QParamsOp symbol = observer.symbol;
  if (symbol.isResolved())
    return Params{llvm::to_vector(*symbol.getScales()), llvm::to_vector(*symbol.getZeroPoints())};
  const double scale = symbol.getSpec().getOption("scale", NAN);
  const auto zeroPoint = static_cast<int32_t>(symbol.getSpec().getOption("zero_point", 0.0));
  if (!(scale > 0.0) || !std::isfinite(scale))
    return makeError(observer.where() + " is " +
                     (symbol.getObserverEnabled() ? "fixed" : "disabled") +
                     " and has no scale; give it 'scale' and 'zero_point' in the configuration" +
                     (symbol.getObserverEnabled() ? "" : ", or enable it"));
  return Params{{static_cast<float>(scale)}, {zeroPoint}};
}
