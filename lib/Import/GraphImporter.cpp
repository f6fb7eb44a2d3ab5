//===- GraphImporter.cpp - from ONNX nodes to nn ops ---------------------------------===//

#include "GraphImporter.h"
#include "NodeContext.h"

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

GraphImporter::GraphImporter(OnnxModel &model, StringRef fileName, MLIRContext &context,
                             const ImportOptions &options)
    : model(model), fileName(fileName.str()), context(context), options(options),
      builder(&context) {}

/// A name, at the op where there is one.
static Location locate(StringAttr name, const void *location) {
  return location ? NameLoc::get(name, Location::getFromOpaquePointer(location))
                  : NameLoc::get(name);
}

Location GraphImporter::fileLoc() {
  return locate(StringAttr::get(&context, fileName), model.location);
}

Location GraphImporter::nodeLoc(const OnnxNode &node) {
  return locate(builder.getStringAttr(node.label()), node.location);
}

InFlightDiagnostic GraphImporter::error() { return emitError(fileLoc()); }

FailureOr<OwningOpRef<ModuleOp>> GraphImporter::run() {
  if (failed(checkModel()))
    return failure();
  joinDynamicLinears(model);
  if (llvm::Error problem = expandQuantized(model))
    return error() << llvm::toString(std::move(problem));
  rewritePatterns(model);
  if (failed(markNeeded()) || failed(checkSupported()) || failed(bindInitializers()) ||
      failed(makeFunction()) || failed(importNodes()) || failed(finishFunction()))
    return failure();
  foldTransposes(function);
  if (failed(checkImported(*module)) || failed(verify(*module)))
    return failure();
  return std::move(module);
}

//===-- names -----------------------------------------------------------------------===//

std::string GraphImporter::uniqueValueName(StringRef name) {
  std::string result = name.str();
  for (unsigned suffix = 1; !valueNames.insert(result).second; ++suffix)
    result = (name + "_" + Twine(suffix)).str();
  return result;
}

const Binding *GraphImporter::lookup(StringRef name) const {
  auto found = bindings.find(name);
  return found == bindings.end() ? nullptr : &found->second;
}

//===-- parameters ------------------------------------------------------------------===//

static bool isFinite(ArrayRef<float> values) {
  return llvm::all_of(values, [](float v) { return std::isfinite(v); });
}

/// The tensor's buffer as a resource, which keeps it alive: not copied.
static ElementsAttr makeBlob(MLIRContext *context, StringRef name, const Tensor &data) {
  if (data.numElements() <= 32)
    return nn::makeElements(context, name, data.shape(), data.values<float>());
  const auto type = RankedTensorType::get(data.shape(), Float32Type::get(context));
  const ArrayRef<char> bytes(reinterpret_cast<const char *>(data.raw()), data.bytes());
  const size_t align = reinterpret_cast<uintptr_t>(data.raw()) % 64 == 0 ? 64 : alignof(float);
  return cast<ElementsAttr>(
      DenseResourceElementsAttr::get(type, name,
                                     AsmResourceBlob(
                                         bytes, align, [owner = data](void *, size_t, size_t) {},
                                         /*dataIsMutable=*/false)));
}

std::string GraphImporter::uniqueParameterName(StringRef wanted) {
  std::string name = wanted.str();
  for (unsigned suffix = 1; !parameterNames.insert(name).second; ++suffix)
    name = (wanted + "." + Twine(suffix)).str();
  return name;
}

/// All parameters stand in front, so that each use is behind them.
void GraphImporter::goBehindParameters() {
  if (parameters.empty())
    builder.setInsertionPointToStart(&function.getBody().front());
  else
    builder.setInsertionPointAfter(parameters.lookup(keepAlive.back().get()).getDefiningOp());
}

FailureOr<Value> GraphImporter::parameter(const ConstantRef &constant, Location loc) {
  if (Value known = parameters.lookup(constant.get()))
    return known;
  if (constant->quant && constant->quant->type.bits > 16)
    return wideParameter(constant);
  if (constant->isInt)
    return emitError(loc) << "'" << constant->name
                          << "' holds integers where float weights are needed";
  const ArrayRef<float> values = constant->floats.values<float>();
  if (!isFinite(values)) {
    const size_t at =
        llvm::find_if(values, [](float v) { return !std::isfinite(v); }) - values.begin();
    return emitError(loc) << "weight '" << constant->name << "' has the value "
                          << (std::isnan(values[at]) ? "NaN" : "infinity") << " at element " << at
                          << "; such a network cannot be quantized: repair or retrain it";
  }
  const std::string name = uniqueParameterName(constant->name);
  ElementsAttr &data = blobs[constant->floats.raw()];
  if (!data || cast<ShapedType>(data.getType()).getShape() != ArrayRef(constant->shape))
    data = makeBlob(&context, name, constant->floats);
  OpBuilder::InsertionGuard guard(builder);
  goBehindParameters();
  auto op = nn::ParameterOp::create(builder, NameLoc::get(builder.getStringAttr(name)),
                                    RankedTensorType::get(constant->shape, builder.getF32Type()),
                                    builder.getStringAttr(name), data);
  Value result = op.getResult();
  if (constant->quant)
    result = addPoint(result, *constant->quant, name, op.getLoc());
  parameters[constant.get()] = result;
  keepAlive.push_back(constant);
  return result;
}

