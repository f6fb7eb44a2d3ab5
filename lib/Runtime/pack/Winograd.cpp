//===- Winograd.cpp - weight panels of the Winograd convolutions, and their proof -===//

#include "pack/ConvCost.h"
#include "pack/Fold.h"
#include "pack/Pack.h"

#include <string.h>

namespace {

const qrt_conv2d_params &conv(const void *params) {
  return *static_cast<const qrt_conv2d_params *>(params);
}

bool hasShape(const qrt_conv2d_params &p) {
  return p.kernel_h == 3 && p.kernel_w == 3 && p.stride_h == 1 && p.stride_w == 1 &&
         p.dilation_h == 1 && p.dilation_w == 1 && p.groups == 1 && !p.weight_zero_point;
}

/// Dividing by 2^shift must not leave the normal numbers.
bool canBeDivided(const qrt_conv2d_params &p) {
  for (int32_t c = 0; c < p.out_c; ++c) {
    const float m = static_cast<const float *>(p.multiplier)[c];
    if (m != 0 && m > -0x1p-100f && m < 0x1p-100f)
      return false;
  }
  return true;
}

/// The proof: no accumulator with its bias leaves [-2^(31 - shift), 2^(31 - shift)), whatever
/// the codes. Codes lie at lo..hi around the zero point, and padding at 0.
bool isBounded(const qrt_conv2d_params &p, const WinogradForm &form, const int8_t *weights) {
  const int64_t least = p.in_signed ? -128 : 0;
  const int64_t lo = least - p.in_zero_point, hi = least + 255 - p.in_zero_point;
  const int64_t bound = int64_t(1) << (31 - form.shift);
  const int64_t perChannel = int64_t(p.in_c) * 9;
  for (int32_t c = 0; c < p.out_c; ++c) {
    int64_t positive = 0, negative = 0;
    for (const int8_t *w = weights + c * perChannel, *end = w + perChannel; w != end; ++w)
      (*w > 0 ? positive : negative) += *w;
    const int64_t bias = static_cast<const int32_t *>(p.bias)[c];
    if (bias + hi * positive + lo * negative >= bound ||
        bias + lo * positive + hi * negative < -bound)
      return false;
  }
  return true;
}

int supports(const void *params, const WinogradForm &form, const int8_t *weights) {
  const qrt_conv2d_params &p = conv(params);
  return hasShape(p) && saneMultipliers(p) && canBeDivided(p) && isBounded(p, form, weights);
}

int32_t tap(const qrt_conv2d_params &p, const int8_t *weights, int32_t channel, int32_t input,
            int32_t index) {
  if (channel >= p.out_c || input >= p.in_c)
    return 0;
  return weights[(int64_t(channel) * p.in_c + input) * 9 + index];
}

void packPanel(const qrt_conv2d_params &p, const WinogradPlan &plan, const WinogradForm &form,
               const int8_t *weights, int32_t first, char *packed) {
  int32_t *bias = reinterpret_cast<int32_t *>(packed);
  float *multiplier = reinterpret_cast<float *>(bias + plan.panel);
  int8_t *data = reinterpret_cast<int8_t *>(multiplier + plan.panel);
  for (int32_t lane = 0; lane < plan.panel && first + lane < p.out_c; ++lane) {
    const int32_t channel = first + lane;
    uint32_t sum = 0;
    for (int32_t input = 0; input < p.in_c; ++input)
      for (int32_t index = 0; index < 9; ++index) {
        const int32_t w = tap(p, weights, channel, input, index);
        data[((int64_t(input / 2) * 9 + index) * plan.panel + lane) * 2 + input % 2] =
            static_cast<int8_t>(w);
        sum += static_cast<uint32_t>(w);
      }
    const uint32_t folded = static_cast<uint32_t>(foldedBias(p, channel, sum, p.in_zero_point));
    bias[lane] = static_cast<int32_t>(folded << form.shift);
    multiplier[lane] = static_cast<const float *>(p.multiplier)[channel] /
                       static_cast<float>(int32_t(1) << form.shift);
  }
}

size_t packedBytes(const void *params, const WinogradForm &form, const WinogradIsa &isa) {
  const WinogradPlan plan = planWinograd(conv(params), form, isa);
  return static_cast<size_t>(plan.panels * winogradPanelBytes(plan));
}

void pack(const void *params, const WinogradForm &form, const WinogradIsa &isa,
          const int8_t *weights, void *packed) {
  const qrt_conv2d_params &p = conv(params);
  const WinogradPlan plan = planWinograd(p, form, isa);
  memset(packed, 0, packedBytes(params, form, isa));
  for (int32_t panel = 0; panel < plan.panels; ++panel)
    packPanel(p, plan, form, weights, panel * plan.panel,
              static_cast<char *>(packed) + panel * winogradPanelBytes(plan));
}

size_t preparedBytes(const void *params, const WinogradForm &form, const WinogradIsa &isa) {
  const WinogradPlan plan = planWinograd(conv(params), form, isa);
  return plan.prepared ? static_cast<size_t>(plan.panels * winogradPreparedPanel(plan)) : 0;
}

template <const WinogradForm &form, const WinogradIsa &isa> struct Packer {
  static int supported(const void *params, const int8_t *weights) {
    return supports(params, form, weights);
  }
  static size_t bytes(const void *params) { return packedBytes(params, form, isa); }
  static void packAll(const void *params, const int8_t *weights, void *packed) {
    pack(params, form, isa, weights, packed);
  }
  static size_t scratch(const void *params) {
    return static_cast<size_t>(planWinograd(conv(params), form, isa).scratchBytes);
  }
  static size_t prepared(const void *params) { return preparedBytes(params, form, isa); }
  static double cost(const void *params, int64_t batch) {
    return winogradCycles(conv(params), form, isa, batch);
  }
  static constexpr qrt_packer table = {supported, bytes, packAll, scratch, prepared, cost};
};

} // namespace

extern "C" const qrt_packer qrt_pack_winograd43_vnni = Packer<winograd43, winogradVnni>::table;
extern "C" const qrt_packer qrt_pack_winograd43_avx2 = Packer<winograd43, winogradAvx2>::table;
extern "C" const qrt_packer qrt_pack_winograd23_avx2 = Packer<winograd23, winogradAvx2>::table;
