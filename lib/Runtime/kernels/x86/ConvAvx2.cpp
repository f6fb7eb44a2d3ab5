//===- ConvAvx2.cpp - conv2d and linear for AVX2 ---------------------------------===//
//
// Exact for full-range codes: s16 elements (zero point subtracted) times s16 weights by
// vpmaddwd. vpmaddubsw would saturate, and is no faster: with the vpmaddwd behind it, it
// takes as many multiplications.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx2.h"
#include "kernels/x86/ConvDriver.h"
#include "kernels/x86/Elements.h"

namespace {

constexpr TileRow<Avx2, 1, 6> oneVector;
constexpr TileRow<Avx2, 2, 6> twoVectors;

struct Avx2Conv : Avx2Elements {
  static const ConvIsa &config() { return convAvx2; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    return vectors == 1 ? oneVector.fn[rows - 1](job) : twoVectors.fn[rows - 1](job);
  }
};

constexpr TileRow<Avx2Narrow, 1, 6> oneNarrow;
constexpr TileRow<Avx2Narrow, 2, 6> twoNarrow;
constexpr TileRow<Avx2Narrow, 3, 2> threeNarrow;
constexpr TileRow<Avx2Narrow, 4, 2> fourNarrow;

struct Avx2SmallConv : Avx2Elements {
  static const ConvIsa &config() { return convSmallAvx2; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    switch (vectors) {
    case 1:
      return oneNarrow.fn[rows - 1](job);
    case 2:
      return twoNarrow.fn[rows - 1](job);
    case 3:
      return threeNarrow.fn[rows - 1](job);
    default:
      return fourNarrow.fn[rows - 1](job);
    }
  }
};

/// s16 of the s8 weights of a panel, `count` lanes of two; their zero points are subtracted.
void widen(const int8_t *from, int16_t *to, int64_t steps, int32_t width, const int32_t *zeroPoints,
           int32_t channels) {
  const int64_t count = steps * width * 2;
  if (!zeroPoints) {
    for (int64_t i = 0; i < count; ++i)
      to[i] = from[i];
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t lane = i / 2 % width;
    const int32_t zero = lane < channels ? zeroPoints[lane] : 0;
    to[i] = static_cast<int16_t>(from[i] - zero);
  }
}

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_avx2, conv2d) { ConvDriver<Avx2Conv>(p, call).run(); }
QRT_DEFINE_KERNEL(qrt_conv2d_small_avx2, conv2d) { ConvDriver<Avx2SmallConv>(p, call).run(); }

QRT_DEFINE_KERNEL(qrt_conv2d_avx2_prepare, conv2d) {
  const ConvPlan plan = planConv(p, convAvx2);
  const int32_t *zeroPoints = static_cast<const int32_t *>(p.weight_zero_point);
  const Range range = slice(int64_t(plan.groups) * plan.panels, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int32_t group = static_cast<int32_t>(i / plan.panels);
    const int32_t index = static_cast<int32_t>(i % plan.panels);
    const int32_t width = panelWidth(plan, convAvx2, index);
    const int32_t first = index * plan.panel;
    const int8_t *from = static_cast<const int8_t *>(p.packed) +
                         panelOffset(plan, convAvx2, group, index) +
                         int64_t(width) * (4 + 4 * plan.biasClasses);
    int16_t *to = reinterpret_cast<int16_t *>(static_cast<uint8_t *>(call.out) +
                                              preparedOffset(plan, convAvx2, group, index));
    widen(from, to, int64_t(plan.runs) * plan.runSteps, width,
          zeroPoints ? zeroPoints + group * plan.outputs + first : nullptr,
          minimum(width, plan.outputs - first));
  }
}
