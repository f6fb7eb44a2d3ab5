//===- Tables.h - the table of a pointwise function on codes (N10) ------------------===//

#ifndef QOPT_LIB_CONVERT_TABLES_H
#define QOPT_LIB_CONVERT_TABLES_H

#include "mlir/IR/Operation.h"

namespace qopt::convert {

/// Gives `made`, the quantized form of `original`, its table where it computes a pointwise
/// function: alone, fused behind `mid`, or a scalar op whose parameters follow from its
/// input's (N8). Error, on `original`: derived parameters that do not follow any more.
llvm::LogicalResult setTable(mlir::Operation *original, mlir::Operation *made);

} // namespace qopt::convert

#endif // QOPT_LIB_CONVERT_TABLES_H
