//===- Pool.cpp - pools and spatial mean over NHWC codes (N9) --------------------===//
//
// Vectorized over channels, in blocks whose maxima or sums stay close.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/vector/Vector.h"

#include <string.h>

using namespace qopt::numerics;

namespace {

/// Taps [first, last) of a window that lie inside of the input.
struct Taps {
  int32_t first, last;
};

Taps liveTaps(int32_t start, int32_t in, int32_t kernel, int32_t dilation) {
  const int32_t first = start < 0 ? (-start + dilation - 1) / dilation : 0;
  const int32_t inside = in - start; // taps k with k * dilation < inside
  const int32_t last = inside <= 0 ? 0 : (inside + dilation - 1) / dilation;
  return {minimum(first, kernel), minimum(last, kernel)};
}

/// Vectors of N codes, read and written at any address.
template <typename Code, int N> struct Codes {
  typedef Code Type __attribute__((vector_size(N), aligned(1)));
  static Type load(const Code *from) {
    Type x;
    memcpy(&x, from, N);
    return x;
  }
};

/// Everything of one output pixel of a max pool.
template <typename Code> struct MaxWindow {
  const Code *first;        // of the first live tap
  int64_t rowStep, colStep; // elements between taps
  int32_t rows, cols;

  template <int N> void block(Code *out, int64_t channel, Code lowest) const {
    typedef typename Codes<Code, N>::Type Vector;
    Vector best = Vector{} + lowest;
    for (int32_t r = 0; r < rows; ++r)
      for (int32_t c = 0; c < cols; ++c) {
        const Vector x = Codes<Code, N>::load(first + r * rowStep + c * colStep + channel);
        best = x > best ? x : best;
      }
    memcpy(out + channel, &best, N);
  }

  /// Whole blocks, then one that overlaps the last; at the end single channels.
  void run(Code *out, int64_t channels, Code lowest) const {
    int64_t channel = 0;
    for (; channel + 64 <= channels; channel += 64)
      block<64>(out, channel, lowest);
    if (channel < channels && channels >= 64)
      return block<64>(out, channels - 64, lowest);
    for (; channel + 16 <= channels; channel += 16)
      block<16>(out, channel, lowest);
    if (channel < channels && channels >= 16)
      return block<16>(out, channels - 16, lowest);
    for (; channel < channels; ++channel)
      block<1>(out, channel, lowest);
  }
};

template <typename Code>
void maxPool(const qrt_max_pool2d_params &p, const qrt_call &call, Code lowest) {
  const Code *in = static_cast<const Code *>(call.in[0]);
  Code *out = static_cast<Code *>(call.out);
  const Range pixels = slice(call.batch * p.out_h * p.out_w, call);
  MaxWindow<Code> window;
  window.rowStep = int64_t(p.dilation_h) * p.in_w * p.channels;
  window.colStep = int64_t(p.dilation_w) * p.channels;
  for (int64_t i = pixels.begin; i < pixels.end; ++i) {
    const int32_t col = static_cast<int32_t>(i % p.out_w) * p.stride_w - p.pad_left;
    const int32_t row = static_cast<int32_t>(i / p.out_w % p.out_h) * p.stride_h - p.pad_top;
    const Taps rows = liveTaps(row, p.in_h, p.kernel_h, p.dilation_h);
    const Taps cols = liveTaps(col, p.in_w, p.kernel_w, p.dilation_w);
    const int64_t top = i / p.out_w / p.out_h * p.in_h + row + rows.first * p.dilation_h;
    window.first = in + (top * p.in_w + col + cols.first * p.dilation_w) * p.channels;
    window.rows = rows.last - rows.first;
    window.cols = cols.last - cols.first;
    window.run(out + i * p.channels, p.channels, lowest);
  }
}

const int32_t sumBlock = 64;

/// sums[c] = sum over the window of (q - z), for `n` channels.
template <typename Code>
void windowSums(const Code *in, int64_t rowStep, int64_t colStep, int32_t rows, int32_t cols,
                int32_t zero, int32_t n, int32_t (&sums)[sumBlock]) {
  for (int32_t c = 0; c < n; ++c)
    sums[c] = 0;
  for (int32_t row = 0; row < rows; ++row)
    for (int32_t col = 0; col < cols; ++col) {
      const Code *QRT_RESTRICT x = in + row * rowStep + col * colStep;
      for (int32_t c = 0; c < n; ++c)
        sums[c] += x[c] - zero;
    }
}

/// averageCodes of a whole block: the multiplier is the same for all.
void storeAverages(const int32_t (&sums)[sumBlock], int32_t n, int32_t count, float inScale,
                   float outScale, int32_t zero, int32_t low, int32_t high,
                   uint8_t *QRT_RESTRICT out) {
  for (int32_t c = 0; c < n; ++c)
    out[c] = static_cast<uint8_t>(averageCodes(sums[c], count, inScale, outScale, zero, low, high));
}

template <typename Code> void avgPool(const qrt_avg_pool2d_params &p, const qrt_call &call) {
  const int32_t blocks = (p.channels + sumBlock - 1) / sumBlock;
  const Range pieces = slice(call.batch * p.out_h * p.out_w * blocks, call);
  for (int64_t i = pieces.begin; i < pieces.end; ++i) {
    const int64_t pixel = i / blocks;
    const int32_t channel = static_cast<int32_t>(i % blocks) * sumBlock;
    const int32_t n = minimum(sumBlock, p.channels - channel);
    const Window rows = poolWindow(static_cast<int32_t>(pixel / p.out_w % p.out_h), p.in_h, p.out_h,
                                   p.kernel_h, p.stride_h, p.pad_top, p.pad_bottom, p.adaptive);
    const Window cols = poolWindow(static_cast<int32_t>(pixel % p.out_w), p.in_w, p.out_w,
                                   p.kernel_w, p.stride_w, p.pad_left, p.pad_right, p.adaptive);
    const int32_t height = maximum(0, rows.end - rows.begin);
    const int32_t width = maximum(0, cols.end - cols.begin);
    const int64_t top = pixel / p.out_w / p.out_h * p.in_h + rows.begin;
    const Code *in =
        static_cast<const Code *>(call.in[0]) + (top * p.in_w + cols.begin) * p.channels + channel;
    int32_t sums[sumBlock];
    windowSums(in, int64_t(p.in_w) * p.channels, p.channels, height, width, p.in_zero_point, n,
               sums);
    const int32_t count = p.count_include_pad ? rows.declared * cols.declared
                                              : (rows.end - rows.begin) * (cols.end - cols.begin);
    storeAverages(sums, n, count, p.in_scale, p.out_scale, p.out_zero_point, p.out_min, p.out_max,
                  static_cast<uint8_t *>(call.out) + pixel * p.channels + channel);
  }
}

} // namespace

QRT_VECTOR_KERNEL(max_pool2d) {
  if (p.is_signed)
    maxPool<int8_t>(p, call, -128);
  else
    maxPool<uint8_t>(p, call, 0);
}

QRT_VECTOR_KERNEL(avg_pool2d) {
  if (p.in_signed)
    avgPool<int8_t>(p, call);
  else
    avgPool<uint8_t>(p, call);
}
