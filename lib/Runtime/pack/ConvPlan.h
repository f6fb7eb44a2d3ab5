//===- ConvPlan.h - how a fast convolution walks its data ------------------------===//
//
// Packer and kernel derive the same plan from the params: a convolution is a matrix
// product whose left rows are pixels, each a few contiguous runs of input elements, and
// whose right side is weight panels. Portable: packers run on any host.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_PACK_CONVPLAN_H
#define QRT_PACK_CONVPLAN_H

#include "qrt/qrt.h"

/// Input codes that an ISA multiplies as they are.
enum ConvReads { ConvReadsNone, ConvReadsU8, ConvReadsS8 };

/// What the plan must know of an ISA. A dot step consumes `stepElements` elements of
/// `elementBytes`: together 4 bytes, and 8 for smmla.
struct ConvIsa {
  int32_t stepElements;
  int32_t elementBytes;
  int32_t lanes;      // channels of one accumulator
  int32_t wide;       // channels of a panel for short rows of pixels
  int32_t narrow;     // channels of a panel otherwise
  int32_t wideRows;   // most pixels of a tile over a wide panel
  int32_t narrowRows; // most pixels of a tile over a narrow panel
  int32_t readsInput; // ConvReads: codes that can be used where they lie
  int32_t leastSkip;  // narrowest rows of pixels over which taps are skipped one by one
  // Bytes of a step's weights, a lane: in the program, and as the kernel reads them. Where they
  // differ, they are widened when a session opens.
  int32_t storedBytes, usedBytes;
};

/// u8 codes times s8 weights by vpdpbusd. 6 x 64 and 14 x 32 leave registers for operands.
static constexpr ConvIsa convVnni = {4, 1, 16, 64, 32, 6, 14, ConvReadsU8, 5, 4, 4};
/// The same on 256 bits: 6 x 16.
static constexpr ConvIsa convAvxVnni = {4, 1, 8, 16, 16, 6, 6, ConvReadsU8, 5, 4, 4};
/// s16 (zero point subtracted) times s16 by vpmaddwd.
static constexpr ConvIsa convAvx2 = {2, 2, 8, 16, 16, 6, 6, ConvReadsNone, 5, 2, 4};
/// The same with s8 weights that are widened whenever they are read: half the bytes, for maps
/// so small that reading the weights is most of the work.
static constexpr ConvIsa convSmallAvx2 = {2, 2, 8, 32, 16, 2, 6, ConvReadsNone, 1, 2, 2};
/// s16 by smlal: 6 x 8, as weights take a register an element.
static constexpr ConvIsa convNeon = {2, 2, 4, 8, 8, 6, 6, ConvReadsNone, 5, 4, 4};
/// s8 codes times s8 weights by sdot: 6 x 16.
static constexpr ConvIsa convNeonDot = {4, 1, 4, 16, 16, 6, 6, ConvReadsS8, 5, 4, 4};
/// By smmla, two pixels times two channels.
static constexpr ConvIsa convNeonI8mm = {8, 1, 4, 16, 16, 6, 6, ConvReadsS8, 5, 8, 8};

enum ConvMode {
  ConvFlat,   // 1x1: all pixels of all samples are one matrix, read where it lies
  ConvDirect, // windows never leave the input: rows of it are read where they lie
  ConvPadded, // input rows are copied to scratch with their padding
  ConvSkip,   // taps that would meet padding are left out, pixel by pixel (3x3, pad 1)
  ConvGather  // each pixel's window is copied to a row of scratch (tiny maps, odd groups)
};

struct ConvPlan {
  int32_t mode;
  // Taps that meet the input anywhere; the others see only padding and are dropped.
  int32_t tapRow, tapCol, kernelH, kernelW;
  int32_t padTop, padLeft; // of the first live tap
  // Small groups are merged until a group fills an accumulator; weights between channels
  // of different true groups are 0. So these are numbers of the merged groups.
  int32_t groups;
  int32_t inputs, outputs; // channels of a group
  bool whole;              // 1x1, stride 1, no padding: pixels map to pixels
  int32_t tapsPerRun, runs, runSteps;
  int32_t stepBytes;
  int32_t biasClasses;   // bias vectors of a panel, see skipClass
  int32_t panel, panels; // channels of a panel, panels of a group
  int32_t rows;          // most pixels of a tile
  int64_t pitch;         // elements from one row of scratch (or input) to the next
  int32_t strip;         // output rows (Direct, Padded) or pixels that share a copy
  bool inPlace;          // Direct, Skip: the input is read where it lies
  int64_t scratchBytes;
};

