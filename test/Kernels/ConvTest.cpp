//===- ConvTest.cpp - every conv2d row against the reference and an oracle --------===//

#include "ConvCase.h"

using namespace qopt::test;

TEST(Conv, Shapes3x3) {
  for (int32_t size : {1, 2, 3, 4, 5, 7, 8, 14, 15, 28})
    for (int32_t channels : {1, 3, 4, 8, 16, 17})
      check(ConvCase::make(1, size, size, channels, 20, 3, 1, 1));
}

TEST(Conv, OutputChannels) {
  for (int32_t outC : {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 100, 129}) {
    check(ConvCase::make(1, 6, 6, 8, outC, 3, 1, 1));
    check(ConvCase::make(2, 1, 1, 24, outC, 1));
    check(ConvCase::make(1, 2, 2, 5, outC, 3, 1, 1));
  }
}

TEST(Conv, PixelCounts) {
  for (int32_t width = 1; width <= 31; ++width) {
    ConvCase c = ConvCase::make(1, 2, width, 4, 33, 1);
    check(c);
    c = ConvCase::make(2, 3, width, 4, 18, 3, 1, 1);
    check(c);
  }
}

TEST(Conv, StridesAndPaddings) {
  for (int32_t kernel : {1, 2, 3, 5, 7})
    for (int32_t stride : {1, 2, 3})
      for (int32_t pad = 0; pad <= kernel / 2 + 1; ++pad)
        check(ConvCase::make(2, 9, 11, 4, 19, kernel, stride, pad));
}

TEST(Conv, Dilations) {
  for (int32_t dilation : {2, 3, 7})
    for (int32_t pad : {0, 2, 3})
      for (int32_t channels : {3, 4, 8}) {
        if (16 + 2 * pad > 2 * dilation)
          check(ConvCase::make(1, 16, 16, channels, 10, 3, 1, pad, dilation));
      }
}

TEST(Conv, Groups) {
  check(ConvCase::make(2, 7, 7, 8, 12, 3, 1, 1, 1, 2));
  check(ConvCase::make(1, 9, 5, 12, 12, 3, 2, 1, 1, 4));
  check(ConvCase::make(1, 6, 6, 64, 96, 1, 1, 0, 1, 2));
  check(ConvCase::make(1, 6, 6, 6, 18, 3, 1, 1, 1, 6));  // three outputs per depthwise channel
  check(ConvCase::make(1, 9, 9, 32, 32, 3, 1, 1, 1, 8)); // groups that are merged
  check(ConvCase::make(1, 9, 9, 36, 36, 3, 2, 1, 1, 9));
  check(ConvCase::make(1, 9, 9, 10, 35, 3, 1, 1, 1, 5));
  check(ConvCase::make(2, 3, 3, 64, 64, 3, 1, 1, 1, 16));
  check(ConvCase::make(1, 8, 8, 64, 64, 3, 1, 0, 1, 2));
  check(ConvCase::make(1, 8, 8, 51, 34, 1, 1, 0, 1, 17));
  check(ConvCase::make(1, 12, 12, 24, 48, 3, 1, 2, 2, 6));
}

TEST(Conv, Depthwise) {
  for (int32_t channels : {2, 3, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 96, 100, 144, 200})
    for (int32_t stride : {1, 2, 3}) {
      check(ConvCase::make(2, 7, 9, channels, channels, 3, stride, 1, 1, channels));
      check(ConvCase::make(1, 9, 7, channels, channels, 5, stride, 2, 1, channels));
    }
  for (int32_t kernel : {1, 2, 3, 4, 7, 9})
    for (int32_t size : {1, 2, 3, 10})
      check(ConvCase::make(1, size, size + 1, 20, 20, kernel, 1, kernel / 2 + 1, 1, 20));
  check(ConvCase::make(1, 12, 12, 70, 70, 3, 1, 2, 2, 70));  // dilation
  check(ConvCase::make(1, 150, 20, 70, 70, 3, 1, 1, 1, 70)); // many strips
  ConvCase c = ConvCase::make(1, 8, 12, 40, 40, 3, 1, 1, 1, 40);
  c.p.kernel_w = 5, c.p.dilation_h = 2, c.p.stride_w = 2;
  c.setOutputSize();
  check(c);
}

