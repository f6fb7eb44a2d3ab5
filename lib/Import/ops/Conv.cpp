//===- Conv.cpp - Conv, ConvTranspose, BatchNormalization ----------------------------===//

#include "Windows.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// The weight of a convolution at rank 4 ([O, I, K] becomes [O, I, 1, K]).
static FailureOr<ConstantRef> convWeight(NodeContext &node, int64_t inputRank) {
  FailureOr<ConstantRef> weight = node.weights(1, "the weight");
  if (failed(weight))
    return failure();
  const ArrayRef<int64_t> shape = (*weight)->shape;
  if (static_cast<int64_t>(shape.size()) != inputRank)
    return node.error() << "the weight has rank " << shape.size() << ", the input rank "
                        << inputRank;
  if (inputRank == 3)
    return reshapeConstant(**weight, {shape[0], shape[1], 1, shape[2]});
  return weight;
}

/// Appends the optional bias operand at `index`.
static LogicalResult addBias(NodeContext &node, unsigned index, SmallVectorImpl<Value> &operands) {
  if (!node.hasInput(index))
    return success();
  const FailureOr<ConstantRef> bias = node.weights(index, "the bias");
  if (failed(bias))
    return failure();
  const FailureOr<Value> value = node.parameter(*bias);
  if (failed(value))
    return failure();
  operands.push_back(*value);
  return success();
}

/// Input, weight and bias of a convolution with its window.
struct ConvParts {
  SmallVector<Value> operands;
  WindowAttrs window;
  int64_t rank;
  std::string weightName;
};

static FailureOr<ConvParts> readConv(NodeContext &node) {
  ConvParts parts;
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  parts.rank = NodeContext::rankOf(*input);
  const FailureOr<Value> input4 = toRank4(node, *input);
  if (failed(input4))
    return failure();
  const FailureOr<ConstantRef> weight = convWeight(node, parts.rank);
  if (failed(weight))
    return failure();
  parts.weightName = (*weight)->name;
  const ArrayRef<int64_t> kernel = ArrayRef((*weight)->shape).take_back(parts.rank - 2);
  FailureOr<WindowAttrs> window = readWindow(node, *input, kernel);
  const FailureOr<Value> weightValue = node.parameter(*weight);
  if (failed(window) || failed(weightValue))
    return failure();
  parts.window = std::move(*window);
  parts.operands = {*input4, *weightValue};
  if (failed(addBias(node, 2, parts.operands)))
    return failure();
  return parts;
}

static LogicalResult importConv(NodeContext &node) {
  const FailureOr<ConvParts> parts = readConv(node);
  if (failed(parts))
    return failure();
  const int32_t hasBias = parts->operands.size() > 2;
  auto op = node.create<nn::Conv2dOp>(
      parts->operands,
      {node.i64s("stride", parts->window.stride), node.i64s("padding", parts->window.padding),
       node.i64s("dilation", parts->window.dilation), node.i64("groups", node.getInt("group", 1)),
       node.attr("operandSegmentSizes", node.builder().getDenseI32ArrayAttr({1, 1, hasBias, 0}))});
  return bindAtRank(node, op, parts->rank, parts->weightName);
}

/// output_shape, where given, decides the padding: total = what is over; what is missing is added
/// behind (output_padding).
static LogicalResult padToOutputShape(NodeContext &node, Value input, WindowAttrs &window,
                                      MutableArrayRef<int64_t> outputPadding) {
  SmallVector<int64_t> wanted = node.getInts("output_shape");
  const std::string mode = node.getString("auto_pad", "NOTSET");
  const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (wanted.empty() && !same)
    return success();
  const ArrayRef<int64_t> sizes = NodeContext::shapeOf(input).drop_front(2);
  for (size_t i = 0; wanted.size() < 2 && same && i < 2; ++i)
    wanted.push_back(sizes[i] * window.stride[i]);
  if (wanted.size() == 1)
    wanted.insert(wanted.begin(), 1);
  for (size_t i = 0; i < 2; ++i) {
    const int64_t extent = (window.kernel[i] - 1) * window.dilation[i] + 1;
    const int64_t over = window.stride[i] * (sizes[i] - 1) + outputPadding[i] + extent - wanted[i];
    outputPadding[i] += std::max<int64_t>(-over, 0);
    const int64_t total = std::max<int64_t>(over, 0);
    const int64_t half = total / 2;
    window.padding[i] = mode == "SAME_UPPER" ? half : total - half;
    window.padding[i + 2] = total - window.padding[i];
  }
  return success();
}

static LogicalResult importConvTranspose(NodeContext &node) {
  FailureOr<ConvParts> parts = readConv(node);
  if (failed(parts))
    return failure();
  SmallVector<int64_t> outputPadding =
      node.getInts("output_padding", SmallVector<int64_t>(parts->rank - 2, 0));
  if (parts->rank == 3)
    outputPadding.insert(outputPadding.begin(), 0);
  if (outputPadding.size() != 2)
    return node.error() << "output_padding must have one entry per spatial dimension";
  if (failed(padToOutputShape(node, parts->operands[0], parts->window, outputPadding)))
    return failure();
  auto op = node.create<nn::ConvTranspose2dOp>(
      parts->operands,
      {node.i64s("stride", parts->window.stride), node.i64s("padding", parts->window.padding),
       node.i64s("output_padding", outputPadding), node.i64s("dilation", parts->window.dilation),
       node.i64("groups", node.getInt("group", 1))});
  return bindAtRank(node, op, parts->rank, parts->weightName);
}

static LogicalResult importBatchNorm(NodeContext &node) {
  if (node.getInt("training_mode", 0) != 0)
    return node.error() << "has training_mode = 1; export the model in evaluation mode "
                           "(torch: model.eval())";
  if (node.getInt("spatial", 1) != 1) // up to opset 8
    return node.error() << "has spatial = 0: statistics for each position, not for each channel; "
                           "export with opset 9 or newer";
  for (unsigned i = 1; i < node.node().outputs.size(); ++i)
    if (node.usesOutput(i))
      return node.error() << "its statistics (output " << i
                          << ") are used; export the model in evaluation mode";
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  SmallVector<Value> operands{*input};
  for (unsigned i = 1; i <= 4; ++i)
    if (!node.hasInput(i))
      return node.error() << "expected 5 inputs: x, scale, bias, mean, variance";
  for (unsigned i = 1; i <= 4; ++i)
    if (failed(addBias(node, i, operands)))
      return failure();
  return node.emit<nn::BatchNormOp>(operands, {node.f64("eps", node.getFloat("epsilon", 1e-5f))},
                                    node.constant(1)->name);
}

llvm::ArrayRef<OpRow> importer::convRows() {
  static constexpr OpRow rows[] = {
      {"Conv", 1, kLastOpset, importConv, "conv2d"},
      {"ConvTranspose", 1, kLastOpset, importConvTranspose, "conv_transpose2d"},
      {"BatchNormalization", 7, kLastOpset, importBatchNorm, "batch_norm"},
  };
  return rows;
}
