//===- OnnxWriter.cpp - plain structs to ONNX protobuf -------------------------------===//
//
// The only file of the exporter that sees protobuf.
//
//===-----------------------------------------------------------------------------===//

#include "OnnxFile.h"

#include "qopt/Support/Text.h"

#include <onnx/onnx_pb.h>

#include <limits>

using namespace qopt;
using namespace qopt::exporter;

static int typeOf(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return onnx::TensorProto::FLOAT;
  case ElementType::U8:
    return onnx::TensorProto::UINT8;
  case ElementType::I8:
    return onnx::TensorProto::INT8;
  case ElementType::I32:
    return onnx::TensorProto::INT32;
  case ElementType::I64:
    return onnx::TensorProto::INT64;
  }
  llvm_unreachable("all types are handled");
}

static void write(const NodeAttribute &attribute, onnx::AttributeProto &proto) {
  proto.set_name(attribute.name);
  if (const auto *i = std::get_if<int64_t>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::INT);
    proto.set_i(*i);
  } else if (const auto *f = std::get_if<float>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::FLOAT);
    proto.set_f(*f);
  } else if (const auto *s = std::get_if<std::string>(&attribute.value)) {
    proto.set_type(onnx::AttributeProto::STRING);
    proto.set_s(*s);
  } else {
    proto.set_type(onnx::AttributeProto::INTS);
    for (const int64_t value : std::get<std::vector<int64_t>>(attribute.value))
      proto.add_ints(value);
  }
}

static void write(const Node &node, onnx::NodeProto &proto) {
  proto.set_name(node.name);
  proto.set_op_type(node.op);
  if (!node.domain.empty())
    proto.set_domain(node.domain);
  for (const std::string &input : node.inputs)
    proto.add_input(input);
  for (const std::string &output : node.outputs)
    proto.add_output(output);
  for (const NodeAttribute &attribute : node.attributes)
    write(attribute, *proto.add_attribute());
}

static void write(const Port &port, onnx::ValueInfoProto &proto) {
  proto.set_name(port.name);
  auto &type = *proto.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  auto &shape = *type.mutable_shape();
  for (const int64_t size : port.shape) {
    if (size < 0)
      shape.add_dim()->set_dim_param("N");
    else
      shape.add_dim()->set_dim_value(size);
  }
}

static void write(const Initializer &constant, onnx::TensorProto &proto) {
  proto.set_name(constant.name);
  proto.set_data_type(typeOf(constant.type));
  for (const int64_t size : constant.shape)
    proto.add_dims(size);
  proto.set_raw_data(constant.bytes);
}

llvm::Expected<std::string> exporter::writeOnnx(const OnnxFile &file) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("qopt");
  auto addOpset = [&](const char *domain, int64_t version) {
    auto *import = model.add_opset_import();
    import->set_domain(domain);
    import->set_version(version);
  };
  addOpset("", 17);
  for (const Node &node : file.nodes)
    if (!node.domain.empty()) {
      addOpset(node.domain.c_str(), 1);
      break;
    }
  onnx::GraphProto &graph = *model.mutable_graph();
  graph.set_name("main");
  for (const Node &node : file.nodes)
    write(node, *graph.add_node());
  for (const Initializer &constant : file.initializers)
    write(constant, *graph.add_initializer());
  for (const Port &port : file.inputs)
    write(port, *graph.add_input());
  for (const Port &port : file.outputs)
    write(port, *graph.add_output());
  if (model.ByteSizeLong() > static_cast<size_t>(std::numeric_limits<int>::max()))
    return makeError("the model would be larger than protobuf allows (2 GiB)");
  std::string bytes;
  if (!model.SerializeToString(&bytes))
    return makeError("the model cannot be serialized");
  return bytes;
}
