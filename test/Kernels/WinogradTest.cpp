//===- WinogradTest.cpp - exact Winograd convolutions, and the proof they rest on -===//

#include "ConvCase.h"

#include <algorithm>

using namespace qopt::test;

namespace {

/// The Winograd rows that can run here.
std::vector<qrt_kernel_row> winogradRows() {
  std::vector<qrt_kernel_row> result;
  for (const qrt_kernel_row &row : runnableRows("conv2d"))
    if (std::string(row.symbol).find("winograd") != std::string::npos)
      result.push_back(row);
  return result;
}

/// Every Winograd row is among those that ran.
void expectTaken(const ConvCase &c, const std::vector<std::string> &ran) {
  for (const qrt_kernel_row &row : winogradRows())
    EXPECT_NE(std::find(ran.begin(), ran.end(), row.symbol), ran.end())
        << row.symbol << " did not take " << c.text();
}

void checkTaken(const ConvCase &c, Fill how = Fill::Random, uint32_t seed = 1) {
  expectTaken(c, check(c, how, seed));
}

/// 2^(31 - shift): what the accumulator with its bias must stay below.
int64_t boundOf(const qrt_kernel_row &row) {
  return int64_t(1) << (std::string(row.symbol).find("23") != std::string::npos ? 29 : 25);
}

bool takes(const qrt_kernel_row &row, const ConvCase &c) {
  return row.packer->supports(&c.p, c.weights.data());
}

} // namespace

TEST(Winograd, SizesAndPaddings) {
  for (int32_t height : {1, 2, 3, 4, 5, 9})
    for (int32_t width : {1, 2, 3, 4, 5, 6, 7, 8, 13})
      for (int32_t pad : {0, 1, 2})
        if (height + 2 * pad >= 3 && width + 2 * pad >= 3)
          checkTaken(ConvCase::make(2, height, width, 5, 18, 3, 1, pad));
  ConvCase c = ConvCase::make(1, 7, 6, 16, 16, 3, 1, 1);
  c.p.pad_top = 0, c.p.pad_left = 2, c.p.out_h = 7, c.p.out_w = 5; // as much as one likes
  checkTaken(c);
}

TEST(Winograd, Channels) {
  for (int32_t inC : {1, 2, 15, 16, 17, 31, 32, 33, 48, 64, 65})
    for (int32_t outC : {1, 7, 8, 9, 16, 17, 31, 32, 33, 40})
      checkTaken(ConvCase::make(1, 5, 6, inC, outC, 3, 1, 1));
}

TEST(Winograd, Strips) {
  checkTaken(ConvCase::make(3, 14, 14, 96, 20, 3, 1, 1)); // several strips, across samples
  checkTaken(ConvCase::make(1, 40, 41, 16, 16, 3, 1, 1)); // more tiles than a strip ever has
  // One image tile is larger than a strip; and weights are too large to be prepared. Full-range
  // random weights of so many channels would leave the bound.
  for (ConvCase c :
       {ConvCase::make(1, 7, 7, 512, 16, 3, 1, 1), ConvCase::make(1, 2, 3, 512, 528, 3, 1, 1)}) {
    c.fill(Fill::Random, 1);
    for (int8_t &w : c.weights)
      w /= 2;
    expectTaken(c, checkFilled(c));
  }
}

TEST(Winograd, ZeroPointsSignsAndEpilogues) {
  for (int32_t outC : {16, 21})
    for (bool isSigned : {false, true})
      for (int32_t zero : {0, 3, 128, 255}) {
        ConvCase c = ConvCase::make(2, 9, 8, 20, outC, 3, 1, 1);
        if (isSigned)
          setSigned(c);
        c.p.in_zero_point = zero - (isSigned ? 128 : 0);
        checkTaken(c);
        for (c.p.residual_kind = 1; c.p.residual_kind <= 2; ++c.p.residual_kind)
          checkTaken(c, zero ? Fill::Random : Fill::Extremes);
        c.p.residual_kind = 0;
        ConvCase lookUp = c;
        lookUp.table.resize(256);
        checkTaken(lookUp);
        c.p.output_f32 = 1;
        checkTaken(c);
      }
}

