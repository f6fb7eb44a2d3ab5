//===- Histogram.cpp - counts in bins a power of two wide -----------------------------===//
//
// See Histogram.h. Bin indices come from multiplying by a power of two in f64, which is
// exact for every f32, so that coarsening an index equals indexing the value anew.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Histogram.h"
#include "Summary.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <numeric>

namespace qopt {

Histogram::Histogram(int bins) : counts(bins) {
  assert(bins >= kLeastBins && bins <= kMostBins && "number of bins out of range");
}

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

/// Bins of a block of finite values, relative to `first`. Truncation goes towards zero, so
/// negative fractions need one less.
static void indexBlock(llvm::ArrayRef<float> values, double scale, int32_t first, int32_t *bins) {
  for (size_t i = 0; i < values.size(); ++i) {
    const double scaled = static_cast<double>(values[i]) * scale;
    const auto truncated = static_cast<int32_t>(scaled);
    bins[i] = truncated - (scaled < static_cast<double>(truncated) ? 1 : 0) - first;
  }
}

void Histogram::countFinite(llvm::ArrayRef<float> values) {
  constexpr size_t kBlock = 256;
  const double scale = std::ldexp(1.0, -widthExponent);
  // Bin numbers fit 32 bits: there are fewer bins than that, and zero is among them.
  const auto base = static_cast<int32_t>(first);
  uint64_t zero = 0;
  int32_t bins[kBlock];
  for (size_t begin = 0; begin < values.size(); begin += kBlock) {
    const llvm::ArrayRef<float> block =
        values.slice(begin, std::min(kBlock, values.size() - begin));
    indexBlock(block, scale, base, bins);
    for (size_t i = 0; i < block.size(); ++i) {
      // Without a branch: half of what leaves a ReLU is zero, and it is hard to predict which.
      const bool isZero = block[i] == 0.0f;
      zero += isZero;
      counts[bins[i]] += !isZero;
    }
  }
  total += values.size();
  zeroCount += zero;
}

void Histogram::add(llvm::ArrayRef<float> values) {
  const Summary summary = summarize(values);
  if (summary.finite == 0)
    return;
  growTo(summary.least, summary.greatest);
  if (summary.finite == values.size()) {
    countFinite(values);
    return;
  }
  std::vector<float> finite;
  finite.reserve(summary.finite);
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](float value) { return std::isfinite(value); });
  countFinite(finite);
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
  if (counts.size() < kLeastBins || counts.size() > kMostBins)
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
