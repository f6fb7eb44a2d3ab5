//===- Dynamic.cpp - weights of linear layers with dynamic quantization -----------===//
//
// [n][k] as they are, where a row of the input meets a row of the weights, or in panels, where a
// pair of its elements meets those of many channels.
//
//===-----------------------------------------------------------------------------===//

#include "pack/DynamicPlan.h"
#include "pack/Pack.h"

#include <string.h>

namespace {

const qrt_dynamic_linear_params &linear(const void *params) {
  return *static_cast<const qrt_dynamic_linear_params *>(params);
}

int supportsAll(const void *, const int8_t *) { return 1; }

size_t packedBytes(const void *params) { return size_t(linear(params).n) * linear(params).k; }

void pack(const void *params, const int8_t *weights, void *packed) {
  memcpy(packed, weights, packedBytes(params));
}

size_t panelBytes(const void *params) {
  const qrt_dynamic_linear_params &p = linear(params);
  const int32_t last = dynamicPanels(p) - 1;
  return size_t(dynamicPanelAt(p, last) + dynamicWidth(p, last) * dynamicPitch(p));
}

void packPanels(const void *params, const int8_t *weights, void *packed) {
  const qrt_dynamic_linear_params &p = linear(params);
  memset(packed, 0, panelBytes(params));
  for (int32_t channel = 0; channel < p.n; ++channel) {
    const int32_t panel = channel / dynamicPanel, lane = channel % dynamicPanel;
    int8_t *to = static_cast<int8_t *>(packed) + dynamicPanelAt(p, panel);
    for (int64_t k = 0; k < p.k; ++k)
      to[(k / 2 * dynamicWidth(p, panel) + lane) * 2 + k % 2] = weights[int64_t(channel) * p.k + k];
  }
}

size_t noScratch(const void *) { return 0; }

size_t scratchBytes(const void *params) {
  return size_t(dynamicRowBytes(linear(params)) + dynamicStrip(linear(params)) * 4);
}

} // namespace

extern "C" const qrt_packer qrt_pack_dynamic_linear_plain = {supportsAll, packedBytes, pack,
                                                             noScratch,   nullptr,     nullptr};
extern "C" const qrt_packer qrt_pack_dynamic_linear = {supportsAll,  packedBytes, pack,
                                                       scratchBytes, nullptr,     nullptr};
extern "C" const qrt_packer qrt_pack_dynamic_linear_panels = {supportsAll,  panelBytes, packPanels,
                                                              scratchBytes, nullptr,    nullptr};
