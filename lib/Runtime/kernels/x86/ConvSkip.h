//===- ConvSkip.h - convolutions that leave out taps over padding ----------------===//
//
// A 3x3 window with padding 1 meets padding at every border pixel: at 7x7 that is a fifth
// of all products. Rows of taps that lie outside are left out of the run table; a tap that
// lies outside for the first or last pixel of a line leaves that pixel out of its tile.
// Nothing outside of the input is ever read, so it needs no padded copy.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_CONVSKIP_H
#define QRT_KERNELS_X86_CONVSKIP_H

#include "kernels/x86/ConvDriver.h"

template <typename Isa> struct ConvSkipper {
  static constexpr int64_t bytes = sizeof(typename Isa::Element);

  ConvDriver<Isa> &driver;
  const qrt_conv2d_params &p;
  const ConvPlan &plan;
  uint8_t none[convMaxRuns], left[convMaxRuns], right[convMaxRuns], both[convMaxRuns];
  int32_t rowOffsets[convMaxRuns]; // of whole kernel rows, for tiles away from the borders
  const bool joined;               // the taps of a kernel row lie side by side

  explicit ConvSkipper(ConvDriver<Isa> &theDriver)
      : driver(theDriver), p(theDriver.p), plan(theDriver.plan), joined(p.dilation_w == 1) {
    for (int32_t tap = 0; tap < plan.runs; ++tap) {
      const int32_t kw = tap % plan.kernelW;
      const bool first = tapFirst(kw, p.stride_w, p.dilation_w, plan.padLeft) == 1;
      const bool last =
          tapEnd(kw, p.in_w, p.out_w, p.stride_w, p.dilation_w, plan.padLeft) == p.out_w - 1;
      none[tap] = 0;
      left[tap] = first ? 1 : 0;
      right[tap] = last ? 2 : 0;
      both[tap] = static_cast<uint8_t>(left[tap] | right[tap]);
    }
    for (int32_t kh = 0; kh < plan.kernelH; ++kh)
      rowOffsets[kh] = driver.runOffsets[kh * plan.kernelW];
  }

  /// `input` is the first element of the row that tap row 0 of output row `row` meets, which
  /// may lie in front of the data.
  void multiplyRows(const uint8_t *input, int64_t sample, int32_t row, int32_t rows) {
    const int64_t line = plan.pitch * p.stride_h * bytes;
    const uint8_t *from = input - int64_t(plan.padLeft) * p.in_c * bytes;
    for (int64_t panel = driver.panels.begin; panel < driver.panels.end; ++panel) {
      const int32_t width = driver.setPanel(0, static_cast<int32_t>(panel));
      const int32_t *bias = driver.job.bias;
      const uint8_t *weights = driver.job.weights;
      for (int32_t i = 0; i < rows; ++i)
        multiplyRow(from + i * line, row + i, width, bias, weights,
                    (sample * p.out_h + row + i) * p.out_w);
    }
  }

  /// Tap rows [first, end) meet the input at output row `row`.
  void liveRows(int32_t row, int32_t *first, int32_t *end) const {
    *first = 0, *end = plan.kernelH;
    while (tapFirst(*first, p.stride_h, p.dilation_h, plan.padTop) > row)
      ++*first;
    while (tapEnd(*end - 1, p.in_h, p.out_h, p.stride_h, p.dilation_h, plan.padTop) <= row)
      --*end;
  }

  const int32_t *biasOf(const int32_t *bias, int32_t width, int32_t rowEdge,
                        int32_t colEdge) const {
    return plan.biasClasses == 1 ? bias : bias + skipClass(rowEdge, colEdge) * width;
  }

  void multiplyRow(const uint8_t *from, int32_t row, int32_t width, const int32_t *bias,
                   const uint8_t *weights, int64_t pixel) {
    TileJob &job = driver.job;
    int32_t first, end;
    liveRows(row, &first, &end);
    const int32_t rowEdge = row == 0 ? 1 : row == p.out_h - 1 ? 2 : 0;
    job.bias = biasOf(bias, width, rowEdge, 0);
    job.weights = weights + int64_t(first) * plan.kernelW * plan.runSteps * plan.stepBytes * width;
    const int32_t tiles = ceilDivide(p.out_w, plan.rows);
    const int32_t height = p.out_w / tiles, taller = p.out_w % tiles;
    for (int32_t tile = 0; tile < tiles; ++tile) {
      const int32_t pixels = height + (tile < taller ? 1 : 0);
      const bool atLeft = tile == 0, atRight = tile == tiles - 1;
      job.biasFirst = atLeft ? biasOf(bias, width, rowEdge, 1) : job.bias;
      job.biasLast = atRight ? biasOf(bias, width, rowEdge, 2) : job.bias;
      setRuns(first, end, atLeft, atRight);
      job.input = from;
      job.bindOutput(driver.call, p, pixel);
      Isa::tile(job, width / Isa::config().lanes, pixels);
      from += pixels * job.inputStride;
      pixel += pixels;
    }
  }

  void setRuns(int32_t first, int32_t end, bool atLeft, bool atRight) {
    TileJob &job = driver.job;
    if (joined && !atLeft && !atRight) {
      job.runs = end - first;
      job.runSteps = plan.runSteps * plan.kernelW;
      job.runOffsets = rowOffsets + first;
      job.drops = nullptr;
      return;
    }
    const int32_t tap = first * plan.kernelW;
    job.runs = (end - first) * plan.kernelW;
    job.runSteps = plan.runSteps;
    job.runOffsets = driver.runOffsets + tap;
    job.drops = (atLeft && atRight ? both : atLeft ? left : atRight ? right : none) + tap;
  }
};

#endif // QRT_KERNELS_X86_CONVSKIP_H
