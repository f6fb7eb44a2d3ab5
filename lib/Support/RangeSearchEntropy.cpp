//===- RangeSearchEntropy.cpp - range search by Kullback-Leibler divergence -----------===//
//
// The search `entropy` of RangeSearch.h: S. Migacz, "8-bit Inference with TensorRT",
// GTC 2017. Exact zeros stay out of the distribution: every threshold shows them exactly,
// and behind a ReLU they would outweigh all other values together.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/RangeSearch.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace qopt {

/// Counts of |x| in bins of the histogram's width. Bin k of the negative side covers
/// magnitudes (k * width, (k + 1) * width].
static std::vector<double> magnitudeCounts(const Histogram &histogram) {
  std::vector<double> counts;
  for (int i = 0; i < histogram.numBins(); ++i) {
    if (!histogram.binCount(i))
      continue;
    const int64_t bin = histogram.firstBin() + i;
    const size_t magnitude = bin < 0 ? -1 - bin : bin;
    if (magnitude >= counts.size())
      counts.resize(magnitude + 1);
    counts[magnitude] += static_cast<double>(histogram.binCount(i));
  }
  return counts;
}

/// Divergence of the first `used` bins, with all counts beyond added to the last of them,
/// from the same bins averaged in `levels` groups (empty bins stay empty). Infinite when
/// the clipped counts fall on a bin that is empty otherwise.
static double divergence(const std::vector<double> &counts, size_t used, size_t levels,
                         double total, double beyond) {
  if (beyond > 0 && counts[used - 1] == 0)
    return INFINITY;
  const double kept = total - beyond;
  double result = 0;
  for (size_t level = 0; level < levels; ++level) {
    const size_t begin = level * used / levels;
    const size_t end = (level + 1) * used / levels;
    double sum = 0;
    size_t filled = 0;
    for (size_t i = begin; i < end; ++i) {
      sum += counts[i];
      filled += counts[i] > 0;
    }
    if (!filled)
      continue;
    const double q = sum / static_cast<double>(filled) / kept;
    for (size_t i = begin; i < end; ++i) {
      const double p = (counts[i] + (i + 1 == used ? beyond : 0.0)) / total;
      if (p > 0)
        result += p * std::log(p / q);
    }
  }
  return result;
}

Range searchEntropy(const Histogram &histogram, const QuantRange &codes) {
  if (histogram.empty())
    return {};
  const std::vector<double> counts = magnitudeCounts(histogram);
  // Codes for magnitudes: all of them when the values have one sign and the grid is affine.
  const bool oneSided = (histogram.min() >= 0 || histogram.max() <= 0) && !codes.symmetric;
  const size_t span = codes.qmax - codes.qmin;
  const size_t levels = oneSided ? span : std::max<size_t>(span / 2, 1);
  double total = 0;
  for (double count : counts)
    total += count;
  const Range full{std::min(histogram.min(), 0.0f), std::max(histogram.max(), 0.0f)};

  // From the whole range inwards, so that ties go to the wider one.
  double best = INFINITY;
  size_t bestUsed = counts.size();
  double beyond = 0;
  for (size_t used = counts.size(); used >= std::max<size_t>(levels, 1); --used) {
    const double value = divergence(counts, used, levels, total, beyond);
    if (value < best) {
      best = value;
      bestUsed = used;
    }
    beyond += counts[used - 1];
  }
  if (bestUsed == counts.size())
    return full;
  const auto threshold =
      static_cast<float>((static_cast<double>(bestUsed) + 0.5) * histogram.width());
  return {std::max(full.lo, -threshold), std::min(full.hi, threshold)};
}

} // namespace qopt
