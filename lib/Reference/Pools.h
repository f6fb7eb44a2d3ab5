//===- Pools.h - evaluators of pools, means and resize --------------------------------------===//

#ifndef QOPT_REFERENCE_POOLS_H
#define QOPT_REFERENCE_POOLS_H

#include "lib/Reference/Evaluator.h"

namespace qopt::reference {

/// nn.max_pool2d: keeps codes, the same in all modes.
llvm::Error evalMaxPool(OpContext &context);

/// nn.avg_pool2d, nn.adaptive_avg_pool2d, nn.reduce_mean.
llvm::Error evalMeanFloat(OpContext &context);
llvm::Error evalMeanSimulate(OpContext &context);
llvm::Error evalMeanCodes(OpContext &context);

/// nn.resize_nearest: keeps codes; nn.resize_bilinear (N18).
llvm::Error evalResizeNearest(OpContext &context);
llvm::Error evalBilinearFloat(OpContext &context);
llvm::Error evalBilinearSimulate(OpContext &context);
llvm::Error evalBilinearCodes(OpContext &context);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_POOLS_H