TEST(Conv, DepthwiseEpilogues) {
  for (int32_t channels : {16, 20, 70})
    for (bool isSigned : {false, true})
      for (Fill fill : {Fill::Random, Fill::Extremes, Fill::Alternating}) {
        ConvCase c = ConvCase::make(2, 6, 6, channels, channels, 3, 1, 1, 1, channels);
        if (isSigned)
          setSigned(c);
        check(c, fill);
        c.p.out_min = c.p.out_zero_point;
        check(c, fill);
        c.p.in_zero_point = isSigned ? 127 : 255;
        for (c.p.residual_kind = 1; c.p.residual_kind <= 2; ++c.p.residual_kind)
          check(c, fill);
        c.p.residual_kind = 0;
        ConvCase lookUp = c;
        lookUp.table.resize(256);
        check(lookUp, fill);
        ConvCase zeros = c;
        zeros.weightZeroPoint.resize(1);
        check(zeros, fill);
        c.p.output_f32 = 1;
        check(c, fill);
      }
}

TEST(Conv, Rectangular) {
  ConvCase c = ConvCase::make(2, 12, 9, 5, 21, 3);
  c.p.kernel_w = 5, c.p.stride_h = 2, c.p.pad_left = 2, c.p.dilation_h = 2;
  c.setOutputSize();
  check(c);
  c = ConvCase::make(1, 10, 10, 4, 16, 3, 2);
  c.p.pad_top = 0, c.p.pad_left = 1, c.p.out_h = 5, c.p.out_w = 5; // padding after the end only
  check(c);
}

TEST(Conv, TapsOverPaddingAreSkippedWithoutTrace) {
  for (int32_t zero : {0, 200})
    for (int32_t height : {2, 3, 7})
      for (int32_t width : {5, 7, 14, 15, 30})
        for (int32_t stride : {1, 2}) {
          ConvCase c = ConvCase::make(2, height, width, 8, 35, 3, stride, 1);
          c.p.in_zero_point = zero;
          check(c);
          setSigned(c);
          c.p.residual_kind = 2;
          check(c, Fill::Extremes);
        }
  check(ConvCase::make(1, 9, 9, 8, 16, 2, 1, 1)); // even kernels miss one side at a time
  check(ConvCase::make(1, 9, 9, 8, 16, 3, 1, 1, 2));
}

TEST(Conv, WindowsThatSeeOnlyPadding) {
  check(ConvCase::make(1, 2, 2, 4, 8, 3, 1, 4));
  check(ConvCase::make(1, 1, 1, 4, 8, 5, 1, 2));
  check(ConvCase::make(1, 3, 3, 4, 8, 1, 1, 2));
  check(ConvCase::make(1, 2, 2, 4, 8, 3, 1, 5, 4)); // the live taps start inside
}

TEST(Conv, ZeroPointsAndClamps) {
  for (int32_t zero : {0, 1, 127, 128, 255}) {
    ConvCase c = ConvCase::make(1, 7, 7, 12, 24, 3, 1, 1);
    c.p.in_zero_point = zero, c.p.out_zero_point = zero;
    check(c);
    c.p.out_min = zero; // relu
    check(c);
    c.p.out_min = std::min(zero, 100), c.p.out_max = std::max(zero, 150);
    check(c);
    setSigned(c);
    c.p.in_zero_point = zero - 128, c.p.out_zero_point = zero - 128;
    check(c);
  }
}

