//===- Histogram.h - counts in bins a power of two wide --------------------------------===//
//
// A histogram whose final state depends only on the values it saw, never on their order
// or on how they were split between shards. Bin k covers [k * 2^e, (k + 1) * 2^e), and e
// is a function of the least and greatest value alone: the smallest exponent (at least
// kMinExponent) at which every value and zero fit into the given number of bins.
// When the range grows, pairs of bins add up to wider bins: integers, so exactly.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_HISTOGRAM_H
#define QOPT_SUPPORT_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace qopt {

class Histogram {
public:
  static constexpr int kDefaultBins = 2048;
  static constexpr int kLeastBins = 4;
  static constexpr int kMostBins = 1 << 20;
  /// Widths below 2^-40 would resolve values that the scale floor (2^-23) cannot show.
  static constexpr int kMinExponent = -40;

  /// `bins` must lie in [kLeastBins, kMostBins].
  explicit Histogram(int bins = kDefaultBins);

  /// Counts the finite values; the caller has dealt with NaN and infinity (they are
  /// skipped here). Memory does not grow.
  void add(llvm::ArrayRef<float> values);

  /// Adds another histogram with the same number of bins.
  void merge(const Histogram &other);

  int numBins() const { return static_cast<int>(counts.size()); }
  bool empty() const { return total == 0; }
  /// Finite values seen, including exact zeros.
  uint64_t count() const { return total; }
  /// Exact zeros; they are not in any bin, because every grid shows zero exactly.
  uint64_t zeros() const { return zeroCount; }
  /// Exact least and greatest finite value; undefined when empty.
  float min() const { return least; }
  float max() const { return greatest; }

  /// log2 of the bin width.
  int exponent() const { return widthExponent; }
  double width() const;
  /// Lower edge of bin `index`, in the unit of the values.
  double lowerEdge(int index) const;
  uint64_t binCount(int index) const { return counts[index]; }

  bool operator==(const Histogram &other) const;

  /// Internal state for serialization: index of the first bin in units of the width.
  int64_t firstBin() const { return first; }
  llvm::ArrayRef<uint64_t> binCounts() const { return counts; }
  /// Rebuilds a histogram; false when the parts contradict one another.
  static bool restore(float least, float greatest, uint64_t zeroCount,
                      llvm::ArrayRef<uint64_t> counts, Histogram &result);

private:
  void countFinite(llvm::ArrayRef<float> values);
  void growTo(float newLeast, float newGreatest);

  std::vector<uint64_t> counts;
  int64_t first = 0;
  int widthExponent = kMinExponent;
  uint64_t total = 0;
  uint64_t zeroCount = 0;
  float least = std::numeric_limits<float>::infinity();
  float greatest = -std::numeric_limits<float>::infinity();
};

} // namespace qopt

#endif // QOPT_SUPPORT_HISTOGRAM_H
