//===- Shapes.h - helpers of the shape rules ----------------------------------------===//

#ifndef QOPT_NN_OPS_SHAPES_H
#define QOPT_NN_OPS_SHAPES_H

#include "dialects/NN/NN.h"

namespace qopt::nn::shapes {

using Shape = llvm::SmallVector<int64_t>;
using Shapes = llvm::SmallVectorImpl<Shape>;

inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}
inline int64_t rankOf(mlir::Value value) { return static_cast<int64_t>(shapeOf(value).size()); }
inline bool isDynamic(int64_t size) { return mlir::ShapedType::isDynamic(size); }

/// Equal, or at least one of them unknown.
inline bool compatible(int64_t a, int64_t b) { return isDynamic(a) || isDynamic(b) || a == b; }

/// One window dimension of a convolution or pool.
struct Window {
  int64_t kernel, stride, padLow, padHigh, dilation;
  int64_t extent() const { return (kernel - 1) * dilation + 1; }
};

/// Result size of sliding `window` over `size`; -1 if it does not fit.
int64_t slide(int64_t size, const Window &window, bool ceilMode);

/// Checks 2-D window attributes; errors carry `label`.
llvm::LogicalResult verifyWindow(mlir::Operation *op, llvm::StringRef label,
                                 llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> stride,
                                 llvm::ArrayRef<int64_t> padding, llvm::ArrayRef<int64_t> dilation);

/// Appends the [N, C, OH, OW] result of a pool.
llvm::LogicalResult inferPool(mlir::Operation *op, llvm::StringRef name, mlir::Value input,
                              llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> stride,
                              llvm::ArrayRef<int64_t> padding, llvm::ArrayRef<int64_t> dilation,
                              bool ceilMode, Shapes &shapes);

/// Element-wise sum of two [top, left, bottom, right] paddings.
inline Shape addPadding(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]};
}

/// Numpy broadcasting; false if the shapes do not.
bool broadcast(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b, Shape &result);

} // namespace qopt::nn::shapes

#endif // QOPT_NN_OPS_SHAPES_H
