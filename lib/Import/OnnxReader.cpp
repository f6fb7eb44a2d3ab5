//===- OnnxReader.cpp - ONNX protobuf to plain structs -------------------------------===//
//
// The only file that sees protobuf.
//
//===-----------------------------------------------------------------------------===//

#include "OnnxModel.h"

#include "qopt/Support/Text.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <cstring>
#include <limits>

using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace qopt::importer {
namespace {

std::optional<DType> dtypeOf(int type) {
  switch (type) {
  case onnx::TensorProto::FLOAT:
    return DType::F32;
  case onnx::TensorProto::DOUBLE:
    return DType::F64;
  case onnx::TensorProto::FLOAT16:
    return DType::F16;
  case onnx::TensorProto::BFLOAT16:
    return DType::BF16;
  case onnx::TensorProto::INT8:
    return DType::I8;
  case onnx::TensorProto::UINT8:
    return DType::U8;
  case onnx::TensorProto::INT16:
    return DType::I16;
  case onnx::TensorProto::UINT16:
    return DType::U16;
  case onnx::TensorProto::INT32:
    return DType::I32;
  case onnx::TensorProto::UINT32:
    return DType::U32;
  case onnx::TensorProto::INT64:
    return DType::I64;
  case onnx::TensorProto::UINT64:
    return DType::U64;
  case onnx::TensorProto::BOOL:
    return DType::Bool;
  default:
    return std::nullopt;
  }
}

/// Types of two elements per byte, which the protobuf classes of older releases do not name.
constexpr int kUint4 = 21, kInt4 = 22;
bool isPacked(int type) { return type == kUint4 || type == kInt4; }

/// ONNX's name of an element type in lower case, or its number.
std::string typeName(int type) {
  if (isPacked(type))
    return type == kInt4 ? "int4" : "uint4";
  if (!onnx::TensorProto::DataType_IsValid(type))
    return "type " + std::to_string(type);
  return StringRef(onnx::TensorProto::DataType_Name(static_cast<onnx::TensorProto::DataType>(type)))
      .lower();
}

/// Copies a typed repeated field, narrowing to the tensor's own element type.
template <typename To, typename Field> bool copyField(const Field &field, Tensor &tensor) {
  if (field.size() != tensor.numElements())
    return false;
  To *out = reinterpret_cast<To *>(tensor.raw());
  for (const auto value : field)
    *out++ = static_cast<To>(value);
  return true;
}

/// int32_data holds all small types, half floats as bit patterns.
bool copyTyped(const onnx::TensorProto &proto, Tensor &tensor) {
  switch (tensor.dtype()) {
  case DType::F32:
    return copyField<float>(proto.float_data(), tensor);
  case DType::F64:
    return copyField<double>(proto.double_data(), tensor);
  case DType::I64:
    return copyField<int64_t>(proto.int64_data(), tensor);
  case DType::U64:
    return copyField<uint64_t>(proto.uint64_data(), tensor);
  case DType::U32:
    return copyField<uint32_t>(proto.uint64_data(), tensor);
  case DType::I32:
    return copyField<int32_t>(proto.int32_data(), tensor);
  case DType::F16:
  case DType::BF16:
  case DType::U16:
  case DType::I16:
    return copyField<uint16_t>(proto.int32_data(), tensor);
  case DType::I8:
  case DType::U8:
  case DType::Bool:
    return copyField<uint8_t>(proto.int32_data(), tensor);
  }
  llvm_unreachable("unknown dtype");
}

Expected<std::string> externalBytes(const onnx::TensorProto &proto, StringRef baseDir) {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
  for (const auto &entry : proto.external_data()) {
    uint64_t number = 0;
    const bool isNumber = !StringRef(entry.value()).getAsInteger(10, number);
    if (entry.key() == "location")
      location = entry.value();
    else if ((entry.key() == "offset" || entry.key() == "length") && !isNumber)
      return makeError("external data has the " + entry.key() + " '" + entry.value() +
                       "', expected a number of bytes");
    else if (entry.key() == "offset")
      offset = number;
    else if (entry.key() == "length")
      length = number;
  }
  return readExternalData(baseDir, location, offset, length);
}

Error copyRaw(StringRef bytes, Tensor &tensor) {
  if (static_cast<int64_t>(bytes.size()) != tensor.bytes())
    return makeError("holds " + Twine(bytes.size()) + " bytes of data, its shape " +
                     shapeText(tensor.shape()) + " of " + dtypeName(tensor.dtype()) + " needs " +
                     Twine(tensor.bytes()));
  if (!bytes.empty())
    std::memcpy(tensor.raw(), bytes.data(), bytes.size());
  return Error::success();
}

/// The first element of each byte is its low half.
Expected<Tensor> readPacked(const onnx::TensorProto &proto, StringRef baseDir) {
  const bool isSigned = proto.data_type() == kInt4;
  const std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  Expected<Tensor> tensor = Tensor::create(isSigned ? DType::I8 : DType::U8, dims);
  if (!tensor)
    return makeError("has no usable shape: " + llvm::toString(tensor.takeError()));
  std::string bytes;
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    Expected<std::string> stored = externalBytes(proto, baseDir);
    if (!stored)
      return stored.takeError();
    bytes = std::move(*stored);
  } else if (proto.has_raw_data()) {
    bytes = proto.raw_data();
  } else {
    for (const int32_t pair : proto.int32_data())
      bytes.push_back(static_cast<char>(pair));
  }
  const int64_t count = tensor->numElements();
  if (static_cast<int64_t>(bytes.size()) != (count + 1) / 2)
    return makeError("holds " + Twine(bytes.size()) + " bytes of data, its shape " +
                     shapeText(dims) + " of " + typeName(proto.data_type()) + " needs " +
                     Twine((count + 1) / 2));
  uint8_t *out = reinterpret_cast<uint8_t *>(tensor->raw());
  for (int64_t i = 0; i < count; ++i) {
    const int half = (static_cast<uint8_t>(bytes[i / 2]) >> (i % 2 * 4)) & 15;
    out[i] = static_cast<uint8_t>(isSigned && half >= 8 ? half - 16 : half);
  }
  return tensor;
}

/// The data of a tensor; errors start without its name.
Expected<Tensor> readTensorData(const onnx::TensorProto &proto, StringRef baseDir) {
  if (isPacked(proto.data_type()))
    return readPacked(proto, baseDir);
  const std::optional<DType> dtype = dtypeOf(proto.data_type());
  if (!dtype)
    return makeError("has element type " + typeName(proto.data_type()) +
                     "; expected a float or integer type");
  const std::vector<int64_t> dims(proto.dims().begin(), proto.dims().end());
  Expected<Tensor> tensor = Tensor::create(*dtype, dims);
  if (!tensor)
    return makeError("has no usable shape: " + llvm::toString(tensor.takeError()));
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    Expected<std::string> bytes = externalBytes(proto, baseDir);
    if (!bytes)
      return bytes.takeError();
    if (Error error = copyRaw(*bytes, *tensor))
      return std::move(error);
  } else if (proto.has_raw_data()) {
    if (Error error = copyRaw(proto.raw_data(), *tensor))
      return std::move(error);
  } else if (!copyTyped(proto, *tensor)) {
    return makeError("does not hold as many elements as its shape " + shapeText(dims) + " says");
  }
  return tensor;
}

