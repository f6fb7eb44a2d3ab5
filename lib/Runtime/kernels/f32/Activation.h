//===- Activation.h - the float activations of qrt_act ---------------------------===//

#ifndef QRT_KERNELS_F32_ACTIVATION_H
#define QRT_KERNELS_F32_ACTIVATION_H

#include "qrt/qrt.h"

#include <math.h>

static inline float clampFloat(float x, float low, float high) {
  return x < low ? low : x > high ? high : x;
}

static inline float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

static inline float geluTanh(float x) {
  const float inner = 0.7978845608f * (x + 0.044715f * x * x * x); // sqrt(2 / pi)
  return 0.5f * x * (1.0f + tanhf(inner));
}

/// `slope` is prelu's for this channel; a and b are the activation's parameters.
static inline float activate(int32_t act, float x, float a, float b, float slope) {
  switch (act) {
  case QRT_ACT_RELU:
    return x < 0.0f ? 0.0f : x;
  case QRT_ACT_CLIP:
    return clampFloat(x, a, b);
  case QRT_ACT_LEAKY_RELU:
    return x < 0.0f ? x * a : x;
  case QRT_ACT_PRELU:
    return x < 0.0f ? x * slope : x;
  case QRT_ACT_SIGMOID:
    return sigmoid(x);
  case QRT_ACT_TANH:
    return tanhf(x);
  case QRT_ACT_HARD_SIGMOID:
    return clampFloat(a * x + b, 0.0f, 1.0f);
  case QRT_ACT_HARD_SWISH:
    return x * clampFloat(x / 6.0f + 0.5f, 0.0f, 1.0f);
  case QRT_ACT_GELU:
    return 0.5f * x * (1.0f + erff(x * 0.7071067812f)); // 1 / sqrt(2)
  case QRT_ACT_GELU_TANH:
    return geluTanh(x);
  case QRT_ACT_SILU:
    return x * sigmoid(x);
  default:
    return x;
  }
}

#endif // QRT_KERNELS_F32_ACTIVATION_H
