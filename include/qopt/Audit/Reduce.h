//===- Reduce.h - the smallest case that shows a difference -------------------------===//

#ifndef QOPT_AUDIT_REDUCE_H
#define QOPT_AUDIT_REDUCE_H

#include "qopt/Pipelines/Model.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <optional>

namespace qopt {

/// The layer that makes value `name`, alone: @main takes what the layer reads (as f32, under
/// the values' names) and returns the value. Codes are made at the border with the parameters
/// that the values have in `module`, so the same codes reach the layer. For fused, prepared,
/// calibrated and converted modules. Error: no op makes a value of that name.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> sliceLayer(mlir::ModuleOp module,
                                                             llvm::StringRef name);

struct ReduceOptions {
  std::string firstPath, secondPath; ///< modules, models or programs, as compare got them
  std::string value;                 ///< the value to show
  std::string directory;             ///< made if it is not there
  int64_t samples = 0;               ///< how many to look through; 0: all
  std::optional<double> minSqnr;     ///< the threshold that the value misses, unless codes differ
};

/// Writes DIR/a.mlir, b.mlir (the layer from each side; one file where a side is a program:
/// it is compiled from the other), data.npz (one sample of what the layer reads) and
/// reduced.test, a lit test that fails as long as the difference is there. Errors: files that
/// cannot be written, two programs, a value that the reader's samples show no difference in,
/// a reduced case that no longer shows it (then the program's constants are not those of its
/// module: verify tells which).
llvm::Error reduceDifference(Model &first, Model &second, BatchReader &reader,
                             mlir::MLIRContext &context, const ReduceOptions &options);

} // namespace qopt

#endif // QOPT_AUDIT_REDUCE_H
