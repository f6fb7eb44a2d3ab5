//===- Depthwise.cpp - weight blocks of the fast depthwise convolutions ----------===//

#include "pack/DepthwisePlan.h"
#include "pack/Fold.h"
#include "pack/Pack.h"

#include <string.h>

namespace {

const qrt_conv2d_params &conv(const void *params) {
  return *static_cast<const qrt_conv2d_params *>(params);
}

bool isDepthwise(const qrt_conv2d_params &p) {
  return p.groups == p.in_c && p.in_c == p.out_c && p.in_c > 1;
}

/// Packs the weights that meet one lane; returns their sum.
template <typename Weight>
uint32_t packLane(const qrt_conv2d_params &p, const DepthwisePlan &plan, const DepthwiseIsa &isa,
                  const int8_t *weights, int32_t channel, int32_t block, int32_t lane,
                  Weight *data) {
  uint32_t sum = 0;
  const int8_t *plane = weights + int64_t(channel) * p.kernel_h * p.kernel_w;
  for (int32_t kw = 0; kw < plan.conv.kernelW; ++kw)
    for (int32_t kh = 0; kh < plan.conv.kernelH; ++kh) {
      const int32_t tap = (plan.conv.tapRow + kh) * p.kernel_w + plan.conv.tapCol + kw;
      const int32_t w = plane[tap] - weightZeroPoint(p, channel);
      const int64_t dot = int64_t(kw) * plan.rowGroups + kh / isa.rowsPerDot;
      data[(dot * block + lane) * isa.rowsPerDot + kh % isa.rowsPerDot] = static_cast<Weight>(w);
      sum += static_cast<uint32_t>(w);
    }
  return sum;
}

template <typename Weight>
void packBlock(const qrt_conv2d_params &p, const DepthwisePlan &plan, const DepthwiseIsa &isa,
               const int8_t *weights, int32_t first, int32_t block, int32_t zeroPoint,
               char *packed) {
  int32_t *bias = reinterpret_cast<int32_t *>(packed);
  float *laneMultiplier = reinterpret_cast<float *>(bias + block);
  float *channelMultiplier = laneMultiplier + block;
  Weight *data = reinterpret_cast<Weight *>(channelMultiplier + block);
  for (int32_t lane = 0; lane < block; ++lane) {
    const int32_t inBlock = depthwiseChannel(block, isa.rowsPerDot, lane);
    const int32_t channel = first + inBlock;
    if (channel >= p.out_c)
      continue;
    const uint32_t sum = packLane(p, plan, isa, weights, channel, block, lane, data);
    bias[lane] = foldedBias(p, channel, sum, zeroPoint);
    laneMultiplier[lane] = static_cast<const float *>(p.multiplier)[channel];
    channelMultiplier[inBlock] = laneMultiplier[lane];
  }
}

/// The functions of the row for `isa`, whose weights are of type Weight.
template <const DepthwiseIsa &isa, typename Weight> struct Packer {
  static int supports(const void *params, const int8_t *) {
    // Weights with a zero point need s16.
    const bool fits = sizeof(Weight) > 1 || !conv(params).weight_zero_point;
    return isDepthwise(conv(params)) && fits && saneMultipliers(conv(params));
  }

  static size_t packedBytes(const void *params) {
    const qrt_conv2d_params &p = conv(params);
    const DepthwisePlan plan = planDepthwise(p, isa);
    int64_t bytes = 0;
    for (int32_t channel = 0; channel < p.out_c;) {
      const int32_t block = depthwiseBlock(p, isa, channel);
      bytes += depthwiseBlockBytes(plan, block);
      channel += block;
    }
    return static_cast<size_t>(bytes);
  }

  static void pack(const void *params, const int8_t *weights, void *packed) {
    const qrt_conv2d_params &p = conv(params);
    const DepthwisePlan plan = planDepthwise(p, isa);
    const int32_t zeroPoint = sizeof(Weight) > 1 ? 0 : vnniZeroPoint(p);
    memset(packed, 0, packedBytes(params));
    char *to = static_cast<char *>(packed);
    for (int32_t channel = 0; channel < p.out_c;) {
      const int32_t block = depthwiseBlock(p, isa, channel);
      packBlock<Weight>(p, plan, isa, weights, channel, block, zeroPoint, to);
      to += depthwiseBlockBytes(plan, block);
      channel += block;
    }
  }

  static size_t scratchBytes(const void *params) {
    return static_cast<size_t>(planDepthwise(conv(params), isa).conv.scratchBytes);
  }

  static constexpr qrt_packer row = {supports, packedBytes, pack, scratchBytes, nullptr, nullptr};
};

} // namespace

extern "C" const qrt_packer qrt_pack_depthwise_vnni = Packer<depthwiseVnni, int8_t>::row;
extern "C" const qrt_packer qrt_pack_depthwise_avx2 = Packer<depthwiseAvx2, int16_t>::row;
extern "C" const qrt_packer qrt_pack_depthwise_neon = Packer<depthwiseNeon, int16_t>::row;
