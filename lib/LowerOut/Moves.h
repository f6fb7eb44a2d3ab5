//===- Moves.h - movement that both lowerings write alike -------------------------------===//

#ifndef QOPT_LIB_LOWEROUT_MOVES_H
#define QOPT_LIB_LOWEROUT_MOVES_H

#include "Conversion.h"

namespace qopt::lowerout {

template <typename BuilderT>
Lowered lowerTranspose(nn::TransposeOp op, const OpLowering<BuilderT> &context) {
  return llvm::SmallVector<mlir::Value>{context.build.transpose(context.operands[0], op.getPerm())};
}

/// [N, C, H, W] by way of the rank 6 in which blocks are dimensions.
template <typename BuilderT>
Lowered lowerDepthToSpace(nn::DepthToSpaceOp op, const OpLowering<BuilderT> &context) {
  const llvm::ArrayRef<int64_t> in = context.shapeOf(op.getInput());
  const auto block = static_cast<int64_t>(op.getBlock());
  const int64_t channels = in[1] / (block * block);
  const bool columnMajor = op.getColumnMajor();
  const llvm::SmallVector<int64_t> split =
      columnMajor ? llvm::SmallVector<int64_t>{in[0], channels, block, block, in[2], in[3]}
                  : llvm::SmallVector<int64_t>{in[0], block, block, channels, in[2], in[3]};
  const llvm::SmallVector<int64_t> order = columnMajor
                                               ? llvm::SmallVector<int64_t>{0, 1, 4, 2, 5, 3}
                                               : llvm::SmallVector<int64_t>{0, 3, 4, 1, 5, 2};
  const mlir::Value blocks = context.build.reshape(context.operands[0], split);
  return llvm::SmallVector<mlir::Value>{
      context.build.reshape(context.build.transpose(blocks, order), context.resultShape())};
}

} // namespace qopt::lowerout

#endif // QOPT_LIB_LOWEROUT_MOVES_H
