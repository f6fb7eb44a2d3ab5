//===- GraphExporter.cpp - from ops on codes to ONNX nodes ---------------------------===//

#include "GraphExporter.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Numerics.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::exporter;

//===-- names -----------------------------------------------------------------------===//

std::string GraphExporter::fresh(StringRef name) {
  std::string result = name.str();
  for (unsigned suffix = 1; !taken.insert(result).second; ++suffix)
    result = (name + "." + Twine(suffix)).str();
  return result;
}

/// The name of the numbers before QuantizeLinear: an output's own name goes to what comes
/// behind DequantizeLinear, as ONNX Runtime's tools have it.
std::string GraphExporter::numberName(StringRef name) {
  if (directNames.contains(name))
    return name.str();
  return fresh(outputNames.contains(name) ? (name + "_QuantizeLinear_Input").str() : name.str());
}

//===-- constants -------------------------------------------------------------------===//

template <typename T> static StringRef bytesOf(ArrayRef<T> values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

std::string GraphExporter::addConstant(StringRef name, ElementType type, ArrayRef<int64_t> shape,
                                       StringRef bytes) {
  Initializer &made = file.initializers.emplace_back();
  made.name = fresh(name);
  made.type = type;
  made.shape.assign(shape.begin(), shape.end());
  made.bytes = bytes.str();
  return made.name;
}

std::string GraphExporter::addFloats(StringRef name, ArrayRef<int64_t> shape,
                                     ArrayRef<float> values) {
  return addConstant(name, ElementType::F32, shape, bytesOf(values));
}

std::string GraphExporter::addInts(StringRef name, ArrayRef<int64_t> values) {
  return addConstant(name, ElementType::I64, {static_cast<int64_t>(values.size())},
                     bytesOf(values));
}

static ElementType elementType(quant::QuantizedType type) {
  if (type.getStorageTypeIntegralWidth() > 8)
    return ElementType::I32;
  return type.isSigned() ? ElementType::I8 : ElementType::U8;
}

/// Scale and zero point as initializers: scalars, or one per channel.
void GraphExporter::addParameters(Wire &wire, StringRef name) {
  SmallVector<float> scales;
  SmallVector<int64_t> zeroPoints;
  SmallVector<int64_t, 1> shape;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(wire.type)) {
    for (const double scale : perAxis.getScales())
      scales.push_back(static_cast<float>(scale));
    zeroPoints.assign(perAxis.getZeroPoints().begin(), perAxis.getZeroPoints().end());
    shape.push_back(static_cast<int64_t>(scales.size()));
  } else {
    auto uniform = cast<quant::UniformQuantizedType>(wire.type);
    scales.push_back(static_cast<float>(uniform.getScale()));
    zeroPoints.push_back(uniform.getZeroPoint());
  }
  wire.scale = addFloats((name + "_scale").str(), shape, scales);
  const ElementType type = elementType(wire.type);
  const SmallVector<int32_t> wide(zeroPoints.begin(), zeroPoints.end());
  const SmallVector<int8_t> narrow(zeroPoints.begin(), zeroPoints.end());
  wire.zeroPoint = addConstant((name + "_zero_point").str(), type, shape,
                               type == ElementType::I32 ? bytesOf(ArrayRef<int32_t>(wide))
                                                        : bytesOf(ArrayRef<int8_t>(narrow)));
}

LogicalResult GraphExporter::exportParameter(nn::ParameterOp op) {
  Wire &result = wire(op.getResult());
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getType()).getShape();
  result.type = typeOf(op.getResult());
  if (!result.type) {
    FailureOr<nn::ParameterData<float>> data = nn::getF32Data(op);
    if (failed(data))
      return failure();
    result.numbers = addFloats(op.getName(), shape, *data);
    return success();
  }
  const std::string name = (op.getName() + "_quantized").str();
  if (elementType(result.type) == ElementType::I32) {
    FailureOr<nn::ParameterData<int32_t>> data = nn::getI32Data(op);
    if (failed(data))
      return failure();
    result.codes = addConstant(name, ElementType::I32, shape, bytesOf(data->values()));
  } else {
    FailureOr<nn::ParameterData<int8_t>> data = nn::getI8Data(op);
    if (failed(data))
      return failure();
    result.codes = addConstant(name, elementType(result.type), shape, bytesOf(data->values()));
  }
  addParameters(result, op.getName());
  return success();
}

//===-- between codes and numbers ---------------------------------------------------===//

const std::string &GraphExporter::numbers(Wire &wire, StringRef name) {
  if (!wire.numbers.empty())
    return wire.numbers;
  Node node;
  node.op = "DequantizeLinear";
  node.inputs = {wire.codes, wire.scale, wire.zeroPoint};
  StringRef base = wire.codes;
  base.consume_back("_quantized");
  wire.numbers = name.empty() ? fresh((base + "_dequantized").str()) : name.str();
  node.name = wire.numbers;
  node.outputs = {wire.numbers};
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(wire.type))
    node.attributes.push_back({"axis", static_cast<int64_t>(perAxis.getQuantizedDimension())});
  file.nodes.push_back(std::move(node));
  return wire.numbers;
}

