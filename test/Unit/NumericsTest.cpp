//===- NumericsTest.cpp - the project's arithmetic -----------------------------------------===//
//
// Tests of qopt/Support/Numerics.h: every rule against integers or wider arithmetic.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Numerics.h"
#include "TestSupport.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace qopt::numerics;
using qopt::test::Random;

TEST(Numerics, RoundsHalfToEven) {
  EXPECT_EQ(roundHalfEven(0.5f), 0.0f);
  EXPECT_EQ(roundHalfEven(1.5f), 2.0f);
  EXPECT_EQ(roundHalfEven(2.5f), 2.0f);
  EXPECT_EQ(roundHalfEven(-0.5f), 0.0f);
  EXPECT_EQ(roundHalfEven(-1.5f), -2.0f);
  EXPECT_EQ(roundHalfEven(8388609.0f), 8388609.0f);
}

/// N2: rounding comes before the zero point, or ties with an odd zero point go astray.
TEST(Numerics, TiesIgnoreTheZeroPoint) {
  for (int zero : {0, 1, 7, 128}) {
    EXPECT_EQ(quantize(0.5f, 1.0f, zero, -512, 511), zero);
    EXPECT_EQ(quantize(1.5f, 1.0f, zero, -512, 511), zero + 2);
    EXPECT_EQ(quantize(-2.5f, 1.0f, zero, -512, 511), zero - 2);
  }
}

TEST(Numerics, SpecialValues) {
  EXPECT_EQ(quantize(INFINITY, 1.0f, 3, 0, 255), 255);
  EXPECT_EQ(quantize(-INFINITY, 1.0f, 3, 0, 255), 0);
  EXPECT_EQ(quantize(NAN, 1.0f, 3, 0, 255), 3);
  EXPECT_EQ(quantize(3e38f, 1e-30f, 3, 0, 255), 255);
  EXPECT_EQ(quantize(-1e-45f, 1.0f, 3, 0, 255), 3);
}

TEST(Numerics, DequantizeThenQuantizeKeepsCodes) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const float scale = static_cast<float>(std::exp2(random.uniform(-23, 20)));
    const int zero = static_cast<int>(random.integer(-128, 127));
    for (int code = -128; code <= 127; ++code)
      ASSERT_EQ(quantize(dequantize(code, scale, zero), scale, zero, -128, 127), code);
  }
}

TEST(Numerics, BiasSaturates) {
  EXPECT_EQ(quantizeBias(1e30f, 1.0f, 1.0f), INT32_MAX);
  EXPECT_EQ(quantizeBias(-1e30f, 1.0f, 1.0f), INT32_MIN);
  EXPECT_EQ(quantizeBias(2147483648.0f, 1.0f, 1.0f), INT32_MAX);
  EXPECT_EQ(quantizeBias(-2147483648.0f, 1.0f, 1.0f), INT32_MIN);
  EXPECT_EQ(quantizeBias(NAN, 1.0f, 1.0f), 0);
  EXPECT_EQ(quantizeBias(2.5f, 0.5f, 2.0f), 2);
}

/// For every accumulator: what the f32 product gives, exact in f64, rounded once by hand.
TEST(Numerics, RequantizeIsOneRoundingOfTheProduct) {
  Random random(2);
  for (int i = 0; i < 200000; ++i) {
    const int32_t acc = static_cast<int32_t>(random.next() >> random.integer(33, 60)) *
                        (random.integer(0, 1) ? 1 : -1);
    const float multiplier = static_cast<float>(std::exp2(random.uniform(-24, 0)));
    const int zero = static_cast<int>(random.integer(0, 255));
    const float product = static_cast<float>(static_cast<double>(static_cast<float>(acc)) *
                                             static_cast<double>(multiplier));
    const double code = std::nearbyint(static_cast<double>(product)) + zero;
    ASSERT_EQ(requantize(acc, multiplier, zero, 0, 255), std::clamp(code, 0.0, 255.0));
  }
}

TEST(Numerics, RequantizeExtremes) {
  EXPECT_EQ(requantize(INT32_MAX, 1e30f, 3, 0, 255), 255);
  EXPECT_EQ(requantize(INT32_MIN, 1e30f, 3, 0, 255), 0);
  // relu as a narrower sat
  EXPECT_EQ(requantize(-50, 1.0f, 3, 3, 255), 3);
}

TEST(Numerics, AddAndResidual) {
  // 0.5 + 1.0 = 1.5, which rounds to 2.
  EXPECT_EQ(addCodes(1, 0, 0.5f, 1, 0, 1.0f, 10, 0, 255), 12);
  EXPECT_EQ(addCodes(5, 0, 1.0f, 3, 0, -1.0f, 0, -128, 127), 2);
  EXPECT_EQ(requantizeWithResidual(3, 0.5f, 12, 10, 0.25f, 1, 0, 255), 3);
  EXPECT_EQ(requantizeWithResidual(INT32_MAX, 1.0f, 255, 0, 1.0f, 0, 0, 255), 255);
}

TEST(Numerics, MulAndAverage) {
  EXPECT_EQ(mulCodes(-128, 0, -128, 0, 1.0f / 256, 0, -128, 127), 64);
  EXPECT_EQ(averageCodes(10, 4, 1.0f, 1.0f, 0, 0, 255), 2);
  EXPECT_EQ(averageCodes(14, 4, 1.0f, 1.0f, 0, 0, 255), 4);
  EXPECT_EQ(averageCodes(255 * 49, 49, 0.1f, 0.1f, 0, 0, 255), 255);
}

/// The examples of ONNX's DynamicQuantizeLinear, and what it leaves open (N17).
TEST(Numerics, DynamicParams) {
  struct Case {
    std::vector<float> x;
    float scale;
    std::vector<int32_t> codes;
  };
  const Case cases[] = {
      {{0, 2, -3, -2.5f, 1.34f, 0.5f}, 0.0196078438f, {153, 255, 0, 26, 221, 179}},
      {{-1, -2.1f, -1.3f, -2.5f, -3.34f, -4}, 0.0156862754f, {191, 121, 172, 96, 42, 0}},
      {{1, 2.1f, 1.3f, 2.5f, 3.34f, 4, 1.5f, 2.6f, 3.9f, 4, 3, 2.345f},
       0.0156862754f,
       {64, 134, 83, 159, 213, 255, 96, 166, 249, 255, 191, 149}},
      {{0.0f, -0.0f}, 1.0f, {0, 0}},
      {{1e-45f}, 1.0f, {0}},                                    // 1e-45 / 255 is 0
      {{NAN, -INFINITY, INFINITY, 51}, 0.2f, {0, 0, 255, 255}}, // range [0, 51], zero point 0
      {{-1, 254, NAN}, 1.0f, {0, 255, 1}}};                     // NaN gives z = 1
  for (const Case &each : cases) {
    float lo = 0.0f, hi = 0.0f;
    for (const float x : each.x) {
      lo = std::min(lo, rangeValue(x));
      hi = std::max(hi, rangeValue(x));
    }
    const DynamicParams found = dynamicParams(lo, hi);
    EXPECT_EQ(found.scale, each.scale);
    for (size_t i = 0; i < each.x.size(); ++i)
      EXPECT_EQ(quantize(each.x[i], found.scale, found.zeroPoint, 0, 255), each.codes[i]);
  }
  // hi - lo beyond f32 counts as its greatest number: still finite.
  const DynamicParams huge = dynamicParams(-greatestFloat, greatestFloat);
  EXPECT_EQ(huge.scale, greatestFloat / 255.0f);
  EXPECT_EQ(huge.zeroPoint, 255);
}
