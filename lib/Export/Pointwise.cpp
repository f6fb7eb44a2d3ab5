//===- Pointwise.cpp - activations, sums, products, softmax --------------------------===//

#include "Writers.h"

#include "qopt/Support/Numerics.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::exporter;

//===-- bounds ----------------------------------------------------------------------===//

namespace {
/// The codes that a result may have.
struct Codes {
  int32_t low, high;
};
} // namespace

static Codes storageCodes(quant::UniformQuantizedType type) {
  return type.isSigned() ? Codes{-128, 127} : Codes{0, 255};
}

/// [N6] A clamp is a narrower saturation.
static Codes allowedCodes(quant::UniformQuantizedType type, nn::ActAttr clamp) {
  const auto low = static_cast<int32_t>(type.getStorageTypeMin());
  const auto high = static_cast<int32_t>(type.getStorageTypeMax());
  if (!clamp)
    return {low, high};
  auto code = [&](double bound) {
    return numerics::quantize(static_cast<float>(bound), static_cast<float>(type.getScale()),
                              static_cast<int32_t>(type.getZeroPoint()), low, high);
  };
  return {std::max(low, code(clamp.getLowerBound())), std::min(high, code(clamp.getUpperBound()))};
}

Wire exporter::emitBounded(const Step &step, quant::QuantizedType type, nn::ActAttr act,
                           StringRef name, GraphExporter &graph) {
  const nn::ActAttr clamp = act && act.isClamp() ? act : nn::ActAttr();
  const std::string before = (name + ".unclamped").str();
  auto uniform = dyn_cast_if_present<quant::UniformQuantizedType>(type);
  if (!uniform) {
    if (!clamp)
      return graph.emit(step, {}, name);
    Wire made = graph.emit(step, {}, before);
    return graph.emit(actStep(clamp, made, graph, name), {}, name);
  }
  const Codes storage = storageCodes(uniform), allowed = allowedCodes(uniform, clamp);
  if (allowed.low == storage.low && allowed.high == storage.high)
    return graph.emit(step, type, name);
  Wire made = graph.emit(step, type, before);
  auto number = [&](int32_t code) {
    return numerics::dequantize(code, static_cast<float>(uniform.getScale()),
                                static_cast<int32_t>(uniform.getZeroPoint()));
  };
  return graph.clamp(made, number(allowed.low), number(allowed.high), name);
}

//===-- functions -------------------------------------------------------------------===//

static std::string scalar(GraphExporter &graph, StringRef name, double value) {
  return graph.addFloats(name, {}, {static_cast<float>(value)});
}

/// 0.5 * x * (1 + f(...)), as importers know it (Gelu is an operator from opset 20 on).
static Step geluStep(bool tanh, Wire &input, GraphExporter &graph, StringRef name) {
  auto part = [&](StringRef op, std::vector<Wire *> operands, std::vector<std::string> constants,
                  StringRef suffix) {
    return graph.emit({op.str(), std::move(operands), {}, std::move(constants)}, {},
                      (name + "." + suffix).str());
  };
  Wire inner;
  if (tanh) {
    Wire cube = part("Pow", {&input}, {scalar(graph, "three", 3.0)}, "cube");
    Wire scaled = part("Mul", {&cube}, {scalar(graph, "gelu_cubic", 0.044715)}, "cubic");
    Wire sum = part("Add", {&input, &scaled}, {}, "sum");
    Wire turned = part("Mul", {&sum}, {scalar(graph, "gelu_tanh", 0.79788456080286535588)}, "arg");
    inner = part("Tanh", {&turned}, {}, "tanh");
  } else {
    Wire turned = part("Div", {&input}, {scalar(graph, "sqrt2", 1.41421356237309504880)}, "arg");
    inner = part("Erf", {&turned}, {}, "erf");
  }
  Wire one = part("Add", {&inner}, {scalar(graph, "one", 1.0)}, "one_plus");
  Wire product = part("Mul", {&input, &one}, {}, "twice");
  // The caller emits the last step, which reads numbers only.
  Step step{"Mul", {}, {}, {product.numbers, scalar(graph, "half", 0.5)}};
  return step;
}

