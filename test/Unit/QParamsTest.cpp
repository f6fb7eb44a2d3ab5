//===- QParamsTest.cpp - scales, zero points and lookup tables ---------------------------===//
//
// Tests of qopt/Support/QParams.h against docs/Numerics.md, N5, N10 and N15.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/QParams.h"
#include "TestSupport.h"
#include "qopt/Support/Numerics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace qopt;
using namespace qopt::test;

TEST(QParams, Ranges) {
  const QuantRange weights = QuantRange::make(8, true, true, /*narrow=*/true);
  EXPECT_EQ(weights.qmin, -127);
  EXPECT_EQ(weights.qmax, 127);
  const QuantRange four = QuantRange::make(4, false, false);
  EXPECT_EQ(four.qmin, 0);
  EXPECT_EQ(four.qmax, 15);
  EXPECT_EQ(QuantRange::make(16, true, true).qmin, -32768);
  EXPECT_EQ(QuantRange::make(8, false, false, /*narrow=*/true).qmin, 0);
}

TEST(QParams, AffineExamples) {
  const QuantRange u8 = QuantRange::make(8, false, false);
  EXPECT_EQ(chooseQParams(0.0f, 255.0f, u8), (QParams{1.0f, 0}));
  EXPECT_EQ(chooseQParams(-128.0f, 127.0f, u8), (QParams{1.0f, 128}));
  // A range without zero is extended to it.
  EXPECT_EQ(chooseQParams(10.0f, 255.0f, u8), (QParams{1.0f, 0}));
  EXPECT_EQ(chooseQParams(-255.0f, -3.0f, u8), (QParams{1.0f, 255}));
  const QuantRange s8 = QuantRange::make(8, true, false);
  EXPECT_EQ(chooseQParams(0.0f, 255.0f, s8), (QParams{1.0f, -128}));
}

TEST(QParams, SymmetricExamples) {
  const QuantRange narrow = QuantRange::make(8, true, true, true);
  EXPECT_EQ(chooseQParams(-1.0f, 127.0f, narrow), (QParams{1.0f, 0}));
  EXPECT_EQ(chooseQParams(-254.0f, 127.0f, narrow), (QParams{2.0f, 0}));
  // The wide range also divides by 127: one code more below is not used by the choice.
  EXPECT_EQ(chooseQParams(-127.0f, 0.0f, QuantRange::make(8, true, true)), (QParams{1.0f, 0}));
  EXPECT_EQ(chooseQParams(-127.0f, 5.0f, QuantRange::make(8, false, true)), (QParams{1.0f, 128}));
  EXPECT_EQ(chooseQParams(-1.0f, 1.0f, QuantRange::make(2, true, true, true)), (QParams{1.0f, 0}));
}

TEST(QParams, ConstantsAndFloors) {
  const QuantRange u8 = QuantRange::make(8, false, false);
  const QuantRange s8 = QuantRange::make(8, true, true);
  EXPECT_EQ(chooseQParams(0.0f, 0.0f, u8), (QParams{1.0f, 0}));
  EXPECT_EQ(chooseQParams(-0.0f, 0.0f, QuantRange::make(8, true, false)), (QParams{1.0f, -128}));
  EXPECT_EQ(chooseQParams(0.0f, 0.0f, s8), (QParams{1.0f, 0}));
  EXPECT_EQ(chooseQParams(0.0f, 1e-30f, u8), (QParams{0x1p-23f, 0}));
  EXPECT_EQ(chooseQParams(-1e-30f, 0.0f, u8), (QParams{0x1p-23f, 0}));
  EXPECT_EQ(chooseQParams(-1e-30f, 0.0f, s8), (QParams{0x1p-23f, 0}));
}

