//===- ConvCost.h - what the convolution algorithms cost --------------------------===//
//
// Cycles of one core, from products, transformed vectors and bytes of weights. The figures
// are measured ones of kernels near their pipe's peak; only their order matters.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_PACK_CONVCOST_H
#define QRT_PACK_CONVCOST_H

#include "pack/WinogradPlan.h"

/// Bytes a cycle that one core reads from the L3 cache.
static const double convStreamRate = 12;

/// Part of a direct convolution's products that its mode does not leave out.
static inline double liveProducts(const qrt_conv2d_params &p, const ConvPlan &plan) {
  if (plan.mode != ConvSkip)
    return 1;
  const auto part = [](int32_t kernel, int32_t in, int32_t out, int32_t stride, int32_t dilation,
                       int32_t pad) {
    int64_t live = 0;
    for (int32_t k = 0; k < kernel; ++k)
      live += tapEnd(k, in, out, stride, dilation, pad) - tapFirst(k, stride, dilation, pad);
    return double(live) / (double(kernel) * out);
  };
  return part(plan.kernelH, p.in_h, p.out_h, p.stride_h, p.dilation_h, plan.padTop) *
         part(plan.kernelW, p.in_w, p.out_w, p.stride_w, p.dilation_w, plan.padLeft);
}

static inline double directCycles(const qrt_conv2d_params &p, const ConvIsa &isa, int64_t batch) {
  const ConvPlan plan = planConv(p, isa);
  const double pixels = double(batch) * p.out_h * p.out_w;
  const double width = double(plan.groups) * roundUp(plan.outputs, isa.lanes) / isa.lanes;
  const double steps = double(plan.runs) * plan.runSteps * width; // of a pixel, vectors
  // A tile of R pixels x V vectors needs R * V dots, of which two go a cycle, and R + V loads;
  // weights that are widened cost about half a dot more.
  const bool rowwise = plan.mode == ConvSkip || plan.mode == ConvPadded || plan.mode == ConvDirect;
  const int32_t along = rowwise ? p.out_w : static_cast<int32_t>(pixels);
  const double rows = along < plan.rows ? along : plan.rows, vectors = plan.panel / isa.lanes;
  const double dots = rows * vectors * (isa.usedBytes < 4 ? 1 + 0.5 / rows : 1);
  const double perDot = dots > rows + vectors ? 0.5 * dots / (rows * vectors)
                                              : 0.5 * (rows + vectors) / (rows * vectors);
  const double compute = pixels * steps * liveProducts(p, plan) * perDot / 0.92;
  const double bytes = steps * isa.lanes * isa.usedBytes;
  const double stream = bytes / convStreamRate;
  return (compute > stream ? compute : stream) + pixels * width * 4;
}

static inline double winogradCycles(const qrt_conv2d_params &p, const WinogradForm &form,
                                    const WinogradIsa &isa, int64_t batch) {
  const WinogradPlan plan = planWinograd(p, form, isa);
  const double tiles = double(batch) * plan.tilesDown * plan.tilesAcross;
  const double channels = double(plan.panels) * plan.panel;
  const double products =
      tiles * plan.points * 2.0 * plan.steps * channels / (0.92 * 4 * isa.lanes);
  // Of a vector: about 4 cycles a point in either direction.
  const double input = tiles * plan.points * 3 * plan.channels / (2.0 * isa.lanes);
  const double output = tiles * plan.points * 4 * channels / isa.lanes;
  const double strips = ceilDivide(static_cast<int32_t>(tiles), plan.strip);
  const double weights = strips * plan.panels * plan.steps * plan.points * plan.panel * 4.0;
  if (!plan.prepared) // made by a store of each vector, and as much before it
    return products + input + output + weights / (4 * isa.lanes) * 2;
  const double stream = weights / convStreamRate;
  return (products > stream ? products : stream) + input + output;
}

#endif // QRT_PACK_CONVCOST_H
