//===- ConvEpilogue.h - from accumulators of a convolution to its output ----------===//
//
// Shared by all convolution kernels; a template over the ISA's vector operations. The plain
// forms are done in registers, the rarer ones from a small buffer.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_CONVEPILOGUE_H
#define QRT_KERNELS_X86_CONVEPILOGUE_H

#include "kernels/Kernel.h"

namespace {

enum EpilogueKind { EpilogueCodes, EpilogueTable, EpilogueFloat, EpilogueResidual };

/// The range of the codes that are stored, in the domain of u8: s8 codes are shifted by 128.
struct ByteRange {
  int32_t zeroPoint, low, shift;
};

/// Constants of the epilogue, ready to be broadcast.
struct Epilogue {
  int32_t kind;
  // [N6] to the output, or to mid for a table or the mid form of N7.
  float low, high;
  int32_t zeroPoint;
  // [N7]
  bool throughMid;
  float outLow, outHigh, midMultiplier, residualMultiplier;
  int32_t outZeroPoint, residualZeroPoint;
  bool residualSigned;
  const uint8_t *table;
  ByteRange bytes;
};

static inline void fillEpilogue(const qrt_conv2d_params &p, Epilogue &e) {
  e.kind = p.output_f32      ? EpilogueFloat
           : p.residual_kind ? EpilogueResidual
           : p.table         ? EpilogueTable
                             : EpilogueCodes;
  e.throughMid = p.residual_kind == 2;
  const bool mid = e.throughMid || p.table;
  e.zeroPoint = mid ? p.mid_zero_point : p.out_zero_point;
  e.low = static_cast<float>((mid ? p.mid_min : p.out_min) - e.zeroPoint);
  e.high = static_cast<float>((mid ? p.mid_max : p.out_max) - e.zeroPoint);
  e.outZeroPoint = p.out_zero_point;
  e.outLow = static_cast<float>(p.out_min - p.out_zero_point);
  e.outHigh = static_cast<float>(p.out_max - p.out_zero_point);
  e.midMultiplier = p.mid_multiplier;
  e.residualMultiplier = p.residual_multiplier;
  e.residualZeroPoint = p.residual_zero_point;
  e.residualSigned = p.residual_signed;
  e.table = static_cast<const uint8_t *>(p.table);
  const int32_t shift = (p.table ? p.mid_signed : p.out_signed) ? 128 : 0;
  e.bytes = {(p.table ? p.mid_zero_point : p.out_zero_point) + shift,
             (p.table ? p.mid_min : p.out_min) + shift, shift};
}

/// Where a tile of accumulators goes.
struct OutputJob {
  const float *multiplier;
  int32_t channel, channels; // first output channel, and how many are real
  uint8_t *out;              // of the first pixel and channel
  int64_t outStride;         // bytes from pixel to pixel
  const uint8_t *residual;
  int64_t residualStride;
  Epilogue epilogue;

