//===- OnnxFile.h - an ONNX model to be written, as plain structs --------------------===//
//
// Free of protobuf, whose headers are slow to compile and stay in OnnxWriter.cpp.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_EXPORT_ONNXFILE_H
#define QOPT_LIB_EXPORT_ONNXFILE_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace qopt::exporter {

enum class ElementType : uint8_t { F32, U8, I8, I32, I64 };

/// A stored constant: row-major bytes in the machine's order, which is little-endian.
struct Initializer {
  std::string name;
  ElementType type = ElementType::F32;
  std::vector<int64_t> shape;
  std::string bytes;
};

using AttributeValue = std::variant<int64_t, float, std::string, std::vector<int64_t>>;
struct NodeAttribute {
  std::string name;
  AttributeValue value;
};

struct Node {
  std::string name, op, domain;
  std::vector<std::string> inputs, outputs;
  std::vector<NodeAttribute> attributes;
};

/// An f32 input or output; -1 is the free batch.
struct Port {
  std::string name;
  std::vector<int64_t> shape;
};

struct OnnxFile {
  std::vector<Node> nodes;
  std::vector<Initializer> initializers;
  std::vector<Port> inputs, outputs;
};

/// The serialized ModelProto: IR version 8, operator set 17, and com.microsoft where a node
/// is of it. Error: more than protobuf's 2 GiB.
llvm::Expected<std::string> writeOnnx(const OnnxFile &file);

} // namespace qopt::exporter

#endif // QOPT_LIB_EXPORT_ONNXFILE_H
