//===- Stages.h - running stages in order, with dumps between ------------------------===//
//
// A verb of the driver is a list of stages; each is a pipeline of registered passes, so
// `--dump-stages` can show what any of them did and each can be run by hand.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_PIPELINES_STAGES_H
#define QOPT_PIPELINES_STAGES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <string>

namespace qopt {

/// The last stage that finished on a module ("fused"), or "" where none is recorded.
llvm::StringRef stageOf(mlir::ModuleOp module);

/// What a converted module from the file `path`, which anybody may have edited, must still hold:
/// biases at the scale of input and weight (N5), tables, ranges. Diagnostics name the op, the
/// error the file. Modules of other stages pass.
llvm::Error checkConverted(mlir::ModuleOp module, llvm::StringRef path);

class StageRunner {
public:
  /// From now on writes DIR/010_<stage>.mlir, DIR/020_<stage>.mlir, ... after each stage.
  llvm::Error dumpInto(llvm::StringRef directory);

  /// Writes the module as it is under the next number (for stages that are no passes).
  mlir::LogicalResult dump(mlir::ModuleOp module, llvm::StringRef stage);

  /// Runs the passes that `build` adds, verifies, and dumps.
  mlir::LogicalResult run(mlir::ModuleOp module, llvm::StringRef stage,
                          llvm::function_ref<void(mlir::OpPassManager &)> build);

private:
  std::string dumpDirectory;
  int number = 0;
};

} // namespace qopt

#endif // QOPT_PIPELINES_STAGES_H
