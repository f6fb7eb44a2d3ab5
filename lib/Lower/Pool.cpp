//===- Pool.cpp - pools and means (N9) ----------------------------------------------===//

#include "Codes.h"
#include "Lowering.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace {

/// Input and output of a pool, dense NHWC.
struct Images {
  View from, to;
  std::array<int32_t, 3> in, out; ///< channels, rows, columns
};

/// Attributes of a window; an adaptive pool has none.
struct Window {
  ArrayRef<int64_t> kernel, stride, padding, dilation;
};

} // namespace

static FailureOr<Images> poolImages(Operation *op, Lowering &lowering) {
  const Value input = op->getOperand(0), result = op->getResult(0);
  FailureOr<std::array<int32_t, 3>> in = lowering.imageDims(input);
  FailureOr<std::array<int32_t, 3>> out = lowering.imageDims(result);
  if (failed(in) || failed(out))
    return failure();
  FailureOr<View> from = lowering.dense(input);
  FailureOr<View> to = lowering.allocate(result);
  if (failed(from) || failed(to))
    return failure();
  return Images{*from, *to, *in, *out};
}

template <typename Params>
static void setImages(Params &p, const Images &images, const Window &window) {
  p.channels = images.in[0], p.in_h = images.in[1], p.in_w = images.in[2];
  p.out_h = images.out[1], p.out_w = images.out[2];
  p.kernel_h = p.kernel_w = p.stride_h = p.stride_w = 1;
  if (window.kernel.empty())
    return;
  p.kernel_h = static_cast<int32_t>(window.kernel[0]);
  p.kernel_w = static_cast<int32_t>(window.kernel[1]);
  p.stride_h = static_cast<int32_t>(window.stride[0]);
  p.stride_w = static_cast<int32_t>(window.stride[1]);
  p.pad_top = static_cast<int32_t>(window.padding[0]);
  p.pad_left = static_cast<int32_t>(window.padding[1]);
}

template <typename Params> static void setFarPadding(Params &p, const Window &window) {
  if (window.padding.empty())
    return;
  p.pad_bottom = static_cast<int32_t>(window.padding[2]);
  p.pad_right = static_cast<int32_t>(window.padding[3]);
}

template <typename Params> static void setDilation(Params &p, const Window &window) {
  p.dilation_h = window.dilation.empty() ? 1 : static_cast<int32_t>(window.dilation[0]);
  p.dilation_w = window.dilation.empty() ? 1 : static_cast<int32_t>(window.dilation[1]);
}

static LogicalResult emitFloatPool(const Images &images, const Window &window, int32_t mode,
                                   bool countPadding, bool adaptive, Lowering &lowering) {
  qrt_f32_pool2d_params p = {};
  p.mode = mode;
  setImages(p, images, window);
  setFarPadding(p, window);
  setDilation(p, window);
  p.count_include_pad = countPadding;
  p.adaptive = adaptive;
  return lowering.emit(p, images.from.buffer, images.to.buffer);
}

static LogicalResult lowerMaxPool(nn::MaxPool2dOp op, Lowering &lowering) {
  FailureOr<Images> images = poolImages(op, lowering);
  if (failed(images))
    return failure();
  const Window window{op.getKernel(), op.getStride(), op.getPadding(), op.getDilation()};
  if (!onCodes(op))
    return emitFloatPool(*images, window, 0, false, false, lowering);
  qrt_max_pool2d_params p = {};
  setImages(p, *images, window);
  setDilation(p, window);
  p.is_signed = codesOf(op.getInput().getType()).isSigned;
  return lowering.emit(p, images->from.buffer, images->to.buffer);
}

/// Fields of everything that averages codes.
template <typename Params> static void setAverage(Params &p, Operation *op) {
  const Codes in = codesOf(op->getOperand(0).getType()), out = codesOf(op->getResult(0).getType());
  p.in_signed = in.isSigned, p.in_zero_point = in.zeroPoint, p.in_scale = in.scale;
  p.out_signed = out.isSigned, p.out_zero_point = out.zeroPoint, p.out_scale = out.scale;
  p.out_min = out.qmin, p.out_max = out.qmax;
}

