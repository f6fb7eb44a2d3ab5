//===- Reader.cpp - a function of foreign dialects as a graph -------------------------===//

#include "Reader.h"

#include "dialects/NN/NN.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

static const llvm::StringMap<ReadRow> &table() {
  static const auto *rows = [] {
    auto *result = new llvm::StringMap<ReadRow>();
    for (const ArrayRef<ReadEntry> family :
         {tosaRows(), linalgRows(), genericRows(), tensorRows(), quantRows()})
      for (const ReadEntry &entry : family)
        (*result)[entry.op] = entry.read;
    return result;
  }();
  return *rows;
}

//===-- names -----------------------------------------------------------------------===//

std::string Reader::fresh(const Twine &stem) {
  const std::string base = stem.str();
  std::string name = base;
  for (unsigned &count = counters[base]; !taken.insert(name).second;)
    name = base + "_" + std::to_string(++count);
  return name;
}

/// The name that a frontend gave the op, or "".
static StringRef givenName(Location loc) {
  if (auto named = dyn_cast<NameLoc>(loc))
    return named.getName().getValue();
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (const Location inner : fused.getLocations())
      if (const StringRef name = givenName(inner); !name.empty())
        return name;
  return {};
}

std::string Reader::nameOf(Value value) {
  std::string &name = names[value];
  if (!name.empty())
    return name;
  Operation *op = value.getDefiningOp();
  StringRef stem = op ? givenName(op->getLoc()) : StringRef("value");
  if (stem.empty())
    stem = op->getName().stripDialect();
  name = fresh(stem);
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    ranks[name] = type.getRank();
  return name;
}

void Reader::bind(Value value, StringRef name) {
  names[value] = name.str();
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    ranks[name] = type.getRank();
}

SmallVector<std::string> Reader::namesOf(ValueRange values) {
  return llvm::map_to_vector(values, [&](Value value) { return nameOf(value); });
}

//===-- reading ---------------------------------------------------------------------===//

static std::string elementName(Type type) {
  if (auto quantized = dyn_cast<quant::QuantizedType>(type))
    return quantized.isSigned() ? "int8" : "uint8";
  if (type.isF32())
    return "float";
  if (type.isF64())
    return "double";
  if (type.isF16())
    return "float16";
  if (type.isBF16())
    return "bfloat16";
  if (type.isUnsignedInteger(8))
    return "uint8";
  if (type.isInteger(8))
    return "int8";
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

LogicalResult Reader::readSignature() {
  if (function.isExternal() || !llvm::hasSingleElement(function.getBody()))
    return function.emitError() << "has no body of one block; lower its control flow first";
  for (const BlockArgument argument : function.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      return function.emitError() << "argument " << argument.getArgNumber() << " has type "
                                  << argument.getType() << ", expected a ranked tensor";
    auto given =
        function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::NNDialect::kNameAttr);
    const std::string name =
        fresh(given ? given.getValue().str() : "arg" + std::to_string(argument.getArgNumber()));
    bind(argument, name);
    OnnxValue &input = model.inputs.emplace_back();
    input.name = name;
    input.elementType = elementName(type.getElementType());
    input.shape.emplace();
    for (const int64_t size : type.getShape())
      input.shape->push_back(
          {ShapedType::isDynamic(size) ? std::nullopt : std::optional<int64_t>(size), {}});
  }
  return success();
}

void Reader::refuse(Operation &op, StringRef why) {
  SmallVector<std::string> inputs;
  for (const Value operand : op.getOperands())
    if (isa<RankedTensorType>(operand.getType()) && isBound(operand))
      inputs.push_back(nameOf(operand));
  OnnxNode &node = add(op.getName().getStringRef(), inputs, "");
  node.outputs = {};
  for (const Value result : op.getResults())
    node.outputs.push_back(nameOf(result));
  node.problem = why.str();
  for (auto [index, output] : llvm::enumerate(node.outputs))
    makers[output] = model.nodes.size() - 1;
}