  void bindOutput(const qrt_call &call, const qrt_conv2d_params &p, int64_t pixel) {
    const int64_t element = pixel * p.out_c + channel;
    const int64_t bytes = p.output_f32 ? 4 : 1;
    out = static_cast<uint8_t *>(call.out) + element * bytes;
    outStride = p.out_c * bytes;
    residual = static_cast<const uint8_t *>(call.in[1]) + (p.residual_kind ? element : 0);
    residualStride = p.residual_kind ? p.out_c : 0;
  }
};

/// [N7] What is rounded in the end: the sum of the residual and of x.
template <typename V>
static inline __attribute__((always_inline)) typename V::Float
addResidual(const Epilogue &e, typename V::Float x, const uint8_t *residual, int32_t count) {
  const typename V::Float side = V::multiply(
      V::toFloat(V::subtract(V::loadCodes(residual, e.residualSigned, count), e.residualZeroPoint)),
      V::broadcast(e.residualMultiplier));
  if (e.throughMid) // [N6] to mid, then [N8]
    x = V::multiply(V::round(V::clamp(x, e.low, e.high)), V::broadcast(e.midMultiplier));
  return V::add(x, side);
}

/// [N6] The codes of one accumulator; with a residual [N7].
template <typename V, bool WithResidual>
static inline __attribute__((always_inline)) typename V::Int
toCodes(const Epilogue &e, typename V::Int acc, typename V::Float multiplier,
        const uint8_t *residual, int32_t count) {
  const typename V::Float x = V::multiply(V::toFloat(acc), multiplier);
  if (!WithResidual)
    return V::toInts(V::clamp(x, e.low, e.high), e.zeroPoint);
  return V::toInts(V::clamp(addResidual<V>(e, x, residual, count), e.outLow, e.outHigh),
                   e.outZeroPoint);
}

/// The same before the zero point is added, for toBytes of the ISA: only what lies above the range
/// is clamped.
template <typename V, bool WithResidual>
static inline __attribute__((always_inline)) typename V::Int
toValues(const Epilogue &e, typename V::Int acc, typename V::Float multiplier,
         const uint8_t *residual) {
  typename V::Float x = V::multiply(V::toFloat(acc), multiplier);
  if (WithResidual)
    x = addResidual<V>(e, x, residual, V::lanes);
  return V::roundToInts(V::atMost(x, WithResidual ? e.outHigh : e.high));
}

/// [N10] on `count` mid codes, in place.
static inline void lookUp(const Epilogue &e, uint8_t *codes, int32_t count) {
  for (int32_t i = 0; i < count; ++i)
    codes[i] = e.table[codes[i]];
}

/// The same for `rows` pixels of a job.
static inline void lookUpTile(const OutputJob &job, int32_t rows) {
  for (int32_t row = 0; row < rows; ++row)
    lookUp(job.epilogue, job.out + row * job.outStride, job.channels);
}

/// [N7] of `Vectors` (1 or 2) vectors of channels from `channel` on, all of them real; the rows of
/// accumulators are `pitch` apart. Two pixels at a time; an odd last one is done twice.
template <typename V, bool Signed, bool ThroughMid, int Vectors>
static void addResiduals(const OutputJob &job, const int32_t *acc, int32_t pitch, int32_t rows,
                         int32_t channel) {
  Epilogue e = job.epilogue;
  e.residualSigned = Signed;
  e.throughMid = ThroughMid;
  uint8_t *out = job.out + channel;
  const uint8_t *residual = job.residual + channel;
  typename V::Float multiplier[Vectors];
#pragma unroll
  for (int v = 0; v < Vectors; ++v)
    multiplier[v] = V::loadFloats(job.multiplier + channel + v * V::lanes);
  for (int32_t row = 0; row < rows; row += 2) {
    const int64_t next = row + 1 < rows ? 1 : 0;
    typename V::Int values[4];
    uint8_t *to[4];

#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int v = i % Vectors;
      const int64_t line = i / Vectors % 2 * next;
      to[i] = out + line * job.outStride + v * V::lanes;
      values[i] =
          toValues<V, true>(e, V::loadInts(acc + line * pitch + v * V::lanes), multiplier[v],
                            residual + line * job.residualStride + v * V::lanes);
    }
    V::template storeEights<2 * Vectors, Vectors == 2>(to, V::toBytes(values, e.bytes));
    acc += 2 * int64_t(pitch);
    out += 2 * job.outStride;
    residual += 2 * job.residualStride;
  }
}

template <typename V, int Vectors>
static void addResidualsTo(const OutputJob &job, const int32_t *acc, int32_t pitch, int32_t rows,
                           int32_t channel) {
  const Epilogue &e = job.epilogue;
  if (e.residualSigned)
    return e.throughMid ? addResiduals<V, true, true, Vectors>(job, acc, pitch, rows, channel)
                        : addResiduals<V, true, false, Vectors>(job, acc, pitch, rows, channel);
  return e.throughMid ? addResiduals<V, false, true, Vectors>(job, acc, pitch, rows, channel)
                      : addResiduals<V, false, false, Vectors>(job, acc, pitch, rows, channel);
}