static LogicalResult lowerAverage(Operation *op, const Window &window, bool countPadding,
                                  bool adaptive, Lowering &lowering) {
  FailureOr<Images> images = poolImages(op, lowering);
  if (failed(images))
    return failure();
  if (!onCodes(op))
    return emitFloatPool(*images, window, 1, countPadding, adaptive, lowering);
  qrt_avg_pool2d_params p = {};
  setImages(p, *images, window);
  setFarPadding(p, window);
  p.count_include_pad = countPadding;
  p.adaptive = adaptive;
  setAverage(p, op);
  return lowering.emit(p, images->from.buffer, images->to.buffer);
}

static LogicalResult lowerAvgPool(nn::AvgPool2dOp op, Lowering &lowering) {
  return lowerAverage(op, {op.getKernel(), op.getStride(), op.getPadding(), {}},
                      op.getCountIncludePad(), false, lowering);
}

static LogicalResult lowerAdaptiveAvgPool(nn::AdaptiveAvgPool2dOp op, Lowering &lowering) {
  return lowerAverage(op, {}, false, true, lowering);
}

//===-- reduce_mean -----------------------------------------------------------------===//

template <typename Params>
static LogicalResult setReduction(Params &p, nn::ReduceMeanOp op, const View &from, const View &to,
                                  Lowering &lowering) {
  SmallVector<bool> reduced(from.dims.size(), false);
  for (const int64_t axis : op.getAxes()) {
    FailureOr<int64_t> sample = lowering.sampleAxis(axis);
    if (failed(sample))
      return failure();
    reduced[*sample] = true;
  }
  // The input's strides along the result's dimensions, then in the result's memory order.
  Sizes along, reduceDims, reduceStrides;
  for (size_t i = 0; i < from.dims.size(); ++i) {
    if (reduced[i]) {
      reduceDims.push_back(from.dims[i]);
      reduceStrides.push_back(from.strides[i]);
    }
    if (!reduced[i] || op.getKeepdims())
      along.push_back(reduced[i] ? 0 : from.strides[i]);
  }
  const Order order = *memoryOrder(to);
  const Loops out = collapse(reordered(to.dims, order), {reordered(along, order)});
  const Loops in = collapse(reduceDims, {reduceStrides});
  if (!fillRight(p.out_dims, out.dims, 1) || !fillRight(p.out_strides, out.strides[0], 0) ||
      !fillRight(p.reduce_dims, in.dims, 1) || !fillRight(p.reduce_strides, in.strides[0], 0))
    return lowering.error() << "cannot be compiled: a mean over more than 6 dimensions";
  p.in_batch_stride = static_cast<int32_t>(from.batchStride);
  return success();
}

static LogicalResult lowerReduceMean(nn::ReduceMeanOp op, Lowering &lowering) {
  FailureOr<View> from = lowering.withoutOffset(op.getInput());
  FailureOr<View> to = lowering.allocate(op.getResult());
  if (failed(from) || failed(to))
    return failure();
  if (!onCodes(op)) {
    qrt_f32_reduce_mean_params p = {};
    if (failed(setReduction(p, op, *from, *to, lowering)))
      return failure();
    return lowering.emit(p, from->buffer, to->buffer);
  }
  qrt_reduce_mean_params p = {};
  if (failed(setReduction(p, op, *from, *to, lowering)))
    return failure();
  setAverage(p, op);
  return lowering.emit(p, from->buffer, to->buffer);
}

void lower::addPoolLowerings(LoweringTable &table) {
  table.add<nn::MaxPool2dOp>(lowerMaxPool, "max_pool2d f32_pool2d");
  table.add<nn::AvgPool2dOp>(lowerAvgPool, "avg_pool2d f32_pool2d");
  table.add<nn::AdaptiveAvgPool2dOp>(lowerAdaptiveAvgPool, "avg_pool2d f32_pool2d");
  table.add<nn::ReduceMeanOp>(lowerReduceMean, "reduce_mean f32_reduce_mean");
}
