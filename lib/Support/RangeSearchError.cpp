//===- RangeSearchError.cpp - range searches by expected squared error ----------------===//
//
// The searches `histogram` and `mse` of RangeSearch.h and the error they minimize.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/RangeSearch.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

namespace qopt {

namespace {
/// The non-empty bins as intervals [low, high], the outermost ones cut to the exact extremes.
struct Interval {
  double low;
  double high;
  double count;
};
} // namespace

static std::vector<Interval> intervalsOf(const Histogram &histogram) {
  std::vector<Interval> intervals;
  for (int i = 0; i < histogram.numBins(); ++i)
    if (const uint64_t count = histogram.binCount(i))
      intervals.push_back({std::max<double>(histogram.lowerEdge(i), histogram.min()),
                           std::min<double>(histogram.lowerEdge(i + 1), histogram.max()),
                           static_cast<double>(count)});
  return intervals;
}

/// Integral of (t - nearest level)^2 from 0 to t, up to a constant, where the levels are the
/// integers from `lowest` to `highest`: each full cell adds 1/12, the rest is cubic.
static double errorIntegral(double t, double lowest, double highest) {
  const double level = std::clamp(std::nearbyint(t), lowest, highest);
  const double rest = t - level;
  return level / 12.0 + rest * rest * rest / 3.0;
}

static double errorOf(const std::vector<Interval> &intervals, const QParams &params,
                      const QuantRange &codes) {
  const double scale = params.scale;
  const double inverse = 1.0 / scale;
  const double lowest = codes.qmin - params.zeroPoint;
  const double highest = codes.qmax - params.zeroPoint;
  double sum = 0;
  double lastEdge = std::nan("");
  double lastIntegral = 0;
  for (const Interval &interval : intervals) {
    const double high = interval.high * inverse;
    const double atHigh = errorIntegral(high, lowest, highest);
    if (interval.high > interval.low) {
      // Neighbouring bins share an edge.
      const double low = interval.low * inverse;
      const double atLow =
          interval.low == lastEdge ? lastIntegral : errorIntegral(low, lowest, highest);
      sum += interval.count * (atHigh - atLow) / (high - low);
    } else {
      const double rest = high - std::clamp(std::nearbyint(high), lowest, highest);
      sum += interval.count * rest * rest;
    }
    lastEdge = interval.high;
    lastIntegral = atHigh;
  }
  return sum * scale * scale;
}

double expectedSquaredError(const Histogram &histogram, const QParams &params,
                            const QuantRange &codes) {
  if (histogram.empty())
    return 0;
  return errorOf(intervalsOf(histogram), params, codes) / static_cast<double>(histogram.count());
}

namespace {
/// The search space: both ends as shrink exponents, range = [min * 2^-a, max * 2^-b].
class ErrorSearch {
public:
  struct Point {
    double a = 0;
    double b = 0;
    double error = 0;
  };

  ErrorSearch(const Histogram &histogram, const QuantRange &codes)
      : intervals(intervalsOf(histogram)), codes(codes), lo(std::min(histogram.min(), 0.0f)),
        hi(std::max(histogram.max(), 0.0f)),
        // A symmetric grid follows the longer side alone, and a side without values is fixed.
        moveLo(lo < 0 && (!codes.symmetric || -lo >= hi)),
        moveHi(hi > 0 && (!codes.symmetric || hi > -lo)) {}

  Range rangeAt(double a, double b) const {
    Range range{static_cast<float>(lo * std::exp2(-a)), static_cast<float>(hi * std::exp2(-b))};
    // The shorter side must not widen what the longer one has been shrunk to.
    if (codes.symmetric && moveLo)
      range.hi = std::min(range.hi, -range.lo);
    if (codes.symmetric && moveHi)
      range.lo = std::max(range.lo, -range.hi);
    return range;
  }

  Point at(double a, double b) const {
    const Range range = rangeAt(a, b);
    return {a, b, errorOf(intervals, chooseQParams(range.lo, range.hi, codes), codes)};
  }

  /// All pairs of coarse steps, the best few first; wider ranges win ties.
  std::vector<Point> coarse() const {
    constexpr int kSteps = 21;
    constexpr double kStep = 0.5;
    std::vector<Point> points;
    for (int i = 0; i < (moveLo ? kSteps : 1); ++i)
      for (int j = 0; j < (moveHi ? kSteps : 1); ++j)
        points.push_back(at(i * kStep, j * kStep));
    std::sort(points.begin(), points.end(), [](const Point &x, const Point &y) {
      return std::tie(x.error, x.a, x.b) < std::tie(y.error, y.a, y.b);
    });
    points.resize(std::min<size_t>(points.size(), 4));
    return points;
  }

  /// Compass search: the best neighbour, or half the step where none is better.
  Point refine(Point best) const {
    constexpr double kFinest = 1.0 / 1024;
    for (double step = 0.25; step >= kFinest;) {
      Point next = best;
      for (int i = -1; i <= 1; ++i)
        for (int j = -1; j <= 1; ++j) {
          if ((i == 0 && j == 0) || (i && !moveLo) || (j && !moveHi))
            continue;
          const double a = std::max(0.0, best.a + i * step);
          const double b = std::max(0.0, best.b + j * step);
          const Point point = at(a, b);
          if (point.error < next.error)
            next = point;
        }
      if (next.error < best.error)
        best = next;
      else
        step /= 2;
    }
    return best;
  }

private:
  std::vector<Interval> intervals;
  QuantRange codes;
  float lo;
  float hi;
  bool moveLo;
  bool moveHi;
};
} // namespace

Range searchHistogram(const Histogram &histogram, const QuantRange &codes) {
  if (histogram.empty())
    return {};
  const ErrorSearch search(histogram, codes);
  ErrorSearch::Point best = search.at(0, 0);
  for (const ErrorSearch::Point &start : search.coarse()) {
    const ErrorSearch::Point refined = search.refine(start);
    if (refined.error < best.error)
      best = refined;
  }
  return search.rangeAt(best.a, best.b);
}

Range searchMse(const Histogram &histogram, const QuantRange &codes) {
  if (histogram.empty())
    return {};
  constexpr int kRatios = 200;
  const std::vector<Interval> intervals = intervalsOf(histogram);
  const float lo = std::min(histogram.min(), 0.0f);
  const float hi = std::max(histogram.max(), 0.0f);
  Range best{lo, hi};
  double bestError = INFINITY;
  for (int i = kRatios; i >= 1; --i) {
    const double ratio = static_cast<double>(i) / kRatios;
    const Range range{static_cast<float>(lo * ratio), static_cast<float>(hi * ratio)};
    const double error = errorOf(intervals, chooseQParams(range.lo, range.hi, codes), codes);
    if (error < bestError) {
      bestError = error;
      best = range;
    }
  }
  return best;
}

} // namespace qopt
