//===- Constant.h - values known at import -------------------------------------------===//
//
// Weights, and the integers from which exporters compute shapes. An integer may be a
// multiple of the unknown batch size, so that Shape -> Gather -> Concat -> Reshape folds
// although the batch is free.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_IMPORT_CONSTANT_H
#define QOPT_LIB_IMPORT_CONSTANT_H

#include "qopt/Support/Tensor.h"

#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <string>
#include <vector>

namespace qopt::importer {

/// value, or value times the batch size.
struct SymInt {
  int64_t value = 0;
  bool timesBatch = false;
  bool operator==(const SymInt &other) const {
    return value == other.value && (timesBatch == other.timesBatch || value == 0);
  }
};

/// The element type of an ONNX integer tensor.
struct CodeType {
  unsigned bits = 0;
  bool isSigned = false;

  int64_t qmin() const { return isSigned ? -(int64_t(1) << (bits - 1)) : 0; }
  int64_t qmax() const { return (int64_t(1) << (isSigned ? bits - 1 : bits)) - 1; }
  /// "u8".
  std::string text() const { return (isSigned ? "s" : "u") + std::to_string(bits); }
  bool operator==(const CodeType &other) const {
    return bits == other.bits && isSigned == other.isSigned;
  }
};

/// Scale and zero point as QuantizeLinear and DequantizeLinear give them: one for all elements,
/// or one per index of `axis`.
struct QuantInfo {
  CodeType type;
  llvm::SmallVector<float> scales;
  llvm::SmallVector<int32_t> zeroPoints;
  int64_t axis = -1;

  bool isPerAxis() const { return axis >= 0; }
  bool operator==(const QuantInfo &other) const {
    return type == other.type && scales == other.scales && zeroPoints == other.zeroPoints &&
           axis == other.axis;
  }
};
using QuantRef = std::shared_ptr<const QuantInfo>;

struct Constant {
  std::string name; // the framework's
  llvm::SmallVector<int64_t> shape;
  bool isInt = false;             // `ints` or `codes` hold the data, else `floats`
  Tensor floats;                  // f32
  std::vector<SymInt> ints;       // row-major
  Tensor codes;                   // integers of at most 8 bits (i8 or u8); many have no `ints`
  CodeType type;                  // of integers as the file stores them; 0 bits for computed ones
  QuantRef quant;                 // of floats that DequantizeLinear made: they lie on its grid
  std::vector<int32_t> wideCodes; // of such floats, where f32 may not hold the codes (i32)
  std::string source;             // for messages: the stored element type, if it was converted

  int64_t size() const;
  /// The integers if all are known.
  std::optional<llvm::SmallVector<int64_t>> knownInts() const;
  /// The elements as numbers, or nothing if one depends on the batch.
  std::optional<llvm::SmallVector<double>> numbers() const;
  /// The one element of a scalar (of any rank).
  std::optional<double> scalar() const;
};

using ConstantRef = std::shared_ptr<Constant>;

/// Of a stored tensor: floats as f32, integers and booleans as integers; `bits` is 4 where the
/// file packs two elements in a byte. Error: u64 values beyond int64.
llvm::Expected<ConstantRef> makeConstant(llvm::StringRef name, const Tensor &data,
                                         unsigned bits = 0);

ConstantRef makeFloats(llvm::StringRef name, Tensor floats);
ConstantRef makeInts(llvm::StringRef name, llvm::ArrayRef<int64_t> shape, std::vector<SymInt> ints);

/// The same elements under another shape with as many.
ConstantRef reshapeConstant(const Constant &constant, llvm::ArrayRef<int64_t> shape);
ConstantRef transposeConstant(const Constant &constant, llvm::ArrayRef<int64_t> perm);
/// Elements starts[d] + i * steps[d], sizes[d] of them, along every dimension d.
ConstantRef sliceConstant(const Constant &constant, llvm::ArrayRef<int64_t> starts,
                          llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> steps);

/// All indices of a shape in row-major order.
class IndexWalk {
public:
  explicit IndexWalk(llvm::ArrayRef<int64_t> shape);
  bool done() const { return left <= 0; }
  void next();
  llvm::ArrayRef<int64_t> operator*() const { return index; }

private:
  llvm::SmallVector<int64_t> shape, index;
  int64_t left;
};

/// Row-major strides.
llvm::SmallVector<int64_t> stridesOf(llvm::ArrayRef<int64_t> shape);

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_CONSTANT_H
