//===- Foreign.h - evaluators of ops known only by their interfaces -------------------===//
//
// Ops outside the table of evaluators (docs/Numerics.md, N19): a function of one tensor by
// PointwiseOpInterface, all others by EvaluableOpInterface.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_FOREIGN_H
#define QOPT_REFERENCE_FOREIGN_H

#include "lib/Reference/Evaluator.h"

namespace qopt::reference {

/// The row of an op by its interfaces, or null.
const EvaluatorRow *foreignRow(Operation *op);

/// The sums of products of a root of another dialect, without its bias, in the result's layout:
/// `input` and `weight` are the numbers of these operands in row-major order.
llvm::Expected<std::vector<double>> foreignSums(OpContext &context, llvm::ArrayRef<double> input,
                                                llvm::ArrayRef<double> weight);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_FOREIGN_H
