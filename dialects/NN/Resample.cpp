//===- Resample.cpp - which pixels a resize reads (N18) -----------------------------===//

#include "dialects/NN/Resample.h"

#include <algorithm>
#include <cmath>

using namespace qopt;
using namespace qopt::nn;

namespace {

/// One axis of a resize.
struct Axis {
  int64_t in, out;
  double scale;
  CoordMode mode;
};

} // namespace

/// The input coordinate of output index `o`.
static double coordinate(const Axis &axis, int64_t o) {
  const double index = static_cast<double>(o);
  switch (axis.mode) {
  case CoordMode::HalfPixel:
    return (index + 0.5) / axis.scale - 0.5;
  case CoordMode::PytorchHalfPixel:
    return axis.out > 1 ? (index + 0.5) / axis.scale - 0.5 : 0.0;
  case CoordMode::AlignCorners:
    return axis.out > 1
               ? index * static_cast<double>(axis.in - 1) / static_cast<double>(axis.out - 1)
               : 0.0;
  case CoordMode::Asymmetric:
    return index / axis.scale;
  }
  llvm_unreachable("all coordinate modes are handled");
}

static double roundBy(NearestMode mode, double x) {
  switch (mode) {
  case NearestMode::RoundPreferFloor:
    return std::ceil(x - 0.5);
  case NearestMode::RoundPreferCeil:
    return std::floor(x + 0.5);
  case NearestMode::Floor:
    return std::floor(x);
  case NearestMode::Ceil:
    return std::ceil(x);
  }
  llvm_unreachable("all rounding modes are handled");
}

static double clampTo(double x, const Axis &axis) {
  return std::min(std::max(x, 0.0), static_cast<double>(axis.in - 1));
}

static AxisSamples nearest(const Axis &axis, NearestMode mode) {
  AxisSamples samples;
  for (int64_t o = 0; o < axis.out; ++o)
    samples.low.push_back(static_cast<int32_t>(clampTo(roundBy(mode, coordinate(axis, o)), axis)));
  return samples;
}

static AxisSamples linear(const Axis &axis) {
  AxisSamples samples;
  for (int64_t o = 0; o < axis.out; ++o) {
    const double x = clampTo(coordinate(axis, o), axis), low = std::floor(x);
    samples.low.push_back(static_cast<int32_t>(low));
    samples.high.push_back(static_cast<int32_t>(clampTo(low + 1.0, axis)));
    samples.weight.push_back(static_cast<float>(x - low));
  }
  return samples;
}

/// Axis 0 = rows, 1 = columns.
template <typename OpTy> static Axis axisOf(OpTy op, int axis) {
  const auto input = llvm::cast<mlir::RankedTensorType>(op.getInput().getType());
  return {input.getDimSize(2 + axis), op.getOutputSize()[axis], op.getScales()[axis],
          op.getCoordMode()};
}

AxisSamples nn::sampleRows(ResizeNearestOp op) {
  return nearest(axisOf(op, 0), op.getNearestMode());
}
AxisSamples nn::sampleColumns(ResizeNearestOp op) {
  return nearest(axisOf(op, 1), op.getNearestMode());
}
AxisSamples nn::sampleRows(ResizeBilinearOp op) { return linear(axisOf(op, 0)); }
AxisSamples nn::sampleColumns(ResizeBilinearOp op) { return linear(axisOf(op, 1)); }