/// For any range: zero has an exact code, the ends are shown to half a step (plus the
/// rounding of the zero point), and z lies in the codes.
TEST(QParams, AffineProperties) {
  Random random(11);
  for (int i = 0; i < 100000; ++i) {
    const int bits = static_cast<int>(random.integer(2, 16));
    const QuantRange range = QuantRange::make(bits, random.integer(0, 1), false);
    const double size = std::exp2(random.uniform(-20, 60));
    const float a = static_cast<float>(random.normal() * size);
    const float b = static_cast<float>(random.normal() * size);
    const float lo = std::min(a, b);
    const float hi = std::max(a, b);
    const QParams params = chooseQParams(lo, hi, range);
    ASSERT_GE(params.scale, kScaleFloor);
    ASSERT_GE(params.zeroPoint, range.qmin);
    ASSERT_LE(params.zeroPoint, range.qmax);
    ASSERT_EQ(numerics::quantize(0.0f, params.scale, params.zeroPoint, range.qmin, range.qmax),
              params.zeroPoint);
    for (float end : {lo, hi}) {
      const int32_t code =
          numerics::quantize(end, params.scale, params.zeroPoint, range.qmin, range.qmax);
      const float back = numerics::dequantize(code, params.scale, params.zeroPoint);
      ASSERT_LE(std::fabs(back - end), params.scale * 1.01f) << lo << " " << hi << " " << bits;
    }
  }
}

/// The order of operations of N15, written out a second time in f32.
TEST(QParams, AffineMatchesTheRuleBitForBit) {
  Random random(12);
  const QuantRange u8 = QuantRange::make(8, false, false);
  for (int i = 0; i < 100000; ++i) {
    const float lo = static_cast<float>(-std::fabs(random.normal()));
    const float hi = static_cast<float>(std::fabs(random.normal()));
    const float width = hi - lo;
    const float scale = width / 255.0f;
    const float quotient = lo / scale;
    const int zero = 0 - static_cast<int>(std::nearbyint(quotient));
    ASSERT_EQ(chooseQParams(lo, hi, u8), (QParams{scale, std::clamp(zero, 0, 255)}));
  }
}

TEST(QParams, RangeErrors) {
  EXPECT_EQ(messageOf(checkRange(-1.0f, 1.0f, "conv1.out")), "(success)");
  EXPECT_EQ(messageOf(checkRange(NAN, 1.0f, "conv1.out")),
            "conv1.out: the range [nan, 1.000000] is not finite; look for NaN or infinity in the "
            "data and the weights");
  EXPECT_NE(messageOf(checkRange(0.0f, INFINITY, "t")), "(success)");
  EXPECT_EQ(messageOf(checkRange(2.0f, 1.0f, "t")), "t: the range [2.000000, 1.000000] is empty");
  EXPECT_TRUE(
      llvm::StringRef(messageOf(checkRange(-3e38f, 3e38f, "t"))).ends_with("overflows f32"));
}

TEST(QParams, QuantRangeErrors) {
  EXPECT_EQ(messageOf(checkQuantRange(QuantRange::make(8, true, true, true), "w")), "(success)");
  EXPECT_EQ(messageOf(checkQuantRange(QuantRange::make(2, true, true, true), "w")), "(success)");
  EXPECT_EQ(messageOf(checkQuantRange({17, false, 0, 255, false}, "w")),
            "w: expected a width of 2 to 16 bits, got 17");
  EXPECT_EQ(messageOf(checkQuantRange({8, true, -128, 128, false}, "w")),
            "w: expected codes within -128 to 127 (8 bits, signed) with quant_min below quant_max, "
            "got -128 to 128");
  EXPECT_EQ(messageOf(checkQuantRange({4, false, 5, 5, false}, "w")),
            "w: expected codes within 0 to 15 (4 bits, unsigned) with quant_min below quant_max, "
            "got 5 to 5");
  EXPECT_EQ(messageOf(checkQuantRange({8, true, 0, 127, true}, "w")),
            "w: a symmetric range needs codes on both sides of its zero point 0, got 0 to 127; "
            "widen quant_min and quant_max or use an affine scheme");
}

/// N5: with the floor applied, the bias code stays within 2^30 and a step.
TEST(QParams, WeightScaleFloorBoundsTheBiasCode) {
  Random random(13);
  for (int i = 0; i < 100000; ++i) {
    const float bias = static_cast<float>(random.normal() * std::exp2(random.uniform(-30, 30)));
    const float inputScale = static_cast<float>(std::exp2(random.uniform(-23, 10)));
    const float weightScale = std::max(static_cast<float>(std::exp2(random.uniform(-23, 0))),
                                       weightScaleFloor(bias, inputScale));
    const int64_t code = numerics::quantizeBias(bias, inputScale, weightScale);
    ASSERT_LE(std::llabs(code), (int64_t(1) << 30) + 256);
  }
  EXPECT_EQ(weightScaleFloor(-1.0f, 1.0f), 0x1p-30f);
  EXPECT_EQ(weightScaleFloor(0.0f, 0.5f), 0.0f);
}