/// Turns a wire of numbers into one of codes of its type.
void GraphExporter::quantize(Wire &wire, StringRef name) {
  addParameters(wire, name);
  wire.codes = fresh((name + "_quantized").str());
  Node node;
  node.op = "QuantizeLinear";
  node.name = wire.codes;
  node.inputs = {wire.numbers, wire.scale, wire.zeroPoint};
  node.outputs = {wire.codes};
  file.nodes.push_back(std::move(node));
  wire.numbers.clear(); // from here on: what the codes stand for
}

//===-- steps -----------------------------------------------------------------------===//

namespace {
/// The operator on codes for one on numbers: (codes, scale, zero point) per operand, then scale
/// and zero point of the result; a bias stands last, or for QGemm before the result's.
struct CodeOperator {
  StringLiteral op, onCodes, domain;
  size_t operands;
  bool biasFirst = false;
};
} // namespace

static const CodeOperator *findCodeOperator(StringRef op) {
  static constexpr StringLiteral ms = "com.microsoft";
  static constexpr CodeOperator rows[] = {
      {"Conv", "QLinearConv", "", 2},
      {"MatMul", "QLinearMatMul", "", 2},
      {"Gemm", "QGemm", ms, 2, true},
      {"Add", "QLinearAdd", ms, 2},
      {"Mul", "QLinearMul", ms, 2},
      {"AveragePool", "QLinearAveragePool", ms, 1},
      {"GlobalAveragePool", "QLinearGlobalAveragePool", ms, 1},
      {"Sigmoid", "QLinearSigmoid", ms, 1},
      {"LeakyRelu", "QLinearLeakyRelu", ms, 1},
  };
  for (const CodeOperator &row : rows)
    if (row.op == op)
      return &row;
  return nullptr;
}

/// Writes a step as one operator on codes; false where there is none for it.
bool GraphExporter::emitOnCodes(const Step &step, Wire &result, StringRef name) {
  const CodeOperator *row = findCodeOperator(step.op);
  if (form != OnnxForm::QOperator || !row || !result.type)
    return false;
  const size_t count = step.operands.size();
  const bool hasBias = count == row->operands + 1;
  if (!step.constants.empty() || (count != row->operands && !hasBias) ||
      llvm::any_of(step.operands, [](Wire *w) { return !w->type || w->codes.empty(); }))
    return false;
  addParameters(result, name);
  Node node;
  node.op = row->onCodes.str();
  node.domain = row->domain.str();
  for (size_t i = 0; i < row->operands; ++i)
    for (const std::string &input :
         {step.operands[i]->codes, step.operands[i]->scale, step.operands[i]->zeroPoint})
      node.inputs.push_back(input);
  if (row->biasFirst)
    node.inputs.push_back(hasBias ? step.operands.back()->codes : std::string());
  node.inputs.push_back(result.scale);
  node.inputs.push_back(result.zeroPoint);
  if (hasBias && !row->biasFirst)
    node.inputs.push_back(step.operands.back()->codes);
  result.codes = fresh((name + "_quantized").str());
  node.name = result.codes;
  node.outputs = {result.codes};
  node.attributes = step.attributes;
  file.nodes.push_back(std::move(node));
  return true;
}

std::vector<Wire> GraphExporter::emitAll(const Step &step, quant::QuantizedType type,
                                         ArrayRef<std::string> names) {
  std::vector<Wire> results(names.size());
  const bool onCodes = step.moves && type && form == OnnxForm::QOperator;
  Node node;
  node.op = step.op;
  node.attributes = step.attributes;
  for (Wire *operand : step.operands)
    node.inputs.push_back(onCodes ? operand->codes : numbers(*operand));
  llvm::append_range(node.inputs, step.constants);
  for (const auto [index, name] : llvm::enumerate(names)) {
    Wire &result = results[index];
    result.type = type;
    if (onCodes) {
      result.codes = fresh(name + "_quantized");
      result.scale = step.operands.front()->scale;
      result.zeroPoint = step.operands.front()->zeroPoint;
    } else {
      result.numbers = numberName(name);
    }
    node.outputs.push_back(onCodes ? result.codes : result.numbers);
  }
  node.name = node.outputs.front();
  file.nodes.push_back(std::move(node));
  for (const auto [index, name] : llvm::enumerate(names))
    if (type && !onCodes)
      quantize(results[index], name);
  return results;
}

std::vector<std::string> GraphExporter::addNode(StringRef op, std::vector<std::string> inputs,
                                                ArrayRef<std::string> names,
                                                std::vector<NodeAttribute> attributes) {
  Node node;
  node.op = op.str();
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  for (const std::string &name : names)
    node.outputs.push_back(numberName(name));
  node.name = node.outputs.front();
  file.nodes.push_back(node);
  return node.outputs;
}

