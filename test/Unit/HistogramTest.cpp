//===- HistogramTest.cpp - counts in bins a power of two wide -------------------------------===//
//
// Tests of qopt/Support/Histogram.h: above all that the state depends on the values only.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Histogram.h"
#include "TestSupport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

using namespace qopt;
using namespace qopt::test;

static Histogram histogramOf(llvm::ArrayRef<float> values, int bins = 64) {
  Histogram histogram(bins);
  histogram.add(values);
  return histogram;
}

/// Each value is in the bin whose edges enclose it, by comparing in f64.
static void expectCounts(const Histogram &histogram, llvm::ArrayRef<float> values) {
  std::vector<uint64_t> expected(histogram.numBins());
  for (float value : values) {
    if (value == 0)
      continue;
    int bin = 0;
    while (bin + 1 < histogram.numBins() && histogram.lowerEdge(bin + 1) <= value)
      ++bin;
    ASSERT_GE(value, histogram.lowerEdge(bin));
    ASSERT_LT(value, histogram.lowerEdge(bin + 1));
    ++expected[bin];
  }
  EXPECT_EQ(histogram.binCounts(), llvm::ArrayRef<uint64_t>(expected));
}

TEST(Histogram, CountsIntoTheRightBins) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const std::vector<float> values =
        normals(seed, 1000, random.normal(), std::exp2(random.uniform(-20, 20)));
    const Histogram histogram = histogramOf(values);
    expectCounts(histogram, values);
    EXPECT_EQ(histogram.count(), values.size());
    EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
  }
}

TEST(Histogram, UsesAtLeastAQuarterOfItsBins) {
  for (double scale : {1e-6, 0.3, 1.0, 5.0, 1e6}) {
    const Histogram histogram = histogramOf(normals(3, 1000, 0, scale), 2048);
    const double span = std::max<double>(histogram.max(), 0) - std::min<double>(histogram.min(), 0);
    EXPECT_GT(span / histogram.width(), 2048 / 4);
  }
}

TEST(Histogram, ZerosAreApart) {
  const Histogram histogram = histogramOf({0.0f, -0.0f, 0.0f, 1.0f});
  EXPECT_EQ(histogram.zeros(), 3u);
  EXPECT_EQ(histogram.count(), 4u);
  EXPECT_FALSE(std::signbit(histogram.min()));
}

TEST(Histogram, ExtremeMagnitudes) {
  const std::vector<float> values = {3.4e38f, -3.4e38f, 1e-45f, -1e-45f, 1e-30f};
  const Histogram histogram = histogramOf(values);
  expectCounts(histogram, values);
  EXPECT_EQ(histogramOf({1e-45f}).exponent(), Histogram::kMinExponent);
  Histogram grown = histogramOf({1e-45f, -1e-45f});
  grown.add({3.4e38f});
  expectCounts(grown, {1e-45f, -1e-45f, 3.4e38f});
}

TEST(Histogram, SkipsWhatIsNotFinite) {
  EXPECT_TRUE(histogramOf({NAN, INFINITY, -INFINITY}) == Histogram(64));
  EXPECT_TRUE(histogramOf({NAN, 1.0f}) == histogramOf({1.0f}));
  EXPECT_TRUE(histogramOf({}) == Histogram(64));
}

/// Values in any split, order and shape of the merge tree give the same state.
TEST(Histogram, OrderAndShardsDoNotMatter) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    std::vector<float> values;
    const int64_t count = random.integer(1, 300);
    for (int64_t i = 0; i < count; ++i) {
      // Magnitudes far apart, so that shards differ in their exponents.
      const double size = std::exp2(random.uniform(-45, seed % 3 ? 10 : 100));
      const double value = random.integer(0, 9) ? random.normal() * size : 0.0;
      values.push_back(static_cast<float>(seed % 2 ? value : std::fabs(value)));
    }
    const int bins = static_cast<int>(random.integer(4, 100));
    const Histogram whole = histogramOf(values, bins);

    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[random.integer(0, i - 1)]);
    std::vector<Histogram> shards;
    for (size_t begin = 0; begin < values.size();) {
      const size_t size = std::min<size_t>(random.integer(1, 40), values.size() - begin);
      shards.push_back(histogramOf(llvm::ArrayRef<float>(values).slice(begin, size), bins));
      begin += size;
    }
    shards.push_back(Histogram(bins));
    while (shards.size() > 1) {
      const size_t from = random.integer(1, shards.size() - 1);
      const size_t to = random.integer(0, from - 1);
      shards[to].merge(shards[from]);
      shards.erase(shards.begin() + from);
    }
    ASSERT_TRUE(shards[0] == whole) << "seed " << seed;

    Histogram streamed(bins);
    for (float value : values)
      streamed.add(value);
    ASSERT_TRUE(streamed == whole) << "seed " << seed;
  }
}

TEST(Histogram, RestoreChecksWhatItGets) {
  const std::vector<float> values = normals(5, 100);
  const Histogram histogram = histogramOf(values);
  Histogram copy(4);
  ASSERT_TRUE(Histogram::restore(histogram.min(), histogram.max(), histogram.zeros(),
                                 histogram.binCounts(), copy));
  EXPECT_TRUE(copy == histogram);
  EXPECT_FALSE(Histogram::restore(0, 1, 0, {1, 1}, copy));
  EXPECT_FALSE(Histogram::restore(NAN, 1, 0, histogram.binCounts(), copy));
  EXPECT_FALSE(Histogram::restore(2, 1, 0, histogram.binCounts(), copy));
  // Counts where the extremes say that nothing is.
  EXPECT_FALSE(Histogram::restore(0, 1, 0, histogram.binCounts(), copy));
}
