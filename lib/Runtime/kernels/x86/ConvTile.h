//===- ConvTile.h - one tile of a convolution: pixels x channels in registers -----===//
//
// The tile is a template over the ISA's vector operations. Accumulators start from the
// folded bias, so nothing is added afterwards. The plain N6 epilogue is done in registers,
// the rarer ones from a small buffer, which costs little against any dot loop.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_CONVTILE_H
#define QRT_KERNELS_X86_CONVTILE_H

#include "kernels/Kernel.h"

#include <string.h>

namespace {

enum EpilogueKind { EpilogueCodes, EpilogueTable, EpilogueFloat, EpilogueResidual };

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
}

/// What a tile works on. Pixels are inputStride bytes apart at `input`.
struct TileJob {
  const uint8_t *input;
  int64_t inputStride;
  const int32_t *runOffsets; // bytes
  int32_t runs, runSteps;
  const uint8_t *drops; // per run: 1 leaves out the first pixel, 2 the last; or null
  const int32_t *bias, *biasFirst, *biasLast; // of the pixels inside, the first, the last
  const float *multiplier;
  const uint8_t *weights;
  int32_t channel, channels; // first output channel, and how many are real
  uint8_t *out;              // of the first pixel and channel
  int64_t outStride;         // bytes from pixel to pixel
  const uint8_t *residual;
  int64_t residualStride;
  Epilogue epilogue;

  void setPanel(const uint8_t *packed, int32_t width, int32_t biasClasses) {
    bias = biasFirst = biasLast = reinterpret_cast<const int32_t *>(packed);
    packed += 4 * int64_t(width) * biasClasses;
    multiplier = reinterpret_cast<const float *>(packed);
    weights = packed + 4 * int64_t(width);
  }

  void bindOutput(const qrt_call &call, const qrt_conv2d_params &p, int64_t pixel) {
    const int64_t element = pixel * p.out_c + channel;
    const int64_t bytes = p.output_f32 ? 4 : 1;
    out = static_cast<uint8_t *>(call.out) + element * bytes;
    outStride = p.out_c * bytes;
    residual = static_cast<const uint8_t *>(call.in[1]) + (p.residual_kind ? element : 0);
    residualStride = p.residual_kind ? p.out_c : 0;
  }
};

/// The epilogues that go through a buffer of `rows` x `vectors * lanes` accumulators.
template <typename V>
__attribute__((noinline)) static void finishTile(const TileJob &job, const int32_t *acc,
                                                 int32_t vectors, int32_t rows) {
  const Epilogue &e = job.epilogue;
  for (int32_t row = 0; row < rows; ++row)
    for (int32_t v = 0; v < vectors; ++v) {
      const int32_t at = v * V::lanes, count = minimum(V::lanes, job.channels - at);
      if (count <= 0)
        continue;
      const typename V::Float main =
          V::multiply(V::toFloat(V::loadInts(acc + (row * vectors + v) * V::lanes)),
                      V::loadFloats(job.multiplier + at));
      uint8_t *out = job.out + row * job.outStride;
      if (e.kind == EpilogueFloat) {
        V::storeFloats(reinterpret_cast<float *>(out) + at, main, count);
        continue;
      }
      const typename V::Float side = V::multiply(
          V::toFloat(V::subtract(
              V::loadCodes(job.residual + row * job.residualStride + at, e.residualSigned, count),
              e.residualZeroPoint)),
          V::broadcast(e.residualMultiplier));
      typename V::Float x = main;
      if (e.throughMid) // [N6] to mid, then [N8]
        x = V::multiply(V::round(V::clamp(main, e.low, e.high)), V::broadcast(e.midMultiplier));
      x = V::clamp(V::add(x, side), e.outLow, e.outHigh);
      V::storeCodes(out + at, V::toInts(x, e.outZeroPoint), count);
    }
}

/// [N10] on the mid codes of a tile, in place.
static inline void lookUpTile(const TileJob &job, int32_t rows) {
  for (int32_t row = 0; row < rows; ++row) {
    uint8_t *out = job.out + row * job.outStride;
    for (int32_t i = 0; i < job.channels; ++i)
      out[i] = job.epilogue.table[out[i]];
  }
}

