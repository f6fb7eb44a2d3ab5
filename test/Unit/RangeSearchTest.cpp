//===- RangeSearchTest.cpp - from what an observer saw to a range
//-------------------------------===//
//
// Tests of qopt/Support/RangeSearch.h. The oracle of the error searches is the data
// itself: quantized value by value with the project's arithmetic.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/RangeSearch.h"
#include "TestSupport.h"
#include "qopt/Support/Numerics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

using namespace qopt;
using namespace qopt::test;

static const QuantRange kU8 = QuantRange::make(8, false, false);
static const QuantRange kS8 = QuantRange::make(8, true, true);

static double meanSquaredError(llvm::ArrayRef<float> values, Range range, const QuantRange &codes) {
  const QParams params = chooseQParams(range.lo, range.hi, codes);
  double sum = 0;
  for (float value : values) {
    const int32_t code =
        numerics::quantize(value, params.scale, params.zeroPoint, codes.qmin, codes.qmax);
    const double error =
        static_cast<double>(numerics::dequantize(code, params.scale, params.zeroPoint)) - value;
    sum += error * error;
  }
  return sum / static_cast<double>(values.size());
}

static ObserverState stateOf(llvm::ArrayRef<float> values) {
  ObserverState state = ObserverState::histogram();
  state.update(values);
  return state;
}

static Range rangeOf(ObserverKind kind, llvm::ArrayRef<float> values, const QuantRange &codes = kU8,
                     double percentile = 99.99) {
  SearchOptions options;
  options.percentile = percentile;
  return valueOf(chooseRange(kind, stateOf(values), codes, options, "t"));
}

static Range extremesOf(llvm::ArrayRef<float> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high};
}

static std::vector<float> generate(uint64_t seed, size_t count,
                                   const std::function<double(Random &)> &draw) {
  Random random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = static_cast<float>(draw(random));
  return values;
}

static std::vector<float> heavyTailed(uint64_t seed) {
  // Student's t with 3 degrees of freedom.
  return generate(seed, 50000, [](Random &r) {
    const double a = r.normal(), b = r.normal(), c = r.normal();
    return r.normal() / std::sqrt((a * a + b * b + c * c) / 3);
  });
}

static std::vector<float> reluOutput(uint64_t seed) {
  return generate(seed, 50000, [](Random &r) { return std::max(0.0, r.normal() - 0.3); });
}

TEST(RangeSearch, Names) {
  for (llvm::StringRef name : observerNames())
    EXPECT_EQ(observerName(*parseObserverName(name)), name);
  EXPECT_FALSE(parseObserverName("foo").has_value());
  EXPECT_EQ(observerNames().size(), 7u);
  EXPECT_EQ(parseObserverName("entropy"), ObserverKind::Entropy);
}

TEST(RangeSearch, ExpectedErrorAgreesWithTheData) {
  const std::vector<std::vector<float>> sets = {normals(1, 50000), heavyTailed(2), reluOutput(3)};
  for (const std::vector<float> &values : sets)
    for (double ratio : {1.0, 0.7, 0.4, 0.1})
      for (int bits : {4, 6, 8})
        for (bool symmetric : {false, true}) {
          const QuantRange codes = QuantRange::make(bits, symmetric, symmetric);
          const Range full = extremesOf(values);
          const Range range{static_cast<float>(full.lo * ratio),
                            static_cast<float>(full.hi * ratio)};
          const double actual = meanSquaredError(values, range, codes);
          const ObserverState state = stateOf(values);
          const double expected =
              expectedSquaredError(state.bins(), chooseQParams(range.lo, range.hi, codes), codes);
          EXPECT_NEAR(expected / actual, 1.0, 0.05) << ratio << " " << bits;
        }
}

