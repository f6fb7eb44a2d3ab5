//===- Reader.h - a function of foreign dialects as a graph ---------------------------===//
//
// Reader turns a function of tosa, linalg, tensor, arith, quant and onnx-mlir ops into the graph of
// named operators that the ONNX importer takes (OnnxModel.h). So constant folding, layouts,
// spelled-out functions, quantization points and messages are those of the importer: there is
// one of each. A row per op says which operators it is; what a reader's row cannot express
// becomes a node that bears the reason, and the importer lists all such nodes at once, if the
// outputs need them.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_IMPORT_FOREIGN_READER_H
#define QOPT_LIB_IMPORT_FOREIGN_READER_H

#include "../OnnxModel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace qopt::importer {

using Names = llvm::ArrayRef<std::string>;

/// A sum whose product with 1 / count is a mean.
struct SumInfo {
  std::string source;
  double count = 1.0;
  llvm::SmallVector<int64_t> axes; // of a reduction
  int64_t rank = 0;                // of `source`
  bool keepDims = true;
  std::optional<OnnxNode>
      window; // an AveragePool without its names, where the sum is one of windows
  bool channelsLast = false;
};

/// max(min(x, high), low), as far as it was read.
struct ClipInfo {
  std::string source;
  float low, high;
};

class Reader {
public:
  explicit Reader(mlir::func::FuncOp function) : function(function) {}

  /// Error, reported: a function without one block, constants whose data were left out.
  mlir::FailureOr<OnnxModel> read();

  //===-- names ---------------------------------------------------------------------===//
  /// The graph's name of a value that was read; of an op result that no row has bound, a new one.
  std::string nameOf(mlir::Value value);
  llvm::SmallVector<std::string> namesOf(mlir::ValueRange values);
  std::string fresh(const llvm::Twine &stem);
  /// Of a value that has no Value of its own.
  void setRank(llvm::StringRef name, int64_t rank) { ranks[name] = rank; }
  void bind(mlir::Value value, llvm::StringRef name);
  bool isBound(mlir::Value value) const { return names.contains(value); }

  //===-- nodes, at the op that is read ----------------------------------------------===//
  OnnxNode &add(llvm::StringRef op, Names inputs, llvm::StringRef output);
  /// The same with a new output, which it returns.
  std::string make(llvm::StringRef op, Names inputs, llvm::StringRef suffix);
  std::string transpose(llvm::StringRef input, llvm::ArrayRef<int64_t> perm,
                        llvm::StringRef output = {});
  /// -1 for an unknown size. A reshape of a reshape reads the first one's input, and one that
  /// leads back to a shape that was there is that value.
  std::string reshape(llvm::StringRef input, mlir::Type from, mlir::Type to,
                      llvm::StringRef output = {});
  /// Add, Sub, Mul, Div: sums become means and sigmoids are put together on the way.
  void binary(llvm::StringRef op, llvm::StringRef a, llvm::StringRef b, llvm::StringRef output);
  /// Max or min; with a constant a clip, merged with the one before it.
  void extremum(bool isMax, llvm::StringRef a, llvm::StringRef b, llvm::StringRef output);
  void clip(llvm::StringRef input, float low, float high, llvm::StringRef output);
  void sum(SumInfo info, llvm::StringRef output);
  void mean(const SumInfo &info, llvm::StringRef output);
  /// Runs `body` on NCHW data between two transposes.
  void channelsFirst(llvm::StringRef input, llvm::StringRef output,
                     llvm::function_ref<void(llvm::StringRef, llvm::StringRef)> body);

  //===-- constants -----------------------------------------------------------------===//
  std::string ints(llvm::ArrayRef<int64_t> values);
  std::string scalar(float value);
  std::string store(llvm::StringRef name, Tensor data, unsigned bits = 0);
  /// The data of a stored constant, or null.
  const Tensor *constant(llvm::StringRef name) const;
  /// The one number that all elements of a stored constant are.
  std::optional<double> splat(llvm::StringRef name) const;
  /// Bits of the elements of a stored constant of integers.
  unsigned bitsOf(llvm::StringRef name) const;
  /// The node that makes a value if it is an `op`, or null.
  const OnnxNode *maker(llvm::StringRef name, llvm::StringRef op = {}) const;
  /// Known as the sum described; null otherwise.
  const SumInfo *sumOf(llvm::StringRef name) const;

  /// Says, when the outputs need the op that is read, that it cannot be imported and why.
  void refuse(mlir::Operation &op, llvm::StringRef why);

private:
  mlir::LogicalResult readSignature();
  mlir::LogicalResult readOp(mlir::Operation &op);
  mlir::LogicalResult readReturn(mlir::Operation &op);

  mlir::func::FuncOp function;
  OnnxModel model;
  mlir::Operation *current = nullptr;
  llvm::DenseMap<mlir::Value, std::string> names;
  llvm::StringSet<> taken;
  llvm::StringMap<unsigned> counters, makers, stored;
  llvm::StringMap<std::string> scalars;
  llvm::StringMap<int64_t> ranks;
  llvm::StringMap<SumInfo> sums;
  llvm::StringMap<ClipInfo> clips;
  llvm::StringMap<std::pair<std::string, mlir::Type>> reshapes; // output -> input and its type
};

/// What becomes of one op: nothing where it was read, else why it could not.
using ReadRow = std::string (*)(Reader &, mlir::Operation &);
struct ReadEntry {
  llvm::StringLiteral op;
  ReadRow read;
};
llvm::ArrayRef<ReadEntry> tosaRows();
llvm::ArrayRef<ReadEntry> linalgRows();
llvm::ArrayRef<ReadEntry> genericRows();
llvm::ArrayRef<ReadEntry> tensorRows();
llvm::ArrayRef<ReadEntry> quantRows();
/// An operator of onnx-mlir, which has the importer's names.
std::string readOnnx(Reader &reader, mlir::Operation &op);

/// The elements of a constant; `problem` says why there are none.
Tensor tensorOf(mlir::ElementsAttr elements, std::string &problem);
/// The constant that makes a value, or null.
mlir::ElementsAttr elementsOf(mlir::Value value);
/// A scalar constant, also behind truncf, extf and conversions of integers.
std::optional<double> numberOf(mlir::Value value);
/// Why a cast to a float type of fewer than 32 bits is not read.
std::string narrowing(mlir::Type to);

// Attributes of nodes.
void setInts(OnnxNode &node, llvm::StringRef name, llvm::ArrayRef<int64_t> values);
void setInt(OnnxNode &node, llvm::StringRef name, int64_t value);
void setFloat(OnnxNode &node, llvm::StringRef name, float value);

/// Chains of per-channel products and sums become one BatchNormalization; the batch-norm that
/// exporters spell as sub, mul by 1 / sqrt(var + eps), mul, add keeps its own parameters.
/// `ranks` are those of the values that a chain may start from.
void recognizeBatchNorms(OnnxModel &model, const llvm::StringMap<int64_t> &ranks);

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_FOREIGN_READER_H