Step exporter::actStep(nn::ActAttr act, Wire &input, GraphExporter &graph, StringRef name) {
  using nn::ActKind;
  const auto a = static_cast<float>(act.getA()), b = static_cast<float>(act.getB());
  switch (act.getKind()) {
  case ActKind::Relu:
    return {"Relu", {&input}};
  case ActKind::Relu6:
  case ActKind::Clip: {
    const double low = act.getLowerBound(), high = act.getUpperBound();
    return {"Clip",
            {&input},
            {},
            {std::isinf(low) ? std::string() : scalar(graph, (name + "_min").str(), low),
             std::isinf(high) ? std::string() : scalar(graph, (name + "_max").str(), high)}};
  }
  case ActKind::LeakyRelu:
    return {"LeakyRelu", {&input}, {{"alpha", a}}};
  case ActKind::Sigmoid:
    return {"Sigmoid", {&input}};
  case ActKind::Tanh:
    return {"Tanh", {&input}};
  case ActKind::HardSigmoid:
    return {"HardSigmoid", {&input}, {{"alpha", a}, {"beta", b}}};
  case ActKind::HardSwish:
    return {"HardSwish", {&input}};
  case ActKind::Gelu:
  case ActKind::GeluTanh:
    return geluStep(act.getKind() == ActKind::GeluTanh, input, graph, name);
  case ActKind::Silu: {
    Wire gate = graph.emit({"Sigmoid", {&input}}, {}, (name + ".gate").str());
    return {"Mul", {&input}, {}, {gate.numbers}};
  }
  }
  llvm_unreachable("all activation kinds are handled");
}

/// A function that stands alone: the activation that it would be in a group.
static LogicalResult writeUnary(Operation *op, GraphExporter &graph) {
  auto act = dyn_cast_or_null<nn::ActAttr>(cast<PointwiseOpInterface>(op).getAsFusedActivation());
  if (!act)
    return op->emitError() << "ONNX has no operator for " << op->getName();
  const std::string name = nn::getValueName(op->getResult(0));
  const quant::QuantizedType type = GraphExporter::typeOf(op->getResult(0));
  const Step step = actStep(act, graph.wire(op->getOperand(0)), graph, name);
  graph.wire(op->getResult(0)) = emitBounded(step, type, {}, name, graph);
  return success();
}

static LogicalResult finish(Operation *op, const Step &step, GraphExporter &graph,
                            nn::ActAttr act = {}) {
  const std::string name = nn::getValueName(op->getResult(0));
  graph.wire(op->getResult(0)) =
      emitBounded(step, GraphExporter::typeOf(op->getResult(0)), act, name, graph);
  return success();
}

/// The slope stands at axis 1: [C, 1, 1].
static LogicalResult writePRelu(Operation *op, GraphExporter &graph) {
  auto prelu = cast<nn::PReluOp>(op);
  FailureOr<nn::ParameterData<float>> slope = nn::getF32Data(nn::getParameter(prelu.getSlope()));
  if (failed(slope))
    return failure();
  SmallVector<int64_t> shape{static_cast<int64_t>(slope->size())};
  const int64_t rank = cast<RankedTensorType>(prelu.getInput().getType()).getRank();
  if (slope->size() > 1)
    shape.append(rank - 2, 1);
  const std::string constant =
      graph.addFloats(nn::getValueName(op->getResult(0)) + ".slope", shape, *slope);
  return finish(op, {"PRelu", {&graph.wire(prelu.getInput())}, {}, {constant}}, graph);
}

static LogicalResult writeBatchNorm(Operation *op, GraphExporter &graph) {
  auto norm = cast<nn::BatchNormOp>(op);
  std::vector<Wire *> operands;
  for (const Value operand : op->getOperands())
    operands.push_back(&graph.wire(operand));
  const auto eps = static_cast<float>(norm.getEps().convertToDouble());
  return finish(op, {"BatchNormalization", operands, {{"epsilon", eps}}}, graph);
}

