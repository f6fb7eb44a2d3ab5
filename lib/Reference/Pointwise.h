//===- Pointwise.h - evaluators of pointwise, binary and softmax ops ----------------------===//

#ifndef QOPT_REFERENCE_POINTWISE_H
#define QOPT_REFERENCE_POINTWISE_H

#include "lib/Reference/Evaluator.h"

namespace qopt::reference {

/// Ops with PointwiseOpInterface.
llvm::Error evalPointwiseFloat(OpContext &context);
llvm::Error evalPointwiseSimulate(OpContext &context);
llvm::Error evalPointwiseCodes(OpContext &context);

/// nn.mul_scalar and nn.add_scalar: N8 by parameters alone, or a table.
llvm::Error evalScalarFloat(OpContext &context);
llvm::Error evalScalarSimulate(OpContext &context);
llvm::Error evalScalarCodes(OpContext &context);

/// nn.batch_norm in f32 (its other forms are pointwise).
llvm::Error evalBatchNormFloat(OpContext &context);

/// nn.add, nn.sub, nn.mul, nn.div.
llvm::Error evalBinaryFloat(OpContext &context);
llvm::Error evalBinarySimulate(OpContext &context);
llvm::Error evalBinaryCodes(OpContext &context);

llvm::Error evalSoftmax(OpContext &context);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_POINTWISE_H
