//===- Pool.cpp - float pools and mean (N14) -------------------------------------===//

#include "kernels/Kernel.h"

#include <math.h>

namespace {

struct Pixel {
  int64_t sample;
  int32_t row, col;
};

} // namespace

static float windowMaximum(const qrt_f32_pool2d_params &p, const float *in, const Pixel &at,
                           int32_t channel) {
  float best = -INFINITY;
  for (int32_t kh = 0; kh < p.kernel_h; ++kh) {
    const int32_t row = at.row * p.stride_h - p.pad_top + kh * p.dilation_h;
    if (row < 0 || row >= p.in_h)
      continue;
    for (int32_t kw = 0; kw < p.kernel_w; ++kw) {
      const int32_t col = at.col * p.stride_w - p.pad_left + kw * p.dilation_w;
      if (col < 0 || col >= p.in_w)
        continue;
      const float x = in[((at.sample * p.in_h + row) * p.in_w + col) * p.channels + channel];
      best = x > best || x != x ? x : best;
    }
  }
  return best;
}

static float windowAverage(const qrt_f32_pool2d_params &p, const float *in, const Pixel &at,
                           int32_t channel) {
  const Window rows = poolWindow(at.row, p.in_h, p.out_h, p.kernel_h, p.stride_h, p.pad_top,
                                 p.pad_bottom, p.adaptive);
  const Window cols = poolWindow(at.col, p.in_w, p.out_w, p.kernel_w, p.stride_w, p.pad_left,
                                 p.pad_right, p.adaptive);
  float sum = 0.0f;
  for (int32_t row = rows.begin; row < rows.end; ++row)
    for (int32_t col = cols.begin; col < cols.end; ++col)
      sum += in[((at.sample * p.in_h + row) * p.in_w + col) * p.channels + channel];
  const int32_t count = p.count_include_pad ? rows.declared * cols.declared
                                            : (rows.end - rows.begin) * (cols.end - cols.begin);
  return sum / static_cast<float>(count);
}

QRT_DEFINE_KERNEL(qrt_f32_pool2d_scalar, f32_pool2d) {
  const float *in = static_cast<const float *>(call.in[0]);
  float *out = static_cast<float *>(call.out);
  const Range pixels = slice(call.batch * p.out_h * p.out_w, call);
  for (int64_t i = pixels.begin; i < pixels.end; ++i) {
    const Pixel at = {i / p.out_w / p.out_h, static_cast<int32_t>(i / p.out_w % p.out_h),
                      static_cast<int32_t>(i % p.out_w)};
    for (int32_t c = 0; c < p.channels; ++c)
      out[i * p.channels + c] =
          p.mode == 0 ? windowMaximum(p, in, at, c) : windowAverage(p, in, at, c);
  }
}

QRT_DEFINE_KERNEL(qrt_f32_reduce_mean_scalar, f32_reduce_mean) {
  const float *in = static_cast<const float *>(call.in[0]);
  const int64_t perSample = product(p.out_dims), count = product(p.reduce_dims);
  const Range range = slice(call.batch * perSample, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const float *base = in + i / perSample * p.in_batch_stride +
                        boxOffset(i % perSample, p.out_dims, p.out_strides);
    float sum = 0.0f;
    for (int64_t r = 0; r < count; ++r)
      sum += base[boxOffset(r, p.reduce_dims, p.reduce_strides)];
    static_cast<float *>(call.out)[i] = sum / static_cast<float>(count);
  }
}
