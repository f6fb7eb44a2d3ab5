//===- Movement.h - evaluators of ops that move values, and of the borders -------------------===//

#ifndef QOPT_REFERENCE_MOVEMENT_H
#define QOPT_REFERENCE_MOVEMENT_H

#include "lib/Reference/Evaluator.h"

namespace qopt::reference {

/// Movement (N9): the same in all modes; the parameters go with the codes.
llvm::Error evalReshape(OpContext &context); ///< also flatten, squeeze, unsqueeze
llvm::Error evalTranspose(OpContext &context);
llvm::Error evalSlice(OpContext &context);
llvm::Error evalPad(OpContext &context);
llvm::Error evalDepthToSpace(OpContext &context);
llvm::Error evalCat(OpContext &context);
llvm::Error evalSplit(OpContext &context);

llvm::Error evalParameter(OpContext &context);
llvm::Error evalFoldBatchNorm(OpContext &context); ///< qopt.fold_batch_norm (N16)

/// qopt.observe, qopt.fake_quant.
llvm::Error evalPointFloat(OpContext &context);
llvm::Error evalPointSimulate(OpContext &context);

/// qopt.quantize, qopt.dequantize, qopt.requantize.
llvm::Error evalQuantize(OpContext &context);
llvm::Error evalDequantize(OpContext &context);
llvm::Error evalRequantize(OpContext &context);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_MOVEMENT_H