TEST(Tables, IdentityKeepsCodes) {
  const CodeSpace u8{0.1f, 7, 0, 255, false};
  const CodeSpace s8{0.1f, 7, -128, 127, true};
  const ByteTable unsignedTable = requantizeTable(u8, u8);
  const ByteTable signedTable = requantizeTable(s8, s8);
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(unsignedTable[byte], byte);
    EXPECT_EQ(signedTable[byte], byte);
  }
}

TEST(Tables, SignedToUnsigned) {
  const ByteTable table = requantizeTable({0.5f, 0, -128, 127, true}, {0.5f, 128, 0, 255, false});
  EXPECT_EQ(table[0x80], 0);
  EXPECT_EQ(table[0xff], 127);
  EXPECT_EQ(table[0x00], 128);
  EXPECT_EQ(table[0x7f], 255);
}

TEST(Tables, ClampsCodesOutsideTheInputRange) {
  const CodeSpace four{1.0f, 0, 0, 15, false};
  const ByteTable table = requantizeTable(four, {1.0f, 0, 0, 255, false});
  EXPECT_EQ(table[15], 15);
  EXPECT_EQ(table[16], 15);
  EXPECT_EQ(table[255], 15);
  const ByteTable narrow = requantizeTable({1.0f, 0, -127, 127, true}, {1.0f, 0, -128, 127, true});
  EXPECT_EQ(static_cast<int8_t>(narrow[0x80]), -127);
}

/// N10 in its own words: N3 in f32, the function in f64, one rounding to f32, N2.
TEST(Tables, FunctionsFollowN10) {
  Random random(14);
  const auto sigmoid = [](double x) { return 1.0 / (1.0 + std::exp(-x)); };
  for (int i = 0; i < 500; ++i) {
    const bool inSigned = random.integer(0, 1);
    const CodeSpace in{
        static_cast<float>(std::exp2(random.uniform(-10, 0))),
        static_cast<int32_t>(inSigned ? random.integer(-128, 127) : random.integer(0, 255)),
        inSigned ? -128 : 0, inSigned ? 127 : 255, inSigned};
    const CodeSpace out{1.0f / 256, 0, 0, 255, false};
    const ByteTable table = buildTable(sigmoid, in, out);
    for (int code = in.qmin; code <= in.qmax; ++code) {
      const float x = static_cast<float>(code - in.zeroPoint) * in.scale;
      const float y = static_cast<float>(sigmoid(static_cast<double>(x)));
      const float steps = std::nearbyint(y / out.scale);
      ASSERT_EQ(table[static_cast<uint8_t>(code)], std::min(255.0f, steps));
    }
  }
}

TEST(Tables, OddFunctionResultsAreDefined) {
  const CodeSpace in{1.0f, 128, 0, 255, false};
  const CodeSpace out{1.0f, -3, -128, 127, true};
  const ByteTable logs = buildTable([](double x) { return std::log(x); }, in, out);
  EXPECT_EQ(static_cast<int8_t>(logs[0]), -3);     // NaN gives the zero point
  EXPECT_EQ(static_cast<int8_t>(logs[128]), -128); // -inf saturates
  const ByteTable huge = buildTable([](double) { return 1e300; }, in, out);
  EXPECT_EQ(static_cast<int8_t>(huge[0]), 127);
}

TEST(QParams, QuantizeAllIsQuantizeOneByOne) {
  std::vector<float> values{0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e30f, -1e30f, 0x1p-149f};
  for (int i = -2000; i <= 2000; ++i) // ties and near ties
    for (const float off : {0.0f, 1e-4f, -1e-4f})
      values.push_back((static_cast<float>(i) * 0.5f + off) * 0.37f);
  std::vector<int8_t> codes(values.size());
  const struct {
    int32_t qmin, qmax, zeroPoint;
  } grids[] = {{-127, 127, 0}, {-128, 127, -5}, {0, 255, 128}, {0, 15, 3}, {-2, 1, 1}};
  for (const auto &grid : grids) {
    quantizeAll(values, {0.37f, grid.zeroPoint}, grid.qmin, grid.qmax, codes.data());
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(codes[i], static_cast<int8_t>(numerics::quantize(values[i], 0.37f, grid.zeroPoint,
                                                                 grid.qmin, grid.qmax)))
          << values[i];
  }
}