OnnxTensor readTensor(const onnx::TensorProto &proto, StringRef baseDir) {
  OnnxTensor result;
  result.name = proto.name();
  result.bits = isPacked(proto.data_type()) ? 4 : 0;
  Expected<Tensor> data = readTensorData(proto, baseDir);
  if (data)
    result.data = std::move(*data);
  else
    result.problem = llvm::toString(data.takeError());
  return result;
}

OnnxAttribute readAttribute(const onnx::AttributeProto &proto, StringRef baseDir) {
  using Kind = OnnxAttribute::Kind;
  OnnxAttribute result;
  switch (proto.type()) {
  case onnx::AttributeProto::FLOAT:
    result.kind = Kind::Float;
    result.f = proto.f();
    break;
  case onnx::AttributeProto::INT:
    result.kind = Kind::Int;
    result.i = proto.i();
    break;
  case onnx::AttributeProto::STRING:
    result.kind = Kind::String;
    result.s = proto.s();
    break;
  case onnx::AttributeProto::TENSOR:
    result.kind = Kind::Tensor;
    result.tensor = readTensor(proto.t(), baseDir);
    break;
  case onnx::AttributeProto::FLOATS:
    result.kind = Kind::Floats;
    result.floats.assign(proto.floats().begin(), proto.floats().end());
    break;
  case onnx::AttributeProto::INTS:
    result.kind = Kind::Ints;
    result.ints.assign(proto.ints().begin(), proto.ints().end());
    break;
  case onnx::AttributeProto::STRINGS:
    result.kind = Kind::Strings;
    result.strings.assign(proto.strings().begin(), proto.strings().end());
    break;
  default:
    break;
  }
  return result;
}

