//===- TransposeTest.cpp - conv_transpose2d rows against an oracle ---------------===//

#include "Rows.h"

#include <cmath>
#include <sstream>

using namespace qopt::test;

namespace {

struct TransposeCase {
  qrt_conv_transpose2d_params p = {};
  int64_t batch = 2;
  Bytes weights, table, input; // weights IOHW
  std::vector<int32_t> bias, weightZeroPoint;
  std::vector<float> multiplier;

  void fill(Fill how) {
    std::mt19937 rng(11);
    weights =
        makeCodes(size_t(p.in_c) * p.out_c / p.groups * p.kernel_h * p.kernel_w, true, how, rng);
    input = makeCodes(size_t(batch) * p.in_h * p.in_w * p.in_c, p.in_signed, how, rng);
    for (int32_t c = 0; c < p.out_c; ++c) {
      bias.push_back(static_cast<int32_t>(rng() % 2001) - 1000);
      multiplier.push_back(c % 3 == 2 ? 0.5f : 0.002f);
      if (!weightZeroPoint.empty() && c > 0)
        weightZeroPoint.push_back(c - 2);
    }
    p.bias = bias.data();
    p.multiplier = multiplier.data();
    if (!weightZeroPoint.empty())
      p.weight_zero_point = weightZeroPoint.data();
    if (!table.empty()) {
      table = makeCodes(256, false, Fill::Random, rng);
      p.table = table.data();
    }
  }

  /// Every input adds to the outputs it reaches, in int64.
  std::vector<int64_t> accumulators() const {
    std::vector<int64_t> acc(size_t(batch) * p.out_h * p.out_w * p.out_c);
    for (size_t i = 0; i < acc.size(); ++i)
      acc[i] = bias[i % p.out_c];
    const int32_t inGroup = p.in_c / p.groups, outGroup = p.out_c / p.groups;
    for (size_t i = 0; i < input.size(); ++i) {
      const int32_t ic = i % p.in_c, iw = i / p.in_c % p.in_w;
      const int32_t ih = i / p.in_c / p.in_w % p.in_h;
      const int64_t b = i / p.in_c / p.in_w / p.in_h;
      const int64_t x = (p.in_signed ? int8_t(input[i]) : int(input[i])) - p.in_zero_point;
      for (int32_t o = 0; o < outGroup; ++o)
        for (int32_t kh = 0; kh < p.kernel_h; ++kh)
          for (int32_t kw = 0; kw < p.kernel_w; ++kw) {
            const int32_t oc = ic / inGroup * outGroup + o;
            const int32_t oh = ih * p.stride_h - p.pad_top + kh * p.dilation_h;
            const int32_t ow = iw * p.stride_w - p.pad_left + kw * p.dilation_w;
            if (oh < 0 || oh >= p.out_h || ow < 0 || ow >= p.out_w)
              continue;
            const int64_t zero = weightZeroPoint.empty() ? 0 : weightZeroPoint[oc];
            const int64_t w =
                int8_t(weights[((int64_t(ic) * outGroup + o) * p.kernel_h + kh) * p.kernel_w + kw]);
            acc[((b * p.out_h + oh) * p.out_w + ow) * p.out_c + oc] += x * (w - zero);
          }
    }
    return acc;
  }

  Bytes oracle() const {
    const std::vector<int64_t> acc = accumulators();
    Bytes result(acc.size() * (p.output_f32 ? 4 : 1));
    for (size_t i = 0; i < acc.size(); ++i) {
      const float main = float(acc[i]) * multiplier[i % p.out_c];
      if (p.output_f32) {
        std::memcpy(&result[i * 4], &main, 4);
        continue;
      }
      const bool mid = p.table;
      const double zero = mid ? p.mid_zero_point : p.out_zero_point;
      const double low = mid ? p.mid_min : p.out_min, high = mid ? p.mid_max : p.out_max;
      const double code = std::min(std::max(std::nearbyint(double(main)) + zero, low), high);
      const uint8_t byte = static_cast<uint8_t>(int32_t(code));
      result[i] = mid ? table[byte] : byte;
    }
    return result;
  }

  void check(Fill how) {
    fill(how);
    const Bytes expected = oracle();
    const auto reference = runRow(rowsOf("conv_transpose2d").back(), p,
                                  reinterpret_cast<const int8_t *>(weights.data()), {input},
                                  expected.size(), batch, 1);
    std::ostringstream what;
    what << "stride " << p.stride_h << " groups " << p.groups << " dilation " << p.dilation_h;
    EXPECT_EQ(firstDifference(expected, *reference), -1) << what.str();
    expectRowsAgree("conv_transpose2d", p, reinterpret_cast<const int8_t *>(weights.data()),
                    {input}, expected.size(), batch, what.str());
  }
};

TransposeCase make(int32_t inC, int32_t outC, int32_t kernel, int32_t stride, int32_t pad,
                   int32_t extra, int32_t dilation, int32_t groups) {
  TransposeCase c;
  c.p.in_h = 4, c.p.in_w = 5, c.p.in_c = inC, c.p.out_c = outC;
  c.p.kernel_h = kernel, c.p.kernel_w = kernel, c.p.stride_h = c.p.stride_w = stride;
  c.p.pad_top = c.p.pad_left = pad, c.p.dilation_h = c.p.dilation_w = dilation;
  c.p.groups = groups;
  c.p.out_h = 3 * stride - 2 * pad + dilation * (kernel - 1) + 1 + extra;
  c.p.out_w = 4 * stride - 2 * pad + dilation * (kernel - 1) + 1 + extra;
  c.p.in_zero_point = 100, c.p.out_zero_point = 50, c.p.out_max = 255;
  c.p.mid_zero_point = 20, c.p.mid_max = 240;
  return c;
}

} // namespace

TEST(ConvTranspose, Shapes) {
  for (int32_t stride : {1, 2, 3})
    for (int32_t groups : {1, 2})
      for (Fill fill : {Fill::Random, Fill::Extremes}) {
        make(4, 6, 3, stride, 1, stride - 1, 1, groups).check(fill);
        make(6, 4, 2, stride, 0, 0, 1, groups).check(fill);
        make(2, 4, 3, stride, 2, 0, 2, groups).check(fill);
        TransposeCase isSigned = make(4, 6, 4, stride, 1, 0, 1, groups);
        isSigned.p.in_signed = 1, isSigned.p.in_zero_point = -7;
        isSigned.p.out_signed = 1, isSigned.p.out_min = -128, isSigned.p.out_max = 127;
        isSigned.check(fill);
      }
}

TEST(ConvTranspose, Epilogues) {
  TransposeCase c = make(4, 6, 3, 2, 1, 1, 1, 1);
  c.table.resize(256);
  c.check(Fill::Random);
  c = make(4, 6, 3, 2, 1, 1, 1, 1);
  c.p.output_f32 = 1;
  c.check(Fill::Random);
  c = make(4, 6, 3, 2, 1, 1, 1, 1);
  c.weightZeroPoint.push_back(3);
  c.check(Fill::Extremes);
}
