//===- Pool.cpp - float pools and mean (N14) -------------------------------------===//

#include "kernels/Box.h"

#include <math.h>
#include <string.h>

namespace {

struct Pixel {
  int64_t sample;
  int32_t row, col;
};

} // namespace

/// A block of channels of one window stays in registers.
static const int32_t poolBlock = 32;

/// Maximum of `channels` channels over the taps inside of the input; a NaN wins.
static void poolMaximumBlock(const qrt_f32_pool2d_params &p, const float *in, const Pixel &at,
                             float *out, int32_t channels) {
  float best[poolBlock];
  for (float &x : best)
    x = -INFINITY;
  for (int32_t kh = 0; kh < p.kernel_h; ++kh) {
    const int32_t row = at.row * p.stride_h - p.pad_top + kh * p.dilation_h;
    if (row < 0 || row >= p.in_h)
      continue;
    for (int32_t kw = 0; kw < p.kernel_w; ++kw) {
      const int32_t col = at.col * p.stride_w - p.pad_left + kw * p.dilation_w;
      if (col < 0 || col >= p.in_w)
        continue;
      const float *x = in + ((at.sample * p.in_h + row) * p.in_w + col) * p.channels;
      const auto take = [&](int32_t c) {
        best[c] = x[c] > best[c] || x[c] != x[c] ? x[c] : best[c];
      };
      if (channels == poolBlock)
        for (int32_t c = 0; c < poolBlock; ++c)
          take(c);
      else
        for (int32_t c = 0; c < channels; ++c)
          take(c);
    }
  }
  memcpy(out, best, static_cast<size_t>(channels) * sizeof(float));
}

static void poolMaximum(const qrt_f32_pool2d_params &p, const float *in, const Pixel &at,
                        float *out) {
  for (int32_t c = 0; c < p.channels; c += poolBlock)
    poolMaximumBlock(p, in + c, at, out + c, minimum(poolBlock, p.channels - c));
}

static void poolAverage(const qrt_f32_pool2d_params &p, const float *in, const Pixel &at,
                        float *__restrict out) {
  const Window rows = poolWindow(at.row, p.in_h, p.out_h, p.kernel_h, p.stride_h, p.pad_top,
                                 p.pad_bottom, p.adaptive);
  const Window cols = poolWindow(at.col, p.in_w, p.out_w, p.kernel_w, p.stride_w, p.pad_left,
                                 p.pad_right, p.adaptive);
  for (int32_t c = 0; c < p.channels; ++c)
    out[c] = 0.0f;
  for (int32_t row = rows.begin; row < rows.end; ++row)
    for (int32_t col = cols.begin; col < cols.end; ++col) {
      const float *__restrict x = in + ((at.sample * p.in_h + row) * p.in_w + col) * p.channels;
      for (int32_t c = 0; c < p.channels; ++c)
        out[c] += x[c];
    }
  const int32_t count = p.count_include_pad ? rows.declared * cols.declared
                                            : (rows.end - rows.begin) * (cols.end - cols.begin);
  for (int32_t c = 0; c < p.channels; ++c)
    out[c] /= static_cast<float>(count);
}

QRT_DEFINE_KERNEL(qrt_f32_pool2d_scalar, f32_pool2d) {
  const float *in = static_cast<const float *>(call.in[0]);
  float *out = static_cast<float *>(call.out);
  const Range pixels = slice(call.batch * p.out_h * p.out_w, call);
  for (int64_t i = pixels.begin; i < pixels.end; ++i) {
    const Pixel at = {i / p.out_w / p.out_h, static_cast<int32_t>(i / p.out_w % p.out_h),
                      static_cast<int32_t>(i % p.out_w)};
    (p.mode == 0 ? poolMaximum : poolAverage)(p, in, at, out + i * p.channels);
  }
}

/// Neighbouring outputs that are neighbours in the input too are summed together.
static void meanRun(const Box<1> &sums, const float *in, int64_t stride, float *__restrict out,
                    int64_t n) {
  const int64_t count = sums.elements();
  for (int64_t i = 0; i < n; ++i)
    out[i] = 0.0f;
  for (int64_t r = 0; r < count; ++r) {
    const float *__restrict x = in + sums.offset(0, r, sums.rank);
    if (stride == 1)
      for (int64_t i = 0; i < n; ++i)
        out[i] += x[i];
    else
      for (int64_t i = 0; i < n; ++i)
        out[i] += x[i * stride];
  }
  for (int64_t i = 0; i < n; ++i)
    out[i] /= static_cast<float>(count);
}

QRT_DEFINE_KERNEL(qrt_f32_reduce_mean_scalar, f32_reduce_mean) {
  Box<1> sums, outputs;
  outputs.push(call.batch, {p.in_batch_stride});
  for (int i = 0; i < 6; ++i) {
    sums.push(p.reduce_dims[i], {p.reduce_strides[i]});
    outputs.push(p.out_dims[i], {p.out_strides[i]});
  }
  sums.finish();
  outputs.finish();
  const float *in = static_cast<const float *>(call.in[0]);
  float *out = static_cast<float *>(call.out);
  outputs.forRuns(slice(outputs.elements(), call),
                  [&](int64_t at, const int64_t *offsets, int64_t n) {
                    meanRun(sums, in + offsets[0], outputs.innerStride(0), out + at, n);
                  });
}
