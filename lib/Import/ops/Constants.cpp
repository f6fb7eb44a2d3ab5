//===- Constants.cpp - Constant, Identity, Dropout, Cast, ConstantOfShape ------------===//

#include "../NodeContext.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// Binds a stored tensor under the output's name.
static LogicalResult bindTensor(NodeContext &node, const OnnxTensor &tensor) {
  const std::string &name = node.node().outputs[0];
  if (!tensor.problem.empty())
    return node.error() << "its tensor " << tensor.problem;
  llvm::Expected<ConstantRef> constant = makeConstant(name, tensor.data, tensor.bits);
  if (!constant)
    return node.error() << llvm::toString(constant.takeError());
  return node.bind(std::move(*constant));
}

static LogicalResult importConstant(NodeContext &node) {
  const std::string &name = node.node().outputs[0];
  using Kind = OnnxAttribute::Kind;
  for (const auto &entry : node.node().attributes) {
    const OnnxAttribute &attribute = entry.second;
    switch (attribute.kind) {
    case Kind::Tensor:
      return bindTensor(node, attribute.tensor);
    case Kind::Float:
      return node.bind(makeFloats(name, Tensor::full<float>(DType::F32, {}, attribute.f)));
    case Kind::Floats:
      return node.bind(makeFloats(
          name, Tensor::from<float>(DType::F32, {static_cast<int64_t>(attribute.floats.size())},
                                    attribute.floats)));
    case Kind::Int:
      return node.bind(makeInts(name, {}, {SymInt{attribute.i, false}}));
    case Kind::Ints: {
      std::vector<SymInt> ints;
      for (const int64_t value : attribute.ints)
        ints.push_back({value, false});
      const int64_t count = ints.size();
      return node.bind(makeInts(name, {count}, std::move(ints)));
    }
    default:
      break;
    }
  }
  return node.error() << "holds no tensor or number (sparse and string constants are not "
                         "supported)";
}

/// Identity, and Dropout in evaluation: the input under another name. A constant takes the
/// new name (torch shares equal weights this way, and each layer keeps its own).
static LogicalResult importIdentity(NodeContext &node) {
  if (node.usesOutput(1))
    return node.error() << "the mask (output 1) is used; export the model in evaluation mode";
  if (const ConstantRef constant = node.constant(0)) {
    auto renamed = std::make_shared<Constant>(*constant);
    renamed->name = node.node().outputs[0];
    return node.bind(std::move(renamed));
  }
  const FailureOr<Value> input = node.value(0);
  return failed(input) ? failure() : node.bind(*input);
}

static LogicalResult importDropout(NodeContext &node) {
  const ConstantRef training = node.constant(2);
  if (node.hasInput(2) && (!training || training->scalar().value_or(1) != 0))
    return node.error() << "is in training mode; export the model in evaluation mode";
  return importIdentity(node);
}

/// Element types of ONNX's enumeration (TensorProto.DataType).
static bool isFloatType(int64_t type) {
  return type == 1 || type == 10 || type == 11 || type == 16;
}

static LogicalResult importCast(NodeContext &node) {
  if (!isFloatType(node.getInt("to", 1)))
    return node.error() << "activations cannot be cast to an integer type; cut the model here";
  return importIdentity(node);
}

static LogicalResult foldCast(NodeContext &node) {
  const ConstantRef constant = node.constant(0);
  const std::string &name = node.node().outputs[0];
  const bool toFloat = isFloatType(node.getInt("to", 1));
  if (toFloat != constant->isInt)
    return importIdentity(node);
  if (!toFloat) {
    std::vector<SymInt> ints;
    for (const float value : constant->floats.values<float>())
      ints.push_back({static_cast<int64_t>(value), false});
    return node.bind(makeInts(name, constant->shape, std::move(ints)));
  }
  const std::optional<SmallVector<double>> numbers = constant->numbers();
  if (!numbers)
    return node.error() << "computes with the free batch size; fix it, as in "
                           "--input-shape=x=1,...";
  Tensor floats = Tensor::empty(DType::F32, constant->shape);
  llvm::copy(*numbers, floats.data<float>());
  return node.bind(makeFloats(name, std::move(floats)));
}

static LogicalResult foldConstantOfShape(NodeContext &node) {
  const FailureOr<SmallVector<int64_t>> shape = node.ints(0, "the shape");
  if (failed(shape))
    return failure();
  const std::string &name = node.node().outputs[0];
  ConstantRef value = makeFloats(name, Tensor::full<float>(DType::F32, {1}, 0.0f));
  if (auto found = node.node().attributes.find("value"); found != node.node().attributes.end()) {
    llvm::Expected<ConstantRef> given = makeConstant(name, found->second.tensor.data);
    if (!given)
      return node.error() << llvm::toString(given.takeError());
    value = std::move(*given);
  }
  if (value->size() != 1)
    return node.error() << "the value must have one element";
  llvm::Expected<Tensor> room = Tensor::create(DType::F32, *shape);
  if (!room)
    return node.error() << llvm::toString(room.takeError());
  if (value->isInt)
    return node.bind(
        makeInts(name, *shape, std::vector<SymInt>(room->numElements(), value->ints[0])));
  for (float &element : room->values<float>())
    element = value->floats.data<float>()[0];
  return node.bind(makeFloats(name, std::move(*room)));
}

llvm::ArrayRef<OpRow> importer::constantRows() {
  static constexpr OpRow rows[] = {
      {"Constant", 1, kLastOpset, importConstant, "", importConstant},
      {"ConstantOfShape", 9, kLastOpset, nullptr, "", foldConstantOfShape},
      {"Identity", 1, kLastOpset, importIdentity, "", importIdentity},
      {"Dropout", 7, kLastOpset, importDropout, "", importIdentity},
      {"Cast", 6, kLastOpset, importCast, "", foldCast},
  };
  return rows;
}
