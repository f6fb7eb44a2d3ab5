//===- DynamicRows.h - what kernels with dynamic quantization share (N17) ---------===//
//
// Plain loops that the compiler vectorizes for the ISA of the including file. Every operation is
// exact or rounds once, so the results are those of the scalar reference.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_DYNAMICROWS_H
#define QRT_KERNELS_DYNAMICROWS_H

#include "kernels/Kernel.h"

/// Extremes kept apart: a loop over them is one of independent elements.
static const int dynamicLanes = 32;

/// Scale and zero point of n values.
static inline qopt::numerics::DynamicParams findDynamicParams(const float *__restrict in,
                                                              int64_t n) {
  float lo[dynamicLanes] = {}, hi[dynamicLanes] = {};
  int64_t at = 0;
  for (; at + dynamicLanes <= n; at += dynamicLanes)
    for (int i = 0; i < dynamicLanes; ++i) {
      const float x = qopt::numerics::rangeValue(in[at + i]);
      lo[i] = x < lo[i] ? x : lo[i];
      hi[i] = x > hi[i] ? x : hi[i];
    }
  float least = 0.0f, greatest = 0.0f;
  const auto add = [&](float x) {
    least = x < least ? x : least;
    greatest = x > greatest ? x : greatest;
  };
  for (; at < n; ++at)
    add(qopt::numerics::rangeValue(in[at]));
  for (int i = 0; i < dynamicLanes; ++i)
    add(lo[i]), add(hi[i]);
  return qopt::numerics::dynamicParams(least, greatest);
}

/// Codes less the zero point.
static inline void quantizeDynamic(const qopt::numerics::DynamicParams &q,
                                   const float *__restrict in, int16_t *__restrict out, int64_t n) {
  const float scale = q.scale;
  const int32_t zero = q.zeroPoint;
  for (int64_t i = 0; i < n; ++i)
    out[i] = static_cast<int16_t>(qopt::numerics::quantize(in[i], scale, zero, 0, 255) - zero);
}

/// Their sum, which a zero point of the weights takes off.
static inline int32_t sumOfRow(const int16_t *__restrict row, int64_t n) {
  uint32_t sum = 0; // wraps alike in any order
  for (int64_t i = 0; i < n; ++i)
    sum += static_cast<uint32_t>(static_cast<int32_t>(row[i]));
  return static_cast<int32_t>(sum);
}

/// Results of one row and `count` channels from `channel` on.
static inline void finishDynamic(const qrt_dynamic_linear_params &p, const qrt_call &call,
                                 float inputScale, int32_t rowSum, const int32_t *__restrict acc,
                                 int64_t row, int32_t channel, int32_t count) {
  const float *scale = static_cast<const float *>(p.scale) + channel;
  const float *bias = static_cast<const float *>(p.bias);
  const int32_t *weightZero = static_cast<const int32_t *>(p.weight_zero_point);
  const float *residual = static_cast<const float *>(call.in[1]);
  const int64_t at = row * p.n + channel;
  float *__restrict out = static_cast<float *>(call.out) + at;
  const float low = p.low, high = p.high;
  for (int32_t c = 0; c < count; ++c) {
    uint32_t total = static_cast<uint32_t>(acc[c]);
    if (weightZero)
      total -= static_cast<uint32_t>(weightZero[channel + c]) * static_cast<uint32_t>(rowSum);
    float y = static_cast<float>(static_cast<int32_t>(total)) * (inputScale * scale[c]);
    y = bias ? y + bias[channel + c] : y;
    y = p.has_residual ? y + residual[at + c] : y;
    out[c] = y < low ? low : y > high ? high : y;
  }
}

/// Few rows are quantized by every thread, which then has channels, and weights, of its own.
static inline bool splitsRows(int64_t rows, const qrt_call &call) {
  return rows >= int64_t(8) * call.threads;
}

#endif // QRT_KERNELS_DYNAMICROWS_H