LogicalResult Reader::readOp(Operation &op) {
  current = &op;
  auto hasTensor = [](TypeRange types) {
    return llvm::any_of(types, [](Type type) { return isa<TensorType>(type); });
  };
  // Sizes, asserts and scalars: rows read what they need of them.
  if (!hasTensor(op.getResultTypes()))
    return success();
  if (const ElementsAttr elements = elementsOf(op.getResult(0))) {
    std::string problem;
    Tensor data = tensorOf(elements, problem);
    std::string name = "const";
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
      name = resource.getRawHandle().getKey().str();
    if (const StringRef given = givenName(op.getLoc()); !given.empty())
      name = given.str();
    bind(op.getResult(0), store(fresh(name), std::move(data)));
    model.initializers.back().problem = problem;
    return success();
  }
  const StringRef name = op.getName().getStringRef();
  std::string problem;
  auto isUnranked = [](Type type) { return isa<UnrankedTensorType>(type); };
  const ReadRow row = table().lookup(name);
  if (row && name != "tensor.cast" &&
      (llvm::any_of(op.getResultTypes(), isUnranked) ||
       llvm::any_of(op.getOperandTypes(), isUnranked)))
    problem = "has a tensor of unknown rank; infer shapes first (--tosa-infer-shapes)";
  else if (row)
    problem = row(*this, op);
  else if (name.starts_with("onnx."))
    problem = readOnnx(*this, op);
  else
    problem = "no rule reads this op; rewrite it as ops that are read (docs/stages/"
              "ForeignDialects.md), or cut the network here";
  if (!problem.empty())
    refuse(op, problem);
  return success();
}

/// Each output is the result of a node of its own name.
LogicalResult Reader::readReturn(Operation &op) {
  current = &op;
  llvm::StringSet<> seen;
  for (const Value value : op.getOperands()) {
    if (!isa<RankedTensorType>(value.getType()))
      return op.emitError() << "returns a value of type " << value.getType()
                            << ", expected ranked tensors";
    std::string name = nameOf(value);
    if (!maker(name) || !seen.insert(name).second) {
      const std::string copy = fresh(name + "_output");
      add("Identity", {name}, copy);
      name = copy;
    }
    OnnxValue &output = model.outputs.emplace_back();
    output.name = name;
  }
  return success();
}

FailureOr<OnnxModel> Reader::read() {
  model.opset = 20;
  model.producer = "mlir";
  model.location = function.getLoc().getAsOpaquePointer();
  if (failed(readSignature()))
    return failure();
  for (Operation &op : function.getBody().front()) {
    if (op.hasTrait<OpTrait::IsTerminator>() || op.getName().getStringRef() == "onnx.Return") {
      if (failed(readReturn(op)))
        return failure();
    } else if (failed(readOp(op))) {
      return failure();
    }
  }
  recognizeBatchNorms(model, ranks);
  return std::move(model);
}

//===-- constants -------------------------------------------------------------------===//

std::string Reader::store(StringRef name, Tensor data, unsigned bits) {
  stored[name] = model.initializers.size();
  OnnxTensor &tensor = model.initializers.emplace_back();
  tensor.name = name.str();
  tensor.data = std::move(data);
  tensor.bits = bits;
  return name.str();
}

std::string Reader::ints(ArrayRef<int64_t> values) {
  return store(fresh("shape"),
               Tensor::from<int64_t>(DType::I64, {static_cast<int64_t>(values.size())}, values));
}

std::string Reader::scalar(float value) {
  std::string &name = scalars[std::to_string(llvm::bit_cast<uint32_t>(value))];
  if (name.empty())
    name = store(fresh("scalar"), Tensor::full<float>(DType::F32, {}, value));
  return name;
}

const Tensor *Reader::constant(StringRef name) const {
  auto found = stored.find(name);
  if (found == stored.end() || !model.initializers[found->second].problem.empty())
    return nullptr;
  return &model.initializers[found->second].data;
}

