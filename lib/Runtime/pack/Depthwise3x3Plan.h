//===- Depthwise3x3Plan.h - depthwise 3x3 that reads its input where it lies ------===//
//
// Works on blocks of 8 channels and two rows of output at a time. The input rows under both
// are taken in pairs, each pair of codes being the two s16 of a vpmaddwd lane. Codes count as
// u8 and their zero point is folded into the bias (vnniZeroPoint), so padding is a code too.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_PACK_DEPTHWISE3X3PLAN_H
#define QRT_PACK_DEPTHWISE3X3PLAN_H

#include "pack/ConvPlan.h"

static const int32_t depthwise3x3Block = 8;

struct Depthwise3x3Plan {
  int32_t blocks; // of 8 channels; the last may overlap the one before
  int32_t dots;   // weight vectors of a kernel column: stride 1: 2 for each of both rows
  int64_t blockBytes;
  int64_t rowBytes, outBytes; // parts of the scratch: a row of padding, an output row to spoil
};

static inline Depthwise3x3Plan planDepthwise3x3(const qrt_conv2d_params &p) {
  Depthwise3x3Plan plan;
  plan.blocks = ceilDivide(p.out_c, depthwise3x3Block);
  plan.dots = p.stride_h == 1 ? 4 : 2;
  // i32 bias, f32 multiplier, [kernel column][dot][channel][2] s16.
  plan.blockBytes = depthwise3x3Block * int64_t(8 + 3 * plan.dots * 4);
  plan.rowBytes = roundUp(int64_t(p.in_w) * p.in_c, 64);
  plan.outBytes = roundUp(int64_t(p.out_w) * p.out_c, 64);
  return plan;
}

/// First channel of a block.
static inline int32_t depthwise3x3Channel(const qrt_conv2d_params &p, int32_t block) {
  const int32_t last = p.out_c - depthwise3x3Block;
  return block * depthwise3x3Block < last ? block * depthwise3x3Block : last;
}

#endif // QRT_PACK_DEPTHWISE3X3PLAN_H
