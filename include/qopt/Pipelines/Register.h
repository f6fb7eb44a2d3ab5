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

/// Registers every pass and named pipeline for textual use.
void registerAllPasses();

} // namespace qopt

#endif // QOPT_PIPELINES_REGISTER_H
