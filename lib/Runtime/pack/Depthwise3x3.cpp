//===- Depthwise3x3.cpp - weight blocks of the depthwise 3x3 kernel --------------===//

#include "pack/Depthwise3x3Plan.h"
#include "pack/Fold.h"
#include "pack/Pack.h"

#include <string.h>

namespace {

const qrt_conv2d_params &conv(const void *params) {
  return *static_cast<const qrt_conv2d_params *>(params);
}

/// Which kernel rows the two s16 of a dot take; 3: none.
const int8_t strideOneDots[4][2] = {{0, 1}, {2, 3}, {3, 0}, {1, 2}};
const int8_t strideTwoDots[2][2] = {{0, 1}, {2, 3}};

int32_t weightOf(const qrt_conv2d_params &p, const int8_t *weights, int32_t channel, int32_t kh,
                 int32_t kw) {
  return kh == 3 ? 0 : weights[(int64_t(channel) * 3 + kh) * 3 + kw] - weightZeroPoint(p, channel);
}

/// The epilogue rounds before it clamps, which is the same unless the product leaves i32:
/// proven here from the weights, for inputs of any code.
bool staysInRange(const qrt_conv2d_params &p, const int8_t *weights) {
  for (int32_t channel = 0; channel < p.out_c; ++channel) {
    double most = static_cast<const int32_t *>(p.bias)[channel];
    most = most < 0 ? -most : most;
    for (int32_t tap = 0; tap < 9; ++tap) {
      const int32_t w = weightOf(p, weights, channel, tap / 3, tap % 3);
      most += 255.0 * (w < 0 ? -w : w);
    }
    const double m = static_cast<const float *>(p.multiplier)[channel];
    if (!(most * (m < 0 ? -m : m) < 0x1p30))
      return false;
  }
  return true;
}

int supports(const void *params, const int8_t *weights) {
  const qrt_conv2d_params &p = conv(params);
  const bool depthwise = p.groups == p.in_c && p.in_c == p.out_c && p.in_c >= depthwise3x3Block;
  const bool window = p.kernel_h == 3 && p.kernel_w == 3 && p.dilation_h == 1 &&
                      p.dilation_w == 1 && p.stride_h == p.stride_w && p.stride_h <= 2;
  return depthwise && window && !p.residual_kind && !p.table && !p.output_f32 &&
         saneMultipliers(p) && staysInRange(p, weights);
}

size_t packedBytes(const void *params) {
  const Depthwise3x3Plan plan = planDepthwise3x3(conv(params));
  return static_cast<size_t>(plan.blocks * plan.blockBytes);
}

void pack(const void *params, const int8_t *weights, void *packed) {
  const qrt_conv2d_params &p = conv(params);
  const Depthwise3x3Plan plan = planDepthwise3x3(p);
  for (int32_t block = 0; block < plan.blocks; ++block) {
    char *to = static_cast<char *>(packed) + block * plan.blockBytes;
    int32_t *bias = reinterpret_cast<int32_t *>(to);
    float *multiplier = reinterpret_cast<float *>(bias + depthwise3x3Block);
    int16_t *data = reinterpret_cast<int16_t *>(multiplier + depthwise3x3Block);
    for (int32_t lane = 0; lane < depthwise3x3Block; ++lane) {
      const int32_t channel = depthwise3x3Channel(p, block) + lane;
      uint32_t sum = 0;
      for (int32_t tap = 0; tap < 9; ++tap)
        sum += static_cast<uint32_t>(weightOf(p, weights, channel, tap / 3, tap % 3));
      bias[lane] = foldedBias(p, channel, sum, vnniZeroPoint(p));
      multiplier[lane] = static_cast<const float *>(p.multiplier)[channel];
      for (int32_t kw = 0; kw < 3; ++kw)
        for (int32_t dot = 0; dot < plan.dots; ++dot)
          for (int32_t i = 0; i < 2; ++i) {
            const int32_t kh = (plan.dots == 4 ? strideOneDots : strideTwoDots)[dot][i];
            data[((kw * plan.dots + dot) * depthwise3x3Block + lane) * 2 + i] =
                static_cast<int16_t>(weightOf(p, weights, channel, kh, kw));
          }
    }
  }
}

size_t scratchBytes(const void *params) {
  const Depthwise3x3Plan plan = planDepthwise3x3(conv(params));
  return static_cast<size_t>(plan.rowBytes + plan.outBytes);
}

} // namespace

extern "C" const qrt_packer qrt_pack_depthwise3x3_avx2 = {supports,     packedBytes, pack,
                                                          scratchBytes, nullptr,     nullptr};
