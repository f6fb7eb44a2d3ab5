//===- Depthwise.h - the loops of the fast depthwise convolutions ----------------===//
//
// `V` gives a block's vectors: accumulators (V::vectors of them), interleaving of the rows
// of a kernel column, the dot, and the packed store. Its file builds it for one ISA.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_DEPTHWISE_H
#define QRT_KERNELS_X86_DEPTHWISE_H

#include "kernels/x86/ConvRows.h"
#include "kernels/x86/ConvTile.h"
#include "pack/DepthwisePlan.h"

namespace {

/// One row of output pixels of one block of channels.
template <typename Element> struct DepthwiseRow {
  const Element *input; // scratch, of the first tap of the first pixel
  int64_t rowStep;      // elements between kernel rows
  int64_t colStep;      // elements between kernel columns
  int64_t pixelStep;    // elements between the windows of neighbouring pixels
  int32_t kernelH, kernelW, rowGroups, pixels;
  const int32_t *bias;
  const float *laneMultiplier;
  const uint8_t *weights;
  TileJob job; // output, residual, epilogue; multipliers in channel order
};

template <typename V> struct DepthwiseBlock {
  typedef typename V::Element Element;
  typedef typename V::Int Int;
  typedef typename V::Column Column; // what an accumulator's dot takes of the input
  typedef DepthwiseRow<Element> Row;

  /// Starts from the bias.
  static inline __attribute__((always_inline)) void start(const Row &row, Int (&acc)[V::vectors]) {
#pragma unroll
    for (int j = 0; j < V::vectors; ++j)
      acc[j] = V::load(row.bias + j * V::lanes);
  }

  /// Adds the dots of one interleaved column.
  static inline __attribute__((always_inline)) void
  add(Int (&acc)[V::vectors], const Column (&column)[V::vectors], const uint8_t *weights) {
#pragma unroll
    for (int j = 0; j < V::vectors; ++j)
      acc[j] = V::dot(acc[j], column[j], V::loadDot(weights, j));
  }

  static inline __attribute__((always_inline)) void finish(Row &row, Int (&acc)[V::vectors]) {
    TileJob &job = row.job;
    const Epilogue &e = job.epilogue;
    if (e.kind == EpilogueFloat || e.kind == EpilogueResidual) {
      alignas(64) int32_t buffer[V::vectors * V::lanes];
      V::storeInChannelOrder(buffer, acc);
      finishTile<typename V::Plain>(job, buffer, V::vectors * V::lanes / V::Plain::lanes, 1);
    } else {
      V::storeCodes(job.out, acc, row.laneMultiplier, e.low, e.high, e.zeroPoint, job.channels);
      if (e.kind == EpilogueTable)
        lookUpTile(job, 1);
    }
    job.out += job.outStride;
    job.residual += job.residualStride;
  }

  /// Any kernel: columns are interleaved anew for every pixel.
  static void anyRow(Row row) {
    for (int32_t pixel = 0; pixel < row.pixels; ++pixel) {
      Int acc[V::vectors];
      start(row, acc);
      const uint8_t *weights = row.weights;
      for (int32_t kw = 0; kw < row.kernelW; ++kw)
        for (int32_t group = 0; group < row.rowGroups; ++group) {
          const int32_t first = group * V::rowsPerDot;
          Column column[V::vectors];
          V::interleave(column,
                        row.input + pixel * row.pixelStep + kw * row.colStep + first * row.rowStep,
                        row.rowStep, row.kernelH - first);
          add(acc, column, weights);
          weights += V::dotBytes;
        }
      finish(row, acc);
    }
  }

  /// Three neighbouring columns of at most Groups * rowsPerDot rows; pixels one or two
  /// columns apart share two or one of them.
  template <int Stride, int Groups, int Height> static void threeColumns(Row row) {
    const int64_t step = row.colStep;
    Column columns[3][Groups][V::vectors];
    const Element *input = row.input;
    const auto read = [&](Column(&column)[Groups][V::vectors], const Element *from)
                          __attribute__((always_inline)) {
#pragma unroll
                            for (int g = 0; g < Groups; ++g)
                              V::interleave(column[g], from + g * V::rowsPerDot * row.rowStep,
                                            row.rowStep, Height - g * V::rowsPerDot);
                          };
    for (int c = 0; c < 3 - Stride; ++c)
      read(columns[c], input + c * step);
    for (int32_t pixel = 0; pixel < row.pixels; ++pixel, input += Stride * step) {
#pragma unroll
      for (int c = 3 - Stride; c < 3; ++c)
        read(columns[c], input + c * step);
      Int acc[V::vectors];
      start(row, acc);
#pragma unroll
      for (int c = 0; c < 3; ++c)
#pragma unroll
        for (int g = 0; g < Groups; ++g)
          add(acc, columns[c][g], row.weights + (c * Groups + g) * V::dotBytes);
      finish(row, acc);
#pragma unroll
      for (int c = 0; c < 3 - Stride; ++c)
#pragma unroll
        for (int g = 0; g < Groups; ++g)
#pragma unroll
          for (int j = 0; j < V::vectors; ++j)
            columns[c][g][j] = columns[c + Stride][g][j];
    }
  }

  static void run(const Row &row) {
    constexpr int groups = (3 + V::rowsPerDot - 1) / V::rowsPerDot;
    const bool three = row.kernelH == 3 && row.kernelW == 3;
    if (three && row.pixelStep == row.colStep)
      threeColumns<1, groups, 3>(row);
    else if (three && row.pixelStep == 2 * row.colStep)
      threeColumns<2, groups, 3>(row);
    else
      anyRow(row);
  }
};

/// `Isa` has the element form, config(), and runBlock(row, block).
template <typename Isa> void runDepthwise(const qrt_conv2d_params &p, const qrt_call &call) {
  typedef typename Isa::Element Element;
  const DepthwisePlan plan = planDepthwise(p, Isa::config());
  const int64_t pitch = plan.conv.pitch;
  Element *scratch = static_cast<Element *>(call.scratch);
  DepthwiseRow<Element> row;
  row.rowStep = pitch * p.dilation_h;
  row.colStep = int64_t(p.dilation_w) * p.in_c;
  row.pixelStep = int64_t(p.stride_w) * p.in_c;
  row.kernelH = plan.conv.kernelH;
  row.kernelW = plan.conv.kernelW;
  row.rowGroups = plan.rowGroups;
  row.pixels = p.out_w;
  fillEpilogue(p, row.job.epilogue);
  const auto strip = [&](int64_t sample, int32_t first, int32_t rows) {
    copyPaddedRows<Isa>(p, call, scratch, pitch, sample, first * p.stride_h - plan.conv.padTop,
                        coveredRows(p, plan.conv, rows), -plan.conv.padLeft,
                        coveredCols(p, plan.conv));
    const uint8_t *packed = static_cast<const uint8_t *>(p.packed);
    for (int32_t channel = 0; channel < p.out_c;) {
      const int32_t block = depthwiseBlock(p, Isa::config(), channel);
      row.bias = reinterpret_cast<const int32_t *>(packed);
      row.laneMultiplier = reinterpret_cast<const float *>(packed + 4 * block);
      row.job.multiplier = row.laneMultiplier + block;
      row.weights = packed + 12 * block;
      row.job.channel = channel;
      row.job.channels = minimum(block, p.out_c - channel);
      for (int32_t r = 0; r < rows; ++r) {
        row.input = scratch + r * p.stride_h * pitch + channel;
        row.job.bindOutput(call, p, (sample * p.out_h + first + r) * p.out_w);
        Isa::runBlock(row, block);
      }
      packed += depthwiseBlockBytes(plan, block);
      channel += block;
    }
  };
  forStrips(slice(call.batch * p.out_h, call), p.out_h, plan.conv.strip, strip);
}

} // namespace

#endif // QRT_KERNELS_X86_DEPTHWISE_H