/// Whether the input's codes are elements as they lie.
static inline bool readsCodes(const qrt_conv2d_params &p, const ConvIsa &isa) {
  return isa.readsInput == (p.in_signed ? ConvReadsS8 : ConvReadsU8);
}

static inline int32_t ceilDivide(int32_t a, int32_t b) { return (a + b - 1) / b; }
static inline int64_t roundUp(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

/// First and one past the last tap that meets the input at any output position.
static inline void liveTaps(int32_t in, int32_t out, int32_t kernel, int32_t stride,
                            int32_t dilation, int32_t pad, int32_t *first, int32_t *count) {
  int32_t begin = kernel, end = 0;
  for (int32_t k = 0; k < kernel; ++k)
    for (int32_t o = 0; o < out; ++o) {
      const int32_t at = o * stride - pad + k * dilation;
      if (at < 0 || at >= in)
        continue;
      begin = begin < k ? begin : k;
      end = k + 1;
      break;
    }
  *first = begin < end ? begin : 0;
  *count = begin < end ? end - begin : 1; // nothing live: one tap over padding
}

/// How many true groups make one merged group.
static inline int32_t mergedGroups(const qrt_conv2d_params &p, int32_t lanes) {
  const int32_t outputs = p.out_c / p.groups;
  int32_t count = 1;
  while (count < p.groups && (count * outputs < lanes || p.groups % count != 0))
    ++count;
  return count;
}

static inline void planTaps(const qrt_conv2d_params &p, ConvPlan &plan) {
  liveTaps(p.in_h, p.out_h, p.kernel_h, p.stride_h, p.dilation_h, p.pad_top, &plan.tapRow,
           &plan.kernelH);
  liveTaps(p.in_w, p.out_w, p.kernel_w, p.stride_w, p.dilation_w, p.pad_left, &plan.tapCol,
           &plan.kernelW);
  plan.padTop = p.pad_top - plan.tapRow * p.dilation_h;
  plan.padLeft = p.pad_left - plan.tapCol * p.dilation_w;
}

static inline void planGroups(const qrt_conv2d_params &p, const ConvIsa &isa, ConvPlan &plan) {
  plan.groups = p.groups / mergedGroups(p, isa.lanes);
  plan.inputs = p.in_c / plan.groups;
  plan.outputs = p.out_c / plan.groups;
}

/// Rows and columns of input under the windows of `out` positions.
static inline int32_t coveredRows(const qrt_conv2d_params &p, const ConvPlan &plan, int32_t out) {
  return (out - 1) * p.stride_h + (plan.kernelH - 1) * p.dilation_h + 1;
}
static inline int32_t coveredCols(const qrt_conv2d_params &p, const ConvPlan &plan) {
  return (p.out_w - 1) * p.stride_w + (plan.kernelW - 1) * p.dilation_w + 1;
}

/// More runs than this are gathered: no real network has them.
static const int32_t convMaxRuns = 256;

/// A run is one kernel row where its taps lie side by side, else one tap.
static inline int32_t rowRunTaps(const qrt_conv2d_params &p, const ConvPlan &plan) {
  return p.dilation_w == 1 && plan.groups == 1 ? plan.kernelW : 1;
}

/// The output positions [first, end) at which tap k meets the input.
static inline int32_t tapFirst(int32_t k, int32_t stride, int32_t dilation, int32_t pad) {
  const int32_t before = pad - k * dilation;
  return before <= 0 ? 0 : ceilDivide(before, stride);
}
static inline int32_t tapEnd(int32_t k, int32_t in, int32_t out, int32_t stride, int32_t dilation,
                             int32_t pad) {
  const int32_t last = in - 1 + pad - k * dilation;
  const int32_t end = last < 0 ? 0 : last / stride + 1;
  return end < out ? end : out;
}

/// Skipping works where a tap misses at most the first or the last position of a line.
static inline bool missesAtMostOne(int32_t kernel, int32_t in, int32_t out, int32_t stride,
                                   int32_t dilation, int32_t pad) {
  for (int32_t k = 0; k < kernel; ++k) {
    const int32_t first = tapFirst(k, stride, dilation, pad);
    const int32_t end = tapEnd(k, in, out, stride, dilation, pad);
    if (first > 1 || end < out - 1 || (first == 1 && end == out - 1))
      return false;
  }
  return true;
}

static inline bool canSkip(const qrt_conv2d_params &p, const ConvIsa &isa, const ConvPlan &plan) {
  return plan.groups == 1 && plan.inputs % isa.stepElements == 0 && p.out_w >= isa.leastSkip &&
         (p.out_h > 1 || !isa.readsInput) && // one row is first and last: no bias class
         plan.kernelH * plan.kernelW <= convMaxRuns &&
         missesAtMostOne(plan.kernelH, p.in_h, p.out_h, p.stride_h, p.dilation_h, plan.padTop) &&
         missesAtMostOne(plan.kernelW, p.in_w, p.out_w, p.stride_w, p.dilation_w, plan.padLeft);
}

/// Pixels that miss the same taps share a bias: what the zero point of the missing taps
/// would add is folded into it. `edge` is 0 inside, 1 first, 2 last.
static inline int32_t skipClass(int32_t rowEdge, int32_t colEdge) { return rowEdge * 3 + colEdge; }

static inline void chooseMode(const qrt_conv2d_params &p, const ConvIsa &isa, ConvPlan &plan) {
  const bool point = plan.kernelH == 1 && plan.kernelW == 1;
  const bool unpadded = plan.padTop == 0 && plan.padLeft == 0 &&
                        coveredRows(p, plan, p.out_h) <= p.in_h && coveredCols(p, plan) <= p.in_w;
  plan.whole = point && unpadded && p.stride_h == 1 && p.stride_w == 1 && p.in_h == p.out_h &&
               p.in_w == p.out_w && plan.groups == 1;
  const int32_t taps = rowRunTaps(p, plan);
  const bool wholeSteps = taps * plan.inputs % isa.stepElements == 0;
  const bool tooManyRuns = plan.kernelH * (plan.kernelW / taps) > convMaxRuns;
  if (tooManyRuns || (plan.groups != 1 && !wholeSteps))
    plan.mode = ConvGather;
  else if (readsCodes(p, isa) && wholeSteps && plan.whole)
    plan.mode = ConvFlat;
  else if (plan.whole || p.out_w < isa.leastSkip || (p.out_w <= 4 && !canSkip(p, isa, plan)))
    plan.mode = ConvGather;
  else if (readsCodes(p, isa) && wholeSteps && unpadded)
    plan.mode = ConvDirect;
  else
    plan.mode = canSkip(p, isa, plan) ? ConvSkip : ConvPadded;
}

static inline void planRuns(const qrt_conv2d_params &p, const ConvIsa &isa, ConvPlan &plan) {
  const int32_t taps = plan.kernelH * plan.kernelW;
  plan.tapsPerRun = plan.mode == ConvGather ? taps
                    : plan.mode == ConvSkip ? 1
                                            : rowRunTaps(p, plan);
  // Only codes have their zero point left in them.
  plan.biasClasses = plan.mode == ConvSkip && isa.readsInput ? 9 : 1;
  plan.runs = taps / plan.tapsPerRun;
  plan.runSteps = ceilDivide(plan.tapsPerRun * plan.inputs, isa.stepElements);
  plan.stepBytes = isa.usedBytes;
}

static inline void planPanels(const qrt_conv2d_params &p, const ConvIsa &isa, ConvPlan &plan) {
  const bool rowwise = plan.mode != ConvFlat && plan.mode != ConvGather;
  const int32_t pixels = rowwise ? p.out_w : p.out_h * p.out_w;
  const bool wide = pixels <= isa.wideRows;
  plan.panel = wide ? isa.wide : isa.narrow;
  plan.rows = wide ? isa.wideRows : isa.narrowRows;
  plan.panels = ceilDivide(plan.outputs, plan.panel);
}

/// Strips are as tall as fits this many bytes, so that they stay in the L2 cache.
static const int64_t convStripBytes = 160 * 1024;

static inline int32_t stripOf(int64_t bytes, int64_t fixed, int64_t limit, int32_t least) {
  int64_t count = bytes > 0 ? (convStripBytes - fixed) / bytes : limit;
  count = count < least ? least : count;
  return static_cast<int32_t>(count < limit ? count : limit);
}

static inline void planStrips(const qrt_conv2d_params &p, const ConvIsa &isa, ConvPlan &plan) {
  const int64_t slack = 64;
  const int32_t most = 1 << 20;
  if (plan.mode == ConvFlat || plan.mode == ConvGather) {
    plan.pitch = int64_t(plan.runs) * plan.runSteps * isa.stepElements;
    const int64_t bytes = plan.pitch * isa.elementBytes;
    // Each panel writes a part of every pixel of the output: those lines should stay too, unless
    // reading the weights once more costs more.
    const int64_t outBytes = int64_t(p.out_c) * (p.output_f32 ? 4 : 1);
    const bool fewWeights = bytes * plan.outputs <= convStripBytes;
    plan.strip = stripOf(bytes + (fewWeights ? outBytes : 0), 0, most, plan.rows);
    plan.scratchBytes = plan.mode == ConvFlat ? 0 : plan.strip * bytes + slack;
    return;
  }
  plan.inPlace = plan.mode == ConvDirect || (plan.mode == ConvSkip && readsCodes(p, isa));
  plan.pitch = int64_t(plan.mode == ConvPadded ? coveredCols(p, plan) : p.in_w) * p.in_c;
  const int64_t bytes = plan.pitch * isa.elementBytes;
  plan.strip = stripOf(bytes * p.stride_h, bytes * coveredRows(p, plan, 1), p.out_h, 1);
  plan.scratchBytes = plan.inPlace ? 0 : coveredRows(p, plan, plan.strip) * bytes + slack;
}

static inline ConvPlan planConv(const qrt_conv2d_params &p, const ConvIsa &isa) {
  ConvPlan plan;
  planTaps(p, plan);
  planGroups(p, isa, plan);
  chooseMode(p, isa, plan);
  planRuns(p, isa, plan);
  planPanels(p, isa, plan);
  planStrips(p, isa, plan);
  return plan;
}

/// Channels of panel `index` of a group, rounded up to whole accumulators.
static inline int32_t panelWidth(const ConvPlan &plan, const ConvIsa &isa, int32_t index) {
  const int32_t rest = plan.outputs - index * plan.panel;
  return static_cast<int32_t>(roundUp(rest < plan.panel ? rest : plan.panel, isa.lanes));
}

/// A panel: i32 bias[classes][width], f32 multiplier[width], then weights
/// [k / step][width][step].
static inline int64_t panelBytes(const ConvPlan &plan, const ConvIsa &isa, int32_t width) {
  const int64_t steps = int64_t(plan.runs) * plan.runSteps;
  return width * (4 + 4 * plan.biasClasses + steps * isa.storedBytes);
}

/// Offset of a panel; the last panel of each group may be narrower.
static inline int64_t panelOffset(const ConvPlan &plan, const ConvIsa &isa, int32_t group,
                                  int32_t index) {
  const int64_t full = panelBytes(plan, isa, plan.panel);
  const int64_t last = panelBytes(plan, isa, panelWidth(plan, isa, plan.panels - 1));
  return group * (full * (plan.panels - 1) + last) + index * full;
}

/// Offset of a panel's weights in prepared memory.
static inline int64_t preparedOffset(const ConvPlan &plan, const ConvIsa &isa, int32_t group,
                                     int32_t index) {
  const int64_t bytes = int64_t(plan.runs) * plan.runSteps * plan.stepBytes;
  const int64_t last = panelWidth(plan, isa, plan.panels - 1);
  return bytes * (group * (int64_t(plan.panel) * (plan.panels - 1) + last) + index * plan.panel);
}

/// What an input code c becomes in scratch and dot products: u8 c + 128 * signed for
/// VNNI, s8 c - 128 * unsigned for sdot and smmla, s16 c - zero point for the others. The
/// zero point of these forms.
static inline int32_t vnniZeroPoint(const qrt_conv2d_params &p) {
  return p.in_zero_point + (p.in_signed ? 128 : 0);
}
static inline int32_t sdotZeroPoint(const qrt_conv2d_params &p) {
  return p.in_zero_point - (p.in_signed ? 0 : 128);
}
static inline int32_t elementZeroPoint(const qrt_conv2d_params &p, const ConvIsa &isa) {
  return isa.readsInput == ConvReadsU8   ? vnniZeroPoint(p)
         : isa.readsInput == ConvReadsS8 ? sdotZeroPoint(p)
                                         : 0;
}

#endif // QRT_PACK_CONVPLAN_H
