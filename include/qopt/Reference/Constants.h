//===- Constants.h - values that are known before any run --------------------------------===//
//
// A parameter, or what qopt.fold_batch_norm makes of parameters: to a stage that looks for the
// constant behind a weight or a bias both are the same.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_CONSTANTS_H
#define QOPT_REFERENCE_CONSTANTS_H

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"

namespace qopt {

/// A parameter, or a result of a fold whose operands are parameters.
bool isConstant(mlir::Value value);

/// The name of a constant in the framework: a folded weight's is the weight's, a folded bias's the
/// bias's or, where there is none, the weight's with its last word replaced. Empty for others.
std::string constantName(mlir::Value value);

/// The bias's name beside a weight's: "conv1.bias" for "conv1.weight".
std::string biasNameFor(llvm::StringRef weightName);

/// The elements of a constant of f32; those of a fold are computed (N16). Errors, emitted on the
/// op: not a constant, data that cannot be read, a fold that is not finite.
llvm::FailureOr<nn::ParameterData<float>> constantF32(mlir::Value value);

/// The number of elements of a constant and their extremes. Those of a folded weight follow from
/// the extremes of the weight: nothing is folded. Errors as above.
struct ConstantExtremes {
  uint64_t count = 0; ///< 0: no extremes
  float least = 0.0f, greatest = 0.0f;
};
llvm::FailureOr<ConstantExtremes> constantExtremes(mlir::Value value);

/// Weight and bias of a fold, each where it is wanted; `into` has as many elements as the weight.
/// Errors as above.
llvm::LogicalResult computeFoldedWeight(quantize::FoldBatchNormOp op,
                                        llvm::MutableArrayRef<float> into);
llvm::FailureOr<std::vector<float>> computeFoldedBias(quantize::FoldBatchNormOp op);

/// Puts computed parameters, under the names above, in place of every fold; parameters that nothing
/// reads any more go. The number of folds. Errors as above.
llvm::FailureOr<unsigned> replaceFolds(mlir::ModuleOp module);

} // namespace qopt

#endif // QOPT_REFERENCE_CONSTANTS_H
