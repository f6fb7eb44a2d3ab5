//===- Move.cpp - reference copy, fill and resize (N18) --------------------------===//

#include "kernels/Kernel.h"

using namespace qopt::numerics;

template <typename Element>
static void copyElements(const qrt_copy_params &p, const qrt_call &call) {
  const Element *in = static_cast<const Element *>(call.in[0]);
  Element *out = static_cast<Element *>(call.out);
  const int64_t perSample = product(p.dims);
  const Range range = slice(call.batch * perSample, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int64_t sample = i / perSample, at = i % perSample;
    out[sample * p.out_batch_stride + p.out_offset + boxOffset(at, p.dims, p.out_strides)] =
        in[sample * p.in_batch_stride + p.in_offset + boxOffset(at, p.dims, p.in_strides)];
  }
}

QRT_DEFINE_KERNEL(qrt_copy_scalar, copy) {
  if (p.element_bytes == 1)
    copyElements<uint8_t>(p, call);
  else
    copyElements<uint32_t>(p, call);
}

QRT_DEFINE_KERNEL(qrt_fill_scalar, fill) {
  const Range range = slice(call.batch * p.count, call);
  for (int64_t i = range.begin; i < range.end; ++i)
    if (p.element_bytes == 1)
      storeCode(call.out, i, p.value);
    else
      static_cast<float *>(call.out)[i] = p.value_f32;
}

namespace {

/// The source rows and columns of one output pixel, and its weights.
struct Corners {
  int64_t topLeft, topRight, bottomLeft, bottomRight; // element offsets of channel 0
  float rowWeight, colWeight;
};

} // namespace

static Corners corners(const qrt_resize2d_params &p, int64_t pixel) {
  const int32_t col = static_cast<int32_t>(pixel % p.out_w);
  const int32_t row = static_cast<int32_t>(pixel / p.out_w % p.out_h);
  const int64_t sample = pixel / p.out_w / p.out_h;
  const int32_t top = static_cast<const int32_t *>(p.row_low)[row];
  const int32_t left = static_cast<const int32_t *>(p.col_low)[col];
  const int32_t bottom = p.mode ? static_cast<const int32_t *>(p.row_high)[row] : top;
  const int32_t right = p.mode ? static_cast<const int32_t *>(p.col_high)[col] : left;
  const int64_t upper = (sample * p.in_h + top) * p.in_w,
                lower = (sample * p.in_h + bottom) * p.in_w;
  return {(upper + left) * p.channels,
          (upper + right) * p.channels,
          (lower + left) * p.channels,
          (lower + right) * p.channels,
          p.mode ? static_cast<const float *>(p.row_weight)[row] : 0.0f,
          p.mode ? static_cast<const float *>(p.col_weight)[col] : 0.0f};
}

/// [N18] Every operation rounds once, in this order.
static float interpolate(float v00, float v01, float v10, float v11, const Corners &at) {
  const float top = v00 + (v01 - v00) * at.colWeight;
  const float bottom = v10 + (v11 - v10) * at.colWeight;
  return top + (bottom - top) * at.rowWeight;
}

static void resizeFloats(const qrt_resize2d_params &p, const Corners &at, const float *in,
                         float *out) {
  for (int32_t c = 0; c < p.channels; ++c)
    out[c] = p.mode ? interpolate(in[at.topLeft + c], in[at.topRight + c], in[at.bottomLeft + c],
                                  in[at.bottomRight + c], at)
                    : in[at.topLeft + c];
}

static void resizeCodes(const qrt_resize2d_params &p, const Corners &at, const void *in,
                        uint8_t *out) {
  const auto value = [&](int64_t index) {
    return static_cast<float>(loadCode(in, index, p.in_signed) - p.in_zero_point);
  };
  for (int32_t c = 0; c < p.channels; ++c) {
    if (!p.mode) {
      out[c] = static_cast<const uint8_t *>(in)[at.topLeft + c];
      continue;
    }
    const float v = interpolate(value(at.topLeft + c), value(at.topRight + c),
                                value(at.bottomLeft + c), value(at.bottomRight + c), at);
    storeCode(out, c, roundToCode(v * p.multiplier, p.out_zero_point, p.out_min, p.out_max));
  }
}

QRT_DEFINE_KERNEL(qrt_resize2d_scalar, resize2d) {
  const Range pixels = slice(call.batch * p.out_h * p.out_w, call);
  for (int64_t i = pixels.begin; i < pixels.end; ++i) {
    const Corners at = corners(p, i);
    if (p.element_bytes == 4)
      resizeFloats(p, at, static_cast<const float *>(call.in[0]),
                   static_cast<float *>(call.out) + i * p.channels);
    else
      resizeCodes(p, at, call.in[0], static_cast<uint8_t *>(call.out) + i * p.channels);
  }
}