Wire GraphExporter::emit(const Step &step, quant::QuantizedType type, StringRef name) {
  Wire result;
  result.type = type;
  if (emitOnCodes(step, result, name))
    return result;
  return emitAll(step, type, {name.str()}).front();
}

Wire GraphExporter::clamp(Wire &input, float low, float high, StringRef name) {
  const std::string bounds[] = {addFloats((name + "_min").str(), {}, {low}),
                                addFloats((name + "_max").str(), {}, {high})};
  return emit({"Clip", {&input}, {}, {bounds[0], bounds[1]}}, input.type, name);
}

//===-- the graph -------------------------------------------------------------------===//

static std::vector<int64_t> portShape(Type type) {
  std::vector<int64_t> result;
  for (const int64_t size : cast<RankedTensorType>(type).getShape())
    result.push_back(ShapedType::isDynamic(size) ? -1 : size);
  return result;
}

void GraphExporter::exportInputs(func::FuncOp function) {
  for (const BlockArgument argument : function.getArguments()) {
    Port port{fresh(nn::getValueName(argument)), portShape(argument.getType())};
    wire(argument).numbers = port.name;
    file.inputs.push_back(std::move(port));
  }
}

/// The name under which a value leaves the network, or "".
static StringRef returnedAs(Value value) {
  for (OpOperand &use : value.getUses())
    if (isa<func::ReturnOp>(use.getOwner()))
      return use.getOwner()
          ->getParentOfType<func::FuncOp>()
          .getResultAttrOfType<StringAttr>(use.getOperandNumber(), nn::NNDialect::kNameAttr)
          .getValue();
  return {};
}

/// Each output under its own name, by an Identity where the value has another.
LogicalResult GraphExporter::exportReturn(func::ReturnOp op) {
  auto function = op->getParentOfType<func::FuncOp>();
  for (const auto [index, value] : llvm::enumerate(op.getOperands())) {
    auto name = function.getResultAttrOfType<StringAttr>(index, nn::NNDialect::kNameAttr);
    const std::string source = numbers(wire(value));
    file.outputs.push_back({name.getValue().str(), portShape(value.getType())});
    if (source == name.getValue())
      continue;
    Node node;
    node.op = "Identity";
    node.name = name.getValue().str();
    node.inputs = {source};
    node.outputs = {node.name};
    file.nodes.push_back(std::move(node));
  }
  return success();
}

LogicalResult GraphExporter::exportOp(Operation *op) {
  if (auto parameter = dyn_cast<nn::ParameterOp>(op))
    return exportParameter(parameter);
  if (isa<quantize::QuantizeOp, quantize::RequantizeOp>(op)) {
    Wire made;
    made.numbers = numbers(wire(op->getOperand(0)));
    made.type = typeOf(op->getResult(0));
    quantize(made, nn::getValueName(op->getResult(0)));
    wire(op->getResult(0)) = std::move(made);
    return success();
  }
  if (auto border = dyn_cast<quantize::DequantizeOp>(op)) {
    const std::string name = numbers(wire(border.getInput()), returnedAs(border.getResult()));
    wire(border.getResult()).numbers = name;
    return success();
  }
  if (auto end = dyn_cast<func::ReturnOp>(op))
    return exportReturn(end);
  const OpWriter writer = findWriter(op->getName().getStringRef());
  if (!writer)
    return op->emitError() << "ONNX has no operator for " << op->getName();
  return writer(op, *this);
}

FailureOr<std::string> GraphExporter::run() {
  auto stage = module->getAttrOfType<StringAttr>(quantize::QOptDialect::kStageAttr);
  if (!stage || stage.getValue() != "converted")
    return module.emitError() << "export expects a converted module, got one that is "
                              << (stage ? stage.getValue() : "at no stage")
                              << "; `qopt quantize` makes a converted one";
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || function.isExternal())
    return module.emitError() << "export expects a function @main";
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (auto name = function.getResultAttrOfType<StringAttr>(i, nn::NNDialect::kNameAttr)) {
      taken.insert(name.getValue());
      outputNames.insert(name.getValue());
    } else {
      return function.emitError() << "result " << i << " of @main has no nn.name";
    }
  for (const Value value : function.front().getTerminator()->getOperands())
    if (nn::getValueName(value) == returnedAs(value))
      directNames.insert(returnedAs(value));
  exportInputs(function);
  for (Operation &op : function.front())
    if (failed(exportOp(&op)))
      return failure();
  llvm::Expected<std::string> bytes = writeOnnx(file);
  if (!bytes)
    return module.emitError() << llvm::toString(bytes.takeError());
  return std::move(*bytes);
}

FailureOr<std::string> qopt::exportOnnx(ModuleOp module, OnnxForm form) {
  return GraphExporter(module, form).run();
}
