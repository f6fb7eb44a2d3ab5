//===- LinearAvx2.cpp - linear layers on few rows, for AVX2 ----------------------===//
//
// s16 rows (zero point subtracted) times s8 weights.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx2.h"
#include "kernels/x86/ConvTile.h"
#include "kernels/x86/Elements.h"
#include "kernels/x86/WidenedRows.h"
#include "pack/LinearPlan.h"

namespace {

/// Rows of one panel.
struct LinearJob : WidenedRows {
  const int32_t *bias;
  TileJob output;
};

/// Rows x Vectors accumulators, of the panel's vectors from `first` on.
template <int Rows, int Vectors> void linearTile(const LinearJob &job, int32_t first) {
  typedef Avx2::Int Int;
  Int acc[Rows][Vectors];

#pragma unroll
  for (int row = 0; row < Rows; ++row)
#pragma unroll
    for (int v = 0; v < Vectors; ++v)
      acc[row][v] = Avx2::loadInts(job.bias + (first + v) * Avx2::lanes);

  addWidened(job, first, acc);

  TileJob output = job.output;
  const int32_t from = first * Avx2::lanes;
  const Epilogue &e = output.epilogue;
  output.multiplier += from;
  output.channels -= from;
  output.out += from * (e.kind == EpilogueFloat ? 4 : 1);
  output.residual += e.kind == EpilogueResidual ? from : 0;
  alignas(64) int32_t buffer[Rows * Vectors * Avx2::lanes];

#pragma unroll
  for (int row = 0; row < Rows; ++row)
#pragma unroll
    for (int v = 0; v < Vectors; ++v)
      Avx2::storeInts(buffer + (row * Vectors + v) * Avx2::lanes, acc[row][v]);
  if (e.kind == EpilogueFloat || e.kind == EpilogueResidual)
    return finishTile<Avx2>(output, buffer, Vectors, Rows);
  output.channels = minimum(output.channels, Vectors * Avx2::lanes);
  for (int32_t row = 0; row < Rows; ++row)
    for (int32_t at = 0; at < output.channels; at += Avx2::lanes) {
      const Avx2::Float x =
          Avx2::multiply(Avx2::toFloat(Avx2::loadInts(buffer + row * Vectors * Avx2::lanes + at)),
                         Avx2::loadFloats(output.multiplier + at));
      Avx2::storeCodes(output.out + row * output.outStride + at,
                       Avx2::toInts(Avx2::clamp(x, e.low, e.high), e.zeroPoint),
                       output.channels - at);
    }
  if (e.kind == EpilogueTable)
    lookUpTile(output, Rows);
}

/// As many tiles of Vectors as the panel has from vector `first` on, then smaller ones.
template <int Rows, int Vectors> void linearVectors(const LinearJob &job, int32_t first) {
  for (; (first + Vectors) * Avx2::lanes <= job.width; first += Vectors)
    linearTile<Rows, Vectors>(job, first);
  if constexpr (Vectors > 1)
    linearVectors<Rows, Vectors / 2>(job, first);
}

/// Many rows leave registers for few vectors only.
template <int Rows> void linearRows(const LinearJob &job) {
  linearVectors<Rows, Rows == 1 ? 8 : Rows == 2 ? 4 : 2>(job, 0);
}

void linearRowsOf(const LinearJob &job, int64_t rows) {
  switch (rows) {
  case 1:
    return linearRows<1>(job);
  case 2:
    return linearRows<2>(job);
  case 3:
    return linearRows<3>(job);
  default:
    return linearRows<4>(job);
  }
}

} // namespace

QRT_DEFINE_KERNEL(qrt_linear_avx2, conv2d) {
  const LinearPlan plan = planLinear(p);
  Range rows = {0, call.batch * p.out_h * p.out_w}, panels = {0, plan.panels};
  // A thread reads its own part of the weights where there are enough of them.
  (plan.panels >= call.threads ? panels : rows) =
      slice(plan.panels >= call.threads ? plan.panels : rows.end, call);
  int16_t *scratch = static_cast<int16_t *>(call.scratch);
  LinearJob job;
  job.pitch = plan.pitch;
  job.steps = plan.steps;
  fillEpilogue(p, job.output.epilogue);
  for (int64_t row = rows.begin; row < rows.end; row += plan.strip) {
    const int64_t count = rows.end - row < plan.strip ? rows.end - row : plan.strip;
    for (int64_t i = 0; i < count; ++i) {
      int16_t *to = scratch + i * plan.pitch;
      Avx2Elements::convert(to, static_cast<const uint8_t *>(call.in[0]) + (row + i) * p.in_c,
                            p.in_c, p);
      to[plan.pitch - 1] = p.in_c % 2 ? 0 : to[plan.pitch - 1];
    }
    for (int64_t panel = panels.begin; panel < panels.end; ++panel) {
      const uint8_t *packed =
          static_cast<const uint8_t *>(p.packed) + panel * linearPanelBytes(plan, linearPanel);
      job.width = linearWidth(p, static_cast<int32_t>(panel));
      job.bias = reinterpret_cast<const int32_t *>(packed);
      job.output.multiplier = reinterpret_cast<const float *>(packed) + job.width;
      job.weights = reinterpret_cast<const int8_t *>(packed) + 8 * int64_t(job.width);
      job.output.channel = static_cast<int32_t>(panel) * linearPanel;
      job.output.channels = minimum(linearPanel, p.out_c - job.output.channel);
      for (int64_t i = 0; i < count; i += 4) {
        job.rows = scratch + i * plan.pitch;
        job.output.bindOutput(call, p, row + i);
        linearRowsOf(job, count - i);
      }
    }
  }
}
