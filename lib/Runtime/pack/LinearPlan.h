//===- LinearPlan.h - how a linear layer on few rows walks its weights ------------===//
//
// With few rows a linear layer costs what reading its weights costs, so they stay s8 and are
// widened on the way: panels of channels, each [k / 2][channel][2].
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_PACK_LINEARPLAN_H
#define QRT_PACK_LINEARPLAN_H

#include "pack/ConvPlan.h"

static const int32_t linearPanel = 64, linearLanes = 8;
/// Most rows of a sample: beyond them, weights that are widened beforehand are faster.
static const int32_t linearMaxRows = 4;
static const int64_t linearStripBytes = 64 * 1024;

struct LinearPlan {
  int32_t steps, panels;
  int32_t strip; // rows that are widened together
  int64_t pitch; // s16 elements from row to row
};

static inline LinearPlan planLinear(const qrt_conv2d_params &p) {
  LinearPlan plan;
  plan.steps = ceilDivide(p.in_c, 2);
  plan.panels = ceilDivide(p.out_c, linearPanel);
  plan.pitch = 2 * int64_t(plan.steps);
  const int64_t rows = linearStripBytes / (plan.pitch * 2);
  plan.strip = static_cast<int32_t>(rows < 4 ? 4 : rows / 4 * 4);
  return plan;
}

/// Channels of a panel, rounded up to whole vectors.
static inline int32_t linearWidth(const qrt_conv2d_params &p, int32_t panel) {
  const int32_t rest = p.out_c - panel * linearPanel;
  return static_cast<int32_t>(roundUp(rest < linearPanel ? rest : linearPanel, linearLanes));
}

/// A panel: i32 bias, f32 multiplier, then s8 weights. All but the last are of full width.
static inline int64_t linearPanelBytes(const LinearPlan &plan, int32_t width) {
  return int64_t(width) * (8 + 2 * int64_t(plan.steps));
}

#endif // QRT_PACK_LINEARPLAN_H
