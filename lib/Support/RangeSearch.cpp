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
#include <vector>

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
  // A histogram knows the exact extremes as well.
  const bool hasExtremes = kind == ObserverKind::MinMax && state.kind() == StateKind::Histogram;
  if (state.kind() != stateKindOf(kind) && !hasExtremes)
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

namespace {
struct Segment {
  double low;
  double high;
  double count;
};
} // namespace

/// What the histogram holds, in ascending order; exact zeros are a segment without width.
static std::vector<Segment> segmentsOf(const Histogram &histogram) {
  std::vector<Segment> segments;
  for (int i = 0; i < histogram.numBins(); ++i) {
    if (histogram.firstBin() + i == 0)
      segments.push_back({0.0, 0.0, static_cast<double>(histogram.zeros())});
    segments.push_back({std::max<double>(histogram.lowerEdge(i), histogram.min()),
                        std::min<double>(histogram.lowerEdge(i + 1), histogram.max()),
                        static_cast<double>(histogram.binCount(i))});
  }
  return segments;
}

/// The least value that has at least `target` values at or below it.
static double valueAtRank(llvm::ArrayRef<Segment> segments, double target) {
  double before = 0;
  double last = 0;
  for (const Segment &segment : segments) {
    if (segment.count == 0)
      continue;
    if (before + segment.count >= target)
      return segment.low +
             (segment.high - segment.low) * std::max(0.0, target - before) / segment.count;
    before += segment.count;
    last = segment.high;
  }
  return last;
}

Range searchPercentile(const Histogram &histogram, double percentile) {
  const auto total = static_cast<double>(histogram.count());
  const double keep = total * percentile / 100.0;
  if (histogram.empty() || keep >= total)
    return histogram.empty() ? Range{} : Range{histogram.min(), histogram.max()};
  std::vector<Segment> segments = segmentsOf(histogram);
  const double hi = valueAtRank(segments, keep);
  // The lower end is the upper end of the mirrored values, so that x and -x are treated alike.
  std::reverse(segments.begin(), segments.end());
  for (Segment &segment : segments)
    segment = {-segment.high, -segment.low, segment.count};
  const double lo = -valueAtRank(segments, keep);
  // Zero is always inside the range (N15).
  return {static_cast<float>(lo < 0 ? lo : 0.0), static_cast<float>(hi > 0 ? hi : 0.0)};
}

} // namespace qopt