TEST(RangeSearch, HistogramBeatsMinMaxOnHeavyTails) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const std::vector<float> tails = heavyTailed(seed);
    // A normal bulk with one value in ten thousand far out.
    const std::vector<float> outliers =
        generate(seed, 50000, [](Random &r) { return r.normal() * (r.uniform() < 1e-4 ? 20 : 1); });
    for (const std::vector<float> &values : {tails, outliers})
      for (int bits : {4, 8})
        for (bool symmetric : {false, true}) {
          const QuantRange codes = QuantRange::make(bits, symmetric, symmetric);
          const double minMax = meanSquaredError(values, extremesOf(values), codes);
          const double searched =
              meanSquaredError(values, rangeOf(ObserverKind::Histogram, values, codes), codes);
          EXPECT_LT(searched, minMax * (bits == 4 ? 0.5 : 0.97));
        }
  }
}

/// On any distribution and width, the search is as good as a dense grid over both ends
/// with the error measured on the data, to a few per cent, and not worse than min_max.
TEST(RangeSearch, HistogramIsNearTheOptimum) {
  const std::vector<std::vector<float>> sets = {
      normals(1, 4000),
      normals(2, 4000, 2.0),
      generate(3, 4000, [](Random &r) { return std::max(0.0, r.normal()); }),
      generate(4, 4000, [](Random &r) { return r.uniform() < 0.001 ? 100.0 : r.uniform(-1, 2); }),
      generate(5, 4000, [](Random &r) { return -std::log(1 - r.uniform()); }),
      generate(6, 4000, [](Random &r) { return r.uniform(-3, 0); }),
      generate(7, 4000, [](Random &r) { return std::exp(2 * r.normal()); })};
  for (size_t set = 0; set < sets.size(); ++set)
    for (int bits : {3, 4, 8}) {
      const std::vector<float> &values = sets[set];
      const QuantRange codes = QuantRange::make(bits, false, false);
      const Range full = extremesOf(values);
      double best = INFINITY;
      for (int i = 0; i < 24; ++i)
        for (int j = 0; j < 24; ++j)
          best =
              std::min(best, meanSquaredError(values,
                                              {static_cast<float>(full.lo * std::exp2(-i / 4.0)),
                                               static_cast<float>(full.hi * std::exp2(-j / 4.0))},
                                              codes));
      const double searched =
          meanSquaredError(values, rangeOf(ObserverKind::Histogram, values, codes), codes);
      EXPECT_LT(searched, best * 1.05) << "set " << set << ", " << bits << " bits";
      EXPECT_LE(searched, meanSquaredError(values, full, codes) * 1.02);
    }
}

TEST(RangeSearch, ReluActivationsKeepTheirSignal) {
  const std::vector<float> values = reluOutput(9);
  const Range range = rangeOf(ObserverKind::Histogram, values);
  EXPECT_EQ(range.lo, 0.0f);
  EXPECT_GT(range.hi, 0.8f * extremesOf(values).hi);
  double power = 0;
  for (float value : values)
    power += static_cast<double>(value) * value;
  power /= static_cast<double>(values.size());
  const double noise = meanSquaredError(values, range, kU8);
  EXPECT_GT(10 * std::log10(power / noise), 40.0);
}

TEST(RangeSearch, MinMaxIsExactAlsoFromAHistogram) {
  // Values on a grid of 255 steps: the full range has no error at all.
  std::vector<float> values;
  for (int i = 0; i < 256; ++i)
    values.push_back(static_cast<float>(i));
  EXPECT_EQ(meanSquaredError(values, rangeOf(ObserverKind::MinMax, values), kU8), 0);
  const Range whole = rangeOf(ObserverKind::Percentile, values, kU8, 100);
  EXPECT_EQ(meanSquaredError(values, whole, kU8), 0);
}

TEST(RangeSearch, MseIsTheBestCommonRatio) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    const std::vector<float> values = heavyTailed(seed);
    const Range full = extremesOf(values);
    const double mse = meanSquaredError(values, rangeOf(ObserverKind::Mse, values), kU8);
    EXPECT_LT(mse, meanSquaredError(values, full, kU8));
    for (int i = 1; i <= 40; ++i) {
      const Range other{full.lo * i / 40, full.hi * i / 40};
      EXPECT_LT(mse, meanSquaredError(values, other, kU8) * 1.02);
    }
    // The free search is at least as good as the one with a common ratio.
    EXPECT_LT(meanSquaredError(values, rangeOf(ObserverKind::Histogram, values), kU8), mse * 1.01);
  }
}

