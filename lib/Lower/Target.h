//===- Target.h - what a program is compiled for ------------------------------------===//

#ifndef QOPT_LIB_LOWER_TARGET_H
#define QOPT_LIB_LOWER_TARGET_H

#include "qopt/Lower/Compile.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>

namespace qopt::lower {

/// The LLVM target of `options`. Errors: unknown triple or CPU, an architecture without
/// runtime.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeTarget(const CompileOptions &options);

/// True if programs for this target run on this machine.
bool isHostTarget(const llvm::TargetMachine &target);

/// The ISAs to make plans for. Errors: a name that is unknown, or not of this architecture.
llvm::Expected<std::vector<std::string>> resolveIsas(const CompileOptions &options,
                                                     const llvm::TargetMachine &target);

/// Translates a module of LLVM ops and writes the object file.
llvm::Error writeObject(mlir::ModuleOp module, llvm::TargetMachine &target, llvm::StringRef path);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_TARGET_H
