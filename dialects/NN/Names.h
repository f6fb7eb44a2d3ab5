//===- Names.h - the names of values, checked ----------------------------------------===//
//
// Comparing, reporting and configuring go by name, so each stage checks on exit that names
// are there and unique.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_NN_NAMES_H
#define QOPT_NN_NAMES_H

#include "dialects/NN/NN.h"

#include "mlir/IR/BuiltinOps.h"

namespace qopt::nn {

/// Every nn op that makes an activation, and every function argument, has a name of its own
/// (docs/IR.md). Errors are emitted on the ops.
llvm::LogicalResult verifyNames(mlir::ModuleOp module);

} // namespace qopt::nn

#endif // QOPT_NN_NAMES_H
