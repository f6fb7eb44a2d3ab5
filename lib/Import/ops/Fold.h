//===- Fold.h - folding of nodes whose inputs are constants --------------------------===//

#ifndef QOPT_LIB_IMPORT_OPS_FOLD_H
#define QOPT_LIB_IMPORT_OPS_FOLD_H

#include "../NodeContext.h"

namespace qopt::importer {

/// Add, Sub, Mul, Div of constants with broadcasting; integers may depend on the batch.
mlir::LogicalResult foldBinary(NodeContext &node);

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_OPS_FOLD_H
