//===- OnnxModel.h - an ONNX model as plain structs ----------------------------------===//
//
// What the importer needs of a model, free of protobuf: its headers are slow to compile
// and stay in OnnxReader.cpp.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_IMPORT_ONNXMODEL_H
#define QOPT_LIB_IMPORT_ONNXMODEL_H

#include "qopt/Support/Tensor.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace qopt::importer {

/// A stored tensor. `problem` says why its data could not be read (an element type that
/// hosts do not know, a missing file); it matters only when the tensor is used.
struct OnnxTensor {
  std::string name;
  Tensor data;
  unsigned bits = 0; // 4 for elements that the file packs two to a byte: unpacked in `data`
  std::string problem;
};

struct OnnxAttribute {
  enum class Kind { Float, Int, String, Tensor, Floats, Ints, Strings, Other };
  Kind kind = Kind::Other;
  float f = 0.0f;
  int64_t i = 0;
  std::string s;
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string> strings;
  OnnxTensor tensor;
};

struct OnnxNode {
  std::string name, op, domain;
  std::vector<std::string> inputs, outputs; // an empty name is an absent one
  std::string problem;            // why the reader could not express it; such a node is refused
  const void *location = nullptr; // of the op it was read from, an mlir::Location as pointer
  llvm::StringMap<OnnxAttribute> attributes;

  /// The node's name, or that of its first output where it has none.
  llvm::StringRef label() const {
    return !name.empty() || outputs.empty() ? llvm::StringRef(name) : llvm::StringRef(outputs[0]);
  }
};

/// One size of a declared shape: known, or a symbol.
struct OnnxDim {
  std::optional<int64_t> size;
  std::string symbol;
};

struct OnnxValue {
  std::string name;
  std::string elementType; // "float", "int64", ... as ONNX spells them; "" if not a tensor
  std::optional<std::vector<OnnxDim>> shape;
};

struct OnnxModel {
  int64_t opset = 0; // of the default domain; 0 if the file names none
  std::string producer;
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxValue> inputs, outputs;
  const void *location = nullptr; // of the function it was read from, as in OnnxNode
};

/// Parses a serialized ModelProto. Errors: not a model, truncated, tensors whose data do
/// not fit their shape, external data outside `baseDir` or not there.
llvm::Expected<OnnxModel> readOnnx(llvm::ArrayRef<uint8_t> bytes, llvm::StringRef baseDir);

/// Reads `length` bytes (the file's rest if none is given) at `offset` of the file `location`
/// in the model's directory. Errors: a location that leaves the directory, an absent file,
/// one that is too short.
llvm::Expected<std::string> readExternalData(llvm::StringRef baseDir, llvm::StringRef location,
                                             uint64_t offset, std::optional<uint64_t> length);

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_ONNXMODEL_H
