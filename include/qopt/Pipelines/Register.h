//===- Register.h - all dialects and passes of qopt ---------------------------------===//
//
// The one place that knows every room; hosts that want only a part register that part.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_PIPELINES_REGISTER_H
#define QOPT_PIPELINES_REGISTER_H

#include "mlir/IR/DialectRegistry.h"

namespace qopt {

/// Registers nn, qopt, ukernel and the upstream dialects that they use.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Registers qopt's passes and named pipelines for textual use (a host such as mlir-opt has
/// upstream's already).
void registerStagePasses();

/// Registers the above and the upstream passes that go with them.
void registerAllPasses();

} // namespace qopt

#endif // QOPT_PIPELINES_REGISTER_H