//===-- the model's own checks ------------------------------------------------------===//

LogicalResult GraphImporter::checkModel() {
  if (model.opset == 0)
    return error() << "the model names no version of the default operator set (opset_import); "
                      "export it again, opset 17 is a good choice";
  if (model.opset < kFirstOpset || model.opset > kLastOpset)
    return error() << "the model uses operator set " << model.opset << ", expected " << kFirstOpset
                   << " to " << kLastOpset
                   << "; export it with another opset, or convert it with "
                      "onnx.version_converter";
  if (model.outputs.empty())
    return error() << "the model has no outputs, so there is nothing to compile";
  if (model.nodes.empty())
    return error() << "the model has no operators, so there is nothing to compile";
  return success();
}

LogicalResult GraphImporter::markNeeded() {
  llvm::StringMap<const OnnxNode *> makers;
  for (const OnnxValue &input : model.inputs)
    valueNames.insert(input.name);
  for (const OnnxNode &node : model.nodes)
    for (const std::string &output : node.outputs) {
      if (output.empty())
        continue;
      if (!makers.try_emplace(output, &node).second)
        return error() << "value '" << output << "' is made twice, by node '"
                       << makers[output]->label() << "' and by node '" << node.label() << "'";
      valueNames.insert(output);
      if (node.op == "DequantizeLinear")
        dequantized.insert(output);
    }
  llvm::DenseSet<const OnnxNode *> seen;
  std::vector<const OnnxNode *> open;
  auto use = [&](const std::string &name) {
    if (name.empty())
      return;
    ++uses[name];
    if (const OnnxNode *maker = makers.lookup(name); maker && seen.insert(maker).second)
      open.push_back(maker);
  };
  for (const OnnxValue &output : model.outputs)
    use(output.name);
  while (!open.empty()) {
    const OnnxNode *node = open.back();
    open.pop_back();
    for (const std::string &input : node->inputs)
      use(input);
  }
  for (const OnnxNode &node : model.nodes)
    if (seen.contains(&node))
      needed.push_back(&node);
  return success();
}

LogicalResult GraphImporter::checkSupported() {
  std::vector<const OnnxNode *> missing;
  for (const OnnxNode *node : needed)
    if (!findRow(node->domain, node->op, model.opset))
      missing.push_back(node);
  if (missing.empty())
    return success();
  std::vector<std::string> names;
  for (const OnnxNode *node : missing)
    if (!llvm::is_contained(names, node->op))
      names.push_back(node->op);
  InFlightDiagnostic diagnostic = error();
  diagnostic << "operators that cannot be imported: " << joinList(ArrayRef<std::string>(names));
  constexpr size_t limit = 20;
  for (const OnnxNode *node : llvm::ArrayRef(missing).take_front(limit))
    diagnostic.attachNote(nodeLoc(*node))
        << (node->domain.empty() ? node->op : node->domain + "." + node->op) << ": "
        << (node->problem.empty() ? hintFor(*node, model.opset) : node->problem);
  if (missing.size() > limit)
    diagnostic.attachNote(fileLoc()) << "and " << missing.size() - limit << " more nodes";
  return diagnostic;
}

LogicalResult GraphImporter::bindInitializers() {
  std::vector<std::string> converted;
  std::string from;
  for (const OnnxTensor &tensor : model.initializers) {
    if (!useCount(tensor.name))
      continue;
    if (!tensor.problem.empty())
      return error() << "tensor '" << tensor.name << "' " << tensor.problem;
    llvm::Expected<ConstantRef> constant = makeConstant(tensor.name, tensor.data, tensor.bits);
    if (!constant)
      return error() << "tensor '" << tensor.name << "': " << llvm::toString(constant.takeError());
    if (!(*constant)->source.empty()) {
      converted.push_back(tensor.name);
      from = (*constant)->source;
    }
    bind(tensor.name, {Value(), std::move(*constant)});
  }
  if (!converted.empty())
    emitRemark(fileLoc()) << converted.size() << " tensors of type " << from
                          << " are computed in f32: "
                          << joinList(ArrayRef<std::string>(converted), true, 4);
  return success();
}

//===-- function --------------------------------------------------------------------===//

