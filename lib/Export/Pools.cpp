//===- Pools.cpp - pools, means, resizes ---------------------------------------------===//

#include "Writers.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::exporter;

static LogicalResult finish(Operation *op, const Step &step, GraphExporter &graph) {
  const std::string name = nn::getValueName(op->getResult(0));
  graph.wire(op->getResult(0)) =
      emitBounded(step, GraphExporter::typeOf(op->getResult(0)), {}, name, graph);
  return success();
}

template <typename OpTy> static std::vector<NodeAttribute> windowOf(OpTy op) {
  return {{"kernel_shape", ints(op.getKernel())},
          {"strides", ints(op.getStride())},
          {"pads", ints(op.getPadding())},
          {"ceil_mode", static_cast<int64_t>(op.getCeilMode())}};
}

static LogicalResult writeMaxPool(Operation *op, GraphExporter &graph) {
  auto pool = cast<nn::MaxPool2dOp>(op);
  std::vector<NodeAttribute> attributes = windowOf(pool);
  attributes.push_back({"dilations", ints(pool.getDilation())});
  return writeMove(op, graph, "MaxPool", std::move(attributes));
}

static LogicalResult writeAvgPool(Operation *op, GraphExporter &graph) {
  auto pool = cast<nn::AvgPool2dOp>(op);
  std::vector<NodeAttribute> attributes = windowOf(pool);
  attributes.push_back({"count_include_pad", static_cast<int64_t>(pool.getCountIncludePad())});
  return finish(op, {"AveragePool", {&graph.wire(pool.getInput())}, attributes}, graph);
}

/// Windows of one size are an average pool; ONNX has none of several sizes.
static LogicalResult writeAdaptiveAvgPool(Operation *op, GraphExporter &graph) {
  auto pool = cast<nn::AdaptiveAvgPool2dOp>(op);
  Wire &input = graph.wire(pool.getInput());
  const ArrayRef<int64_t> size = pool.getOutputSize();
  if (size[0] == 1 && size[1] == 1)
    return finish(op, {"GlobalAveragePool", {&input}}, graph);
  const ArrayRef<int64_t> shape =
      cast<RankedTensorType>(pool.getInput().getType()).getShape().drop_front(2);
  if (shape[0] % size[0] != 0 || shape[1] % size[1] != 0)
    return op->emitError() << "'" << nn::getValueName(op->getResult(0))
                           << "' averages windows of several sizes (" << shape[0] << "x" << shape[1]
                           << " to " << size[0] << "x" << size[1]
                           << "), for which ONNX has no operator; choose an input size that is a "
                              "multiple of the output's";
  const std::vector<int64_t> window{shape[0] / size[0], shape[1] / size[1]};
  return finish(op, {"AveragePool", {&input}, {{"kernel_shape", window}, {"strides", window}}},
                graph);
}

static LogicalResult writeReduceMean(Operation *op, GraphExporter &graph) {
  auto mean = cast<nn::ReduceMeanOp>(op);
  return finish(
      op,
      {"ReduceMean",
       {&graph.wire(mean.getInput())},
       {{"axes", ints(mean.getAxes())}, {"keepdims", static_cast<int64_t>(mean.getKeepdims())}}},
      graph);
}

/// Resize takes scales; the sizes follow from them, or are given where they do not.
template <typename OpTy> static Step resizeStep(OpTy op, GraphExporter &graph, StringRef mode) {
  const std::string name = nn::getValueName(op->getResult(0));
  const ArrayRef<int64_t> in = cast<RankedTensorType>(op.getInput().getType()).getShape();
  const ArrayRef<int64_t> size = op.getOutputSize();
  const ArrayRef<double> ratios = op.getScales();
  std::vector<float> scales{1.0f, 1.0f};
  bool follows = true;
  for (size_t i = 0; i < 2; ++i) {
    scales.push_back(static_cast<float>(ratios[i]));
    follows &= static_cast<int64_t>(std::floor(in[2 + i] * double(scales.back()))) == size[i];
  }
  Step step{"Resize",
            {&graph.wire(op.getInput())},
            {{"mode", mode.str()},
             {"coordinate_transformation_mode", nn::stringifyCoordMode(op.getCoordMode()).str()}},
            {std::string()}};
  if (follows) {
    step.constants.push_back(graph.addFloats(name + ".scales", {4}, scales));
    return step;
  }
  // Sizes need the batch; only the spatial ones are ours to say, so it must be known.
  const int64_t batch = ShapedType::isDynamic(in[0]) ? 1 : in[0];
  step.constants.push_back(std::string());
  step.constants.push_back(graph.addInts(name + ".sizes", {batch, in[1], size[0], size[1]}));
  return step;
}

static LogicalResult writeResizeNearest(Operation *op, GraphExporter &graph) {
  auto resize = cast<nn::ResizeNearestOp>(op);
  Step step = resizeStep(resize, graph, "nearest");
  step.attributes.push_back(
      {"nearest_mode", nn::stringifyNearestMode(resize.getNearestMode()).str()});
  return finish(op, step, graph);
}

static LogicalResult writeResizeBilinear(Operation *op, GraphExporter &graph) {
  return finish(op, resizeStep(cast<nn::ResizeBilinearOp>(op), graph, "linear"), graph);
}

llvm::ArrayRef<OpWriterRow> exporter::poolWriters() {
  static constexpr OpWriterRow rows[] = {
      {"nn.max_pool2d", writeMaxPool},
      {"nn.avg_pool2d", writeAvgPool},
      {"nn.adaptive_avg_pool2d", writeAdaptiveAvgPool},
      {"nn.reduce_mean", writeReduceMean},
      {"nn.resize_nearest", writeResizeNearest},
      {"nn.resize_bilinear", writeResizeBilinear},
  };
  return rows;
}

OpWriter exporter::findWriter(StringRef opName) {
  for (const auto &family : {rootWriters(), pointwiseWriters(), moveWriters(), poolWriters()})
    for (const OpWriterRow &row : family)
      if (row.first == opName)
        return row.second;
  return nullptr;
}
