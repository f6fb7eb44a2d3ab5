//===- RangeSearch.cpp - from what an observer saw to a range -------------------------===//
//
// Names, checks, and the dispatch to the searches; percentile is here, the searches by
// error and by divergence have files of their own. See RangeSearch.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/RangeSearch.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/ErrorHandling.h"

#include <algorithm>

namespace qopt {

/// In the order of ObserverKind.
static const llvm::StringRef kNames[] = {
    "min_max", "moving_average_min_max", "per_channel_min_max", "histogram", "percentile", "mse",
    "entropy"};

llvm::StringRef observerName(ObserverKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::optional<ObserverKind> parseObserverName(llvm::StringRef name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name)
      return static_cast<ObserverKind>(i);
  return std::nullopt;
}

llvm::ArrayRef<llvm::StringRef> observerNames() { return kNames; }

StateKind stateKindOf(ObserverKind kind) {
  switch (kind) {
  case ObserverKind::MinMax:
    return StateKind::MinMax;
  case ObserverKind::MovingAverageMinMax:
    return StateKind::MovingAverage;
  case ObserverKind::PerChannelMinMax:
    return StateKind::PerChannel;
  case ObserverKind::Histogram:
  case ObserverKind::Percentile:
  case ObserverKind::Mse:
  case ObserverKind::Entropy:
    return StateKind::Histogram;
  }
  llvm_unreachable("unknown observer");
}

static llvm::Error checkState(const ObserverState &state, llvm::StringRef where) {
  if (state.nanCount() || state.infCount())
    return makeError(where + ": " + std::to_string(state.nanCount()) + " NaN and " +
                     std::to_string(state.infCount()) + " infinite values among " +
                     std::to_string(state.count() + state.nanCount() + state.infCount()) +
                     " were observed; check the calibration data and the weights before it");
  if (!state.count())
    return makeError(where + ": no values were observed; calibrate with data first");
  return llvm::Error::success();
}

llvm::Expected<Range> chooseRange(ObserverKind kind, const ObserverState &state,
                                  const QuantRange &codes, const SearchOptions &options,
                                  llvm::StringRef where) {
  if (state.kind() != stateKindOf(kind))
    return makeError(where + ": observer " + observerName(kind) +
                     " needs another kind of state than was recorded; calibrate again");
  if (state.kind() == StateKind::PerChannel)
    return makeError(where + ": per_channel_min_max gives a range per channel, and a single one "
                             "is needed here");
  if (llvm::Error error = checkState(state, where))
    return std::move(error);
  switch (kind) {
  case ObserverKind::Histogram:
    return searchHistogram(state.bins(), codes);
  case ObserverKind::Percentile:
    if (!(options.percentile > 50.0 && options.percentile <= 100.0))
      return makeError(where + ": expected a percentile above 50 and at most 100, got " +
                       std::to_string(options.percentile));
    return searchPercentile(state.bins(), options.percentile);
  case ObserverKind::Mse:
    return searchMse(state.bins(), codes);
  case ObserverKind::Entropy:
    return searchEntropy(state.bins(), codes);
  default:
    return Range{state.min(), state.max()};
  }
}

llvm::Expected<std::vector<Range>> chooseChannelRanges(const ObserverState &state,
                                                       llvm::StringRef where) {
  if (state.kind() != StateKind::PerChannel)
    return makeError(where + ": a range per channel needs observer per_channel_min_max");
  if (llvm::Error error = checkState(state, where))
    return std::move(error);
  std::vector<Range> ranges;
  for (size_t c = 0; c < state.channelMin().size(); ++c) {
    const bool seen = state.channelMin()[c] <= state.channelMax()[c];
    ranges.push_back(seen ? Range{state.channelMin()[c], state.channelMax()[c]} : Range{});
  }
  return ranges;
}

/// The value below which `target` of the values lie. Exact zeros sit at zero, between the
/// negative bins and the bin that starts there.
static double valueAtRank(const Histogram &histogram, double target) {
  double before = 0;
  for (int i = 0; i < histogram.numBins(); ++i) {
    if (histogram.firstBin() + i == 0) {
      before += static_cast<double>(histogram.zeros());
      if (before >= target && histogram.zeros())
        return 0.0;
    }
    const auto here = static_cast<double>(histogram.binCount(i));
    if (here > 0 && before + here >= target) {
      const double low = std::max<double>(histogram.lowerEdge(i), histogram.min());
      const double high = std::min<double>(histogram.lowerEdge(i + 1), histogram.max());
      return low + (high - low) * std::max(0.0, target - before) / here;
    }
    before += here;
  }
  return histogram.max();
}

Range searchPercentile(const Histogram &histogram, double percentile) {
  const auto total = static_cast<double>(histogram.count());
  const double cut = total * (100.0 - percentile) / 100.0;
  if (cut <= 0)
    return {histogram.min(), histogram.max()};
  // Zero is always inside the range (N15), so a side without values has nothing to cut.
  const double lo = histogram.min() < 0 ? std::min(0.0, valueAtRank(histogram, cut)) : 0.0;
  const double hi = histogram.max() > 0 ? std::max(0.0, valueAtRank(histogram, total - cut)) : 0.0;
  return {static_cast<float>(lo), static_cast<float>(hi)};
}

} // namespace qopt
