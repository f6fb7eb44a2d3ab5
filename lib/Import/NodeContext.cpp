//===- NodeContext.cpp - what an op importer sees of its node ------------------------===//

#include "NodeContext.h"

#include "dialects/NN/Names.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

NodeContext::NodeContext(GraphImporter &importer, const OnnxNode &node)
    : importer(importer), onnxNode(node), location(importer.nodeLoc(node)) {}

InFlightDiagnostic NodeContext::error() {
  InFlightDiagnostic diagnostic = emitError(location);
  diagnostic << onnxNode.op << ": ";
  return diagnostic;
}

//===-- attributes ------------------------------------------------------------------===//

int64_t NodeContext::getInt(StringRef name, int64_t fallback) const {
  auto found = onnxNode.attributes.find(name);
  return found == onnxNode.attributes.end() ? fallback : found->second.i;
}

double NodeContext::getFloat(StringRef name, double fallback) const {
  auto found = onnxNode.attributes.find(name);
  return found == onnxNode.attributes.end() ? fallback : found->second.f;
}

std::string NodeContext::getString(StringRef name, StringRef fallback) const {
  auto found = onnxNode.attributes.find(name);
  return found == onnxNode.attributes.end() ? fallback.str() : found->second.s;
}

SmallVector<int64_t> NodeContext::getInts(StringRef name, ArrayRef<int64_t> fallback) const {
  auto found = onnxNode.attributes.find(name);
  if (found == onnxNode.attributes.end())
    return SmallVector<int64_t>(fallback);
  return SmallVector<int64_t>(ArrayRef<int64_t>(found->second.ints));
}

//===-- inputs ----------------------------------------------------------------------===//

ConstantRef NodeContext::constant(unsigned index) const {
  if (!hasInput(index))
    return nullptr;
  const Binding *binding = importer.lookup(onnxNode.inputs[index]);
  return binding ? binding->constant : nullptr;
}

FailureOr<Value> NodeContext::value(unsigned index) {
  if (!hasInput(index))
    return error() << "input " << index << " is missing";
  const Binding *binding = importer.lookup(onnxNode.inputs[index]);
  if (binding->value)
    return binding->value;
  return parameter(binding->constant);
}

FailureOr<ConstantRef> NodeContext::weights(unsigned index, StringRef what) {
  if (!hasInput(index))
    return error() << "input " << index << " (" << what << ") is missing";
  const ConstantRef found = constant(index);
  if (!found || found->isInt)
    return error() << what << " '" << onnxNode.inputs[index]
                   << "' is computed at run time, expected a float constant; fold it in the "
                      "exporter, or store it as an initializer";
  return found;
}

FailureOr<SmallVector<int64_t>> NodeContext::ints(unsigned index, StringRef what) {
  const ConstantRef found = constant(index);
  if (!hasInput(index))
    return error() << "input " << index << " (" << what << ") is missing";
  if (!found || !found->isInt)
    return error() << what << " '" << onnxNode.inputs[index]
                   << "' is computed at run time, expected constant integers";
  std::optional<SmallVector<int64_t>> known = found->knownInts();
  if (!known)
    return error() << what << " '" << onnxNode.inputs[index]
                   << "' depends on the free batch size; fix it, as in --input-shape=x=1,...";
  return std::move(*known);
}

FailureOr<SmallVector<int64_t>> NodeContext::attrOrInput(StringRef name, unsigned index,
                                                         ArrayRef<int64_t> fallback) {
  if (hasInput(index))
    return ints(index, name);
  return getInts(name, fallback);
}

FailureOr<int64_t> NodeContext::axis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return error() << "axis " << axis << " lies outside the rank " << rank;
  return axis < 0 ? axis + rank : axis;
}

FailureOr<SmallVector<int64_t>> NodeContext::axes(ArrayRef<int64_t> list, int64_t rank) {
  SmallVector<int64_t> result;
  for (const int64_t entry : list) {
    const FailureOr<int64_t> resolved = axis(entry, rank);
    if (failed(resolved))
      return failure();
    result.push_back(*resolved);
  }
  llvm::sort(result);
  return result;
}

//===-- results ---------------------------------------------------------------------===//

bool NodeContext::usesOutput(unsigned index) const {
  return index < onnxNode.outputs.size() && !onnxNode.outputs[index].empty() &&
         importer.useCount(onnxNode.outputs[index]) > 0;
}

LogicalResult NodeContext::bind(ConstantRef constant) {
  importer.bind(onnxNode.outputs[0], {Value(), std::move(constant)});
  return success();
}

LogicalResult NodeContext::bind(Value value) {
  importer.bind(onnxNode.outputs[0], {value, nullptr});
  return success();
}

LogicalResult NodeContext::bindOp(Operation *op) {
  if (op->getNumResults() == 1)
    nn::setValueName(op, importer.plainName(onnxNode.outputs[0]));
  else
    nn::setValueName(op, importer.uniqueValueName(onnxNode.outputs[0] + ".parts"));
  if (!op->hasAttr(nn::NNDialect::kLayerAttr))
    setLayer(op);
  for (const OpResult result : op->getResults()) {
    if (op->getNumOperands() > 0)
      importer.setBatchMultiple(result, importer.batchMultiple(op->getOperand(0)));
    const unsigned index = result.getResultNumber();
    if (index < onnxNode.outputs.size() && !onnxNode.outputs[index].empty())
      importer.bind(onnxNode.outputs[index], {result, nullptr});
  }
  return success();
}

void NodeContext::name(Operation *op, StringRef suffix) {
  nn::setValueName(op, importer.uniqueValueName(onnxNode.outputs[0] + "." + suffix.str()));
  setLayer(op);
  if (op->getNumOperands() > 0)
    importer.setBatchMultiple(op->getResult(0), importer.batchMultiple(op->getOperand(0)));
}

void NodeContext::setLayer(Operation *op, StringRef weightName) {
  std::string layer;
  if (weightName.consume_back(".weight"))
    layer = weightName.str();
  else
    layer = nn::layerOfNode(onnxNode.name);
  if (!layer.empty())
    op->setAttr(nn::NNDialect::kLayerAttr, builder().getStringAttr(layer));
}