TEST(Conv, AdversarialData) {
  for (Fill fill : {Fill::Extremes, Fill::Alternating, Fill::High, Fill::Low})
    for (bool isSigned : {false, true})
      for (int32_t channels : {64, 67}) {
        ConvCase c = ConvCase::make(1, 7, 9, channels, 37, 3, 1, 1);
        c.p.in_zero_point = fill == Fill::Low ? 255 : 0; // the largest differences
        if (isSigned) {
          setSigned(c);
          c.p.in_zero_point = fill == Fill::Low ? 127 : -128;
        }
        check(c, fill);
        c.p.kernel_h = c.p.kernel_w = 1, c.p.pad_top = c.p.pad_left = 0;
        check(c, fill);
      }
}

TEST(Conv, Epilogues) {
  for (int32_t size : {1, 4, 7, 10})
    for (int32_t kernel : {1, 3})
      for (int32_t outC : {5, 16, 40})
        for (bool isSigned : {false, true}) {
          ConvCase c = ConvCase::make(2, size, size, 8, outC, kernel, 1, kernel / 2);
          if (isSigned)
            setSigned(c);
          for (int32_t residual : {1, 2}) {
            c.p.residual_kind = residual;
            check(c);
            c.p.out_min = c.p.out_zero_point;
            check(c, Fill::Extremes);
          }
          c.p.residual_kind = 0;
          ConvCase lookUp = c;
          lookUp.table.resize(256);
          check(lookUp);
          c.p.output_f32 = 1;
          check(c);
        }
}

TEST(Conv, WeightZeroPoints) {
  for (int32_t kernel : {1, 3}) {
    ConvCase c = ConvCase::make(1, 6, 6, 9, 20, kernel, 1, kernel / 2);
    c.weightZeroPoint.resize(1);
    check(c);
    check(c, Fill::Extremes);
  }
}

TEST(Conv, MultipliersThatLeaveTheFloatRange) {
  ConvCase c = ConvCase::make(1, 4, 4, 4, 8, 3, 1, 1);
  c.fill(Fill::Random, 5);
  c.multiplier[3] = INFINITY;
  for (const qrt_kernel_row &row : rowsOf("conv2d"))
    EXPECT_EQ(row.packer->supports(&c.p, c.weights.data()), row.isa == QRT_ISA_SCALAR)
        << row.symbol << ": only the reference spells out infinities and NaN";
}

TEST(Conv, LayersOfRealNetworks) {
  check(ConvCase::make(1, 40, 40, 3, 64, 7, 2, 3));  // a stem
  check(ConvCase::make(1, 56, 20, 64, 64, 3, 1, 1)); // more rows than one strip
  check(ConvCase::make(1, 7, 7, 512, 64, 3, 1, 1));
  check(ConvCase::make(3, 1, 1, 512, 1000, 1));
  check(ConvCase::make(1, 14, 14, 256, 96, 1, 2));
  check(ConvCase::make(1, 300, 3, 256, 16, 3, 1, 1)); // many strips
}

TEST(Conv, FastRowsTakeTheirLayers) {
  // Which layers the rows with these words in their names take: 3x3, depthwise 3x3, linear.
  const std::pair<const char *, std::array<bool, 3>> takes[] = {{"depthwise", {false, true, false}},
                                                                {"linear", {false, false, true}},
                                                                {"winograd", {true, false, false}},
                                                                {"", {true, true, true}}};
  const ConvCase layers[] = {ConvCase::make(1, 14, 14, 64, 64, 3, 1, 1),
                             ConvCase::make(1, 14, 14, 64, 64, 3, 1, 1, 1, 64),
                             ConvCase::make(1, 1, 1, 64, 64, 1)};
  for (int i = 0; i < 3; ++i) {
    ConvCase c = layers[i];
    c.fill(Fill::Random, 3);
    for (const qrt_kernel_row &row : runnableRows("conv2d"))
      for (const auto &[word, taken] : takes)
        if (std::string(row.symbol).find(word) != std::string::npos) {
          EXPECT_EQ(row.packer->supports(&c.p, c.weights.data()), taken[i])
              << row.symbol << ": " << c.text();
          break;
        }
  }
}

