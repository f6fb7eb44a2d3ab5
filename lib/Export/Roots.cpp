//===- Roots.cpp - convolutions, linear, matmul --------------------------------------===//

#include "Writers.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::exporter;

namespace {
/// The parts of a fused group.
struct Group {
  Value input, weight, bias, residual;
  nn::ActAttr act;
  quant::QuantizedType mid;
};
} // namespace

template <typename OpTy> static Group groupOf(OpTy op) {
  Group group{op.getInput(), op.getWeight(), op.getBias(), {}, op.getActAttr(), {}};
  if constexpr (!std::is_same_v<OpTy, nn::ConvTranspose2dOp>)
    group.residual = op.getResidual();
  if (auto mid = dyn_cast_if_present<TypeAttr>(op.getMidAttr()))
    group.mid = dyn_cast<quant::QuantizedType>(mid.getValue());
  return group;
}

/// A sum behind an accumulator that is not quantized has no integer operator elsewhere.
static void remarkAccumulator(Operation *op) {
  emitRemark(op->getLoc()) << "'" << nn::getValueName(op->getResult(0))
                           << "' adds its residual to the accumulator (N7); the exported model "
                              "computes that sum in float, and codes may differ by one";
}

/// The root, then its residual and activation as steps of their own.
static LogicalResult writeGroup(Operation *op, const Group &group, Step root,
                                GraphExporter &graph) {
  const Value result = op->getResult(0);
  const std::string name = nn::getValueName(result);
  const quant::QuantizedType type = GraphExporter::typeOf(result);
  const bool tabulated = group.act && !group.act.isClamp();
  const bool more = group.residual || tabulated;
  if (group.residual && type && !group.mid)
    remarkAccumulator(op);
  if (!more) {
    graph.wire(result) = emitBounded(root, type, group.act, name, graph);
    return success();
  }
  Wire made = graph.emit(root, group.mid, name + ".mid");
  const Step last = tabulated ? actStep(group.act, made, graph, name)
                              : Step{"Add", {&made, &graph.wire(group.residual)}};
  graph.wire(result) = emitBounded(last, type, group.act, name, graph);
  return success();
}

/// Input, weight and bias as operands.
static std::vector<Wire *> operandsOf(const Group &group, GraphExporter &graph) {
  std::vector<Wire *> operands{&graph.wire(group.input), &graph.wire(group.weight)};
  if (group.bias)
    operands.push_back(&graph.wire(group.bias));
  return operands;
}

template <typename OpTy> static std::vector<NodeAttribute> windowOf(OpTy op) {
  const ArrayRef<int64_t> weight = cast<RankedTensorType>(op.getWeight().getType()).getShape();
  return {{"kernel_shape", ints(weight.drop_front(2))},
          {"strides", ints(op.getStride())},
          {"pads", ints(op.getPadding())},
          {"dilations", ints(op.getDilation())},
          {"group", static_cast<int64_t>(op.getGroups())}};
}

static LogicalResult writeConv(Operation *op, GraphExporter &graph) {
  auto conv = cast<nn::Conv2dOp>(op);
  const Group group = groupOf(conv);
  return writeGroup(op, group, {"Conv", operandsOf(group, graph), windowOf(conv)}, graph);
}

static LogicalResult writeConvTranspose(Operation *op, GraphExporter &graph) {
  auto conv = cast<nn::ConvTranspose2dOp>(op);
  const Group group = groupOf(conv);
  std::vector<NodeAttribute> attributes = windowOf(conv);
  attributes.push_back({"output_padding", ints(conv.getOutputPadding())});
  return writeGroup(op, group, {"ConvTranspose", operandsOf(group, graph), attributes}, graph);
}

/// Gemm takes matrices. Of higher rank: MatMul with the weight turned, then Add.
static LogicalResult writeLinear(Operation *op, GraphExporter &graph) {
  auto linear = cast<nn::LinearOp>(op);
  const Group group = groupOf(linear);
  if (cast<RankedTensorType>(linear.getInput().getType()).getRank() == 2)
    return writeGroup(op, group, {"Gemm", operandsOf(group, graph), {{"transB", int64_t(1)}}},
                      graph);
  const std::string name = nn::getValueName(op->getResult(0));
  Wire &weight = graph.wire(group.weight);
  Wire turned = graph.emit({"Transpose", {&weight}, {{"perm", std::vector<int64_t>{1, 0}}}}, {},
                           name + ".weight");
  Step product{"MatMul", {&graph.wire(group.input), &turned}};
  if (!group.bias)
    return writeGroup(op, group, std::move(product), graph);
  Wire sum = graph.emit(product, {}, name + ".product");
  return writeGroup(op, group, {"Add", {&sum, &graph.wire(group.bias)}}, graph);
}

