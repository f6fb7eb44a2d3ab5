//===- ConvNeonI8mm.cpp - conv2d and linear for NEON with smmla ------------------===//
//
// As with sdot, but eight codes a step: smmla multiplies two pixels by two channels. While
// products are summed, an accumulator holds pixels r, r + 1 and channels c, c + 1 as
// (r, c), (r, c + 1), (r + 1, c), (r + 1, c + 1); before and after, tiles are as elsewhere.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/arm/Neon.h"
#include "kernels/x86/ConvDriver.h"
#include "kernels/x86/Elements.h"

namespace {

template <int Rows, int Vectors> struct SmmlaTile {
  typedef Tile<Neon, Rows, Vectors> Plain;
  static constexpr int pairs = (Rows + 1) / 2, columns = 2 * Vectors;
  static constexpr int stepBytes = 8;

  static int32x4_t low(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip1q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
  }
  static int32x4_t high(int32x4_t a, int32x4_t b) {
    return vreinterpretq_s32_s64(vzip2q_s64(vreinterpretq_s64_s32(a), vreinterpretq_s64_s32(b)));
  }

  /// The step of two pixels; those outside of [First, Last) count nothing.
  template <int First, int Last, int Row>
  static int8x16_t load(const uint8_t *input, int64_t stride) {
    const int8_t *from = reinterpret_cast<const int8_t *>(input) + Row * stride;
    const int8x8_t zero = vdup_n_s8(0);
    return vcombine_s8(Row >= First && Row < Last ? vld1_s8(from) : zero,
                       Row + 1 >= First && Row + 1 < Last ? vld1_s8(from + stride) : zero);
  }

  template <int First, int Last, int Pair = 0>
  static inline __attribute__((always_inline)) void loadAll(int8x16_t (&x)[pairs],
                                                            const uint8_t *input, int64_t stride) {
    x[Pair] = load<First, Last, 2 * Pair>(input, stride);
    if constexpr (Pair + 1 < pairs)
      loadAll<First, Last, Pair + 1>(x, input, stride);
  }

  template <int First, int Last>
  static inline __attribute__((always_inline)) void steps(int32x4_t (&acc)[pairs][columns],
                                                          const uint8_t *input, int64_t stride,
                                                          const uint8_t *weights, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
      int8x16_t x[pairs];
      loadAll<First, Last>(x, input, stride);

#pragma unroll
      for (int c = 0; c < columns; ++c) {
        const int8x16_t w = vld1q_s8(reinterpret_cast<const int8_t *>(weights) + 16 * c);

#pragma unroll
        for (int pair = 0; pair < pairs; ++pair)
          acc[pair][c] = vmmlaq_s32(acc[pair][c], x[pair], w);
      }
      input += stepBytes;
      weights += stepBytes * 4 * Vectors;
    }
  }

  static void run(const TileJob &job) {
    int32x4_t rows[Rows][Vectors], acc[pairs][columns];
    Plain::start(job, rows);

#pragma unroll
    for (int pair = 0; pair < pairs; ++pair)
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        const int32x4_t first = rows[2 * pair][v];
        const int32x4_t second = 2 * pair + 1 < Rows ? rows[(2 * pair + 1) % Rows][v] : first;
        acc[pair][2 * v] = low(first, second);
        acc[pair][2 * v + 1] = high(first, second);
      }

    const uint8_t *weights = job.weights;
    for (int32_t run = 0; run < job.runs; ++run) {
      const uint8_t *input = job.input + job.runOffsets[run];
      const int drop = job.drops ? job.drops[run] : 0;
      if (Rows > 1 && drop == 1)
        steps<1, Rows>(acc, input, job.inputStride, weights, job.runSteps);
      else if (Rows > 1 && drop == 2)
        steps<0, Rows - 1>(acc, input, job.inputStride, weights, job.runSteps);
      else
        steps<0, Rows>(acc, input, job.inputStride, weights, job.runSteps);
      weights += int64_t(job.runSteps) * stepBytes * 4 * Vectors;
    }

#pragma unroll
    for (int pair = 0; pair < pairs; ++pair)
#pragma unroll
      for (int v = 0; v < Vectors; ++v) {
        rows[2 * pair][v] = low(acc[pair][2 * v], acc[pair][2 * v + 1]);
        if (2 * pair + 1 < Rows)
          rows[(2 * pair + 1) % Rows][v] = high(acc[pair][2 * v], acc[pair][2 * v + 1]);
      }
    Plain::finish(job, rows);
  }
};

template <int Vectors>
constexpr TileFn tilesOf[] = {SmmlaTile<1, Vectors>::run, SmmlaTile<2, Vectors>::run,
                              SmmlaTile<3, Vectors>::run, SmmlaTile<4, Vectors>::run,
                              SmmlaTile<5, Vectors>::run, SmmlaTile<6, Vectors>::run};

struct NeonI8mmConv : SdotElements {
  static const ConvIsa &config() { return convNeonI8mm; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    const TileFn *const tiles[] = {tilesOf<1>, tilesOf<2>, tilesOf<3>, tilesOf<4>};
    return tiles[vectors - 1][rows - 1](job);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_neon_i8mm, conv2d) { ConvDriver<NeonI8mmConv>(p, call).run(); }
