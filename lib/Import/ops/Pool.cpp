//===- Pool.cpp - pools and means ----------------------------------------------------===//

#include "Windows.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

namespace {
/// What a pool reads: the node's input, and the same at rank 4.
struct PoolInput {
  Value value, rank4;
};
} // namespace

static FailureOr<PoolInput> readInput(NodeContext &node) {
  const FailureOr<Value> value = node.value(0);
  if (failed(value))
    return failure();
  const FailureOr<Value> rank4 = toRank4(node, *value);
  if (failed(rank4))
    return failure();
  return PoolInput{*value, *rank4};
}

static LogicalResult importMaxPool(NodeContext &node) {
  if (node.usesOutput(1))
    return node.error() << "the indices (output 1) are used; only the maxima are supported";
  const FailureOr<PoolInput> input = readInput(node);
  if (failed(input))
    return failure();
  const FailureOr<WindowAttrs> window = readWindow(node, input->value, {});
  if (failed(window))
    return failure();
  auto op = node.create<nn::MaxPool2dOp>(
      input->rank4, {node.i64s("kernel", window->kernel), node.i64s("stride", window->stride),
                     node.i64s("padding", window->padding), node.i64s("dilation", window->dilation),
                     node.flag("ceil_mode", node.getInt("ceil_mode", 0) != 0)});
  return bindAtRank(node, op, NodeContext::rankOf(input->value));
}

static LogicalResult importAveragePool(NodeContext &node) {
  const FailureOr<PoolInput> input = readInput(node);
  if (failed(input))
    return failure();
  const FailureOr<WindowAttrs> window = readWindow(node, input->value, {});
  if (failed(window))
    return failure();
  if (llvm::any_of(window->dilation, [](int64_t d) { return d != 1; }))
    return node.error() << "dilated average pools are not supported";
  auto op = node.create<nn::AvgPool2dOp>(
      input->rank4, {node.i64s("kernel", window->kernel), node.i64s("stride", window->stride),
                     node.i64s("padding", window->padding),
                     node.flag("ceil_mode", node.getInt("ceil_mode", 0) != 0),
                     node.flag("count_include_pad", node.getInt("count_include_pad", 0) != 0)});
  return bindAtRank(node, op, NodeContext::rankOf(input->value));
}

static LogicalResult importGlobalAveragePool(NodeContext &node) {
  const FailureOr<PoolInput> input = readInput(node);
  if (failed(input))
    return failure();
  auto op = node.create<nn::AdaptiveAvgPool2dOp>(input->rank4, {node.i64s("output_size", {1, 1})});
  return bindAtRank(node, op, NodeContext::rankOf(input->value));
}

static LogicalResult importGlobalMaxPool(NodeContext &node) {
  const FailureOr<PoolInput> input = readInput(node);
  if (failed(input))
    return failure();
  auto op = node.create<nn::MaxPool2dOp>(
      input->rank4, {node.i64s("kernel", NodeContext::shapeOf(input->rank4).drop_front(2))});
  return bindAtRank(node, op, NodeContext::rankOf(input->value));
}

static LogicalResult importReduceMean(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  const FailureOr<SmallVector<int64_t>> given = node.attrOrInput("axes", 1);
  if (failed(input) || failed(given))
    return failure();
  const int64_t rank = NodeContext::rankOf(*input);
  FailureOr<SmallVector<int64_t>> axes = node.axes(*given, rank);
  if (failed(axes))
    return failure();
  if (axes->empty()) {
    if (node.getInt("noop_with_empty_axes", 0) != 0)
      return node.bind(*input);
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  const bool keepDims = node.getInt("keepdims", 1) != 0;
  // The global pool in other words.
  if (rank == 4 && ArrayRef<int64_t>(*axes) == ArrayRef<int64_t>({2, 3}) && keepDims)
    return node.emit<nn::AdaptiveAvgPool2dOp>(*input, {node.i64s("output_size", {1, 1})});
  if (llvm::is_contained(*axes, 0) && ShapedType::isDynamic(NodeContext::shapeOf(*input)[0]))
    return node.error() << "the mean over the free batch is not supported";
  return node.emit<nn::ReduceMeanOp>(*input,
                                     {node.i64s("axes", *axes), node.flag("keepdims", keepDims)});
}

llvm::ArrayRef<OpRow> importer::poolRows() {
  static constexpr OpRow rows[] = {
      {"MaxPool", 1, kLastOpset, importMaxPool, "max_pool2d"},
      {"AveragePool", 7, kLastOpset, importAveragePool, "avg_pool2d"},
      {"GlobalAveragePool", 1, kLastOpset, importGlobalAveragePool, "adaptive_avg_pool2d"},
      {"GlobalMaxPool", 1, kLastOpset, importGlobalMaxPool, "max_pool2d"},
      {"ReduceMean", 1, kLastOpset, importReduceMean, "reduce_mean adaptive_avg_pool2d"},
  };
  return rows;
}
