//===- Resize.cpp - nearest and bilinear resize (N18) ----------------------------------------===//

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/Pools.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

/// ONNX Resize: the input coordinate of output position `o`, in f64.
static double sourceCoordinate(nn::CoordMode mode, int64_t o, int64_t in, int64_t out,
                               double scale) {
  switch (mode) {
  case nn::CoordMode::HalfPixel:
    return (static_cast<double>(o) + 0.5) / scale - 0.5;
  case nn::CoordMode::PytorchHalfPixel:
    return out > 1 ? (static_cast<double>(o) + 0.5) / scale - 0.5 : 0.0;
  case nn::CoordMode::AlignCorners:
    return out > 1 ? static_cast<double>(o * (in - 1)) / static_cast<double>(out - 1) : 0.0;
  case nn::CoordMode::Asymmetric:
    return static_cast<double>(o) / scale;
  }
  llvm_unreachable("all coordinate modes are handled");
}

static int64_t nearestIndex(nn::NearestMode mode, double x, int64_t in) {
  double rounded = 0;
  switch (mode) {
  case nn::NearestMode::RoundPreferFloor:
    rounded = std::ceil(x - 0.5);
    break;
  case nn::NearestMode::RoundPreferCeil:
    rounded = std::floor(x + 0.5);
    break;
  case nn::NearestMode::Floor:
    rounded = std::floor(x);
    break;
  case nn::NearestMode::Ceil:
    rounded = std::ceil(x);
    break;
  }
  return std::clamp<int64_t>(static_cast<int64_t>(rounded), 0, in - 1);
}

static std::vector<int64_t> nearestIndices(nn::ResizeNearestOp op, int dim, int64_t in) {
  const int64_t out = op.getOutputSize()[dim];
  std::vector<int64_t> result;
  for (int64_t o = 0; o < out; ++o)
    result.push_back(
        nearestIndex(op.getNearestMode(),
                     sourceCoordinate(op.getCoordMode(), o, in, out, op.getScales()[dim]), in));
  return result;
}

template <typename T>
static void pickPixels(const Tensor &input, Tensor &result, ArrayRef<int64_t> rows,
                       ArrayRef<int64_t> columns) {
  const int64_t width = input.dim(3), plane = input.dim(2) * width;
  const auto *in = reinterpret_cast<const T *>(input.raw());
  auto *out = reinterpret_cast<T *>(result.raw());
  for (int64_t p = 0, e = input.dim(0) * input.dim(1); p < e; ++p, in += plane)
    for (const int64_t row : rows)
      for (const int64_t column : columns)
        *out++ = in[row * width + column];
}

llvm::Error reference::evalResizeNearest(OpContext &context) {
  auto op = cast<nn::ResizeNearestOp>(context.op);
  const Tensor &input = context.data(0);
  Tensor result = Tensor::empty(input.dtype(), context.resultShape());
  const std::vector<int64_t> rows = nearestIndices(op, 0, input.dim(2));
  const std::vector<int64_t> columns = nearestIndices(op, 1, input.dim(3));
  if (dtypeSize(input.dtype()) == 1)
    pickPixels<uint8_t>(input, result, rows, columns);
  else
    pickPixels<float>(input, result, rows, columns);
  context.set(std::move(result), context.in(0).quant);
  return llvm::Error::success();
}

namespace {
/// The two neighbours of an output position, and the weight of the second.
struct Tap {
  int64_t first, second;
  double weight;
};
} // namespace

static std::vector<Tap> linearTaps(nn::ResizeBilinearOp op, int dim, int64_t in) {
  const int64_t out = op.getOutputSize()[dim];
  std::vector<Tap> taps;
  for (int64_t o = 0; o < out; ++o) {
    const double x =
        std::clamp(sourceCoordinate(op.getCoordMode(), o, in, out, op.getScales()[dim]), 0.0,
                   static_cast<double>(in - 1));
    const auto first = static_cast<int64_t>(std::floor(x));
    taps.push_back({first, std::min(first + 1, in - 1), x - static_cast<double>(first)});
  }
  return taps;
}

/// N18's interpolation of `values` [planes, in pixels], each operation one rounding to T.
template <typename T>
static std::vector<T> interpolate(const OpContext &context, const std::vector<T> &values) {
  auto op = cast<nn::ResizeBilinearOp>(context.op);
  const Tensor &input = context.data(0);
  const int64_t height = input.dim(2), width = input.dim(3);
  const std::vector<Tap> rows = linearTaps(op, 0, height), columns = linearTaps(op, 1, width);
  std::vector<T> result;
  for (const T *in = values.data(), *e = in + values.size(); in != e; in += height * width)
    for (const Tap &row : rows)
      for (const Tap &column : columns) {
        const T *upper = in + row.first * width, *lower = in + row.second * width;
        const T wx = static_cast<T>(column.weight), wy = static_cast<T>(row.weight);
        const T top = upper[column.first] + (upper[column.second] - upper[column.first]) * wx;
        const T bottom = lower[column.first] + (lower[column.second] - lower[column.first]) * wx;
        result.push_back(top + (bottom - top) * wy);
      }
  return result;
}

llvm::Error reference::evalBilinearFloat(OpContext &context) {
  const float *in = context.data(0).data<float>();
  const std::vector<float> values =
      interpolate(context, std::vector<float>(in, in + context.data(0).numElements()));
  context.set(Tensor::from<float>(DType::F32, context.resultShape(), values));
  return llvm::Error::success();
}

llvm::Error reference::evalBilinearSimulate(OpContext &context) {
  const RuntimeValue &input = context.in(0);
  const QuantPtr quant = context.resultQuant();
  const sim::Grid in(*input.quant), out(*quant);
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  float *to = result.data<float>();
  if (input.quant->bits > 8 || quant->bits > 8) {
    const float *data = input.data.data<float>();
    for (const double value :
         interpolate(context, std::vector<double>(data, data + input.data.numElements())))
      *to++ = out.real(out.quantize(static_cast<float>(value)));
  } else {
    const std::vector<double> codes = sim::recoverAll(input.data, *input.quant);
    const float ratio = in.scale / out.scale;
    for (const float value : interpolate(context, std::vector<float>(codes.begin(), codes.end())))
      *to++ = out.real(out.centred(value * ratio));
  }
  context.set(std::move(result), quant);
  return llvm::Error::success();
}

llvm::Error reference::evalBilinearCodes(OpContext &context) {
  const TensorQuant &in = *context.in(0).quant, &out = *context.resultQuant();
  const std::vector<int16_t> codes = centredCodes(context.data(0), in.zeroPoint());
  const std::vector<float> values =
      interpolate(context, std::vector<float>(codes.begin(), codes.end()));
  const float ratio = in.scale() / out.scale();
  Tensor result = Tensor::empty(out.codeDType(), context.resultShape());
  for (size_t i = 0; i < values.size(); ++i)
    storeCode(result, i,
              numerics::roundToCode(values[i] * ratio, out.zeroPoint(), out.qmin, out.qmax));
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}
