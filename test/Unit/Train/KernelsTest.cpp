//===- TrainTest.cpp - kernels of a training step against their definitions -------------===//

#include "qopt/Train/Kernels.h"
#include "qopt/Support/Numerics.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <random>

using namespace qopt;
using namespace qopt::train;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Values around the grid, with ties, zeros of both signs and the far ends among them.
std::vector<float> values(int64_t count, unsigned seed, float spread = 3.0f) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0f, spread);
  std::vector<float> result(count);
  for (float &value : result)
    value = normal(random);
  for (int64_t i = 0; i < count; i += 7)
    result[i] = std::nearbyint(result[i] * 10.0f) * 0.05f;
  for (int64_t i = 3; i < count; i += 31)
    result[i] = i % 2 ? -0.0f : 0.0f;
  return result;
}

struct Case {
  Extent extent;
  bool perChannel;
  int threads;
};

std::ostream &operator<<(std::ostream &os, const Case &c) {
  return os << c.extent.outer << "x" << c.extent.channels << "x" << c.extent.inner
            << (c.perChannel ? " per channel" : " per tensor") << ", " << c.threads << " threads";
}

/// NCHW, NHWC, lines shorter and longer than a vector, and more than one part.
class TrainTest : public testing::TestWithParam<Case> {
protected:
  Extent extent = GetParam().extent;
  int threads = GetParam().threads;
  bool perChannel = GetParam().perChannel;
  int64_t count = extent.elements();
  std::vector<float> x = values(count, 1), g = values(count, 2, 0.1f);
  std::vector<float> scales;
  std::vector<int32_t> zeroPoints;

  Grid grid(int32_t qmin = 0, int32_t qmax = 63) {
    for (int64_t c = 0; c < (perChannel ? extent.channels : 1); ++c) {
      scales.push_back(0.1f + 0.01f * static_cast<float>(c));
      zeroPoints.push_back(static_cast<int32_t>((c * 7 + 20) % (qmax - qmin + 1)) + qmin);
    }
    return {scales.data(), zeroPoints.data(), perChannel, qmin, qmax};
  }
  int64_t channel(int64_t i) const { return i / extent.inner % extent.channels; }
  int64_t line(int64_t i) const { return perChannel ? channel(i) : 0; }
};

} // namespace

TEST_P(TrainTest, FakeQuantIsQuantizeThenDequantize) {
  const Grid to = grid();
  x[5 % count] = NAN;
  std::vector<float> out(count);
  std::vector<uint8_t> mask(count, 7);
  fakeQuant(x.data(), extent, to, {-1.0f, 2.5f}, out.data(), mask.data(), threads);
  for (int64_t i = 0; i < count; ++i) {
    const float scale = scales[line(i)];
    const int32_t zero = zeroPoints[line(i)];
    const float inner = std::isnan(x[i]) ? x[i] : std::min(std::max(x[i], -1.0f), 2.5f);
    const float expected =
        numerics::dequantize(numerics::quantize(inner, scale, zero, to.qmin, to.qmax), scale, zero);
    ASSERT_EQ(out[i], expected) << i;
    ASSERT_EQ(std::signbit(out[i]), std::signbit(expected)) << i;
    const double code = std::nearbyint(static_cast<double>(x[i] / scale)) + zero;
    const bool inside = code >= to.qmin && code <= to.qmax;
    ASSERT_EQ(mask[i], inside && x[i] > -1.0f && x[i] < 2.5f) << i;
  }
  std::vector<float> again = x;
  fakeQuant(again.data(), extent, to, {-1.0f, 2.5f}, again.data(), nullptr, threads);
  for (int64_t i = 0; i < count; ++i)
    ASSERT_EQ(again[i], out[i]) << i;
}

TEST_P(TrainTest, SixteenBits) {
  const Grid to = grid(-32768, 32767);
  std::vector<float> out(count);
  fakeQuant(x.data(), extent, to, {-kInfinity, kInfinity}, out.data(), nullptr, threads);
  for (int64_t i = 0; i < count; ++i) {
    const float scale = scales[line(i)];
    const int32_t zero = zeroPoints[line(i)];
    const int32_t code = numerics::quantize(x[i], scale, zero, to.qmin, to.qmax);
    ASSERT_EQ(out[i], numerics::dequantize(code, scale, zero)) << i;
  }
}