template <typename OpTy> static LogicalResult writeBinary(Operation *op, GraphExporter &graph) {
  auto binary = cast<OpTy>(op);
  const StringRef name = std::is_same_v<OpTy, nn::AddOp>   ? "Add"
                         : std::is_same_v<OpTy, nn::SubOp> ? "Sub"
                         : std::is_same_v<OpTy, nn::MulOp> ? "Mul"
                                                           : "Div";
  return finish(op, {name.str(), {&graph.wire(binary.getLhs()), &graph.wire(binary.getRhs())}},
                graph, binary.getActAttr());
}

/// A scalar whose result keeps the input's codes (N8) adds a whole number of steps.
static LogicalResult writeAddScalar(Operation *op, GraphExporter &graph) {
  auto add = cast<nn::AddScalarOp>(op);
  float scalarValue = add.getScalar().convertToFloat();
  auto from =
      dyn_cast_if_present<quant::UniformQuantizedType>(GraphExporter::typeOf(add.getInput()));
  auto to =
      dyn_cast_if_present<quant::UniformQuantizedType>(GraphExporter::typeOf(op->getResult(0)));
  if (from && to && from.getScale() == to.getScale()) {
    const auto derived = cast<DerivedResultOpInterface>(op).deriveQParams(
        static_cast<float>(from.getScale()), static_cast<int32_t>(from.getZeroPoint()),
        static_cast<int32_t>(from.getStorageTypeMin()),
        static_cast<int32_t>(from.getStorageTypeMax()));
    if (derived && derived->second == to.getZeroPoint())
      scalarValue = static_cast<float>(from.getZeroPoint() - to.getZeroPoint()) *
                    static_cast<float>(from.getScale());
  }
  const std::string name = nn::getValueName(op->getResult(0));
  return finish(
      op,
      {"Add", {&graph.wire(add.getInput())}, {}, {scalar(graph, name + ".addend", scalarValue)}},
      graph);
}

static LogicalResult writeMulScalar(Operation *op, GraphExporter &graph) {
  auto mul = cast<nn::MulScalarOp>(op);
  const std::string name = nn::getValueName(op->getResult(0));
  const std::string factor = scalar(graph, name + ".factor", mul.getScalar().convertToFloat());
  return finish(op, {"Mul", {&graph.wire(mul.getInput())}, {}, {factor}}, graph);
}

static LogicalResult writeSoftmax(Operation *op, GraphExporter &graph) {
  auto softmax = cast<nn::SoftmaxOp>(op);
  return finish(op,
                {"Softmax",
                 {&graph.wire(softmax.getInput())},
                 {{"axis", static_cast<int64_t>(softmax.getAxis())}}},
                graph);
}

llvm::ArrayRef<OpWriterRow> exporter::pointwiseWriters() {
  static constexpr OpWriterRow rows[] = {
      {"nn.relu", writeUnary},
      {"nn.relu6", writeUnary},
      {"nn.clip", writeUnary},
      {"nn.leaky_relu", writeUnary},
      {"nn.sigmoid", writeUnary},
      {"nn.tanh", writeUnary},
      {"nn.hard_sigmoid", writeUnary},
      {"nn.hard_swish", writeUnary},
      {"nn.gelu", writeUnary},
      {"nn.silu", writeUnary},
      {"nn.prelu", writePRelu},
      {"nn.batch_norm", writeBatchNorm},
      {"nn.add", writeBinary<nn::AddOp>},
      {"nn.sub", writeBinary<nn::SubOp>},
      {"nn.mul", writeBinary<nn::MulOp>},
      {"nn.div", writeBinary<nn::DivOp>},
      {"nn.add_scalar", writeAddScalar},
      {"nn.mul_scalar", writeMulScalar},
      {"nn.softmax", writeSoftmax},
  };
  return rows;
}