/// What ONNX Runtime's quantize_dynamic writes (N17), then residual and activation in float.
static LogicalResult writeDynamicLinear(Operation *op, GraphExporter &graph) {
  auto linear = cast<nn::DynamicLinearOp>(op);
  const std::string name = nn::getValueName(op->getResult(0));
  const nn::ActAttr act = linear.getActAttr();
  // Whoever makes the result bears its name, those before him get suffixes.
  int left = 1 + static_cast<bool>(linear.getBias()) + static_cast<bool>(linear.getResidual()) +
             static_cast<bool>(act);
  const auto next = [&](StringRef suffix) { return --left ? name + suffix.str() : name; };
  const Wire &weight = graph.wire(linear.getWeight());
  const std::vector<std::string> input =
      graph.addNode("DynamicQuantizeLinear", {graph.numbers(graph.wire(linear.getInput()))},
                    {name + ".input_quantized", name + ".input_scale", name + ".input_zero_point"});
  const std::string turned = graph.addNode("Transpose", {weight.codes}, {name + ".weight"},
                                           {{"perm", std::vector<int64_t>{1, 0}}})[0];
  const std::string sums = graph.addNode(
      "MatMulInteger", {input[0], turned, input[2], weight.zeroPoint}, {name + ".sums"})[0];
  constexpr int64_t floatType = 1; // TensorProto.FLOAT
  const std::string real =
      graph.addNode("Cast", {sums}, {name + ".sums_float"}, {{"to", floatType}})[0];
  const std::string unit = graph.addNode("Mul", {input[1], weight.scale}, {name + ".unit"})[0];
  Wire made;
  made.numbers = graph.addNode("Mul", {real, unit}, {next(".product")})[0];
  if (linear.getBias())
    made = graph.emit({"Add", {&made, &graph.wire(linear.getBias())}}, {}, next(".biased"));
  if (linear.getResidual())
    made = graph.emit({"Add", {&made, &graph.wire(linear.getResidual())}}, {}, next(".sum"));
  if (act && act.getKind() == nn::ActKind::Relu)
    made = graph.emit({"Relu", {&made}}, {}, next(""));
  else if (act && act.isClamp())
    made = graph.clamp(made, static_cast<float>(act.getLowerBound()),
                       static_cast<float>(act.getUpperBound()), next(""));
  else if (act)
    made = graph.emit(actStep(act, made, graph, name), {}, next(""));
  graph.wire(op->getResult(0)) = std::move(made);
  return success();
}

static LogicalResult writeMatmul(Operation *op, GraphExporter &graph) {
  auto matmul = cast<nn::MatmulOp>(op);
  const std::string name = nn::getValueName(op->getResult(0));
  const quant::QuantizedType type = GraphExporter::typeOf(op->getResult(0));
  Wire rhs = graph.wire(matmul.getRhs());
  if (matmul.getTransposeB()) {
    std::vector<int64_t> perm;
    const int64_t rank = cast<RankedTensorType>(matmul.getRhs().getType()).getRank();
    for (int64_t i = 0; i < rank; ++i)
      perm.push_back(i < rank - 2 ? i : 2 * rank - 3 - i);
    Step step{"Transpose", {&graph.wire(matmul.getRhs())}, {{"perm", perm}}};
    step.moves = true;
    rhs = graph.emit(step, rhs.type, name + ".transposed");
  }
  graph.wire(op->getResult(0)) =
      emitBounded({"MatMul", {&graph.wire(matmul.getLhs()), &rhs}}, type, {}, name, graph);
  return success();
}

llvm::ArrayRef<OpWriterRow> exporter::rootWriters() {
  static constexpr OpWriterRow rows[] = {
      {"nn.conv2d", writeConv},   {"nn.conv_transpose2d", writeConvTranspose},
      {"nn.linear", writeLinear}, {"nn.dynamic_linear", writeDynamicLinear},
      {"nn.matmul", writeMatmul},
  };
  return rows;
}