FailureOr<RankedTensorType> GraphImporter::inputType(const OnnxValue &input) {
  SmallVector<int64_t> shape;
  if (auto given = options.inputShapes.find(input.name); given != options.inputShapes.end()) {
    shape = given->second;
    if (input.shape && input.shape->size() != shape.size())
      return error() << "input '" << input.name << "' has " << input.shape->size()
                     << " dimensions, the given shape " << shapeText(shape) << " has "
                     << shape.size();
  } else if (!input.shape) {
    return error() << "input '" << input.name
                   << "' has no shape; give it one, as in --input-shape=" << input.name
                   << "=-1,3,224,224";
  } else {
    for (const OnnxDim &dim : *input.shape)
      shape.push_back(dim.size.value_or(-1));
  }
  if (!codeTypeOf(input.elementType) && input.elementType != "float" &&
      input.elementType != "float16" && input.elementType != "double" &&
      input.elementType != "bfloat16")
    return error() << "input '" << input.name << "' has element type '" << input.elementType
                   << "', expected float, uint8 or int8; cut the model behind its integer inputs "
                      "(embedding lookups)";
  for (auto [index, size] : llvm::enumerate(shape)) {
    if (size == 0 || size < -1 || (size == -1 && index > 0))
      return error() << "input '" << input.name << "' of shape " << shapeText(shape)
                     << " has no known size in dimension " << index
                     << "; only the batch (dimension 0) may be free: give the sizes to compile "
                        "for, as in --input-shape="
                     << input.name << "=-1,3,224,224";
    if (size == -1)
      size = ShapedType::kDynamic;
  }
  return RankedTensorType::get(shape, builder.getF32Type());
}

LogicalResult GraphImporter::makeFunction() {
  for (const auto &given : options.inputShapes.keys())
    if (llvm::none_of(model.inputs, [&](const OnnxValue &i) { return i.name == given; })) {
      const auto names = llvm::map_to_vector(model.inputs, [](auto &i) { return i.name; });
      return error() << "a shape is given for '" << given << "', but the model's inputs are "
                     << joinList(ArrayRef<std::string>(names), true)
                     << didYouMean(given, ArrayRef<std::string>(names));
    }
  SmallVector<Type> types;
  SmallVector<const OnnxValue *> inputs;
  for (const OnnxValue &input : model.inputs) {
    const bool isWeight = llvm::any_of(
        model.initializers, [&](const OnnxTensor &tensor) { return tensor.name == input.name; });
    if (isWeight)
      continue;
    const FailureOr<RankedTensorType> type = inputType(input);
    if (failed(type))
      return failure();
    types.push_back(*type);
    inputs.push_back(&input);
  }
  if (inputs.empty())
    return error() << "the model has no inputs: all of it is constant";
  module = ModuleOp::create(fileLoc());
  (*module)->setAttr(quantize::QOptDialect::kVersionAttr,
                     builder.getI64IntegerAttr(quantize::QOptDialect::kVersion));
  (*module)->setAttr(quantize::QOptDialect::kNumericsAttr,
                     quantize::NumericsAttr::get(&context, "qopt.v1"));
  (*module)->setAttr(quantize::QOptDialect::kStageAttr, builder.getStringAttr("imported"));
  builder.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(builder, fileLoc(), "main", builder.getFunctionType(types, {}));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  for (auto [index, input] : llvm::enumerate(inputs)) {
    function.setArgAttr(index, nn::NNDialect::kNameAttr, builder.getStringAttr(input->name));
    const std::optional<CodeType> type = codeTypeOf(input->elementType);
    bind(input->name, {body->getArgument(index), nullptr, type ? plainNumbers(*type) : QuantRef()});
  }
  return success();
}

LogicalResult GraphImporter::importNodes() {
  for (const OnnxNode *node : needed) {
    const OpRow *row = findRow(node->domain, node->op, model.opset);
    NodeContext context(*this, *node);
    bool allConstant = true;
    for (const std::string &input : node->inputs) {
      const Binding *binding = input.empty() ? nullptr : lookup(input);
      if (!input.empty() && !binding)
        return context.error() << "uses the value '" << input << "', which nothing before it makes";
      allConstant &= input.empty() || binding->constant;
    }
    const Handler handler = row->fold && allConstant ? row->fold : row->import;
    if (!handler)
      return context.error() << "computes with activations; it can be imported only where all "
                                "its inputs are constants or shapes";
    if (failed(handler(context)) || failed(followCodes(*node, *row, context)))
      return failure();
  }
  return success();
}

LogicalResult GraphImporter::finishFunction() {
  SmallVector<Value> results;
  for (const OnnxValue &output : model.outputs) {
    const FailureOr<Value> value = outputValue(output);
    if (failed(value))
      return failure();
    results.push_back(*value);
  }
  func::ReturnOp::create(builder, fileLoc(), results);
  function.setFunctionType(
      builder.getFunctionType(function.getArgumentTypes(), ValueRange(results).getTypes()));
  for (auto [index, output] : llvm::enumerate(model.outputs))
    function.setResultAttr(index, nn::NNDialect::kNameAttr, builder.getStringAttr(output.name));
  return success();
}
