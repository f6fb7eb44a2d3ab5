//===- Models.h - the kinds of models, for Model::open ------------------------------===//

#ifndef QOPT_PIPELINES_MODELS_H
#define QOPT_PIPELINES_MODELS_H

#include "qopt/Pipelines/Model.h"

#include "mlir/IR/BuiltinOps.h"

namespace qopt {

/// Loads a compiled program.
llvm::Expected<std::unique_ptr<Model>> openProgram(llvm::StringRef path,
                                                   const ModelOptions &options);

/// Compiles a float or converted module in memory, for this machine.
llvm::Expected<std::unique_ptr<Model>> compileInMemory(mlir::ModuleOp module,
                                                       const ModelOptions &options);

} // namespace qopt

#endif // QOPT_PIPELINES_MODELS_H
