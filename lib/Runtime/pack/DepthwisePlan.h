//===- DepthwisePlan.h - how a fast depthwise convolution walks its data ---------===//
//
// Works on blocks of channels. The rows of one kernel column are interleaved so that a
// dot instruction adds `rowsPerDot` rows at once; neighbouring pixels share columns.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_PACK_DEPTHWISEPLAN_H
#define QRT_PACK_DEPTHWISEPLAN_H

#include "pack/ConvPlan.h"

struct DepthwiseIsa {
  int32_t rowsPerDot;
  int32_t elementBytes;
  int32_t block;    // most channels of a block
  int32_t smallest; // fewest channels of a block; blocks are smallest * 2^n
};

static const DepthwiseIsa depthwiseVnni = {4, 1, 64, 16};
static const DepthwiseIsa depthwiseAvx2 = {2, 2, 16, 16};
static const DepthwiseIsa depthwiseNeon = {1, 2, 16, 8};

struct DepthwisePlan {
  ConvPlan conv;     // taps, padding, pitch, strip, scratch
  int32_t rowGroups; // dots of one kernel column
  int32_t laneBytes; // weights of one lane of a dot
};

static inline DepthwisePlan planDepthwise(const qrt_conv2d_params &p, const DepthwiseIsa &isa) {
  DepthwisePlan plan;
  planTaps(p, plan.conv);
  plan.conv.mode = ConvPadded;
  plan.rowGroups = ceilDivide(plan.conv.kernelH, isa.rowsPerDot);
  plan.laneBytes = isa.rowsPerDot * isa.elementBytes;
  const ConvIsa elements = {1, isa.elementBytes, 1, 1, 1, 1, 1, 0, 1, 4, 4};
  planStrips(p, elements, plan.conv);
  plan.conv.scratchBytes += isa.block * isa.elementBytes; // the last block reads whole vectors
  return plan;
}

/// Channels of the block that starts at `channel`: the last one shrinks to fit.
static inline int32_t depthwiseBlock(const qrt_conv2d_params &p, const DepthwiseIsa &isa,
                                     int32_t channel) {
  const int32_t rest = p.out_c - channel;
  int32_t block = isa.block;
  while (block > isa.smallest && block / 2 >= rest)
    block /= 2;
  return block;
}

/// A block: i32 bias, f32 multiplier (both in lane order), f32 multiplier in channel
/// order, then [kernel column][row group] dots of `block` lanes.
static inline int64_t depthwiseBlockBytes(const DepthwisePlan &plan, int32_t block) {
  const int64_t dots = int64_t(plan.conv.kernelW) * plan.rowGroups;
  return int64_t(block) * (12 + dots * plan.laneBytes);
}

/// Interleaving works inside of 16-byte parts, so accumulator lanes are not in channel
/// order. The channel (in the block) of lane `lane` of a block of `block` lanes: there are
/// `vectors` accumulators, and part L of accumulator j holds channels
/// 4 * vectors * L + 4 * j + 0..3.
static inline int32_t depthwiseChannel(int32_t block, int32_t vectors, int32_t lane) {
  const int32_t lanes = block / vectors, j = lane / lanes, part = lane % lanes / 4;
  return 4 * vectors * part + 4 * j + lane % 4;
}

#endif // QRT_PACK_DEPTHWISEPLAN_H
