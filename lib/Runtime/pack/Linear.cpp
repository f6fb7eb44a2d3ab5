//===- Linear.cpp - weight panels of linear layers on few rows -------------------===//

#include "pack/Fold.h"
#include "pack/LinearPlan.h"
#include "pack/Pack.h"

#include <string.h>

namespace {

const qrt_conv2d_params &conv(const void *params) {
  return *static_cast<const qrt_conv2d_params *>(params);
}

int supports(const void *params, const int8_t *) {
  const qrt_conv2d_params &p = conv(params);
  return p.kernel_h == 1 && p.kernel_w == 1 && p.stride_h == 1 && p.stride_w == 1 &&
         p.pad_top == 0 && p.pad_left == 0 && p.in_h == p.out_h && p.in_w == p.out_w &&
         p.groups == 1 && int64_t(p.out_h) * p.out_w <= linearMaxRows && !p.weight_zero_point &&
         saneMultipliers(p);
}

size_t packedBytes(const void *params) {
  const qrt_conv2d_params &p = conv(params);
  const LinearPlan plan = planLinear(p);
  return static_cast<size_t>((plan.panels - 1) * linearPanelBytes(plan, linearPanel) +
                             linearPanelBytes(plan, linearWidth(p, plan.panels - 1)));
}

void pack(const void *params, const int8_t *weights, void *packed) {
  const qrt_conv2d_params &p = conv(params);
  const LinearPlan plan = planLinear(p);
  memset(packed, 0, packedBytes(params));
  char *to = static_cast<char *>(packed);
  for (int32_t panel = 0; panel < plan.panels; ++panel) {
    const int32_t width = linearWidth(p, panel);
    int32_t *bias = reinterpret_cast<int32_t *>(to);
    float *multiplier = reinterpret_cast<float *>(bias + width);
    int8_t *data = reinterpret_cast<int8_t *>(multiplier + width);
    for (int32_t lane = 0; lane < width && panel * linearPanel + lane < p.out_c; ++lane) {
      const int32_t channel = panel * linearPanel + lane;
      bias[lane] = static_cast<const int32_t *>(p.bias)[channel];
      multiplier[lane] = static_cast<const float *>(p.multiplier)[channel];
      for (int32_t k = 0; k < p.in_c; ++k)
        data[(int64_t(k / 2) * width + lane) * 2 + k % 2] = weights[int64_t(channel) * p.in_c + k];
    }
    to += linearPanelBytes(plan, width);
  }
}

size_t scratchBytes(const void *params) {
  const LinearPlan plan = planLinear(conv(params));
  return static_cast<size_t>(plan.strip * plan.pitch * 2);
}

} // namespace

extern "C" const qrt_packer qrt_pack_linear_avx2 = {supports,     packedBytes, pack,
                                                    scratchBytes, nullptr,     nullptr};