TEST_P(TrainTest, GradientPassesTheMask) {
  std::vector<uint8_t> mask(count);
  for (int64_t i = 0; i < count; ++i)
    mask[i] = i % 3 == 0;
  std::vector<float> gx(count);
  maskGradient(g.data(), mask.data(), count, gx.data(), threads);
  for (int64_t i = 0; i < count; ++i)
    ASSERT_EQ(gx[i], mask[i] ? g[i] : 0.0f);
}

/// ds and dz against the formulas of N11, in f64.
TEST_P(TrainTest, LearnedScaleAndZeroPoint) {
  const Grid to = grid(-8, 7);
  const float gradScale = 0.125f;
  std::vector<float> gx(count), ds(scales.size()), dz(scales.size());
  lsqBackward(g.data(), x.data(), extent, to, gradScale, gx.data(), ds.data(), dz.data(), threads);
  std::vector<double> expectedScale(scales.size()), expectedZero(scales.size()),
      weight(scales.size());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t c = line(i);
    const double scale = scales[c], zero = zeroPoints[c];
    const double ratio = x[i] / scales[c], code = std::nearbyint(ratio) + zero;
    const bool below = code<to.qmin, above = code> to.qmax;
    const double part = below ? to.qmin - zero : above ? to.qmax - zero : code - zero - ratio;
    expectedScale[c] += g[i] * part;
    expectedZero[c] += below || above ? -g[i] * scale : 0.0;
    weight[c] += std::fabs(g[i] * part) + std::fabs(g[i] * scale);
    ASSERT_EQ(gx[i], below || above ? 0.0f : g[i]) << i;
  }
  for (size_t c = 0; c < scales.size(); ++c) {
    EXPECT_NEAR(ds[c], expectedScale[c] * gradScale, 1e-6 * weight[c] + 1e-9);
    EXPECT_NEAR(dz[c], expectedZero[c] * gradScale, 1e-6 * weight[c] + 1e-9);
  }
}

TEST_P(TrainTest, Extremes) {
  std::vector<float> least(extent.channels, 9.0f), greatest(extent.channels, 9.0f);
  observe(x.data(), extent, perChannel, least.data(), greatest.data(), threads);
  std::vector<float> low(extent.channels, kInfinity), high(extent.channels, -kInfinity);
  for (int64_t i = 0; i < count; ++i) {
    low[line(i)] = std::min(low[line(i)], x[i]);
    high[line(i)] = std::max(high[line(i)], x[i]);
  }
  for (int64_t c = 0; c < (perChannel ? extent.channels : 1); ++c) {
    EXPECT_EQ(least[c], low[c]);
    EXPECT_EQ(greatest[c], high[c]);
  }
  for (const float bad : {NAN, kInfinity, -kInfinity}) {
    x[count - 1] = bad;
    observe(x.data(), extent, perChannel, least.data(), greatest.data(), threads);
    EXPECT_TRUE(std::isnan(least[line(count - 1)]) && std::isnan(greatest[line(count - 1)]));
  }
}

TEST_P(TrainTest, Statistics) {
  const int64_t channels = extent.channels;
  std::vector<double> mean(channels), variance(channels), sum(channels), square(channels);
  std::vector<float> least(channels), greatest(channels), low(channels, kInfinity),
      high(channels, -kInfinity);
  channelStats(x.data(), extent, mean.data(), variance.data(), least.data(), greatest.data(),
               threads);
  for (int64_t i = 0; i < count; ++i) {
    sum[channel(i)] += x[i];
    low[channel(i)] = std::min(low[channel(i)], x[i]);
    high[channel(i)] = std::max(high[channel(i)], x[i]);
  }
  const auto each = static_cast<double>(count / channels);
  for (int64_t i = 0; i < count; ++i)
    square[channel(i)] += std::pow(x[i] - sum[channel(i)] / each, 2);
  for (int64_t c = 0; c < channels; ++c) {
    EXPECT_NEAR(mean[c], sum[c] / each, 1e-12);
    EXPECT_NEAR(variance[c], square[c] / each, 1e-10);
    EXPECT_EQ(least[c], low[c]);
    EXPECT_EQ(greatest[c], high[c]);
  }
  std::vector<double> mean1(channels), variance1(channels);
  channelStats(x.data(), extent, mean1.data(), variance1.data(), nullptr, nullptr, 1);
  EXPECT_EQ(mean1, mean) << "sums depend on the number of threads";
  EXPECT_EQ(variance1, variance);
}

