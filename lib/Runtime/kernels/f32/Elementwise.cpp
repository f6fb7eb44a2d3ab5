//===- Elementwise.cpp - float binary, unary and softmax (N14) -------------------===//

#include "kernels/Box.h"
#include "kernels/f32/Activation.h"

/// Strides are 0 or 1 nearly always; then the loops vectorize.
template <typename Op>
static void binaryRun(const float *a, int64_t sa, const float *b, int64_t sb, float *__restrict out,
                      int64_t n, Op op) {
  if (sa == 1 && sb == 1)
    for (int64_t i = 0; i < n; ++i)
      out[i] = op(a[i], b[i]);
  else if (sa == 1 && sb == 0)
    for (int64_t i = 0; i < n; ++i)
      out[i] = op(a[i], *b);
  else
    for (int64_t i = 0; i < n; ++i)
      out[i] = op(a[i * sa], b[i * sb]);
}

template <typename Op>
static void binaryAll(const qrt_f32_binary_params &p, const qrt_call &call, Op op) {
  Box<2> box;
  box.push(call.batch, {p.a_batch_stride, p.b_batch_stride});
  for (int i = 0; i < 6; ++i)
    box.push(p.dims[i], {p.a_strides[i], p.b_strides[i]});
  box.finish();
  const float *a = static_cast<const float *>(call.in[0]);
  const float *b = static_cast<const float *>(p.b_data ? p.b_data : call.in[1]);
  float *out = static_cast<float *>(call.out);
  box.forRuns(slice(box.elements(), call), [&](int64_t at, const int64_t *offsets, int64_t n) {
    binaryRun(a + offsets[0], box.innerStride(0), b + offsets[1], box.innerStride(1), out + at, n,
              op);
  });
}

QRT_DEFINE_KERNEL(qrt_f32_binary_scalar, f32_binary) {
  switch (p.op) {
  case 0:
    return binaryAll(p, call, [](float a, float b) { return a + b; });
  case 1:
    return binaryAll(p, call, [](float a, float b) { return a - b; });
  case 2:
    return binaryAll(p, call, [](float a, float b) { return a * b; });
  default:
    return binaryAll(p, call, [](float a, float b) { return a / b; });
  }
}

/// A constant Act keeps the switch of activate() out of the loop.
template <int32_t Act>
static void activateRun(const qrt_f32_unary_params &p, const float *slope, float *x, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    x[i] = activate(Act, x[i], p.act_a, p.act_b, slope ? slope[i] : 0.0f);
}

static void activateAny(const qrt_f32_unary_params &p, const float *slope, float *x, int64_t n) {
  switch (p.act) {
  case QRT_ACT_NONE:
    return;
  case QRT_ACT_RELU:
    return activateRun<QRT_ACT_RELU>(p, nullptr, x, n);
  case QRT_ACT_CLIP:
    return activateRun<QRT_ACT_CLIP>(p, nullptr, x, n);
  case QRT_ACT_PRELU:
    return activateRun<QRT_ACT_PRELU>(p, slope, x, n);
  case QRT_ACT_HARD_SWISH:
    return activateRun<QRT_ACT_HARD_SWISH>(p, nullptr, x, n);
  default:
    for (int64_t i = 0; i < n; ++i)
      x[i] = activate(p.act, x[i], p.act_a, p.act_b, 0.0f);
  }
}

/// Some channels of one position, from `channel` on.
static void unaryRun(const qrt_f32_unary_params &p, const float *__restrict in,
                     float *__restrict out, int64_t channel, int64_t n) {
  const float *scale = static_cast<const float *>(p.scale);
  const float *offset = static_cast<const float *>(p.offset);
  const float *slope = static_cast<const float *>(p.slope);
  for (int64_t i = 0; i < n; ++i)
    out[i] = in[i];
  for (int64_t i = 0; scale && i < n; ++i)
    out[i] *= scale[channel + i];
  for (int64_t i = 0; offset && i < n; ++i)
    out[i] += offset[channel + i];
  activateAny(p, slope ? slope + channel : nullptr, out, n);
}

QRT_DEFINE_KERNEL(qrt_f32_unary_scalar, f32_unary) {
  const float *in = static_cast<const float *>(call.in[0]);
  float *out = static_cast<float *>(call.out);
  // Without per-channel constants the channels do not matter: pieces of any length do.
  const bool perChannel = p.scale || p.offset || p.slope;
  const int64_t piece = perChannel ? p.channels : 4096;
  const Range range = slice(call.batch * p.count, call);
  for (int64_t at = range.begin; at < range.end;) {
    const int64_t channel = at % piece;
    const int64_t n = piece - channel < range.end - at ? piece - channel : range.end - at;
    unaryRun(p, in + at, out + at, perChannel ? channel : 0, n);
    at += n;
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
