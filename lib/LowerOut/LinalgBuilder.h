//===- LinalgBuilder.h - linalg, arith, math and tensor ops on codes ------------------===//

#ifndef QOPT_LIB_LOWEROUT_LINALGBUILDER_H
#define QOPT_LIB_LOWEROUT_LINALGBUILDER_H

#include "Conversion.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"

namespace qopt::lowerout {

/// Sizes of a tensor, each an attribute or, where it is unknown, a value.
using Sizes = llvm::SmallVector<mlir::OpFoldResult>;

/// The scalar operations inside a linalg.generic: rules of docs/Numerics.md, one f32 operation
/// each.
class ScalarBuilder {
public:
  ScalarBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::Value f32(float value) const;
  mlir::Value i32(int32_t value) const;
  mlir::Value index(int64_t loop) const; ///< linalg.index
  mlir::Value toIndex(mlir::Value integer) const;
  /// An i8 code as i32, and code - zeroPoint as i32 and f32.
  mlir::Value widen(mlir::Value code) const;
  mlir::Value centred(mlir::Value code, int32_t zeroPoint) const;
  mlir::Value toFloat(mlir::Value integer) const;
  mlir::Value add(mlir::Value a, mlir::Value b) const; ///< f32 or i32
  mlir::Value sub(mlir::Value a, mlir::Value b) const;
  mlir::Value mul(mlir::Value a, mlir::Value b) const;
  mlir::Value div(mlir::Value a, mlir::Value b) const; ///< f32
  mlir::Value zeroIfNaN(mlir::Value x) const;
  /// sat(rne(x) + z) as i32, the clamp in f32 before the conversion (N6); x is no NaN.
  mlir::Value roundToCode(mlir::Value x, const Codes &to) const;
  mlir::Value narrow(mlir::Value code) const; ///< i32 to i8
  /// Element `code` + 128 of a table of signed codes; with `channel` of that channel's row.
  mlir::Value lookUp(mlir::Value table, mlir::Value code, mlir::Value channel) const;

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// An operand of `LinalgBuilder::map`: the tensor, and the result's dimensions that index it (an
/// empty entry stands for 0: the operand is repeated).
struct Mapped {
  mlir::Value value;
  llvm::SmallVector<std::optional<int64_t>> dims;
};

class LinalgBuilder {
public:
  LinalgBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::Value constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int8_t> data);
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int32_t> data);
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> data);
  /// i8 where all fit, else i16.
  mlir::Value smallestConstant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int32_t> data);
  mlir::Value scalar(mlir::Type type, int32_t value);

  Sizes sizesOf(mlir::Value tensor);
  /// `shape`, an unknown size from the first of `like` that has the rank and the size unknown.
  Sizes sizesLike(llvm::ArrayRef<int64_t> shape, mlir::ValueRange like);
  mlir::Value empty(const Sizes &sizes, mlir::Type element);
  mlir::Value filled(const Sizes &sizes, mlir::Type element, int32_t value);

  /// One element of the result from one of each operand.
  using Body = llvm::function_ref<mlir::Value(const ScalarBuilder &, mlir::ValueRange)>;
  mlir::Value map(const Sizes &sizes, mlir::Type element, llvm::ArrayRef<Mapped> operands,
                  Body body);
  /// Operands that lie as the result.
  mlir::Value mapAll(mlir::Value operand, mlir::Type element, Body body);

  /// `low` and `high` elements of `code` around an i8 tensor, or the tensor where there are none.
  mlir::Value pad(mlir::Value tensor, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                  int32_t code);
  /// The same elements in row-major order; at most one unknown size.
  mlir::Value reshape(mlir::Value tensor, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value tensor, llvm::ArrayRef<int64_t> permutation);
  mlir::Value slice(mlir::Value tensor, llvm::ArrayRef<int64_t> offsets, const Sizes &sizes,
                    llvm::ArrayRef<int64_t> strides);
  mlir::Value insert(mlir::Value part, mlir::Value into, llvm::ArrayRef<int64_t> offsets,
                     llvm::ArrayRef<int64_t> strides);
  mlir::DenseIntElementsAttr numbers(llvm::ArrayRef<int64_t> values);

  mlir::Type i8() { return builder.getIntegerType(8); }
  mlir::Type i32() { return builder.getIntegerType(32); }
  mlir::Type f32() { return builder.getF32Type(); }

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// How an operand lies in a result of `resultShape`, by numpy's broadcasting.
Mapped broadcastTo(mlir::Value value, llvm::ArrayRef<int64_t> resultShape);

using LinalgContext = OpLowering<LinalgBuilder>;
using LinalgTable = PatternTable<LinalgBuilder>;

// The families, each in its file.
void addLinalgBorders(LinalgTable &table);
void addLinalgRoots(LinalgTable &table);
void addLinalgElementwise(LinalgTable &table);
void addLinalgPools(LinalgTable &table);
void addLinalgMoves(LinalgTable &table);
void addLinalgResize(LinalgTable &table);

} // namespace qopt::lowerout

#endif // QOPT_LIB_LOWEROUT_LINALGBUILDER_H
