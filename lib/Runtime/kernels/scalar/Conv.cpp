//===- Conv.cpp - reference convolutions: N4 and the epilogues N6, N7, N8, N10 ----===//
//
// Weights lie as [out_c][kernel_h][kernel_w][in_c / groups] for both directions.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/Kernel.h"

using namespace qopt::numerics;

namespace {

/// Indices of one output element.
struct Position {
  int64_t sample;
  int32_t row, col, channel;
};

template <typename Params> Position position(int64_t index, const Params &p) {
  Position at;
  at.channel = static_cast<int32_t>(index % p.out_c);
  index /= p.out_c;
  at.col = static_cast<int32_t>(index % p.out_w);
  index /= p.out_w;
  at.row = static_cast<int32_t>(index % p.out_h);
  at.sample = index / p.out_h;
  return at;
}

template <typename Params> int32_t weightZeroPoint(const Params &p, int32_t channel) {
  return p.weight_zero_point ? static_cast<const int32_t *>(p.weight_zero_point)[channel] : 0;
}

/// sum (qx - zx)(qw - wz) over the channels of one tap. Unsigned: any order of additions
/// gives the same i32 (N4).
template <typename Code>
uint32_t dot(const Code *x, const int8_t *w, int32_t count, int32_t zx, int32_t zw) {
  uint32_t sum = 0;
  for (int32_t i = 0; i < count; ++i)
    sum += static_cast<uint32_t>((x[i] - zx) * (w[i] - zw));
  return sum;
}

template <typename Params>
uint32_t tapDot(const Params &p, const void *input, int64_t at, const int8_t *w, int32_t count,
                int32_t zw) {
  if (p.in_signed)
    return dot(static_cast<const int8_t *>(input) + at, w, count, p.in_zero_point, zw);
  return dot(static_cast<const uint8_t *>(input) + at, w, count, p.in_zero_point, zw);
}

template <typename Params>
const int8_t *tapWeights(const Params &p, int32_t channel, int32_t kh, int32_t kw) {
  const int64_t tap = (int64_t(channel) * p.kernel_h + kh) * p.kernel_w + kw;
  return static_cast<const int8_t *>(p.packed) + tap * (p.in_c / p.groups);
}

template <typename Params>
int64_t inputOffset(const Params &p, const Position &at, int32_t row, int32_t col) {
  const int32_t group = at.channel / (p.out_c / p.groups);
  return ((at.sample * p.in_h + row) * p.in_w + col) * p.in_c +
         int64_t(group) * (p.in_c / p.groups);
}

/// [N4] Padding contributes nothing.
int32_t accumulate(const qrt_conv2d_params &p, const void *input, const Position &at) {
  const int32_t zw = weightZeroPoint(p, at.channel);
  uint32_t acc = static_cast<uint32_t>(static_cast<const int32_t *>(p.bias)[at.channel]);
  for (int32_t kh = 0; kh < p.kernel_h; ++kh) {
    const int32_t row = at.row * p.stride_h - p.pad_top + kh * p.dilation_h;
    if (row < 0 || row >= p.in_h)
      continue;
    for (int32_t kw = 0; kw < p.kernel_w; ++kw) {
      const int32_t col = at.col * p.stride_w - p.pad_left + kw * p.dilation_w;
      if (col < 0 || col >= p.in_w)
        continue;
      acc += tapDot(p, input, inputOffset(p, at, row, col), tapWeights(p, at.channel, kh, kw),
                    p.in_c / p.groups, zw);
    }
  }
  return static_cast<int32_t>(acc);
}

/// The input index that tap `k` of output `o` meets, or -1.
int32_t transposedSource(int32_t o, int32_t k, int32_t pad, int32_t dilation, int32_t stride,
                         int32_t in) {
  const int32_t scaled = o + pad - k * dilation;
  if (scaled < 0 || scaled % stride != 0 || scaled / stride >= in)
    return -1;
  return scaled / stride;
}

/// [N4] of a transposed convolution, gathered per output.
int32_t accumulateTransposed(const qrt_conv_transpose2d_params &p, const void *input,
                             const Position &at) {
  const int32_t zw = weightZeroPoint(p, at.channel);
  uint32_t acc = static_cast<uint32_t>(static_cast<const int32_t *>(p.bias)[at.channel]);
  for (int32_t kh = 0; kh < p.kernel_h; ++kh) {
    const int32_t row = transposedSource(at.row, kh, p.pad_top, p.dilation_h, p.stride_h, p.in_h);
    for (int32_t kw = 0; row >= 0 && kw < p.kernel_w; ++kw) {
      const int32_t col =
          transposedSource(at.col, kw, p.pad_left, p.dilation_w, p.stride_w, p.in_w);
      if (col >= 0)
        acc += tapDot(p, input, inputOffset(p, at, row, col), tapWeights(p, at.channel, kh, kw),
                      p.in_c / p.groups, zw);
    }
  }
  return static_cast<int32_t>(acc);
}

/// [N6] to a code, or through the mid code and its table [N10].
template <typename Params> int32_t requantizeOrLookUp(const Params &p, int32_t acc, float m) {
  if (!p.table)
    return requantize(acc, m, p.out_zero_point, p.out_min, p.out_max);
  const int32_t mid = requantize(acc, m, p.mid_zero_point, p.mid_min, p.mid_max);
  return static_cast<const uint8_t *>(p.table)[static_cast<uint8_t>(mid)];
}

/// [N7] both forms.
int32_t addResidual(const qrt_conv2d_params &p, int32_t acc, float m, int32_t residual) {
  if (p.residual_kind == 1)
    return requantizeWithResidual(acc, m, residual, p.residual_zero_point, p.residual_multiplier,
                                  p.out_zero_point, p.out_min, p.out_max);
  const int32_t mid = requantize(acc, m, p.mid_zero_point, p.mid_min, p.mid_max);
  return addCodes(mid, p.mid_zero_point, p.mid_multiplier, residual, p.residual_zero_point,
                  p.residual_multiplier, p.out_zero_point, p.out_min, p.out_max);
}

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_scalar, conv2d) {
  const Range range = slice(call.batch * p.out_h * p.out_w * p.out_c, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const Position at = position(i, p);
    const int32_t acc = accumulate(p, call.in[0], at);
    const float m = static_cast<const float *>(p.multiplier)[at.channel];
    if (p.output_f32)
      static_cast<float *>(call.out)[i] = static_cast<float>(acc) * m;
    else if (p.residual_kind)
      storeCode(call.out, i, addResidual(p, acc, m, loadCode(call.in[1], i, p.residual_signed)));
    else
      storeCode(call.out, i, requantizeOrLookUp(p, acc, m));
  }
}

QRT_DEFINE_KERNEL(qrt_conv_transpose2d_scalar, conv_transpose2d) {
  const Range range = slice(call.batch * p.out_h * p.out_w * p.out_c, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const Position at = position(i, p);
    const int32_t acc = accumulateTransposed(p, call.in[0], at);
    const float m = static_cast<const float *>(p.multiplier)[at.channel];
    if (p.output_f32)
      static_cast<float *>(call.out)[i] = static_cast<float>(acc) * m;
    else
      storeCode(call.out, i, requantizeOrLookUp(p, acc, m));
  }
}
