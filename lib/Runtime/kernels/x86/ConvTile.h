//===- ConvTile.h - one tile of a convolution: pixels x channels in registers -----===//
//
// The tile is a template over the ISA's vector operations. Accumulators start from the
// folded bias, so nothing is added afterwards. The plain N6 epilogue is done in registers,
// the rarer ones from a small buffer, which costs little against any dot loop.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_CONVTILE_H
#define QRT_KERNELS_X86_CONVTILE_H

#include "kernels/x86/ConvEpilogue.h"

namespace {

/// What a tile works on. Pixels are inputStride bytes apart at `input`.
struct TileJob : OutputJob {
  const uint8_t *input;
  int64_t inputStride;
  const int32_t *runOffsets; // bytes
  int32_t runs, runSteps;
  const uint8_t *drops; // per run: 1 leaves out the first pixel, 2 the last; or null
  const int32_t *bias, *biasFirst, *biasLast; // of the pixels inside, the first, the last
  const uint8_t *weights;

  void setPanel(const uint8_t *packed, int32_t width, int32_t biasClasses) {
    bias = biasFirst = biasLast = reinterpret_cast<const int32_t *>(packed);
    packed += 4 * int64_t(width) * biasClasses;
    multiplier = reinterpret_cast<const float *>(packed);
    weights = packed + 4 * int64_t(width); // unless they were prepared
  }
};

/// Accumulators of Rows pixels x Vectors * lanes channels. They stay in registers only if
/// the loops over them are gone before arrays are split up: hence the pragmas.
template <typename V, int Rows, int Vectors> struct Tile {
  typedef typename V::Int Int;

  /// Pixels lie `stride` bytes apart; every third has a pointer, from which addressing modes
  /// reach the next two.
  static constexpr int bases = (Rows + 2) / 3;

  /// One step of the pixels [First, Last), Offset bytes behind the pointers.
  template <int First, int Last, int Offset>
  static inline __attribute__((always_inline)) void step(Int (&acc)[Rows][Vectors],
                                                         const uint8_t *const (&input)[bases],
                                                         int64_t stride, const uint8_t *weights) {
    typename V::Weights w[Vectors];

#pragma unroll
    for (int v = 0; v < Vectors; ++v)
      w[v] = V::loadWeights(weights + v * V::weightBytes * V::lanes);

#pragma unroll
    for (int row = First; row < Last; ++row) {
      const typename V::Step x = V::template broadcastStep<Offset>(input[row / 3], stride, row % 3);

#pragma unroll
      for (int v = 0; v < Vectors; ++v)
        acc[row][v] = V::dot(acc[row][v], x, w[v]);
    }
  }

  template <int First, int Last>
  static inline __attribute__((always_inline)) void steps(Int (&acc)[Rows][Vectors],
                                                          const uint8_t *from, int64_t stride,
                                                          const uint8_t *weights, int32_t count) {
    constexpr int64_t bytes = V::weightBytes * V::lanes * Vectors;
    const uint8_t *input[bases];

#pragma unroll
    for (int i = 0; i < bases; ++i)
      input[i] = from + 3 * i * stride;

#pragma nounroll
    for (; count >= 2; count -= 2) {
      V::template prefetchWeights<2 * bytes>(weights);
      step<First, Last, 0>(acc, input, stride, weights);
      step<First, Last, 4>(acc, input, stride, weights + bytes);
      weights += 2 * bytes;

#pragma unroll
      for (int i = 0; i < bases; ++i)
        input[i] += 8;
    }
    if (count)
      step<First, Last, 0>(acc, input, stride, weights);
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
      weights += int64_t(job.runSteps) * V::weightBytes * V::lanes * Vectors;
    }
    finish(job, acc);
  }

  /// The epilogue.
  static inline __attribute__((always_inline)) void finish(const TileJob &job,
                                                           Int (&acc)[Rows][Vectors]) {
    const Epilogue &e = job.epilogue;
    if constexpr (V::finishesFour)
      if (e.kind != EpilogueFloat && e.kind != EpilogueResidual &&
          job.channels >= Vectors * V::lanes) {
        storeFours(job, acc);
        if (e.kind == EpilogueTable)
          lookUpTile(job, Rows);
        return;
      }
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

  /// [N6] of a tile all of whose channels are real, four accumulators at a time.
  template <int From = 0>
  static inline __attribute__((always_inline)) void storeFours(const TileJob &job,
                                                               Int (&acc)[Rows][Vectors]) {
    constexpr int count = Rows * Vectors - From < 4 ? Rows * Vectors - From : 4;
    Int values[4];
    uint8_t *to[4];

#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int row = (From + i % count) / Vectors, v = (From + i % count) % Vectors;
      to[i] = job.out + row * job.outStride + v * V::lanes;
      values[i] = i >= count
                      ? values[0]
                      : toValues<V, false>(job.epilogue, acc[row][v],
                                           V::loadFloats(job.multiplier + v * V::lanes), nullptr);
    }
    V::template storeEights<count, Vectors % 2 == 0>(to, V::toBytes(values, job.epilogue.bytes));
    if constexpr (From + 4 < Rows * Vectors)
      storeFours<From + 4>(job, acc);
  }

  /// [N6]. Only the last vector of a tile can be partial.
  static inline __attribute__((always_inline)) void storeTile(const TileJob &job,
                                                              Int (&acc)[Rows][Vectors]) {
    const Epilogue &e = job.epilogue;
    const int32_t last = job.channels - (Vectors - 1) * V::lanes;

#pragma unroll
    for (int row = 0; row < Rows; ++row)
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        V::storeCodes(job.out + row * job.outStride + v * V::lanes,
                      toCodes<V, false>(e, acc[row][v],
                                        V::loadFloats(job.multiplier + v * V::lanes), nullptr,
                                        V::lanes),
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
