//===- Windows.cpp - kernel, stride, padding attributes ------------------------------===//

#include "Windows.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// Padding by which SAME keeps ceil(size / stride) positions: [low..., high...].
static LogicalResult padSame(NodeContext &node, Value input, WindowAttrs &window, bool upper) {
  const ArrayRef<int64_t> sizes = NodeContext::shapeOf(input).drop_front(2);
  const size_t count = sizes.size();
  window.padding.assign(2 * count, 0);
  for (size_t i = 0; i < count; ++i) {
    if (ShapedType::isDynamic(sizes[i]))
      return node.error() << "auto_pad needs known sizes, got " << input.getType();
    const int64_t stride = window.stride[i];
    const int64_t positions = (sizes[i] + stride - 1) / stride;
    const int64_t extent = (window.kernel[i] - 1) * window.dilation[i] + 1;
    const int64_t total = std::max<int64_t>((positions - 1) * stride + extent - sizes[i], 0);
    window.padding[i] = upper ? total / 2 : total - total / 2;
    window.padding[count + i] = total - window.padding[i];
  }
  return success();
}

FailureOr<WindowAttrs> importer::readWindow(NodeContext &node, Value input,
                                            ArrayRef<int64_t> kernel) {
  const size_t spatial = NodeContext::rankOf(input) - 2;
  WindowAttrs window;
  window.kernel = node.getInts("kernel_shape", kernel);
  window.stride = node.getInts("strides", SmallVector<int64_t>(spatial, 1));
  window.dilation = node.getInts("dilations", SmallVector<int64_t>(spatial, 1));
  window.padding = node.getInts("pads", SmallVector<int64_t>(2 * spatial, 0));
  if (window.kernel.size() != spatial || window.stride.size() != spatial ||
      window.dilation.size() != spatial || window.padding.size() != 2 * spatial)
    return node.error() << "kernel_shape, strides, dilations and pads must fit the " << spatial
                        << " spatial dimensions of " << input.getType();
  if (!kernel.empty() && ArrayRef<int64_t>(window.kernel) != kernel)
    return node.error() << "kernel_shape [" << ArrayRef<int64_t>(window.kernel)
                        << "] differs from the weight's [" << kernel << "]";
  if (llvm::any_of(window.stride, [](int64_t s) { return s < 1; }))
    return node.error() << "strides must be positive, got [" << ArrayRef<int64_t>(window.stride)
                        << "]";
  const std::string mode = node.getString("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
    if (failed(padSame(node, input, window, mode == "SAME_UPPER")))
      return failure();
  } else if (mode == "VALID") {
    window.padding.assign(2 * spatial, 0);
  } else if (mode != "NOTSET" && !mode.empty()) {
    return node.error() << "unknown auto_pad '" << mode
                        << "'; expected NOTSET, SAME_UPPER, SAME_LOWER or VALID";
  }
  if (spatial == 1) {
    window.kernel.insert(window.kernel.begin(), 1);
    window.stride.insert(window.stride.begin(), 1);
    window.dilation.insert(window.dilation.begin(), 1);
    window.padding = {0, window.padding[0], 0, window.padding[1]};
  }
  return window;
}

FailureOr<Value> importer::toRank4(NodeContext &node, Value input) {
  const int64_t rank = NodeContext::rankOf(input);
  if (rank == 4)
    return input;
  if (rank != 3)
    return node.error() << "expected an input of rank 4 (or 3: one spatial dimension), got "
                        << input.getType() << "; 3-D convolutions and pools are not supported";
  return node.emitHelper<nn::UnsqueezeOp>("unsqueezed", input, {node.i64s("axes", {2})});
}

LogicalResult importer::bindAtRank(NodeContext &node, Operation *op, int64_t rank,
                                   StringRef weightName) {
  if (!op)
    return failure();
  node.setLayer(op, weightName);
  if (rank == 4)
    return node.bindOp(op);
  const Attribute layer = op->getAttr(nn::NNDialect::kLayerAttr);
  node.name(op, "unsqueezed_result");
  if (layer)
    op->setAttr(nn::NNDialect::kLayerAttr, layer);
  return node.emit<nn::SqueezeOp>(op->getResult(0), {node.i64s("axes", {2})});
}
