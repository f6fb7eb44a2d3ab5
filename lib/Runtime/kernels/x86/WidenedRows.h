//===- WidenedRows.h - s16 rows times s8 weights, for AVX2 -----------------------------===//
//
// Weights are widened as they are loaded: half the bytes of s16 weights, and one more instruction
// per vector, which up to four rows share.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_WIDENEDROWS_H
#define QRT_KERNELS_X86_WIDENEDROWS_H

#include "kernels/Kernel.h"
#include "kernels/x86/Avx2.h"

#include <string.h>

namespace {

/// How far ahead of their use weights are fetched: bytes, measured.
const int64_t widenedAhead = 2048;

/// Rows, `pitch` elements apart, times weights [pair of elements][width][2].
struct WidenedRows {
  const int16_t *rows;
  int64_t pitch;
  int32_t steps, width;
  const int8_t *weights;
};

/// Adds up the products of the panel's vectors from `first` on.
template <int Rows, int Vectors>
QRT_INLINE void addWidened(const WidenedRows &job, int32_t first, Avx2::Int (&acc)[Rows][Vectors]) {
  typedef Avx2::Int Int;
  const int64_t weightStep = job.width * 2;
  const int8_t *weights = job.weights + first * 2 * Avx2::lanes;
  const int16_t *input = job.rows;
#pragma clang loop unroll_count(2)
  for (int32_t step = 0; step < job.steps; ++step) {
    for (int line = 0; line < Vectors * 2 * Avx2::lanes; line += 64)
      _mm_prefetch(reinterpret_cast<const char *>(weights) + widenedAhead + line, _MM_HINT_T0);
    Int x[Rows];

#pragma unroll
    for (int row = 0; row < Rows; ++row) {
      int32_t both;
      memcpy(&both, input + row * job.pitch, 4);
      x[row] = _mm256_set1_epi32(both);
    }

#pragma unroll
    for (int v = 0; v < Vectors; ++v) {
      const Int w = _mm256_cvtepi8_epi16(
          _mm_loadu_si128(reinterpret_cast<const __m128i *>(weights + v * 2 * Avx2::lanes)));

#pragma unroll
      for (int row = 0; row < Rows; ++row)
        acc[row][v] = Avx2::dot(acc[row][v], x[row], w);
    }
    input += 2;
    weights += weightStep;
  }
}

} // namespace

#endif // QRT_KERNELS_X86_WIDENEDROWS_H
