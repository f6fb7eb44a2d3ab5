//===- DynamicAvx2.cpp - linear layers with dynamic quantization, for AVX2 (N17) --===//
//
// s16 rows (zero point subtracted) times s8 weights.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/DynamicRows.h"
#include "kernels/x86/WidenedRows.h"
#include "pack/DynamicPlan.h"

#include <immintrin.h>
#include <string.h>

using namespace qopt::numerics;

namespace {

struct DynamicJob : WidenedRows {
  int32_t *sums; ///< [row][dynamicPanel]
};

/// Rows x Vectors accumulators, of the panel's vectors from `first` on.
template <int Rows, int Vectors> void dynamicTile(const DynamicJob &job, int32_t first) {
  Avx2::Int acc[Rows][Vectors];

#pragma unroll
  for (int row = 0; row < Rows; ++row)
#pragma unroll
    for (int v = 0; v < Vectors; ++v)
      acc[row][v] = Avx2::zero();

  addWidened(job, first, acc);

#pragma unroll
  for (int row = 0; row < Rows; ++row)
#pragma unroll
    for (int v = 0; v < Vectors; ++v)
      Avx2::storeInts(job.sums + row * dynamicPanel + (first + v) * dynamicVector, acc[row][v]);
}

/// As many tiles of Vectors as the panel has from vector `first` on, then smaller ones.
template <int Rows, int Vectors> void dynamicVectors(const DynamicJob &job, int32_t first) {
  for (; (first + Vectors) * dynamicVector <= job.width; first += Vectors)
    dynamicTile<Rows, Vectors>(job, first);
  if constexpr (Vectors > 1)
    dynamicVectors<Rows, Vectors / 2>(job, first);
}

/// Many rows leave registers for few vectors only.
void dynamicRows(const DynamicJob &job, int64_t rows) {
  switch (rows) {
  case 1:
    return dynamicVectors<1, 8>(job, 0);
  case 2:
    return dynamicVectors<2, 4>(job, 0);
  case 3:
    return dynamicVectors<3, 2>(job, 0);
  default:
    return dynamicVectors<4, 2>(job, 0);
  }
}

} // namespace

QRT_DEFINE_KERNEL(qrt_dynamic_linear_avx2, dynamic_linear) {
  const int64_t total = call.batch * p.rows, strip = dynamicStrip(p);
  const float *in = static_cast<const float *>(call.in[0]);
  const DynamicParams q = findDynamicParams(in, total * p.k);
  const bool byRows = splitsRows(total, call);
  const Range rows = byRows ? slice(total, call) : Range{0, total};
  const Range panels = byRows ? Range{0, dynamicPanels(p)} : slice(dynamicPanels(p), call);
  int16_t *scratch = static_cast<int16_t *>(call.scratch);
  int32_t *rowSums = dynamicSums(p, call.scratch);
  int32_t sums[4 * dynamicPanel];
  DynamicJob job;
  job.pitch = dynamicPitch(p);
  job.steps = static_cast<int32_t>(job.pitch / 2);
  job.sums = sums;
  for (int64_t row = rows.begin; row < rows.end; row += strip) {
    const int64_t count = rows.end - row < strip ? rows.end - row : strip;
    for (int64_t i = 0; i < count; ++i) {
      int16_t *to = scratch + i * job.pitch;
      to[job.pitch - 1] = 0; // behind an odd number of elements
      quantizeDynamic(q, in + (row + i) * p.k, to, p.k);
      rowSums[i] = p.weight_zero_point ? sumOfRow(to, p.k) : 0;
    }
    for (int32_t panel = static_cast<int32_t>(panels.begin); panel < panels.end; ++panel) {
      const int32_t channel = panel * dynamicPanel;
      job.width = dynamicWidth(p, panel);
      job.weights = static_cast<const int8_t *>(p.packed) + dynamicPanelAt(p, panel);
      for (int64_t i = 0; i < count; i += 4) {
        const int64_t some = count - i < 4 ? count - i : 4;
        job.rows = scratch + i * job.pitch;
        dynamicRows(job, some);
        for (int64_t r = 0; r < some; ++r)
          finishDynamic(p, call, q.scale, rowSums[i + r], sums + r * dynamicPanel, row + i + r,
                        channel, minimum(dynamicPanel, p.n - channel));
      }
    }
  }
}
