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

/// The module path in a node name of torch ("/layer1/layer1.0/conv1/Conv" gives
/// "layer1.0.conv1"), or the name itself where it is none.
std::string layerOfNode(llvm::StringRef name);

/// The names of the nodes that an op came from, the root's first: as diagnostics print them. Only
/// in the process that imported the network, since locations are not written to files.
void appendNodeNames(mlir::Location location, llvm::SmallVectorImpl<llvm::StringRef> &names);

} // namespace qopt::nn

#endif // QOPT_NN_NAMES_H