std::optional<double> Reader::splat(StringRef name) const {
  const Tensor *data = constant(name);
  if (!data || data->numElements() == 0)
    return std::nullopt;
  const Tensor floats = data->toF32();
  const ArrayRef<float> values = floats.values<float>();
  return llvm::all_equal(values) ? std::optional<double>(values.front()) : std::nullopt;
}

unsigned Reader::bitsOf(StringRef name) const {
  auto found = stored.find(name);
  const unsigned bits = found == stored.end() ? 0 : model.initializers[found->second].bits;
  return bits ? bits : 8;
}

const OnnxNode *Reader::maker(StringRef name, StringRef op) const {
  auto found = makers.find(name);
  if (found == makers.end())
    return nullptr;
  const OnnxNode &node = model.nodes[found->second];
  return op.empty() || node.op == op ? &node : nullptr;
}

const SumInfo *Reader::sumOf(StringRef name) const {
  auto found = sums.find(name);
  return found == sums.end() ? nullptr : &found->second;
}

//===-- nodes -----------------------------------------------------------------------===//

void importer::setInts(OnnxNode &node, StringRef name, ArrayRef<int64_t> values) {
  OnnxAttribute &attribute = node.attributes[name];
  attribute.kind = OnnxAttribute::Kind::Ints;
  attribute.ints.assign(values.begin(), values.end());
}

void importer::setInt(OnnxNode &node, StringRef name, int64_t value) {
  OnnxAttribute &attribute = node.attributes[name];
  attribute.kind = OnnxAttribute::Kind::Int;
  attribute.i = value;
}

void importer::setFloat(OnnxNode &node, StringRef name, float value) {
  OnnxAttribute &attribute = node.attributes[name];
  attribute.kind = OnnxAttribute::Kind::Float;
  attribute.f = value;
}

OnnxNode &Reader::add(StringRef op, Names inputs, StringRef output) {
  if (!output.empty())
    makers[output] = model.nodes.size();
  OnnxNode &node = model.nodes.emplace_back();
  node.op = op.str();
  // All nodes of one op are one layer.
  node.name = current->getNumResults() > 0 ? nameOf(current->getResult(0)) : output.str();
  node.inputs.assign(inputs.begin(), inputs.end());
  node.outputs = {output.str()};
  node.location = current->getLoc().getAsOpaquePointer();
  return node;
}

std::string Reader::make(StringRef op, Names inputs, StringRef suffix) {
  const std::string output = fresh(nameOf(current->getResult(0)) + "." + suffix);
  add(op, inputs, output);
  return output;
}

std::string Reader::transpose(StringRef input, ArrayRef<int64_t> perm, StringRef output) {
  const std::string name = output.empty() ? fresh(input + ".transposed") : output.str();
  setInts(add("Transpose", {input.str()}, name), "perm", perm);
  return name;
}

std::string Reader::reshape(StringRef input, Type from, Type to, StringRef output) {
  if (auto found = reshapes.find(input); found != reshapes.end()) {
    from = found->second.second;
    input = found->second.first;
  }
  if (from == to && output.empty())
    return input.str();
  const std::string name = output.empty() ? fresh(input + ".reshaped") : output.str();
  if (from == to) {
    add("Identity", {input.str()}, name);
    return name;
  }
  SmallVector<int64_t> shape(cast<RankedTensorType>(to).getShape());
  for (int64_t &size : shape)
    size = ShapedType::isDynamic(size) ? -1 : size;
  add("Reshape", {input.str(), ints(shape)}, name);
  reshapes[name] = {input.str(), from};
  return name;
}

void Reader::channelsFirst(StringRef input, StringRef output,
                           function_ref<void(StringRef, StringRef)> body) {
  const std::string before = transpose(input, {0, 3, 1, 2});
  const std::string result = fresh(output + ".nchw");
  body(before, result);
  transpose(result, {0, 2, 3, 1}, output);
}
