//===- Pool.cpp - reference pools and mean: N9 -----------------------------------===//

#include "kernels/Kernel.h"

using namespace qopt::numerics;

/// The largest code under the window; the lowest code if it sees only padding.
static int32_t windowMaximum(const qrt_max_pool2d_params &p, const void *in, int64_t sample,
                             int32_t row0, int32_t col0, int32_t channel) {
  int32_t best = p.is_signed ? -128 : 0;
  for (int32_t kh = 0; kh < p.kernel_h; ++kh) {
    const int32_t row = row0 + kh * p.dilation_h;
    if (row < 0 || row >= p.in_h)
      continue;
    for (int32_t kw = 0; kw < p.kernel_w; ++kw) {
      const int32_t col = col0 + kw * p.dilation_w;
      if (col < 0 || col >= p.in_w)
        continue;
      const int64_t at = ((sample * p.in_h + row) * p.in_w + col) * p.channels + channel;
      best = maximum(best, loadCode(in, at, p.is_signed));
    }
  }
  return best;
}

QRT_DEFINE_KERNEL(qrt_max_pool2d_scalar, max_pool2d) {
  const Range pixels = slice(call.batch * p.out_h * p.out_w, call);
  for (int64_t i = pixels.begin; i < pixels.end; ++i) {
    const int32_t col = static_cast<int32_t>(i % p.out_w) * p.stride_w - p.pad_left;
    const int32_t row = static_cast<int32_t>(i / p.out_w % p.out_h) * p.stride_h - p.pad_top;
    const int64_t sample = i / p.out_w / p.out_h;
    for (int32_t c = 0; c < p.channels; ++c)
      storeCode(call.out, i * p.channels + c, windowMaximum(p, call.in[0], sample, row, col, c));
  }
}

static int32_t windowSum(const qrt_avg_pool2d_params &p, const void *in, int64_t sample,
                         const Window &rows, const Window &cols, int32_t channel) {
  int32_t sum = 0;
  for (int32_t row = rows.begin; row < rows.end; ++row)
    for (int32_t col = cols.begin; col < cols.end; ++col) {
      const int64_t at = ((sample * p.in_h + row) * p.in_w + col) * p.channels + channel;
      sum += loadCode(in, at, p.in_signed) - p.in_zero_point;
    }
  return sum;
}

QRT_DEFINE_KERNEL(qrt_avg_pool2d_scalar, avg_pool2d) {
  const Range pixels = slice(call.batch * p.out_h * p.out_w, call);
  for (int64_t i = pixels.begin; i < pixels.end; ++i) {
    const int64_t sample = i / p.out_w / p.out_h;
    const Window rows = poolWindow(static_cast<int32_t>(i / p.out_w % p.out_h), p.in_h, p.out_h,
                                   p.kernel_h, p.stride_h, p.pad_top, p.pad_bottom, p.adaptive);
    const Window cols = poolWindow(static_cast<int32_t>(i % p.out_w), p.in_w, p.out_w, p.kernel_w,
                                   p.stride_w, p.pad_left, p.pad_right, p.adaptive);
    const int32_t count = p.count_include_pad ? rows.declared * cols.declared
                                              : (rows.end - rows.begin) * (cols.end - cols.begin);
    for (int32_t c = 0; c < p.channels; ++c)
      storeCode(call.out, i * p.channels + c,
                averageCodes(windowSum(p, call.in[0], sample, rows, cols, c), count, p.in_scale,
                             p.out_scale, p.out_zero_point, p.out_min, p.out_max));
  }
}

QRT_DEFINE_KERNEL(qrt_reduce_mean_scalar, reduce_mean) {
  const int64_t perSample = product(p.out_dims), count = product(p.reduce_dims);
  const Range range = slice(call.batch * perSample, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int64_t base =
        i / perSample * p.in_batch_stride + boxOffset(i % perSample, p.out_dims, p.out_strides);
    int32_t sum = 0;
    for (int64_t r = 0; r < count; ++r)
      sum +=
          loadCode(call.in[0], base + boxOffset(r, p.reduce_dims, p.reduce_strides), p.in_signed) -
          p.in_zero_point;
    storeCode(call.out, i,
              averageCodes(sum, static_cast<int32_t>(count), p.in_scale, p.out_scale,
                           p.out_zero_point, p.out_min, p.out_max));
  }
}
