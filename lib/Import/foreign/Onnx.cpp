//===- Onnx.cpp - how ops of onnx-mlir are read ---------------------------------------===//
//
// onnx-mlir's dialect has ONNX's operators under their own names, with attributes that say the
// same. The dialect itself is not needed: the ops are read in their generic form.
//
//===-----------------------------------------------------------------------------===//

#include "Reader.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

static void setList(OnnxAttribute &result, ArrayAttr list) {
  for (const Attribute entry : list) {
    if (auto number = dyn_cast<IntegerAttr>(entry)) {
      result.kind = OnnxAttribute::Kind::Ints;
      result.ints.push_back(number.getValue().getSExtValue());
    } else if (auto number = dyn_cast<FloatAttr>(entry)) {
      result.kind = OnnxAttribute::Kind::Floats;
      result.floats.push_back(static_cast<float>(number.getValueAsDouble()));
    }
  }
}

static OnnxAttribute attributeOf(Attribute attribute) {
  OnnxAttribute result;
  using Kind = OnnxAttribute::Kind;
  if (auto number = dyn_cast<IntegerAttr>(attribute)) {
    result.kind = Kind::Int;
    result.i = number.getValue().getSExtValue();
  } else if (auto number = dyn_cast<FloatAttr>(attribute)) {
    result.kind = Kind::Float;
    result.f = static_cast<float>(number.getValueAsDouble());
  } else if (auto text = dyn_cast<StringAttr>(attribute)) {
    result.kind = Kind::String;
    result.s = text.getValue().str();
  } else if (auto list = dyn_cast<ArrayAttr>(attribute)) {
    setList(result, list);
  } else if (auto elements = dyn_cast<ElementsAttr>(attribute)) {
    result.kind = Kind::Tensor;
    result.tensor.data = tensorOf(elements, result.tensor.problem);
  }
  return result;
}

std::string importer::readOnnx(Reader &reader, Operation &op) {
  StringRef name = op.getName().stripDialect();
  name.consume_back("InferenceMode"); // BatchNormalization
  SmallVector<std::string> inputs;
  for (const Value operand : op.getOperands())
    inputs.push_back(isa<TensorType>(operand.getType()) ? reader.nameOf(operand) : std::string());
  for (const Type type : op.getResultTypes())
    if (!isa<RankedTensorType>(type) && !isa<NoneType>(type))
      return "has a result without a rank; run onnx-mlir's shape inference first";
  OnnxNode &node = reader.add(name, inputs, reader.nameOf(op.getResult(0)));
  node.outputs.clear();
  for (const Value result : op.getResults())
    node.outputs.push_back(isa<NoneType>(result.getType()) ? std::string() : reader.nameOf(result));
  for (const NamedAttribute attribute : op.getAttrs())
    node.attributes[attribute.getName().getValue()] = attributeOf(attribute.getValue());
  if (auto given = op.getAttrOfType<StringAttr>("onnx_node_name"))
    node.name = given.getValue().str();
  return {};
}
