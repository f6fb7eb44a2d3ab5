//===- ConvDriver.h - the loops around the convolution tiles ---------------------===//
//
// Walks the plan of pack/ConvPlan.h: strips of pixels, over each strip all weight panels,
// over each panel tiles of a few pixels. `Isa` gives the tiles and the element form; it
// lies in an anonymous namespace of its file, so nothing here is shared between ISAs.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_CONVDRIVER_H
#define QRT_KERNELS_X86_CONVDRIVER_H

#include "kernels/Kernel.h"
#include "kernels/x86/ConvRows.h"
#include "kernels/x86/ConvTile.h"
#include "pack/ConvPlan.h"

template <typename Isa> struct ConvSkipper;

template <typename Isa> struct ConvDriver {
  typedef typename Isa::Element Element;

  const qrt_conv2d_params &p;
  const qrt_call &call;
  const ConvPlan plan;
  TileJob job;
  Element *scratch;
  Element padding;
  int32_t runOffsets[convMaxRuns]; // bytes
  Range panels;                    // this thread's share of each group's panels

  ConvDriver(const qrt_conv2d_params &params, const qrt_call &theCall)
      : p(params), call(theCall), plan(planConv(params, Isa::config())) {
    scratch = static_cast<Element *>(call.scratch);
    padding = Isa::padding(p);
    fillEpilogue(p, job.epilogue);
    job.runs = plan.runs;
    job.runSteps = plan.runSteps;
    job.runOffsets = runOffsets;
    job.drops = nullptr;
    job.inputStride = p.stride_w * p.in_c * int64_t(sizeof(Element));
    if (plan.mode == ConvGather || plan.mode == ConvFlat)
      job.inputStride = plan.pitch * int64_t(sizeof(Element));
    for (int32_t run = 0; run < plan.runs; ++run) {
      const int32_t tap = run * plan.tapsPerRun;
      const int32_t row = tap / plan.kernelW * p.dilation_h,
                    col = tap % plan.kernelW * p.dilation_w;
      runOffsets[run] = static_cast<int32_t>((row * plan.pitch + int64_t(col) * p.in_c) *
                                             int64_t(sizeof(Element)));
    }
    panels = {0, plan.panels};
  }

  /// Few pixels and many weights: each thread takes a part of the weights instead of a
  /// part of the pixels. Returns this thread's pixels (or rows) out of `total`.
  Range divide(int64_t total, int64_t pixels) {
    if (call.threads > 1 && plan.panels >= 2 * call.threads && pixels < 128) {
      panels = slice(plan.panels, call);
      return {0, total};
    }
    return slice(total, call);
  }

  /// All panels of `group` over pixels that lie side by side: `lines` lines of `count`
  /// pixels, `lineBytes` apart at `from`, written from output pixel `pixel` on.
  void multiply(const uint8_t *from, int64_t lineBytes, int32_t lines, int32_t count, int32_t group,
                int64_t pixel) {
    for (int64_t panel = panels.begin; panel < panels.end; ++panel) {
      const int32_t width = setPanel(group, static_cast<int32_t>(panel));
      for (int32_t line = 0; line < lines; ++line)
        multiplyLine(from + line * lineBytes, count, width, pixel + int64_t(line) * count);
    }
  }

  /// Points the job to a panel; returns its width.
  int32_t setPanel(int32_t group, int32_t panel) {
    const int32_t width = panelWidth(plan, Isa::config(), panel);
    job.setPanel(static_cast<const uint8_t *>(p.packed) +
                     panelOffset(plan, Isa::config(), group, panel),
                 width, plan.biasClasses);
    if (Isa::config().usedBytes != Isa::config().storedBytes)
      job.weights = static_cast<const uint8_t *>(call.prepared) +
                    preparedOffset(plan, Isa::config(), group, panel);
    job.channel = group * plan.outputs + panel * plan.panel;
    job.channels = minimum(plan.panel, plan.outputs - panel * plan.panel);
    return width;
  }

  /// Tiles of nearly equal height over `count` pixels.
  void multiplyLine(const uint8_t *from, int32_t count, int32_t width, int64_t pixel) {
    const int32_t tiles = ceilDivide(count, plan.rows);
    const int32_t height = count / tiles, taller = count % tiles;
    for (int32_t tile = 0; tile < tiles; ++tile) {
      const int32_t rows = height + (tile < taller ? 1 : 0);
      job.input = from;
      job.bindOutput(call, p, pixel);
      Isa::tile(job, width / Isa::config().lanes, rows);
      from += rows * job.inputStride;
      pixel += rows;
    }
  }

  void runFlat() {
    const int64_t total = call.batch * p.out_h * p.out_w;
    const Range range = divide(total, total);
    for (int64_t pixel = range.begin; pixel < range.end; pixel += plan.strip) {
      const int64_t rest = range.end - pixel;
      const int32_t count = static_cast<int32_t>(rest < plan.strip ? rest : plan.strip);
      multiply(static_cast<const uint8_t *>(call.in[0]) + pixel * p.in_c, 0, 1, count, 0, pixel);
    }
  }

  template <typename Body> void forRowStrips(Body body) {
    const int64_t total = call.batch * p.out_h;
    forStrips(divide(total, total * p.out_w), p.out_h, plan.strip, body);
  }

  /// Lines of `rows` output rows from `row` on, for all groups; the windows start at `from`,
  /// group after group within a pixel.
  void multiplyRows(const uint8_t *from, int64_t sample, int32_t row, int32_t rows) {
    const int64_t line = plan.pitch * p.stride_h * int64_t(sizeof(Element));
    for (int32_t group = 0; group < plan.groups; ++group)
      multiply(from + int64_t(group) * plan.inputs * int64_t(sizeof(Element)), line, rows, p.out_w,
               group, (sample * p.out_h + row) * p.out_w);
  }

  void runDirect() {
    forRowStrips([&](int64_t sample, int32_t row, int32_t rows) {
      multiplyRows(inputCodes(p, call, sample, row * p.stride_h, 0), sample, row, rows);
    });
  }

  void runPadded() {
    const int32_t cols = coveredCols(p, plan);
    forRowStrips([&](int64_t sample, int32_t row, int32_t rows) {
      copyPaddedRows<Isa>(p, call, scratch, plan.pitch, sample, row * p.stride_h - plan.padTop,
                          coveredRows(p, plan, rows), -plan.padLeft, cols);
      multiplyRows(reinterpret_cast<const uint8_t *>(scratch), sample, row, rows);
    });
  }

  /// The window of one output pixel over the channels of `group`, tap after tap.
  void gatherPixel(Element *to, int64_t pixel, int32_t group) {
    const int32_t col0 = static_cast<int32_t>(pixel % p.out_w) * p.stride_w - plan.padLeft;
    const int32_t row0 = static_cast<int32_t>(pixel / p.out_w % p.out_h) * p.stride_h - plan.padTop;
    const int64_t sample = pixel / p.out_w / p.out_h;
    for (int32_t kh = 0; kh < plan.kernelH; ++kh)
      for (int32_t kw = 0; kw < plan.kernelW; ++kw, to += plan.inputs) {
        const int32_t row = row0 + kh * p.dilation_h, col = col0 + kw * p.dilation_w;
        if (row < 0 || row >= p.in_h || col < 0 || col >= p.in_w)
          Isa::fill(to, padding, plan.inputs);
        else
          Isa::convert(to, inputCodes(p, call, sample, row, col) + group * plan.inputs, plan.inputs,
                       p);
      }
    const int64_t tail = plan.pitch - int64_t(plan.tapsPerRun) * plan.inputs;
    Isa::fill(to, padding, tail); // meets zero weights
  }

  void gatherPixels(int64_t pixel, int32_t count, int32_t group) {
    if (plan.whole && plan.pitch == p.in_c) { // they lie side by side already
      const uint8_t *codes = static_cast<const uint8_t *>(call.in[0]) + pixel * p.in_c;
      Isa::convert(scratch, codes, int64_t(count) * p.in_c, p);
      return;
    }
    for (int32_t i = 0; i < count; ++i)
      gatherPixel(scratch + i * plan.pitch, pixel + i, group);
  }

  void runGather() {
    const int64_t total = call.batch * p.out_h * p.out_w;
    const Range range = divide(total, total);
    for (int64_t pixel = range.begin; pixel < range.end; pixel += plan.strip) {
      const int64_t rest = range.end - pixel;
      const int32_t count = static_cast<int32_t>(rest < plan.strip ? rest : plan.strip);
      for (int32_t group = 0; group < plan.groups; ++group) {
        gatherPixels(pixel, count, group);
        multiply(reinterpret_cast<const uint8_t *>(scratch), 0, 1, count, group, pixel);
      }
    }
  }

  void runSkip() {
    ConvSkipper<Isa> skipper(*this);
    forRowStrips([&](int64_t sample, int32_t row, int32_t rows) {
      const int32_t first = row * p.stride_h - plan.padTop;
      const uint8_t *input = inputCodes(p, call, sample, 0, 0) + first * plan.pitch;
      if (!plan.inPlace) {
        copyPaddedRows<Isa>(p, call, scratch, plan.pitch, sample, first, coveredRows(p, plan, rows),
                            0, p.in_w);
        input = reinterpret_cast<const uint8_t *>(scratch);
      }
      skipper.multiplyRows(input, sample, row, rows);
    });
  }

  void run() {
    switch (plan.mode) {
    case ConvFlat:
      return runFlat();
    case ConvDirect:
      return runDirect();
    case ConvPadded:
      return runPadded();
    case ConvSkip:
      return runSkip();
    default:
      return runGather();
    }
  }
};

#include "kernels/x86/ConvSkip.h"

#endif // QRT_KERNELS_X86_CONVDRIVER_H