TEST(Conv, LinearOnFewRows) {
  for (int32_t rows : {1, 2, 3, 4, 5})
    for (int32_t outC : {1, 8, 10, 17, 31, 32, 40, 56, 64, 100})
      for (int32_t inC : {1, 7, 64}) {
        check(ConvCase::make(1, 1, rows, inC, outC, 1));
        check(ConvCase::make(7, 1, 1, inC, outC, 1), Fill::Extremes);
      }
  check(ConvCase::make(70, 1, 1, 1000, 20, 1)); // more rows than one strip
  ConvCase c = ConvCase::make(3, 1, 1, 65, 50, 1);
  for (Fill fill : {Fill::Random, Fill::High, Fill::Low}) {
    check(c, fill);
    setSigned(c);
    for (c.p.residual_kind = 0; c.p.residual_kind <= 2; ++c.p.residual_kind)
      check(c, fill);
    c.p.residual_kind = 0;
  }
  c.p.output_f32 = 1;
  check(c);
  c.p.output_f32 = 0;
  c.table.resize(256);
  check(c);
}

TEST(Conv, Depthwise3x3) {
  for (int32_t channels : {8, 9, 16, 23, 64, 72, 130})
    for (int32_t stride : {1, 2})
      for (int32_t size : {1, 2, 3, 4, 6, 29, 31}) {
        check(ConvCase::make(1, size, size, channels, channels, 3, stride, 1, 1, channels));
        ConvCase c =
            ConvCase::make(2, size, size + 2, channels, channels, 3, stride, 0, 1, channels);
        if (size >= 3)
          check(c, Fill::Extremes);
        c.p.pad_top = 2, c.p.pad_left = 1; // more padding than a window needs, and less after it
        c.setOutputSize();
        setSigned(c);
        check(c, Fill::Alternating);
      }
}

TEST(Conv, Depthwise3x3RefusesWhatMayOverflow) {
  ConvCase c = ConvCase::make(1, 6, 6, 16, 16, 3, 1, 1, 1, 16);
  c.fill(Fill::High, 1);
  std::fill(c.bias.begin(), c.bias.end(), 0);
  // 9 taps of 127 times codes of at most 255: |acc| <= 291465, and 2^30 / 291465 = 3683.9...
  for (const qrt_kernel_row &row : rowsOf("conv2d")) {
    if (std::string(row.symbol) != "qrt_depthwise3x3_avx2")
      continue;
    std::fill(c.multiplier.begin(), c.multiplier.end(), 3683.0f);
    EXPECT_TRUE(row.packer->supports(&c.p, c.weights.data()));
    c.multiplier[15] = -3684.0f;
    EXPECT_FALSE(row.packer->supports(&c.p, c.weights.data()));
  }
}

TEST(Conv, RandomShapes) {
  std::mt19937 rng(99);
  const auto draw = [&](int32_t low, int32_t high) {
    return low + static_cast<int32_t>(rng() % (high - low + 1));
  };
  for (int i = 0; i < 300; ++i) {
    const int32_t groups = draw(0, 5) == 0 ? draw(2, 4) : 1;
    ConvCase c = ConvCase::make(draw(1, 3), draw(1, 16), draw(1, 24), groups * draw(1, 20),
                                groups * draw(1, 40), 1, 1, 0, 1, groups);
    c.p.kernel_h = draw(1, 5), c.p.kernel_w = draw(1, 5);
    c.p.stride_h = draw(1, 3), c.p.stride_w = draw(1, 3);
    c.p.pad_top = draw(0, 3), c.p.pad_left = draw(0, 3);
    c.p.dilation_h = draw(1, 2), c.p.dilation_w = draw(1, 2);
    c.setOutputSize();
    if (c.p.out_h < 1 || c.p.out_w < 1)
      continue;
    if (draw(0, 1))
      setSigned(c);
    c.p.residual_kind = draw(0, 2);
    check(c, draw(0, 3) ? Fill::Random : Fill::Extremes, rng());
  }
}
