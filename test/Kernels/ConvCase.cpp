//===- ConvCase.cpp - convolutions with data, and their oracle -------------------===//

#include "ConvCase.h"

#include <cmath>
#include <sstream>

using namespace qopt::test;

ConvCase ConvCase::make(int32_t batch, int32_t inH, int32_t inW, int32_t inC, int32_t outC,
                        int32_t kernel, int32_t stride, int32_t pad, int32_t dilation,
                        int32_t groups) {
  ConvCase c;
  c.batch = batch;
  qrt_conv2d_params &p = c.p;
  p.in_h = inH, p.in_w = inW, p.in_c = inC, p.out_c = outC;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = stride;
  p.pad_top = p.pad_left = pad;
  p.dilation_h = p.dilation_w = dilation;
  p.groups = groups;
  p.in_zero_point = 3;
  p.out_zero_point = 7, p.out_max = 255;
  p.mid_zero_point = 11, p.mid_max = 255;
  p.residual_zero_point = 5;
  p.residual_multiplier = 0.731f;
  p.mid_multiplier = 0.377f;
  c.setOutputSize();
  return c;
}

// Symmetric padding; asymmetric cases set out_h and out_w themselves.
void ConvCase::setOutputSize() {
  p.out_h = (p.in_h + 2 * p.pad_top - p.dilation_h * (p.kernel_h - 1) - 1) / p.stride_h + 1;
  p.out_w = (p.in_w + 2 * p.pad_left - p.dilation_w * (p.kernel_w - 1) - 1) / p.stride_w + 1;
}

void ConvCase::fill(Fill how, uint32_t seed) {
  std::mt19937 rng(seed);
  const int32_t k = p.kernel_h * p.kernel_w * (p.in_c / p.groups);
  const Bytes codes =
      makeCodes(size_t(k) * p.out_c, true, how == Fill::Low ? Fill::Extremes : how, rng);
  weights.assign(codes.begin(), codes.end());
  for (int32_t c = 0; c < p.out_c; ++c) {
    bias.push_back(static_cast<int32_t>(rng() % 20001) - 10000);
    // Some multipliers make exact ties, some saturate.
    const float spread = 1.0f / (64.0f * std::sqrt(float(k)));
    multiplier.push_back(c % 5 == 4   ? 0.5f
                         : c % 7 == 6 ? 0x1p-9f
                                      : spread * (1 + rng() % 100 / 50.0f));
  }
  p.bias = bias.data();
  p.multiplier = multiplier.data();
  if (!weightZeroPoint.empty()) {
    weightZeroPoint.resize(p.out_c);
    for (int32_t &zero : weightZeroPoint)
      zero = static_cast<int32_t>(rng() % 256) - 128;
    p.weight_zero_point = weightZeroPoint.data();
  }
  if (!table.empty()) {
    table = makeCodes(256, false, Fill::Random, rng);
    p.table = table.data();
  }
  inputs.push_back(makeCodes(size_t(batch) * p.in_h * p.in_w * p.in_c, p.in_signed, how, rng));
  if (p.residual_kind)
    inputs.push_back(
        makeCodes(size_t(batch) * p.out_h * p.out_w * p.out_c, p.residual_signed, how, rng));
}

std::string ConvCase::text() const {
  std::ostringstream s;
  s << "conv " << batch << "x" << p.in_h << "x" << p.in_w << "x" << p.in_c << " -> " << p.out_h
    << "x" << p.out_w << "x" << p.out_c << ", kernel " << p.kernel_h << "x" << p.kernel_w
    << ", stride " << p.stride_h << "x" << p.stride_w << ", pad " << p.pad_top << "," << p.pad_left
    << ", dilation " << p.dilation_h << "x" << p.dilation_w << ", groups " << p.groups
    << (p.in_signed ? ", s8" : ", u8") << " zp " << p.in_zero_point
    << (p.out_signed ? " to s8" : " to u8") << ", residual " << p.residual_kind
    << (p.table ? ", table" : "") << (p.output_f32 ? ", f32 out" : "");
  return s.str();
}

