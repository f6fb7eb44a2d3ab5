//===- Quantize.cpp - f32 to codes (N2) and back (N3) ----------------------------===//
//
// The border between a program's float inputs and its codes is also a change of layout
// (NCHW to NHWC), so both are done in one pass over blocks that stay in the L1 cache.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/Box.h"
#include "kernels/vector/Vector.h"

using namespace qopt::numerics;

namespace {

const int64_t blockPixels = 256, blockChannels = 16;

template <typename Params> Box<1> inputBox(const Params &p, const qrt_call &call) {
  Box<1> box;
  box.push(call.batch, {p.in_batch_stride});
  for (int i = 0; i < 6; ++i)
    box.push(p.dims[i], {p.in_strides[i]});
  box.finish();
  return box;
}

void quantizeRun(const qrt_quantize_params &p, const float *QRT_RESTRICT in,
                 uint8_t *QRT_RESTRICT out, int64_t n) {
  const float scale = p.scale;
  const int32_t zero = p.out_zero_point, low = p.out_min, high = p.out_max;
  for (int64_t i = 0; i < n; ++i)
    out[i] = static_cast<uint8_t>(quantize(in[i], scale, zero, low, high));
}

/// out[i * channels + c] = rows[c][i]. A constant Channels lets the stores interleave.
template <int Channels>
void interleave(const uint8_t (&rows)[blockChannels][blockPixels], uint8_t *QRT_RESTRICT out,
                int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    for (int c = 0; c < Channels; ++c)
      out[i * Channels + c] = rows[c][i];
}

void interleaveAny(const uint8_t (&rows)[blockChannels][blockPixels], int64_t count,
                   uint8_t *QRT_RESTRICT out, int64_t channels, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t c = 0; c < count; ++c)
      out[i * channels + c] = rows[c][i];
}

/// n pixels of `channels` planes that lie `plane` elements apart.
void quantizePlanes(const qrt_quantize_params &p, const float *in, int64_t plane, int64_t channels,
                    uint8_t *out, int64_t n) {
  uint8_t rows[blockChannels][blockPixels];
  for (int64_t c = 0; c < channels; c += blockChannels) {
    const int64_t count = channels - c < blockChannels ? channels - c : blockChannels;
    for (int64_t i = 0; i < count; ++i)
      quantizeRun(p, in + (c + i) * plane, rows[i], n);
    if (channels == 3)
      interleave<3>(rows, out, n);
    else
      interleaveAny(rows, count, out + c, channels, n);
  }
}

/// The inner two dims are pixels (stride 1) and channels (stride = a plane).
void quantizeTransposed(const qrt_quantize_params &p, const qrt_call &call, const Box<1> &box) {
  const float *in = static_cast<const float *>(call.in[0]);
  uint8_t *out = static_cast<uint8_t *>(call.out);
  const int64_t channels = box.inner(), pixels = box.dims[box.rank - 2];
  const Range range = slice(box.elements() / channels, call);
  for (int64_t at = range.begin; at < range.end;) {
    const int64_t begin = at % pixels;
    int64_t n = pixels - begin < blockPixels ? pixels - begin : blockPixels;
    n = n < range.end - at ? n : range.end - at;
    quantizePlanes(p, in + box.offset(0, at / pixels, box.rank - 2) + begin, box.innerStride(0),
                   channels, out + at * channels, n);
    at += n;
  }
}

template <typename Code>
void dequantizeRun(const qrt_dequantize_params &p, const Code *QRT_RESTRICT in, int64_t stride,
                   float *QRT_RESTRICT out, int64_t n) {
  const float scale = p.scale;
  const int32_t zero = p.in_zero_point;
  if (stride == 1)
    for (int64_t i = 0; i < n; ++i)
      out[i] = dequantize(in[i], scale, zero);
  else
    for (int64_t i = 0; i < n; ++i)
      out[i] = dequantize(in[i * stride], scale, zero);
}

template <typename Code>
void dequantizeAll(const qrt_dequantize_params &p, const qrt_call &call, const Box<1> &box) {
  const Code *in = static_cast<const Code *>(call.in[0]);
  float *out = static_cast<float *>(call.out);
  box.forRuns(slice(box.elements(), call), [&](int64_t at, const int64_t *offsets, int64_t n) {
    dequantizeRun(p, in + offsets[0], box.innerStride(0), out + at, n);
  });
}

} // namespace

QRT_VECTOR_KERNEL(quantize) {
  const Box<1> box = inputBox(p, call);
  if (box.innerStride(0) != 1 && box.rank >= 2 && box.strides[0][box.rank - 2] == 1)
    return quantizeTransposed(p, call, box);
  const float *in = static_cast<const float *>(call.in[0]);
  uint8_t *out = static_cast<uint8_t *>(call.out);
  const int64_t stride = box.innerStride(0);
  box.forRuns(slice(box.elements(), call), [&](int64_t at, const int64_t *offsets, int64_t n) {
    if (stride == 1)
      quantizeRun(p, in + offsets[0], out + at, n);
    else
      for (int64_t i = 0; i < n; ++i)
        quantizeRun(p, in + offsets[0] + i * stride, out + at + i, 1);
  });
}

QRT_VECTOR_KERNEL(dequantize) {
  const Box<1> box = inputBox(p, call);
  if (p.in_signed)
    dequantizeAll<int8_t>(p, call, box);
  else
    dequantizeAll<uint8_t>(p, call, box);
}
