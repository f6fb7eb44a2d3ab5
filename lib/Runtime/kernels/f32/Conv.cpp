//===- Conv.cpp - plain float convolution and matrix product (N14) ---------------===//
//
// The fallback where the oneDNN kernels are not linked.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/Kernel.h"
#include "kernels/f32/Activation.h"
#include "kernels/f32/Plain.h"

namespace {

struct Output {
  int64_t sample;
  int32_t row, col, channel;
};

} // namespace

static int32_t sourceIndex(const qrt_f32_conv2d_params &p, int32_t o, int32_t k, int32_t stride,
                           int32_t pad, int32_t dilation, int32_t in) {
  int32_t at = o * stride - pad + k * dilation;
  if (p.transposed) {
    at = o + pad - k * dilation;
    if (at < 0 || at % stride != 0)
      return -1;
    at /= stride;
  }
  return at < 0 || at >= in ? -1 : at;
}

/// Sum over the input channels of one tap. Weights are OIHW, or IOHW if transposed.
static float tapSum(const qrt_f32_conv2d_params &p, const float *in, int32_t channel, int32_t kh,
                    int32_t kw) {
  const int32_t inPerGroup = p.in_c / p.groups, outPerGroup = p.out_c / p.groups;
  const int32_t group = channel / outPerGroup;
  const int64_t taps = int64_t(p.kernel_h) * p.kernel_w;
  const int64_t tap = int64_t(kh) * p.kernel_w + kw;
  const float *weight = static_cast<const float *>(p.weight);
  const float *x = in + int64_t(group) * inPerGroup;
  float sum = 0.0f;
  for (int32_t i = 0; i < inPerGroup; ++i) {
    const int64_t plane =
        p.transposed ? (int64_t(group) * inPerGroup + i) * outPerGroup + channel % outPerGroup
                     : int64_t(channel) * inPerGroup + i;
    sum += x[i] * weight[plane * taps + tap];
  }
  return sum;
}

static float convolve(const qrt_f32_conv2d_params &p, const float *in, const Output &at) {
  float acc = p.bias ? static_cast<const float *>(p.bias)[at.channel] : 0.0f;
  for (int32_t kh = 0; kh < p.kernel_h; ++kh) {
    const int32_t row = sourceIndex(p, at.row, kh, p.stride_h, p.pad_top, p.dilation_h, p.in_h);
    for (int32_t kw = 0; row >= 0 && kw < p.kernel_w; ++kw) {
      const int32_t col = sourceIndex(p, at.col, kw, p.stride_w, p.pad_left, p.dilation_w, p.in_w);
      if (col >= 0)
        acc += tapSum(p, in + ((at.sample * p.in_h + row) * p.in_w + col) * p.in_c, at.channel, kh,
                      kw);
    }
  }
  return acc;
}

void qrt::f32ConvRange(const qrt_f32_conv2d_params &p, const qrt_call &call, int64_t begin,
                       int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const int64_t pixel = i / p.out_c;
    const Output at = {pixel / p.out_w / p.out_h, static_cast<int32_t>(pixel / p.out_w % p.out_h),
                       static_cast<int32_t>(pixel % p.out_w), static_cast<int32_t>(i % p.out_c)};
    float value = convolve(p, static_cast<const float *>(call.in[0]), at);
    if (p.has_residual)
      value += static_cast<const float *>(call.in[1])[i];
    static_cast<float *>(call.out)[i] = activate(p.act, value, p.act_a, p.act_b, p.act_a);
  }
}

QRT_DEFINE_KERNEL(qrt_f32_conv2d_scalar, f32_conv2d) {
  const Range range = slice(call.batch * p.out_h * p.out_w * p.out_c, call);
  qrt::f32ConvRange(p, call, range.begin, range.end);
}

void qrt::f32MatmulRows(const qrt_f32_matmul_params &p, const qrt_call &call, int64_t begin,
                        int64_t end) {
  const int64_t rowStride = p.transpose_b ? 1 : p.n, colStride = p.transpose_b ? p.k : 1;
  for (int64_t row = begin; row < end; ++row) {
    const float *a = static_cast<const float *>(call.in[0]) + row * p.k;
    const float *b = static_cast<const float *>(call.in[1]) + row / p.m * (int64_t(p.k) * p.n);
    for (int64_t col = 0; col < p.n; ++col) {
      float sum = 0.0f;
      for (int64_t i = 0; i < p.k; ++i)
        sum += a[i] * b[i * rowStride + col * colStride];
      static_cast<float *>(call.out)[row * p.n + col] = sum;
    }
  }
}

QRT_DEFINE_KERNEL(qrt_f32_matmul_scalar, f32_matmul) {
  const Range rows = slice(call.batch * p.batches * p.m, call);
  qrt::f32MatmulRows(p, call, rows.begin, rows.end);
}