namespace {

int64_t code(const Bytes &data, int64_t at, bool isSigned) {
  return isSigned ? int64_t(int8_t(data[at])) : int64_t(data[at]);
}

/// sat(rne(x)) + z without the project's Numerics.h.
uint8_t saturate(float x, int32_t zero, int32_t low, int32_t high) {
  const double rounded = std::nearbyint(double(x)) + zero;
  return static_cast<uint8_t>(int32_t(rounded < low ? low : rounded > high ? high : rounded));
}

int64_t accumulate(const ConvCase &c, int64_t b, int32_t oh, int32_t ow, int32_t oc) {
  const qrt_conv2d_params &p = c.p;
  const int32_t inputs = p.in_c / p.groups, group = oc / (p.out_c / p.groups);
  int64_t acc = c.bias[oc];
  for (int32_t ic = 0; ic < inputs; ++ic)
    for (int32_t kh = 0; kh < p.kernel_h; ++kh)
      for (int32_t kw = 0; kw < p.kernel_w; ++kw) {
        const int32_t ih = oh * p.stride_h + kh * p.dilation_h - p.pad_top;
        const int32_t iw = ow * p.stride_w + kw * p.dilation_w - p.pad_left;
        if (ih < 0 || ih >= p.in_h || iw < 0 || iw >= p.in_w)
          continue;
        const int64_t at = ((b * p.in_h + ih) * p.in_w + iw) * p.in_c + group * inputs + ic;
        const int64_t x = code(c.inputs[0], at, p.in_signed) - p.in_zero_point;
        const int64_t zero = p.weight_zero_point ? c.weightZeroPoint[oc] : 0;
        acc += x * (c.weights[((int64_t(oc) * inputs + ic) * p.kernel_h + kh) * p.kernel_w + kw] -
                    zero);
      }
  return acc;
}

uint8_t epilogue(const ConvCase &c, float main, int64_t element) {
  const qrt_conv2d_params &p = c.p;
  if (!p.residual_kind) {
    if (!p.table)
      return saturate(main, p.out_zero_point, p.out_min, p.out_max);
    return c.table[saturate(main, p.mid_zero_point, p.mid_min, p.mid_max)];
  }
  const float residual =
      float(code(c.inputs[1], element, p.residual_signed) - p.residual_zero_point);
  const float side = residual * p.residual_multiplier;
  if (p.residual_kind == 2) {
    const uint8_t mid = saturate(main, p.mid_zero_point, p.mid_min, p.mid_max);
    const int32_t q = p.mid_signed ? int8_t(mid) : mid;
    main = float(q - p.mid_zero_point) * p.mid_multiplier;
  }
  return saturate(main + side, p.out_zero_point, p.out_min, p.out_max);
}

} // namespace

Bytes ConvCase::oracle() const {
  Bytes result(outputBytes());
  int64_t element = 0;
  for (int64_t b = 0; b < batch; ++b)
    for (int32_t oh = 0; oh < p.out_h; ++oh)
      for (int32_t ow = 0; ow < p.out_w; ++ow)
        for (int32_t oc = 0; oc < p.out_c; ++oc, ++element) {
          const int64_t acc = accumulate(*this, b, oh, ow, oc);
          EXPECT_EQ(acc, int32_t(acc)) << "the case leaves i32: " << text();
          const float main = float(acc) * multiplier[oc];
          if (p.output_f32)
            std::memcpy(&result[element * 4], &main, 4);
          else
            result[element] = epilogue(*this, main, element);
        }
  return result;
}

std::vector<std::string> qopt::test::checkFilled(const ConvCase &c) {
  const Bytes expected = c.oracle();
  const std::optional<Bytes> reference =
      runRow(rowsOf("conv2d").back(), c.p, c.weights.data(), c.inputs, c.outputBytes(), c.batch, 1);
  EXPECT_EQ(firstDifference(expected, *reference), -1) << "the reference is wrong: " << c.text();
  const std::vector<std::string> fastRows = expectRowsAgree(
      "conv2d", c.p, c.weights.data(), c.inputs, c.outputBytes(), c.batch, c.text());
  const bool vnni = canRun(QRT_ISA_AVX512VNNI) && c.weightZeroPoint.empty();
  if (canRun(QRT_ISA_AVX2) || canRun(QRT_ISA_NEON) || vnni)
    EXPECT_FALSE(fastRows.empty()) << "no fast row took " << c.text();
  return fastRows;
}

std::vector<std::string> qopt::test::check(ConvCase c, Fill how, uint32_t seed) {
  c.fill(how, seed);
  return checkFilled(c);
}

void qopt::test::setSigned(ConvCase &c) {
  c.p.in_signed = c.p.out_signed = c.p.residual_signed = c.p.mid_signed = 1;
  c.p.in_zero_point = -5;
  c.p.out_zero_point = -9, c.p.out_min = -128, c.p.out_max = 127;
  c.p.mid_zero_point = 3, c.p.mid_min = -128, c.p.mid_max = 127;
}
