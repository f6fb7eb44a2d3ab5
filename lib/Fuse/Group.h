//===- Group.h - what the fuse passes share -------------------------------------------===//
//
// Which ops can be merged, and the bookkeeping of a merge: names and provenance.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_FUSE_GROUP_H
#define QOPT_LIB_FUSE_GROUP_H

#include "dialects/NN/NN.h"

namespace qopt::fuse {

/// The op that makes `value`, where `value` has exactly one use; null for arguments.
mlir::Operation *soleProducer(mlir::Value value);

/// Notes in `nn.fused` of `root` that it now does `merged`'s work too, and joins the
/// locations. Where `merged` stands behind the root, `takeName` gives the group the name of its
/// result.
void noteMerge(mlir::Operation *root, mlir::Operation *merged, bool takeName);

/// The root into which the batch_norm can be folded, or null. All parameters are constants.
FusionRootOpInterface rootForBatchNorm(nn::BatchNormOp op);

/// [top, left, bottom, right] of a pad in the last two of four dimensions, or empty.
llvm::SmallVector<int64_t> spatialPadding(nn::PadOp pad);

/// The op behind this use of a pad's result that can take the padding over, or null.
PadAbsorbingOpInterface absorberOf(nn::PadOp pad, mlir::OpOperand &use);

} // namespace qopt::fuse

#endif // QOPT_LIB_FUSE_GROUP_H