/// Accumulators of Rows pixels x Vectors * lanes channels. They stay in registers only if
/// the loops over them are gone before arrays are split up: hence the pragmas.
template <typename V, int Rows, int Vectors> struct Tile {
  typedef typename V::Int Int;

  /// One step of the pixels [First, Last).
  template <int First, int Last>
  static inline __attribute__((always_inline)) void
  step(Int (&acc)[Rows][Vectors], const uint8_t *input, int64_t stride, const uint8_t *weights) {
    typename V::Weights w[Vectors];

#pragma unroll
    for (int v = 0; v < Vectors; ++v)
      w[v] = V::loadWeights(weights + 4 * v * V::lanes);

#pragma unroll
    for (int row = First; row < Last; ++row) {
      const typename V::Step x = V::broadcastStep(input + row * stride);

#pragma unroll
      for (int v = 0; v < Vectors; ++v)
        acc[row][v] = V::dot(acc[row][v], x, w[v]);
    }
  }

  template <int First, int Last>
  static inline __attribute__((always_inline)) void steps(Int (&acc)[Rows][Vectors],
                                                          const uint8_t *input, int64_t stride,
                                                          const uint8_t *weights, int32_t count) {
#pragma clang loop unroll_count(2)
    for (int32_t i = 0; i < count; ++i) {
      step<First, Last>(acc, input, stride, weights);
      input += 4;
      weights += 4 * V::lanes * Vectors;
    }
  }

  static inline __attribute__((always_inline)) void start(const TileJob &job,
                                                          Int (&acc)[Rows][Vectors]) {
#pragma unroll
    for (int row = 0; row < Rows; ++row) {
      const int32_t *bias = row == 0 ? job.biasFirst : row == Rows - 1 ? job.biasLast : job.bias;

#pragma unroll
      for (int v = 0; v < Vectors; ++v)
        acc[row][v] = V::loadInts(bias + v * V::lanes);
    }
  }

  static void run(const TileJob &job) {
    Int acc[Rows][Vectors];
    start(job, acc);
    const uint8_t *weights = job.weights;
    const int64_t stride = job.inputStride;
    for (int32_t run = 0; run < job.runs; ++run) {
      const uint8_t *input = job.input + job.runOffsets[run];
      const int drop = job.drops ? job.drops[run] : 0;
      if (Rows > 1 && drop == 1)
        steps<(Rows > 1), Rows>(acc, input, stride, weights, job.runSteps);
      else if (Rows > 1 && drop == 2)
        steps<0, (Rows > 1 ? Rows - 1 : 1)>(acc, input, stride, weights, job.runSteps);
      else
        steps<0, Rows>(acc, input, stride, weights, job.runSteps);
      weights += int64_t(job.runSteps) * 4 * V::lanes * Vectors;
    }
    finish(job, acc);
  }

  /// The epilogue.
  static inline __attribute__((always_inline)) void finish(const TileJob &job,
                                                           Int (&acc)[Rows][Vectors]) {
    const Epilogue &e = job.epilogue;
    if (e.kind == EpilogueFloat || e.kind == EpilogueResidual) {
      alignas(64) int32_t buffer[Rows * Vectors * V::lanes];

#pragma unroll
      for (int row = 0; row < Rows; ++row)
#pragma unroll
        for (int v = 0; v < Vectors; ++v)
          V::storeInts(buffer + (row * Vectors + v) * V::lanes, acc[row][v]);
      finishTile<V>(job, buffer, Vectors, Rows);
      return;
    }
    storeTile(job, acc);
    if (e.kind == EpilogueTable)
      lookUpTile(job, Rows);
  }

  /// [N6] and the codes' bytes. Only the last vector of a tile can be partial.
  static inline __attribute__((always_inline)) void storeTile(const TileJob &job,
                                                              Int (&acc)[Rows][Vectors]) {
    const Epilogue &e = job.epilogue;
    const int32_t last = job.channels - (Vectors - 1) * V::lanes;

#pragma unroll
    for (int row = 0; row < Rows; ++row)
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        typename V::Float x =
            V::multiply(V::toFloat(acc[row][v]), V::loadFloats(job.multiplier + v * V::lanes));
        x = V::clamp(x, e.low, e.high);
        V::storeCodes(job.out + row * job.outStride + v * V::lanes, V::toInts(x, e.zeroPoint),
                      v == Vectors - 1 ? last : V::lanes);
      }
  }
};

typedef void (*TileFn)(const TileJob &job);

/// Tile functions for 1..MaxRows rows.
template <typename V, int Vectors, int MaxRows> struct TileRow {
  TileFn fn[MaxRows];
  constexpr TileRow() : fn() { fillFrom<1>(); }
  template <int Rows> constexpr void fillFrom() {
    fn[Rows - 1] = &Tile<V, Rows, Vectors>::run;
    if constexpr (Rows < MaxRows)
      fillFrom<Rows + 1>();
  }
};

} // namespace

#endif // QRT_KERNELS_X86_CONVTILE_H