TEST(RangeSearch, PercentileAgreesWithSortedData) {
  const std::vector<std::vector<float>> sets = {normals(1, 100000), heavyTailed(2),
                                                normals(3, 100000, 5.0, 0.5)};
  for (const std::vector<float> &values : sets)
    for (double percentile : {90.0, 99.0, 99.9, 99.99}) {
      std::vector<float> sorted = values;
      std::sort(sorted.begin(), sorted.end());
      const auto rank = static_cast<size_t>(sorted.size() * (100 - percentile) / 100);
      const ObserverState state = stateOf(values);
      const double width = state.bins().width();
      const Range range = searchPercentile(state.bins(), percentile);
      EXPECT_NEAR(range.hi, sorted[sorted.size() - 1 - rank], width + 1e-6);
      EXPECT_NEAR(range.lo, std::min(0.0f, sorted[rank]), width + 1e-6);
    }
}

TEST(RangeSearch, PercentileCountsZeros) {
  // 90 zeros, then 1 ... 10: the 95th percentile is 5.
  std::vector<float> values(90, 0.0f);
  for (int i = 1; i <= 10; ++i)
    values.push_back(static_cast<float>(i));
  EXPECT_NEAR(rangeOf(ObserverKind::Percentile, values, kU8, 95).hi, 5.0f, 0.02f);
  EXPECT_EQ(rangeOf(ObserverKind::Percentile, values, kU8, 95).lo, 0.0f);
  EXPECT_EQ(rangeOf(ObserverKind::Percentile, values, kU8, 80).hi, 0.0f);
  EXPECT_EQ(rangeOf(ObserverKind::Percentile, values, kU8, 100).hi, 10.0f);
  for (float &value : values)
    value = -value;
  EXPECT_NEAR(rangeOf(ObserverKind::Percentile, values, kU8, 95).lo, -5.0f, 0.02f);
}

TEST(RangeSearch, EntropyClipsOutliersAndKeepsTheBulk) {
  // A few values far out: the threshold falls between the bulk and them.
  std::vector<float> values = normals(4, 100000);
  for (int i = 0; i < 5; ++i)
    values.push_back(50.0f + static_cast<float>(i));
  const Range clipped = rangeOf(ObserverKind::Entropy, values, kS8);
  EXPECT_LT(clipped.hi, 20.0f);
  EXPECT_GT(clipped.hi, 2.5f);
  EXPECT_LT(clipped.lo, -2.5f);
  // A uniform distribution has nothing to clip.
  const std::vector<float> flat = generate(5, 200000, [](Random &r) { return r.uniform(0, 8); });
  EXPECT_GT(rangeOf(ObserverKind::Entropy, flat).hi, 7.5f);
  const std::vector<float> relu = reluOutput(6);
  const Range range = rangeOf(ObserverKind::Entropy, relu);
  EXPECT_EQ(range.lo, 0.0f);
  EXPECT_GT(range.hi, 1.5f);
}

TEST(RangeSearch, ConstantsAndSinglePoints) {
  const std::vector<ObserverKind> kinds = {ObserverKind::Histogram, ObserverKind::Percentile,
                                           ObserverKind::Mse, ObserverKind::Entropy};
  for (ObserverKind kind : kinds)
    for (float value : {0.0f, 3.0f, -3.0f, 1e-30f, 3e38f})
      for (const QuantRange &codes : {kU8, kS8}) {
        const std::vector<float> values(10, value);
        const Range range = rangeOf(kind, values, codes);
        ASSERT_EQ(messageOf(checkRange(range.lo, range.hi, "t")), "(success)");
        const QParams params = chooseQParams(range.lo, range.hi, codes);
        const int32_t code =
            numerics::quantize(value, params.scale, params.zeroPoint, codes.qmin, codes.qmax);
        const float back = numerics::dequantize(code, params.scale, params.zeroPoint);
        EXPECT_NEAR(back, value, std::max(std::fabs(value) * 0.01f, 1e-6f))
            << observerName(kind).str() << " " << value;
      }
}