OnnxNode readNode(const onnx::NodeProto &proto, StringRef baseDir) {
  OnnxNode node;
  node.name = proto.name();
  node.op = proto.op_type();
  node.domain = proto.domain() == "ai.onnx" ? std::string() : proto.domain();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const auto &attribute : proto.attribute())
    node.attributes[attribute.name()] = readAttribute(attribute, baseDir);
  return node;
}

OnnxValue readValue(const onnx::ValueInfoProto &proto) {
  OnnxValue value;
  value.name = proto.name();
  if (!proto.type().has_tensor_type())
    return value;
  const auto &type = proto.type().tensor_type();
  value.elementType = typeName(type.elem_type());
  if (!type.has_shape())
    return value;
  value.shape.emplace();
  for (const auto &dim : type.shape().dim()) {
    OnnxDim result;
    // Some exporters write an unknown size as 0 or -1.
    if (dim.has_dim_value() && dim.dim_value() > 0)
      result.size = dim.dim_value();
    result.symbol = dim.dim_param();
    value.shape->push_back(std::move(result));
  }
  return value;
}

} // namespace

Expected<OnnxModel> readOnnx(ArrayRef<uint8_t> bytes, StringRef baseDir) {
  if (bytes.empty())
    return makeError("the file is empty; expected an ONNX model");
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()))
    return makeError("the file is larger than protobuf allows (2 GiB); save the model with its "
                     "weights as external data");
  onnx::ModelProto proto;
  {
    google::protobuf::LogSilencer silence; // its lines on stderr say less than ours
    google::protobuf::io::CodedInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
    stream.SetTotalBytesLimit(std::numeric_limits<int>::max());
    if (!proto.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
      return makeError("not an ONNX model, or a truncated one: its bytes do not parse");
  }
  if (!proto.has_graph() || proto.ir_version() == 0)
    return makeError("not an ONNX model: the file holds no graph");

  OnnxModel model;
  model.producer = proto.producer_name();
  for (const auto &import : proto.opset_import())
    if (import.domain().empty() || import.domain() == "ai.onnx")
      model.opset = import.version();
  const onnx::GraphProto &graph = proto.graph();
  for (const auto &node : graph.node())
    model.nodes.push_back(readNode(node, baseDir));
  for (const auto &tensor : graph.initializer())
    model.initializers.push_back(readTensor(tensor, baseDir));
  for (const auto &value : graph.input())
    model.inputs.push_back(readValue(value));
  for (const auto &value : graph.output())
    model.outputs.push_back(readValue(value));
  return model;
}

} // namespace qopt::importer
