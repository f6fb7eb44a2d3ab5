//===- Elementwise.cpp - float binary, unary and softmax (N14) -------------------===//

#include "kernels/Kernel.h"
#include "kernels/f32/Activation.h"

static float combine(int32_t op, float a, float b) {
  switch (op) {
  case 0:
    return a + b;
  case 1:
    return a - b;
  case 2:
    return a * b;
  default:
    return a / b;
  }
}

QRT_DEFINE_KERNEL(qrt_f32_binary_scalar, f32_binary) {
  const float *first = static_cast<const float *>(call.in[0]);
  const float *second = static_cast<const float *>(p.b_data ? p.b_data : call.in[1]);
  float *out = static_cast<float *>(call.out);
  const int64_t perSample = product(p.dims), inner = p.dims[5];
  const Range rows = slice(call.batch * (perSample / inner), call);
  for (int64_t row = rows.begin; row < rows.end; ++row) {
    const int64_t sample = row * inner / perSample, at = row % (perSample / inner);
    const float *a = first + sample * p.a_batch_stride + boxOffset(at, p.dims, p.a_strides, 5);
    const float *b = second + sample * p.b_batch_stride + boxOffset(at, p.dims, p.b_strides, 5);
    for (int64_t i = 0; i < inner; ++i)
      out[row * inner + i] = combine(p.op, a[i * p.a_strides[5]], b[i * p.b_strides[5]]);
  }
}

QRT_DEFINE_KERNEL(qrt_f32_unary_scalar, f32_unary) {
  const float *in = static_cast<const float *>(call.in[0]);
  const float *scale = static_cast<const float *>(p.scale);
  const float *offset = static_cast<const float *>(p.offset);
  const float *slope = static_cast<const float *>(p.slope);
  const Range range = slice(call.batch * p.count, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int64_t channel = i % p.count % p.channels;
    float x = in[i];
    if (scale)
      x *= scale[channel];
    if (offset)
      x += offset[channel];
    static_cast<float *>(call.out)[i] =
        activate(p.act, x, p.act_a, p.act_b, slope ? slope[channel] : 0.0f);
  }
}

/// Softmax of `count` values `stride` apart; the maximum is subtracted first.
static void softmaxLine(const float *in, float *out, int64_t count, int64_t stride) {
  float largest = in[0];
  for (int64_t i = 1; i < count; ++i)
    largest = in[i * stride] > largest ? in[i * stride] : largest;
  float sum = 0.0f;
  for (int64_t i = 0; i < count; ++i) {
    out[i * stride] = expf(in[i * stride] - largest);
    sum += out[i * stride];
  }
  for (int64_t i = 0; i < count; ++i)
    out[i * stride] /= sum;
}

QRT_DEFINE_KERNEL(qrt_f32_softmax_scalar, f32_softmax) {
  const Range lines = slice(call.batch * p.outer * p.inner, call);
  for (int64_t line = lines.begin; line < lines.end; ++line) {
    const int64_t base = line / p.inner * p.axis_size * p.inner + line % p.inner;
    softmaxLine(static_cast<const float *>(call.in[0]) + base,
                static_cast<float *>(call.out) + base, p.axis_size, p.inner);
  }
}
