//===- Plain.cpp - weights of the reference kernels ------------------------------===//
//
// OIHW (or IOHW of a transposed convolution) to [out_c][kernel_h][kernel_w][in_c/groups].
//
//===-----------------------------------------------------------------------------===//

#include "pack/Pack.h"

template <typename Params> static size_t plainBytes(const void *params) {
  const Params &p = *static_cast<const Params *>(params);
  return size_t(p.out_c) * p.kernel_h * p.kernel_w * (p.in_c / p.groups);
}

/// `source(channel, input)` is the index of the filter plane in logical order.
template <typename Params, typename Source>
static void packPlain(const Params &p, const int8_t *weights, int8_t *packed, Source source) {
  const int64_t taps = int64_t(p.kernel_h) * p.kernel_w;
  const int64_t inputs = p.in_c / p.groups;
  for (int64_t channel = 0; channel < p.out_c; ++channel)
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t i = 0; i < inputs; ++i)
        *packed++ = weights[source(channel, i) * taps + tap];
}

static void packConv(const void *params, const int8_t *weights, void *packed) {
  const qrt_conv2d_params &p = *static_cast<const qrt_conv2d_params *>(params);
  const int64_t inputs = p.in_c / p.groups;
  packPlain(p, weights, static_cast<int8_t *>(packed),
            [&](int64_t channel, int64_t i) { return channel * inputs + i; });
}

static void packTransposed(const void *params, const int8_t *weights, void *packed) {
  const qrt_conv_transpose2d_params &p = *static_cast<const qrt_conv_transpose2d_params *>(params);
  const int64_t inputs = p.in_c / p.groups, outputs = p.out_c / p.groups;
  packPlain(p, weights, static_cast<int8_t *>(packed), [&](int64_t channel, int64_t i) {
    return (channel / outputs * inputs + i) * outputs + channel % outputs;
  });
}

static int supportsAll(const void *, const int8_t *) { return 1; }
static size_t noScratch(const void *) { return 0; }

extern "C" const qrt_packer qrt_pack_conv2d_plain = {
    supportsAll, plainBytes<qrt_conv2d_params>, packConv, noScratch, nullptr, nullptr};
extern "C" const qrt_packer qrt_pack_conv_transpose2d_plain = {
    supportsAll, plainBytes<qrt_conv_transpose2d_params>, packTransposed, noScratch, nullptr,
    nullptr};
