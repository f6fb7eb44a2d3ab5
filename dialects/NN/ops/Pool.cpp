//===- Pool.cpp - windows, pools, means, resize --------------------------------------===//

#include "dialects/NN/ops/Shapes.h"

#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::nn;
using namespace qopt::nn::shapes;

int64_t nn::shapes::slide(int64_t size, const Window &window, bool ceilMode) {
  if (isDynamic(size))
    return ShapedType::kDynamic;
  const int64_t room = size + window.padLow + window.padHigh - window.extent();
  if (room < 0)
    return -1;
  int64_t result = (room + (ceilMode ? window.stride - 1 : 0)) / window.stride + 1;
  // No window may start in the high padding.
  if (ceilMode && (result - 1) * window.stride >= size + window.padLow)
    --result;
  return result;
}

LogicalResult nn::shapes::verifyWindow(Operation *op, StringRef label, ArrayRef<int64_t> kernel,
                                       ArrayRef<int64_t> stride, ArrayRef<int64_t> padding,
                                       ArrayRef<int64_t> dilation) {
  auto atLeast = [](ArrayRef<int64_t> list, size_t length, int64_t low) {
    return list.size() == length && llvm::all_of(list, [&](int64_t v) { return v >= low; });
  };
  if (!atLeast(kernel, 2, 1))
    return op->emitOpError() << "[" << label << "] expected a kernel of two positive sizes, got ["
                             << kernel << "]";
  if (!atLeast(stride, 2, 1))
    return op->emitOpError() << "[" << label << "] expected two positive strides, got [" << stride
                             << "]";
  if (!atLeast(dilation, 2, 1))
    return op->emitOpError() << "[" << label << "] expected two positive dilations, got ["
                             << dilation << "]";
  if (!atLeast(padding, 4, 0))
    return op->emitOpError() << "[" << label
                             << "] expected padding [top, left, bottom, right], none negative, "
                                "got ["
                             << padding << "]";
  return success();
}

LogicalResult nn::shapes::inferPool(Operation *op, StringRef name, Value input,
                                    ArrayRef<int64_t> kernel, ArrayRef<int64_t> stride,
                                    ArrayRef<int64_t> padding, ArrayRef<int64_t> dilation,
                                    bool ceilMode, Shapes &shapes) {
  if (rankOf(input) != 4)
    return op->emitOpError() << "[" << name << "_c1] expected an input of rank 4, got "
                             << input.getType();
  if (failed(verifyWindow(op, (name + "_c2").str(), kernel, stride, padding, dilation)))
    return failure();
  Shape result(shapeOf(input).take_front(2));
  for (int i = 0; i < 2; ++i) {
    const Window window{kernel[i], stride[i], padding[i], padding[i + 2], dilation[i]};
    if (std::max(window.padLow, window.padHigh) >= window.extent())
      return op->emitOpError() << "[" << name << "_c4] padding " << window.padLow << ", "
                               << window.padHigh << " is not smaller than the window of "
                               << window.extent();
    result.push_back(slide(shapeOf(input)[2 + i], window, ceilMode));
    if (result.back() == -1)
      return op->emitOpError() << "[" << name << "_c3] a window of " << window.extent()
                               << " does not fit into the padded input of dimension " << 2 + i;
  }
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult MaxPool2dOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferPool(*this, "max_pool2d", getInput(), getKernel(), getStride(), getPadding(),
                   getDilation(), getCeilMode(), shapes);
}

LogicalResult AvgPool2dOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferPool(*this, "avg_pool2d", getInput(), getKernel(), getStride(), getPadding(), {1, 1},
                   getCeilMode(), shapes);
}

LogicalResult
AdaptiveAvgPool2dOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  if (rankOf(getInput()) != 4)
    return emitOpError("[adaptive_avg_pool2d_c1] expected an input of rank 4, got ")
           << getInput().getType();
  const ArrayRef<int64_t> size = getOutputSize();
  if (size.size() != 2 || size[0] < 1 || size[1] < 1)
    return emitOpError("[adaptive_avg_pool2d_c2] expected two positive output sizes, got [")
           << size << "]";
  Shape result(shapeOf(getInput()).take_front(2));
  result.append(size.begin(), size.end());
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult ReduceMeanOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  SmallVector<bool> reduced(input.size(), false);
  for (const int64_t axis : getAxes()) {
    if (axis < 0 || axis >= static_cast<int64_t>(input.size()) || reduced[axis])
      return emitOpError("[reduce_mean_c1] expected distinct axes within the rank of ")
             << getInput().getType() << ", got [" << getAxes() << "]";
    if (isDynamic(input[axis]))
      return emitOpError("[reduce_mean_c1] axis ") << axis << " has an unknown size";
    reduced[axis] = true;
  }
  if (getAxes().empty())
    return emitOpError("[reduce_mean_c1] expected at least one axis");
  Shape result;
  for (auto [index, size] : llvm::enumerate(input)) {
    if (!reduced[index])
      result.push_back(size);
    else if (getKeepdims())
      result.push_back(1);
  }
  shapes.push_back(std::move(result));
  return success();
}

template <typename OpTy>
static LogicalResult inferResize(OpTy op, SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const StringRef name = OpTy::rule().kind;
  if (rankOf(op.getInput()) != 4)
    return op.emitOpError() << "[" << name << "_c1] expected an input of rank 4, got "
                            << op.getInput().getType();
  const ArrayRef<int64_t> size = op.getOutputSize();
  const ArrayRef<double> scales = op.getScales();
  if (size.size() != 2 || scales.size() != 2 || size[0] < 1 || size[1] < 1 || !(scales[0] > 0.0) ||
      !(scales[1] > 0.0))
    return op.emitOpError() << "[" << name << "_c2] expected two positive sizes and scales";
  Shape result(shapeOf(op.getInput()).take_front(2));
  result.append(size.begin(), size.end());
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult ResizeNearestOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferResize(*this, shapes);
}
LogicalResult ResizeBilinearOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferResize(*this, shapes);
}

//===-- padding before a pool -------------------------------------------------------===//

/// The sum stays smaller than the window, as the verifiers demand.
static bool smallerThanWindow(ArrayRef<int64_t> padding, ArrayRef<int64_t> extent) {
  return padding[0] < extent[0] && padding[2] < extent[0] && padding[1] < extent[1] &&
         padding[3] < extent[1];
}

/// What is absent never wins: padding with the lowest value is no padding at all. With
/// ceil_mode the last window depends on which padding is the pool's own.
bool MaxPool2dOp::canAbsorbPadding(ArrayRef<int64_t> padding, float value) {
  const Shape extent{(getKernel()[0] - 1) * getDilation()[0] + 1,
                     (getKernel()[1] - 1) * getDilation()[1] + 1};
  return value == -std::numeric_limits<float>::infinity() && !getCeilMode() &&
         smallerThanWindow(addPadding(getPadding(), padding), extent);
}
void MaxPool2dOp::absorbPadding(ArrayRef<int64_t> padding) {
  setPadding(addPadding(getPadding(), padding));
}

/// Zeros that the mean counts.
bool AvgPool2dOp::canAbsorbPadding(ArrayRef<int64_t> padding, float value) {
  const bool counted =
      getCountIncludePad() || llvm::all_of(getPadding(), [](int64_t p) { return p == 0; });
  return value == 0.0f && counted && !getCeilMode() &&
         smallerThanWindow(addPadding(getPadding(), padding), getKernel());
}
void AvgPool2dOp::absorbPadding(ArrayRef<int64_t> padding) {
  setPadding(addPadding(getPadding(), padding));
  setCountIncludePad(true);
}
