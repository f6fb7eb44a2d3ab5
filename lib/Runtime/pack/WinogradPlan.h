//===- WinogradPlan.h - how an exact integer Winograd convolution walks its data --===//
//
// F(m x m, 3 x 3) of Lavin and Gray (arXiv:1509.09308) with integer matrices: B'dB of a
// tile of codes and GgG' of the weights fit s16, their products are added modulo 2^32, and
// A'(..)A is `scale` times the accumulator, again modulo 2^32. Multiplied by the inverse of
// the odd part of `scale` it is 2^shift times the accumulator; so the result is exact if
// (and only if) the accumulator with its bias lies in +-2^(31 - shift), which the packer
// proves from the weights. Portable: packers run on any host.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_PACK_WINOGRADPLAN_H
#define QRT_PACK_WINOGRADPLAN_H

#include "pack/ConvPlan.h"

/// One of the two forms.
struct WinogradForm {
  int32_t out;      // m: a tile has m x m pixels of output
  int32_t in;       // m + 2: and in x in pixels of input
  int32_t shift;    // scale = odd part * 2^shift
  uint32_t inverse; // of the odd part, modulo 2^32
};

/// scale 576 = 9 * 2^6.
static const WinogradForm winograd43 = {4, 6, 6, 0x38E38E39u};
/// scale 4.
static const WinogradForm winograd23 = {2, 4, 2, 1};

/// Products of s16 pairs: a tile has `rows` image tiles x 2 * `lanes` channels.
struct WinogradIsa {
  int32_t lanes;
  int32_t rows;
  /// Transformed weights have 8 times (F(2,3): 3.6 times) the bytes of the codes. A layer whose
  /// would be larger than this has them made anew in each run, a piece at a time: a network's
  /// together do not stay in the caches, and reading so much takes longer.
  int64_t mostPrepared;
};

static const WinogradIsa winogradAvx2 = {8, 6, int64_t(2) << 20};
static const WinogradIsa winogradVnni = {16, 14, int64_t(6) << 20};

struct WinogradPlan {
  int32_t points;                 // in * in products of each pair of channels
  int32_t tilesDown, tilesAcross; // of one sample
  int32_t panel, panels;          // output channels of a panel
  int32_t steps;                  // pairs of input channels
  int32_t channels;               // input channels, rounded up to whole vectors
  int32_t strip;                  // most image tiles that are transformed at once
  bool prepared;                  // the session holds the transformed weights
  int32_t chunk;                  // pairs of input channels that are multiplied at once
  int64_t pointPitch;             // s16 elements from a point to the next: transformed input,
  int64_t weightPitch;            //   and transformed weights of a chunk
  int64_t paddingAt, productsAt, weightsAt, scratchBytes;
};

/// Points a multiple of 4096 bytes apart would all meet the same few lines of the L1 cache.
static inline int64_t winogradPitch(int64_t elements) {
  return elements * 2 % 4096 == 0 ? elements + 32 : elements;
}

static inline WinogradPlan planWinograd(const qrt_conv2d_params &p, const WinogradForm &form,
                                        const WinogradIsa &isa) {
  WinogradPlan plan;
  plan.points = form.in * form.in;
  plan.tilesDown = ceilDivide(p.out_h, form.out);
  plan.tilesAcross = ceilDivide(p.out_w, form.out);
  plan.panel = 2 * isa.lanes;
  plan.panels = ceilDivide(p.out_c, plan.panel);
  plan.steps = ceilDivide(p.in_c, 2);
  plan.channels = static_cast<int32_t>(roundUp(p.in_c, 2 * isa.lanes));
  const int64_t perStep = int64_t(plan.points) * plan.panel * 4;
  plan.prepared = perStep * plan.steps * plan.panels <= isa.mostPrepared;
  // The transformed strip stays in the L2 cache beside the weights; but where those are many,
  // reading (or making) them more than once costs more than a strip that is read from L3.
  const int64_t perTile = int64_t(plan.points) * plan.channels * 2;
  const int64_t fit = (plan.prepared ? 160 : 2560) * 1024 / perTile;
  const int64_t least = isa.rows, most = 64;
  plan.strip = static_cast<int32_t>(fit < least ? least : fit > most ? most : fit);
  const int64_t piece = 160 * 1024 / perStep;
  plan.chunk = plan.prepared || piece >= plan.steps ? plan.steps : static_cast<int32_t>(piece);
  plan.pointPitch = winogradPitch(int64_t(plan.strip) * plan.channels);
  plan.weightPitch = winogradPitch(int64_t(plan.chunk) * plan.panel * 2);
  plan.paddingAt = plan.points * plan.pointPitch * 2;
  plan.productsAt = roundUp(plan.paddingAt + plan.channels, 64);
  plan.weightsAt = plan.productsAt + int64_t(plan.strip) * plan.points * plan.panel * 4;
  plan.scratchBytes = plan.weightsAt + (plan.prepared ? 0 : plan.points * plan.weightPitch * 2);
  return plan;
}

/// A panel as the program stores it: i32 bias[panel] (times 2^shift, modulo 2^32), f32
/// multiplier[panel] (divided by 2^shift), then s8 weights [pair of inputs][tap][panel][2].
static inline int64_t winogradPanelBytes(const WinogradPlan &plan) {
  return int64_t(plan.panel) * (4 + 4 + int64_t(plan.steps) * 9 * 2);
}

/// A panel as it is transformed: s16 [point][pair of inputs][panel][2], points weightPitch apart.
static inline int64_t winogradPreparedPanel(const WinogradPlan &plan) {
  return plan.points * plan.weightPitch * 2;
}

#endif // QRT_PACK_WINOGRADPLAN_H
