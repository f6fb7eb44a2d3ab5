//===- Windows.h - kernel, stride, padding attributes of convolutions and pools ------===//

#ifndef QOPT_LIB_IMPORT_OPS_WINDOWS_H
#define QOPT_LIB_IMPORT_OPS_WINDOWS_H

#include "../NodeContext.h"

namespace qopt::importer {

/// Two spatial dimensions; a 1-D window has a first one of size 1.
struct WindowAttrs {
  llvm::SmallVector<int64_t> kernel, stride, padding, dilation; // padding: top left bottom right
};

/// Reads kernel_shape (or `kernel` of the weight), strides, pads, dilations and auto_pad of a
/// node whose input is `input` (rank 3 or 4).
mlir::FailureOr<WindowAttrs> readWindow(NodeContext &node, mlir::Value input,
                                        llvm::ArrayRef<int64_t> kernel);

/// A rank-3 input [N, C, L] as [N, C, 1, L], others as they are; an error for other ranks.
mlir::FailureOr<mlir::Value> toRank4(NodeContext &node, mlir::Value input);

/// Binds `op`, made from an input of rank `rank`, as output 0: behind a squeeze for rank 3.
mlir::LogicalResult bindAtRank(NodeContext &node, mlir::Operation *op, int64_t rank,
                               llvm::StringRef weightName = {});

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_OPS_WINDOWS_H
