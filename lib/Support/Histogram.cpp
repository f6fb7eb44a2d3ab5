//===- Histogram.cpp - counts in bins a power of two wide -----------------------------===//
//
// See Histogram.h. Bin indices come from multiplying by a power of two in f64, which is
// exact for every f32, so that coarsening an index equals indexing the value anew.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Histogram.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace qopt {

Histogram::Histogram(int bins) : counts(bins) { assert(bins >= 4 && "too few bins"); }

double Histogram::width() const { return std::ldexp(1.0, widthExponent); }

double Histogram::lowerEdge(int index) const {
  return std::ldexp(static_cast<double>(first + index), widthExponent);
}

static int64_t binOf(float value, int exponent) {
  return static_cast<int64_t>(std::floor(std::ldexp(static_cast<double>(value), -exponent)));
}

/// The exponent and first bin for a range: functions of the extremes alone.
static void layoutFor(float least, float greatest, int64_t bins, int &exponent, int64_t &first) {
  const float low = std::min(least, 0.0f);
  const float high = std::max(greatest, 0.0f);
  // Start where the bins surely do not suffice yet, or at the least exponent.
  const float magnitude = std::max(-low, high);
  int start = Histogram::kMinExponent;
  if (magnitude > 0)
    start = std::max(start, std::ilogb(magnitude) - static_cast<int>(std::log2(bins)) - 2);
  exponent = start;
  while (binOf(high, exponent) - binOf(low, exponent) + 1 > bins)
    ++exponent;
  first = binOf(low, exponent);
}

void Histogram::growTo(float newLeast, float newGreatest) {
  least = std::min(least, newLeast);
  greatest = std::max(greatest, newGreatest);
  int exponent = 0;
  int64_t newFirst = 0;
  layoutFor(least, greatest, numBins(), exponent, newFirst);
  if (exponent == widthExponent && newFirst == first)
    return;
  std::vector<uint64_t> moved(counts.size());
  const int shift = exponent - widthExponent;
  for (int64_t i = 0, e = numBins(); i < e; ++i) {
    if (!counts[i])
      continue;
    // Beyond 62 doublings only the signs of the bins are left.
    const int64_t coarse = (first + i) >> std::min(shift, 62);
    moved[coarse - newFirst] += counts[i];
  }
  counts = std::move(moved);
  widthExponent = exponent;
  first = newFirst;
}

void Histogram::add(llvm::ArrayRef<float> values) {
  float low = std::numeric_limits<float>::infinity();
  float high = -low;
  for (float value : values) {
    if (!std::isfinite(value))
      continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high)
    return;
  // -0 and 0 are one value here, or the sign would depend on the order.
  growTo(low + 0.0f, high + 0.0f);
  const double scale = std::ldexp(1.0, -widthExponent);
  uint64_t finite = 0;
  uint64_t zero = 0;
  for (float value : values) {
    if (!std::isfinite(value))
      continue;
    ++finite;
    if (value == 0.0f) {
      ++zero;
      continue;
    }
    const double scaled = static_cast<double>(value) * scale;
    auto bin = static_cast<int64_t>(scaled);
    bin -= scaled < static_cast<double>(bin);
    ++counts[bin - first];
  }
  total += finite;
  zeroCount += zero;
}

void Histogram::merge(const Histogram &other) {
  assert(numBins() == other.numBins() && "another number of bins");
  if (other.empty())
    return;
  growTo(other.least, other.greatest);
  const int shift = widthExponent - other.widthExponent;
  for (int64_t i = 0, e = numBins(); i < e; ++i)
    if (other.counts[i])
      counts[((other.first + i) >> std::min(shift, 62)) - first] += other.counts[i];
  total += other.total;
  zeroCount += other.zeroCount;
}

bool Histogram::operator==(const Histogram &other) const {
  if (numBins() != other.numBins() || total != other.total)
    return false;
  return empty() ||
         (least == other.least && greatest == other.greatest && zeroCount == other.zeroCount &&
          first == other.first && widthExponent == other.widthExponent && counts == other.counts);
}

bool Histogram::restore(float least, float greatest, uint64_t zeroCount,
                        llvm::ArrayRef<uint64_t> counts, Histogram &result) {
  if (counts.size() < 4)
    return false;
  result = Histogram(static_cast<int>(counts.size()));
  result.counts.assign(counts.begin(), counts.end());
  result.zeroCount = zeroCount;
  result.total = std::accumulate(counts.begin(), counts.end(), zeroCount);
  if (result.total == 0)
    return true;
  if (!std::isfinite(least) || !std::isfinite(greatest) || least > greatest)
    return false;
  result.least = least;
  result.greatest = greatest;
  layoutFor(least, greatest, counts.size(), result.widthExponent, result.first);
  // Counts outside the extremes would land outside the array at the next coarsening.
  const int64_t lowest = binOf(least, result.widthExponent) - result.first;
  const int64_t highest = binOf(greatest, result.widthExponent) - result.first;
  for (int64_t i = 0, e = counts.size(); i < e; ++i)
    if (counts[i] && (i < lowest || i > highest))
      return false;
  return true;
}

} // namespace qopt