/// Ranges never leave the extremes, are deterministic, and follow a change of units.
TEST(RangeSearch, PropertiesOfAllSearches) {
  const std::vector<ObserverKind> kinds = {ObserverKind::Histogram, ObserverKind::Percentile,
                                           ObserverKind::Mse, ObserverKind::Entropy};
  for (uint64_t seed = 0; seed < 12; ++seed) {
    Random random(seed);
    const double shift = random.uniform(-2, 2);
    std::vector<float> values = normals(seed, 3000, shift, 1);
    std::vector<float> scaled = values;
    for (float &value : scaled)
      value *= 1024.0f;
    const Range full = extremesOf(values);
    for (ObserverKind kind : kinds)
      for (const QuantRange &codes : {kU8, kS8, QuantRange::make(4, true, false)}) {
        const Range range = rangeOf(kind, values, codes);
        EXPECT_GE(range.lo, std::min(0.0f, full.lo));
        EXPECT_LE(range.hi, std::max(0.0f, full.hi));
        EXPECT_LE(range.lo, range.hi);
        const Range again = rangeOf(kind, scaled, codes);
        EXPECT_EQ(again.lo, range.lo * 1024.0f);
        EXPECT_EQ(again.hi, range.hi * 1024.0f);
      }
  }
}

TEST(RangeSearch, MinMaxAndMovingAverage) {
  ObserverState state = ObserverState::minMax();
  state.update({-1.0f, 4.0f});
  const Range range = valueOf(chooseRange(ObserverKind::MinMax, state, kU8, {}, "t"));
  EXPECT_EQ(range.lo, -1.0f);
  EXPECT_EQ(range.hi, 4.0f);
  ObserverState average = ObserverState::movingAverage(0.5f);
  average.update({0.0f, 4.0f});
  average.update({0.0f, 8.0f});
  EXPECT_EQ(valueOf(chooseRange(ObserverKind::MovingAverageMinMax, average, kU8, {}, "t")).hi,
            6.0f);
}

TEST(RangeSearch, ChannelRanges) {
  ObserverState state = ObserverState::perChannel(2);
  const float values[] = {1, -2, 0, 0};
  state.updateChannels(values, 1, 2, 2);
  const std::vector<Range> ranges = valueOf(chooseChannelRanges(state, "w"));
  EXPECT_EQ(ranges[0].lo, -2.0f);
  EXPECT_EQ(ranges[1].hi, 0.0f);
  EXPECT_EQ(messageOf(chooseChannelRanges(ObserverState::minMax(), "w")),
            "w: a range per channel needs observer per_channel_min_max");
}

TEST(RangeSearch, Errors) {
  const auto message = [](ObserverKind kind, const ObserverState &state,
                          double percentile = 99.99) {
    SearchOptions options;
    options.percentile = percentile;
    return messageOf(chooseRange(kind, state, kU8, options, "conv1.out"));
  };
  EXPECT_EQ(message(ObserverKind::MinMax, ObserverState::minMax()),
            "conv1.out: no values were observed; calibrate with data first");
  EXPECT_EQ(message(ObserverKind::Mse, ObserverState::minMax()),
            "conv1.out: observer mse needs another kind of state than was recorded; calibrate "
            "again");
  EXPECT_EQ(message(ObserverKind::PerChannelMinMax, ObserverState::perChannel(2)),
            "conv1.out: per_channel_min_max gives a range per channel, and a single one is needed "
            "here");
  EXPECT_EQ(message(ObserverKind::Percentile, stateOf({1.0f}), 50),
            "conv1.out: expected a percentile above 50 and at most 100, got 50.000000");
  EXPECT_EQ(message(ObserverKind::Histogram, stateOf({1.0f, NAN, INFINITY, NAN})),
            "conv1.out: 2 NaN and 1 infinite values among 4 were observed; check the calibration "
            "data and the weights before it");
}
