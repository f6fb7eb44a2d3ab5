//===- Fold.h - what all packers of convolutions fold into bias and weights -------===//

#ifndef QRT_PACK_FOLD_H
#define QRT_PACK_FOLD_H

#include "qrt/qrt.h"

/// Multipliers of a sane size: with them no epilogue meets infinities or NaN, whose rules
/// (N2, N6) only the reference spells out. 2^64 is far from any real scale.
static inline bool saneMultiplier(float m) { return m > -0x1p64f && m < 0x1p64f; }

static inline bool saneMultipliers(const qrt_conv2d_params &p) {
  for (int32_t c = 0; c < p.out_c; ++c)
    if (!saneMultiplier(static_cast<const float *>(p.multiplier)[c]))
      return false;
  return !p.residual_kind ||
         (saneMultiplier(p.residual_multiplier) && saneMultiplier(p.mid_multiplier));
}

static inline int32_t weightZeroPoint(const qrt_conv2d_params &p, int32_t channel) {
  return p.weight_zero_point ? static_cast<const int32_t *>(p.weight_zero_point)[channel] : 0;
}

/// [N4] with codes x and their zero point z: bias + sum (x - z) w = bias' + sum x w.
static inline int32_t foldedBias(const qrt_conv2d_params &p, int32_t channel, uint32_t weightSum,
                                 int32_t zeroPoint) {
  const uint32_t bias = static_cast<uint32_t>(static_cast<const int32_t *>(p.bias)[channel]);
  return static_cast<int32_t>(bias - static_cast<uint32_t>(zeroPoint) * weightSum);
}

#endif // QRT_PACK_FOLD_H
