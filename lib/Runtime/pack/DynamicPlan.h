//===- DynamicPlan.h - how a layer with dynamic quantization walks its rows -------===//

#ifndef QRT_PACK_DYNAMICPLAN_H
#define QRT_PACK_DYNAMICPLAN_H

#include "qrt/qrt.h"

static const int64_t dynamicStripBytes = 32 * 1024;

/// Rows that are quantized together, to s16 with the zero point subtracted.
static inline int64_t dynamicStrip(const qrt_dynamic_linear_params &p) {
  const int64_t rows = dynamicStripBytes / (int64_t(p.k) * 2);
  return rows < 1 ? 1 : rows > 64 ? 64 : rows;
}

/// Bytes of a strip's rows; their sums, one i32 each, lie behind.
static inline int64_t dynamicRowBytes(const qrt_dynamic_linear_params &p) {
  return (dynamicStrip(p) * p.k * 2 + 63) / 64 * 64;
}

#endif // QRT_PACK_DYNAMICPLAN_H
