//===- View.h - where the elements of a value lie -----------------------------------===//
//
// A value of the network is a strided view of a buffer. Transposes, slices and most
// reshapes only change the view; a copy is made when a kernel needs dense memory.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWER_VIEW_H
#define QOPT_LIB_LOWER_VIEW_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace qopt::lower {

using Sizes = llvm::SmallVector<int64_t, 8>;

/// Dimensions from the outermost to the innermost in memory.
using Order = llvm::SmallVector<unsigned, 8>;

/// The elements of one sample, in logical (NCHW) dimensions. Offset and strides count
/// elements; dimensions of size 1 have any stride.
struct View {
  mlir::Value buffer;
  Sizes dims, strides;
  int64_t offset = 0;
  /// Distance of the samples; 0 for a constant.
  int64_t batchStride = 0;

  int64_t elements() const;
};

/// The logical order: row-major memory.
Order rowMajor(size_t rank);

/// The whole buffer, dense, with `order` in memory.
View denseView(mlir::Value buffer, llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<unsigned> order);

/// True if the view is all of a dense buffer with `order` in memory.
bool isDense(const View &view, llvm::ArrayRef<unsigned> order);

/// The order of a dense view, or nothing where it has gaps, repeats or an offset.
std::optional<Order> memoryOrder(const View &view);

View transposed(const View &view, llvm::ArrayRef<int64_t> perm);

/// Elements start, start + step, ... of an axis, `size` of them.
View sliced(const View &view, int64_t axis, int64_t start, int64_t size, int64_t step = 1);

/// Sizes into which both shapes split, or nothing ([6, 4] and [4, 6] have none).
std::optional<Sizes> commonSplit(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

/// The view with its dimensions split into `parts`, which commonSplit gave for its shape.
View split(const View &view, llvm::ArrayRef<int64_t> parts);

/// The same elements, in logical row-major order, under another shape; nothing where no
/// strides say so.
std::optional<View> reshaped(const View &view, llvm::ArrayRef<int64_t> dims);

/// A loop nest over several strided operands at once.
struct Loops {
  Sizes dims;
  llvm::SmallVector<Sizes, 3> strides; ///< one list per operand
};

/// Drops dimensions of size 1 and merges neighbours that all operands walk evenly.
Loops collapse(llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<Sizes> strides);

/// `list` in the order of `order`.
Sizes reordered(llvm::ArrayRef<int64_t> list, llvm::ArrayRef<unsigned> order);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_VIEW_H