/// As finishTile, for a residual and accumulators all of whose channels are real.
template <typename V>
__attribute__((noinline)) static void finishResidual(const OutputJob &job, const int32_t *acc,
                                                     int32_t vectors, int32_t rows, int32_t from) {
  int32_t v = 0;
  for (; v + 2 <= vectors; v += 2)
    addResidualsTo<V, 2>(job, acc + v * V::lanes, vectors * V::lanes, rows, from + v * V::lanes);
  if (v < vectors)
    addResidualsTo<V, 1>(job, acc + v * V::lanes, vectors * V::lanes, rows, from + v * V::lanes);
}

/// Any epilogue, from a buffer of `rows` x `vectors * lanes` accumulators, which belong to
/// channel `from` of the job and those behind it.
template <typename V>
__attribute__((noinline)) static void finishTile(const OutputJob &job, const int32_t *acc,
                                                 int32_t vectors, int32_t rows, int32_t from = 0) {
  const Epilogue &e = job.epilogue;
  if constexpr (V::finishesFour)
    if (e.kind == EpilogueResidual && from + vectors * V::lanes <= job.channels)
      return finishResidual<V>(job, acc, vectors, rows, from);
  for (int32_t row = 0; row < rows; ++row)
    for (int32_t v = 0; v < vectors; ++v) {
      const int32_t at = from + v * V::lanes, count = minimum(V::lanes, job.channels - at);
      if (count <= 0)
        continue;
      const typename V::Int x = V::loadInts(acc + (row * vectors + v) * V::lanes);
      const typename V::Float multiplier = V::loadFloats(job.multiplier + at);
      uint8_t *out = job.out + row * job.outStride;
      if (e.kind == EpilogueFloat) {
        V::storeFloats(reinterpret_cast<float *>(out) + at, V::multiply(V::toFloat(x), multiplier),
                       count);
        continue;
      }
      if (e.kind == EpilogueResidual)
        V::storeCodes(
            out + at,
            toCodes<V, true>(e, x, multiplier, job.residual + row * job.residualStride + at, count),
            count);
      else
        V::storeCodes(out + at, toCodes<V, false>(e, x, multiplier, nullptr, count), count);
      if (e.kind == EpilogueTable)
        lookUp(e, out + at, count);
    }
}

/// Codes of 4 accumulators of neighbouring pixels, all of whose channels are real.
template <typename V, bool WithResidual>
static inline __attribute__((always_inline)) void
finishFour(const OutputJob &job, const typename V::Int (&acc)[4], int32_t from) {
  const typename V::Float multiplier = V::loadFloats(job.multiplier + from);
  [[maybe_unused]] typename V::Int values[4];
  uint8_t *to[4];

#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const uint8_t *residual = WithResidual ? job.residual + i * job.residualStride + from : nullptr;
    to[i] = job.out + i * job.outStride + from;
    if constexpr (V::finishesFour)
      values[i] = toValues<V, WithResidual>(job.epilogue, acc[i], multiplier, residual);
    else
      V::storeCodes(to[i],
                    toCodes<V, WithResidual>(job.epilogue, acc[i], multiplier, residual, V::lanes),
                    V::lanes);
  }
  if constexpr (V::finishesFour)
    V::template storeEights<4, false>(to, V::toBytes(values, job.epilogue.bytes));
}

/// `pixels` accumulators of neighbouring pixels, of channel `from` of the job and those
/// behind it.
template <typename V, int Pixels>
static inline __attribute__((always_inline)) void finishPixels(const OutputJob &job,
                                                               const typename V::Int (&acc)[Pixels],
                                                               int32_t from, int32_t pixels) {
  if constexpr (Pixels == 4)
    if (pixels == 4 && from + V::lanes <= job.channels) {
      if (job.epilogue.kind == EpilogueCodes)
        return finishFour<V, false>(job, acc, from);
      if (job.epilogue.kind == EpilogueResidual)
        return finishFour<V, true>(job, acc, from);
    }
  alignas(64) int32_t buffer[Pixels * V::lanes];

#pragma unroll
  for (int i = 0; i < Pixels; ++i)
    V::storeInts(buffer + i * V::lanes, acc[i]);
  finishTile<V>(job, buffer, 1, pixels, from);
}

} // namespace

#endif // QRT_KERNELS_X86_CONVEPILOGUE_H
