//===- ResizeTest.cpp - resize (N18) and fill ------------------------------------===//

#include "Rows.h"

#include <cmath>

using namespace qopt::test;

namespace {

/// Half-pixel coordinates, as the compiler computes them.
struct Axis {
  std::vector<int32_t> low, high;
  std::vector<float> weight;

  Axis(int32_t in, int32_t out) {
    for (int32_t o = 0; o < out; ++o) {
      const double at = std::min(std::max((o + 0.5) * in / out - 0.5, 0.0), in - 1.0);
      low.push_back(static_cast<int32_t>(at));
      high.push_back(std::min(low.back() + 1, in - 1));
      weight.push_back(static_cast<float>(at - low.back()));
    }
  }
};

struct Resize {
  qrt_resize2d_params p = {};
  Axis rows, cols;

  Resize(int32_t inH, int32_t inW, int32_t outH, int32_t outW, int32_t channels, int32_t mode)
      : rows(inH, outH), cols(inW, outW) {
    p.mode = mode, p.element_bytes = 1;
    p.in_h = inH, p.in_w = inW, p.out_h = outH, p.out_w = outW, p.channels = channels;
    p.in_zero_point = 90, p.out_zero_point = 110, p.out_max = 255, p.multiplier = 1.25f;
    p.row_low = rows.low.data(), p.row_high = rows.high.data(), p.row_weight = rows.weight.data();
    p.col_low = cols.low.data(), p.col_high = cols.high.data(), p.col_weight = cols.weight.data();
  }

  double value(const Bytes &in, int64_t b, int32_t row, int32_t col, int32_t c) const {
    const int64_t at = ((b * p.in_h + row) * p.in_w + col) * p.channels + c;
    if (p.element_bytes == 1)
      return double(p.in_signed ? int8_t(in[at]) : int(in[at])) - (p.mode ? p.in_zero_point : 0);
    float x;
    std::memcpy(&x, &in[at * 4], 4);
    return x;
  }

  Bytes oracle(const Bytes &in, int64_t batch) const {
    Bytes out;
    for (int64_t b = 0; b < batch; ++b)
      for (int32_t oh = 0; oh < p.out_h; ++oh)
        for (int32_t ow = 0; ow < p.out_w; ++ow)
          for (int32_t c = 0; c < p.channels; ++c)
            append(out, p.mode ? bilinear(in, b, oh, ow, c)
                               : float(value(in, b, rows.low[oh], cols.low[ow], c)));
    return out;
  }

  float bilinear(const Bytes &in, int64_t b, int32_t oh, int32_t ow, int32_t c) const {
    const float v00 = value(in, b, rows.low[oh], cols.low[ow], c);
    const float v01 = value(in, b, rows.low[oh], cols.high[ow], c);
    const float v10 = value(in, b, rows.high[oh], cols.low[ow], c);
    const float v11 = value(in, b, rows.high[oh], cols.high[ow], c);
    const float top = v00 + (v01 - v00) * cols.weight[ow];
    const float bottom = v10 + (v11 - v10) * cols.weight[ow];
    return top + (bottom - top) * rows.weight[oh];
  }

  void append(Bytes &out, float v) const {
    if (p.element_bytes == 4) {
      uint8_t raw[4];
      std::memcpy(raw, &v, 4);
      out.insert(out.end(), raw, raw + 4);
      return;
    }
    double code = v;
    if (p.mode) {
      code = std::nearbyint(double(v * p.multiplier)) + p.out_zero_point;
      code = std::min<double>(std::max<double>(code, p.out_min), p.out_max);
    }
    out.push_back(static_cast<uint8_t>(int32_t(code)));
  }

  void check() {
    std::mt19937 rng(9);
    const size_t elements = size_t(2) * p.in_h * p.in_w * p.channels;
    Bytes in = makeCodes(elements * p.element_bytes, p.in_signed, Fill::Random, rng);
    if (p.element_bytes == 4)
      for (size_t i = 0; i < elements; ++i) {
        const float x = float(int32_t(rng() % 2001)) / 37.0f - 20;
        std::memcpy(&in[i * 4], &x, 4);
      }
    const Bytes expected = oracle(in, 2);
    const auto got = runRow(rowsOf("resize2d").back(), p, nullptr, {in}, expected.size(), 2, 1);
    EXPECT_EQ(firstDifference(expected, *got), -1)
        << "mode " << p.mode << ", " << p.element_bytes << " bytes";
    expectRowsAgree("resize2d", p, nullptr, {in}, expected.size(), 2, "resize");
  }
};

} // namespace

TEST(Resize, NearestAndBilinear) {
  const int32_t sizes[][4] = {{3, 4, 6, 8}, {5, 5, 7, 3}, {1, 1, 4, 4}, {8, 6, 8, 6}};
  for (const auto &size : sizes)
    for (int32_t channels : {1, 3, 16, 33})
      for (int32_t mode : {0, 1})
        for (int32_t kind : {0, 1, 2}) { // u8, s8, f32
          Resize resize(size[0], size[1], size[2], size[3], channels, mode);
          resize.p.element_bytes = kind == 2 ? 4 : 1;
          if (kind == 1) {
            resize.p.in_signed = resize.p.out_signed = 1;
            resize.p.in_zero_point = -20, resize.p.out_zero_point = 3;
            resize.p.out_min = -128, resize.p.out_max = 127;
          }
          resize.check();
        }
}

TEST(Fill, BytesAndFloats) {
  qrt_fill_params p = {1, 37, 200, 0};
  const auto bytes = runRow(rowsOf("fill").back(), p, nullptr, {}, 37 * 3, 3, 2);
  EXPECT_EQ(*bytes, Bytes(37 * 3, 200));
  p = {4, 5, 0, 1.5f};
  const auto floats = runRow(rowsOf("fill").back(), p, nullptr, {}, 5 * 2 * 4, 2, 3);
  for (int i = 0; i < 10; ++i) {
    float x;
    std::memcpy(&x, floats->data() + i * 4, 4);
    EXPECT_EQ(x, 1.5f);
  }
}
