//===- Conv.cpp - weight panels of the fast convolutions -------------------------===//

#include "pack/ConvCost.h"
#include "pack/Fold.h"
#include "pack/Pack.h"

#include <string.h>

namespace {

const qrt_conv2d_params &conv(const void *params) {
  return *static_cast<const qrt_conv2d_params *>(params);
}

/// Calls visit(run, element, weight) for the weights of output `channel`, their zero point
/// subtracted, run by run; inputs of other groups of a merged one count as 0.
template <typename Visit>
void forEachWeight(const qrt_conv2d_params &p, const ConvPlan &plan, const int8_t *weights,
                   int32_t channel, const Visit &visit) {
  const int32_t trueInputs = p.in_c / p.groups, trueOutputs = p.out_c / p.groups;
  const int32_t first = channel / plan.outputs * plan.inputs;      // input of the whole convolution
  const int32_t seen = channel / trueOutputs * trueInputs - first; // the first of its own group
  const int32_t taps = p.kernel_h * p.kernel_w, zeroPoint = weightZeroPoint(p, channel);
  const int8_t *own = weights + int64_t(channel) * trueInputs * taps;
  for (int32_t run = 0; run < plan.runs; ++run)
    for (int32_t t = 0; t < plan.tapsPerRun; ++t) {
      const int32_t tap = run * plan.tapsPerRun + t;
      const int32_t kh = plan.tapRow + tap / plan.kernelW, kw = plan.tapCol + tap % plan.kernelW;
      const int8_t *at = own + kh * p.kernel_w + kw;
      for (int32_t i = 0; i < plan.inputs; ++i) {
        const bool sees = i >= seen && i < seen + trueInputs;
        visit(run, t * plan.inputs + i, sees ? at[int64_t(i - seen) * taps] - zeroPoint : 0);
      }
    }
}

/// Packs one channel (a lane of a panel).
template <const ConvIsa &isa, typename Weight>
void packLane(const qrt_conv2d_params &p, const ConvPlan &plan, const int8_t *weights,
              int32_t channel, int32_t lane, int32_t width, Weight *data) {
  // Weights that are widened later keep their zero points until then.
  const int32_t zero = isa.storedBytes < isa.usedBytes ? weightZeroPoint(p, channel) : 0;
  const auto put = [&](int32_t run, int32_t element, int32_t weight) {
    const int64_t step = int64_t(run) * plan.runSteps + element / isa.stepElements;
    data[(step * width + lane) * isa.stepElements + element % isa.stepElements] =
        static_cast<Weight>(weight + zero);
  };
  forEachWeight(p, plan, weights, channel, put);
  for (int32_t run = 0; run < plan.runs; ++run)
    for (int32_t i = plan.tapsPerRun * plan.inputs; i < plan.runSteps * isa.stepElements; ++i)
      put(run, i, 0);
}

/// Whether tap (kh, kw) is left out for the pixels of a bias class.
bool isSkipped(const qrt_conv2d_params &p, const ConvPlan &plan, int32_t biasClass, int32_t kh,
               int32_t kw) {
  const auto missing = [](int32_t edge, int32_t first, int32_t end, int32_t out) {
    return (edge == 1 && first == 1) || (edge == 2 && end == out - 1);
  };
  return missing(biasClass / 3, tapFirst(kh, p.stride_h, p.dilation_h, plan.padTop),
                 tapEnd(kh, p.in_h, p.out_h, p.stride_h, p.dilation_h, plan.padTop), p.out_h) ||
         missing(biasClass % 3, tapFirst(kw, p.stride_w, p.dilation_w, plan.padLeft),
                 tapEnd(kw, p.in_w, p.out_w, p.stride_w, p.dilation_w, plan.padLeft), p.out_w);
}

/// Sum of the weights that the pixels of a bias class meet. Runs are taps where there are
/// several classes.
uint32_t weightSum(const qrt_conv2d_params &p, const ConvPlan &plan, const int8_t *weights,
                   int32_t channel, int32_t biasClass) {
  uint32_t sum = 0;
  forEachWeight(p, plan, weights, channel, [&](int32_t run, int32_t, int32_t weight) {
    if (plan.biasClasses == 1 ||
        !isSkipped(p, plan, biasClass, run / plan.kernelW, run % plan.kernelW))
      sum += static_cast<uint32_t>(weight);
  });
  return sum;
}

template <const ConvIsa &isa, typename Weight>
void packPanel(const qrt_conv2d_params &p, const ConvPlan &plan, const int8_t *weights,
               int32_t group, int32_t index, int32_t zeroPoint, char *packed) {
  const int32_t width = panelWidth(plan, isa, index);
  int32_t *bias = reinterpret_cast<int32_t *>(packed);
  float *multiplier = reinterpret_cast<float *>(bias + width * plan.biasClasses);
  Weight *data = reinterpret_cast<Weight *>(multiplier + width);
  for (int32_t lane = 0; lane < width; ++lane) {
    const int32_t inGroup = index * plan.panel + lane;
    if (inGroup >= plan.outputs)
      break;
    const int32_t channel = group * plan.outputs + inGroup;
    packLane<isa>(p, plan, weights, channel, lane, width, data);
    multiplier[lane] = static_cast<const float *>(p.multiplier)[channel];
    for (int32_t c = 0; c < plan.biasClasses; ++c) {
      const uint32_t sum = zeroPoint ? weightSum(p, plan, weights, channel, c) : 0;
      bias[c * width + lane] = foldedBias(p, channel, sum, zeroPoint);
    }
  }
}

/// The functions of the row for `isa`, whose weights are stored as Weight.
template <const ConvIsa &isa, typename Weight> struct Packer {
  static int supports(const void *params, const int8_t *) {
    // Weights with a zero point need s16, here or later.
    const bool fits =
        sizeof(Weight) > 1 || isa.storedBytes < isa.usedBytes || !conv(params).weight_zero_point;
    return fits && saneMultipliers(conv(params));
  }

  static size_t packedBytes(const void *params) {
    const ConvPlan plan = planConv(conv(params), isa);
    return static_cast<size_t>(panelOffset(plan, isa, plan.groups, 0));
  }

  static void pack(const void *params, const int8_t *weights, void *packed) {
    const qrt_conv2d_params &p = conv(params);
    const ConvPlan plan = planConv(p, isa);
    memset(packed, 0, packedBytes(params));
    for (int32_t group = 0; group < plan.groups; ++group)
      for (int32_t index = 0; index < plan.panels; ++index)
        packPanel<isa, Weight>(p, plan, weights, group, index, elementZeroPoint(p, isa),
                               static_cast<char *>(packed) + panelOffset(plan, isa, group, index));
  }

  static size_t scratchBytes(const void *params) {
    return static_cast<size_t>(planConv(conv(params), isa).scratchBytes);
  }

  static size_t preparedBytes(const void *params) {
    const ConvPlan plan = planConv(conv(params), isa);
    return static_cast<size_t>(preparedOffset(plan, isa, plan.groups, 0));
  }

  static double cost(const void *params, int64_t batch) {
    return directCycles(conv(params), isa, batch);
  }

  static constexpr qrt_packer row = {supports,
                                     packedBytes,
                                     pack,
                                     scratchBytes,
                                     isa.storedBytes < isa.usedBytes ? preparedBytes : nullptr,
                                     cost};
};

} // namespace

extern "C" const qrt_packer qrt_pack_conv2d_vnni = Packer<convVnni, int8_t>::row;
extern "C" const qrt_packer qrt_pack_conv2d_avxvnni = Packer<convAvxVnni, int8_t>::row;
extern "C" const qrt_packer qrt_pack_conv2d_avx2 = Packer<convAvx2, int8_t>::row;
extern "C" const qrt_packer qrt_pack_conv2d_small_avx2 = Packer<convSmallAvx2, int8_t>::row;
extern "C" const qrt_packer qrt_pack_conv2d_neon_i8mm = Packer<convNeonI8mm, int8_t>::row;
extern "C" const qrt_packer qrt_pack_conv2d_neon_dot = Packer<convNeonDot, int8_t>::row;
extern "C" const qrt_packer qrt_pack_conv2d_neon = Packer<convNeon, int16_t>::row;