TEST_P(TrainTest, AffineAloneAndWithFakeQuant) {
  const std::vector<float> a = values(extent.channels, 5), b = values(extent.channels, 6);
  const std::vector<float> residual = values(count, 7);
  perChannel = false;
  const Grid to = grid(0, 63);
  for (const float *with : {static_cast<const float *>(nullptr), residual.data()}) {
    std::vector<float> out(count), fused(count);
    std::vector<uint8_t> mask(count), fusedMask(count);
    float least, greatest, low = kInfinity, high = -kInfinity;
    const Bounds relu{0.0f, kInfinity};
    affine(x.data(), with, extent, a.data(), b.data(), relu, out.data(), &least, &greatest,
           threads);
    for (int64_t i = 0; i < count; ++i) {
      float expected = x[i] * a[channel(i)];
      expected = expected + b[channel(i)];
      if (with)
        expected = expected + with[i];
      expected = std::max(expected, 0.0f);
      ASSERT_EQ(out[i], expected) << i;
      low = std::min(low, expected);
      high = std::max(high, expected);
    }
    EXPECT_EQ(least, low);
    EXPECT_EQ(greatest, high);
    fakeQuant(out.data(), extent, to, relu, out.data(), mask.data(), threads);
    affineFakeQuant(x.data(), with, extent, a.data(), b.data(), relu, to, fused.data(),
                    fusedMask.data(), threads);
    EXPECT_EQ(fused, out);
    EXPECT_EQ(fusedMask, mask);
  }
}

/// The gradient of a normalization by batch statistics, from masked sums and one affine pass,
/// against finite differences of its definition in f64.
TEST_P(TrainTest, NormalizationGradient) {
  const int64_t channels = extent.channels;
  const auto each = static_cast<double>(count / channels);
  const double eps = 1e-3;
  std::vector<uint8_t> mask(count);
  for (int64_t i = 0; i < count; ++i)
    mask[i] = i % 5 != 0;
  const std::vector<float> gamma = values(channels, 8);
  std::vector<double> mean(channels), variance(channels), sum(channels), dot(channels);
  channelStats(x.data(), extent, mean.data(), variance.data(), nullptr, nullptr, threads);
  maskedSums(g.data(), mask.data(), x.data(), mean.data(), extent, sum.data(), dot.data(), threads);
  std::vector<float> p(channels), q(channels), r(channels), gx(count), gm(count);
  for (int64_t c = 0; c < channels; ++c) {
    const double inverse = 1.0 / std::sqrt(variance[c] + eps);
    const double slope = -gamma[c] * inverse * inverse * inverse * dot[c] / each;
    p[c] = static_cast<float>(gamma[c] * inverse);
    q[c] = static_cast<float>(slope);
    r[c] = static_cast<float>(-gamma[c] * inverse * sum[c] / each - slope * mean[c]);
  }
  maskedAffine(g.data(), mask.data(), x.data(), extent, p.data(), q.data(), r.data(), gx.data(),
               gm.data(), threads);
  // loss = sum of g * mask * normalized(x); only the channel of the element that moves changes.
  auto loss = [&](int64_t moved, double by) {
    const int64_t c = channel(moved);
    std::vector<std::pair<double, double>> members;
    double total = 0.0, squares = 0.0, result = 0.0;
    for (int64_t i = 0; i < count; ++i)
      if (channel(i) == c)
        members.emplace_back(x[i] + (i == moved ? by : 0.0), mask[i] ? g[i] : 0.0);
    for (const auto &[value, weight] : members)
      total += value;
    for (const auto &[value, weight] : members)
      squares += (value - total / each) * (value - total / each);
    for (const auto &[value, weight] : members)
      result += weight * (value - total / each) / std::sqrt(squares / each + eps) * gamma[c];
    return result;
  };
  for (int64_t i = 0; i < count; i += std::max<int64_t>(1, count / 5)) {
    const double step = 1e-4, slope = (loss(i, step) - loss(i, -step)) / (2 * step);
    EXPECT_NEAR(gx[i], slope, 1e-4 * (1.0 + std::fabs(slope))) << i;
    EXPECT_EQ(gm[i], mask[i] ? g[i] : 0.0f);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TrainTest,
                         testing::Values(Case{{1, 1, 100}, false, 1}, Case{{1, 1, 40000}, false, 2},
                                         Case{{3, 5, 64}, true, 2}, Case{{2, 6, 49}, false, 1},
                                         Case{{4, 7, 3}, true, 1}, Case{{300, 67, 1}, true, 2},
                                         Case{{37, 8, 1}, false, 3}, Case{{1, 64, 576}, true, 2},
                                         Case{{5, 1, 9}, true, 2}));
