//===- TosaBuilder.h - TOSA ops on codes ----------------------------------------------===//

#ifndef QOPT_LIB_LOWEROUT_TOSABUILDER_H
#define QOPT_LIB_LOWEROUT_TOSABUILDER_H

#include "Conversion.h"

#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Builders.h"

namespace qopt::lowerout {

/// Tensors of known sizes; zero points and bounds are those of Codes.h.
class TosaBuilder {
public:
  TosaBuilder(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::Value constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int8_t> data);
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int32_t> data);
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> data);
  mlir::Value zeroPoint(int32_t value); ///< tensor<1xi8>
  mlir::Value shape(llvm::ArrayRef<int64_t> sizes);

  mlir::Value reshape(mlir::Value tensor, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value tensor, llvm::ArrayRef<int64_t> permutation);
  mlir::Value toNhwc(mlir::Value tensor) { return transpose(tensor, {0, 2, 3, 1}); }
  mlir::Value toNchw(mlir::Value tensor) { return transpose(tensor, {0, 3, 1, 2}); }
  mlir::Value slice(mlir::Value tensor, llvm::ArrayRef<int64_t> start,
                    llvm::ArrayRef<int64_t> size);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> parts, int64_t axis);
  mlir::Value pad(mlir::Value tensor, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                  int32_t code);
  /// NHWC for windows that have to cover their input exactly: appends [low, high] padding of both
  /// axes to `pad`; where `high` is negative, that much of the input is cut off.
  mlir::Value fitWindows(mlir::Value input, llvm::ArrayRef<int64_t> low,
                         llvm::ArrayRef<int64_t> high, llvm::SmallVectorImpl<int64_t> &pad);
  /// Rows `indices` of dimension `dim`.
  mlir::Value gather(mlir::Value tensor, int64_t dim, llvm::ArrayRef<int32_t> indices);

  /// sat(round((x - inZero) * m) + outZero), one m or one for each element of the last dimension;
  /// products are exact and rounded once, half up. Zero points of i32 are 0.
  mlir::Value rescale(mlir::Value tensor, llvm::ArrayRef<double> multipliers, int32_t inZero,
                      mlir::Type element, int32_t outZero);
  /// q - zeroPoint as i32, exact.
  mlir::Value centred(mlir::Value codes, int32_t zeroPoint);
  /// i32 times m to codes within the bounds of `to`.
  mlir::Value toCodes(mlir::Value tensor, llvm::ArrayRef<double> multipliers, const Codes &to);
  mlir::Value table(mlir::Value codes, llvm::ArrayRef<int8_t> table);
  mlir::Value cast(mlir::Value tensor, mlir::Type element);
  mlir::Value clamp(mlir::Value tensor, float low, float high);
  /// With numpy's broadcasting of the ranks.
  template <typename OpTy>
  mlir::Value binary(mlir::Value a, mlir::Value b, llvm::ArrayRef<int64_t> shape) {
    const auto element = mlir::cast<mlir::RankedTensorType>(a.getType()).getElementType();
    return OpTy::create(builder, loc, mlir::RankedTensorType::get(shape, element),
                        withRank(a, shape.size()), withRank(b, shape.size()));
  }
  mlir::Value multiply(mlir::Value a, mlir::Value b, llvm::ArrayRef<int64_t> shape);
  mlir::Value multiplyBy(mlir::Value tensor, float factor);

  mlir::Type i8() { return builder.getIntegerType(8); }
  mlir::Type i32() { return builder.getIntegerType(32); }
  mlir::Type f32() { return builder.getF32Type(); }
  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;

private:
  mlir::Value withRank(mlir::Value tensor, size_t rank);
};

/// A sum of two tensors that are scaled to the codes of `to` (N8), of which `reach` is the greatest
/// magnitude: both meet in i32 with as many fractional bits as that leaves room for.
struct ScaledTerm {
  mlir::Value tensor; ///< i8 or i32
  int32_t zeroPoint;
  llvm::ArrayRef<double> multipliers;
  bool negative = false;
};
mlir::Value addScaled(TosaBuilder &build, const ScaledTerm &a, const ScaledTerm &b, double reach,
                      llvm::ArrayRef<int64_t> shape, const Codes &to);

using TosaContext = OpLowering<TosaBuilder>;
using TosaTable = PatternTable<TosaBuilder>;

// The families, each in its file.
void addTosaBorders(TosaTable &table);
void addTosaRoots(TosaTable &table);
void addTosaElementwise(TosaTable &table);
void addTosaPools(TosaTable &table);
void addTosaMoves(TosaTable &table);

} // namespace qopt::lowerout

#endif // QOPT_LIB_LOWEROUT_TOSABUILDER_H
