//===- DynamicPlan.h - how a layer with dynamic quantization walks rows and weights ===//

#ifndef QRT_PACK_DYNAMICPLAN_H
#define QRT_PACK_DYNAMICPLAN_H

#include "qrt/qrt.h"

/// Rows that are quantized together, to s16 with the zero point subtracted, should leave half of a
/// small L2 cache to the weights.
static const int64_t dynamicStripBytes = 128 * 1024;

/// Elements from row to row: an even number.
static inline int64_t dynamicPitch(const qrt_dynamic_linear_params &p) {
  return (int64_t(p.k) + 1) / 2 * 2;
}

static inline int64_t dynamicStrip(const qrt_dynamic_linear_params &p) {
  const int64_t rows = dynamicStripBytes / (dynamicPitch(p) * 2) / 4 * 4;
  return rows < 4 ? 4 : rows > 64 ? 64 : rows;
}

/// Bytes of a strip's rows; their sums, one i32 each, lie behind.
static inline int64_t dynamicRowBytes(const qrt_dynamic_linear_params &p) {
  return (dynamicStrip(p) * dynamicPitch(p) * 2 + 63) / 64 * 64;
}
static inline int32_t *dynamicSums(const qrt_dynamic_linear_params &p, void *scratch) {
  return reinterpret_cast<int32_t *>(static_cast<char *>(scratch) + dynamicRowBytes(p));
}

/// Panels of channels, each [k / 2][channel][2]; the last may be narrower, by whole vectors.
static const int32_t dynamicPanel = 64, dynamicVector = 8;

static inline int32_t dynamicPanels(const qrt_dynamic_linear_params &p) {
  return (p.n + dynamicPanel - 1) / dynamicPanel;
}
static inline int32_t dynamicWidth(const qrt_dynamic_linear_params &p, int32_t panel) {
  const int32_t rest = p.n - panel * dynamicPanel;
  return rest < dynamicPanel ? (rest + dynamicVector - 1) / dynamicVector * dynamicVector
                             : dynamicPanel;
}
/// Where a panel begins.
static inline int64_t dynamicPanelAt(const qrt_dynamic_linear_params &p, int32_t panel) {
  return panel * dynamicPanel * dynamicPitch(p);
}

#endif // QRT_PACK_DYNAMICPLAN_H