TEST(Winograd, AdversarialData) {
  for (Fill fill : {Fill::Extremes, Fill::Alternating, Fill::High, Fill::Low})
    for (bool isSigned : {false, true}) {
      ConvCase c = ConvCase::make(1, 8, 9, 64, 33, 3, 1, 1);
      c.p.in_zero_point = fill == Fill::Low ? 255 : 0; // the largest differences
      if (isSigned) {
        setSigned(c);
        c.p.in_zero_point = fill == Fill::Low ? 127 : -128;
      }
      c.p.output_f32 = 1;
      check(c, fill);
    }
}

// [N4] Accumulators up to the bound are exact, at both ends of the range and whatever the sign
// of the weights; one more is refused.
TEST(Winograd, ProofIsTightAndRefusesTheNextBias) {
  for (const qrt_kernel_row &row : winogradRows())
    for (int32_t zero : {0, 77, 255})
      for (int sign : {1, -1}) {
        ConvCase c = ConvCase::make(1, 6, 6, 24, 17, 3, 1, 1);
        c.p.in_zero_point = zero;
        c.p.output_f32 = 1;
        c.fill(Fill::Extremes, 5);
        // The first channel's worst accumulator, from its weights: what the proof must find.
        int64_t high = 0, low = 0;
        for (int32_t i = 0; i < 24 * 9; ++i) {
          const int64_t w = c.weights[i];
          high += std::max(w * (255 - zero), w * -zero);
          low += std::min(w * (255 - zero), w * -zero);
        }
        const int64_t bound = boundOf(row);
        c.bias[0] = static_cast<int32_t>(sign > 0 ? bound - 1 - high : -bound - low);
        c.p.bias = c.bias.data();
        // The codes that reach it, in the middle of the image: all taps see them.
        for (int32_t at = 0; at < 36; ++at)
          for (int32_t ic = 0; ic < 24; ++ic) {
            const int32_t kh = at / 6 - 1, kw = at % 6 - 1;
            if (kh < 0 || kh > 2 || kw < 0 || kw > 2)
              continue;
            const int8_t w = c.weights[ic * 9 + kh * 3 + kw];
            c.inputs[0][at * 24 + ic] = (w > 0) == (sign > 0) ? 255 : 0;
          }
        EXPECT_TRUE(takes(row, c)) << row.symbol << ", zero point " << zero;
        checkFilled(c);
        c.bias[0] += sign;
        EXPECT_FALSE(takes(row, c)) << row.symbol << ", zero point " << zero;
      }
}

TEST(Winograd, SumsNearTheRoundingOfFloat) {
  for (int32_t base : {(1 << 24) - 40, (1 << 24) + 1, (1 << 25) - 300000, -(1 << 25) + 300000}) {
    ConvCase c = ConvCase::make(1, 6, 6, 1, 16, 3, 1, 1);
    c.p.output_f32 = 1;
    c.p.in_zero_point = 0;
    c.fill(Fill::Random, 3);
    for (int32_t &bias : c.bias)
      bias = base + static_cast<int32_t>(&bias - c.bias.data());
    for (const std::string &name : {"qrt_winograd43_avx2", "qrt_winograd23_avx2"}) {
      const std::vector<std::string> ran = checkFilled(c);
      if (canRun(QRT_ISA_AVX2))
        EXPECT_NE(std::find(ran.begin(), ran.end(), name), ran.end()) << name << ", " << base;
    }
  }
}

TEST(Winograd, OtherLayersAreRefused) {
  ConvCase good = ConvCase::make(1, 8, 8, 16, 16, 3, 1, 1);
  good.fill(Fill::Random, 1);
  for (const qrt_kernel_row &row : winogradRows()) {
    EXPECT_TRUE(takes(row, good));
    const auto refuses = [&](const char *what, const ConvCase &c) {
      EXPECT_FALSE(takes(row, c)) << row.symbol << ": " << what;
    };
    ConvCase c = good;
    c.p.stride_h = 2;
    refuses("stride", c);
    c = good;
    c.p.dilation_w = 2;
    refuses("dilation", c);
    c = good;
    c.p.kernel_w = 1;
    refuses("kernel", c);
    c = good;
    c.p.groups = 2;
    refuses("groups", c);
    c = good;
    c.weightZeroPoint.assign(16, 0);
    c.p.weight_zero_point = c.weightZeroPoint.data();
    refuses("weight zero points", c);
    c = good;
    c.multiplier[3] = 0x1p-120f; // divided by 2^shift it would lose bits
    c.p.multiplier = c.multiplier.data();
    refuses("tiny multiplier", c);
  }
}
