//===- Dynamic.cpp - weights of linear layers with dynamic quantization -----------===//
//
// They stay as they are, [n][k]: a row of the input meets a row of the weights.
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

size_t noScratch(const void *) { return 0; }

size_t scratchBytes(const void *params) {
  return size_t(dynamicRowBytes(linear(params)) + dynamicStrip(linear(params)) * 4);
}

} // namespace

extern "C" const qrt_packer qrt_pack_dynamic_linear_plain = {supportsAll, packedBytes, pack,
                                                             noScratch,   nullptr,     nullptr};
extern "C" const qrt_packer qrt_pack_dynamic_linear = {supportsAll,  packedBytes, pack,
                                                       scratchBytes, nullptr,     nullptr};
