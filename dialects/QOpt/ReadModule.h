//===- ReadModule.h - modules from files of this and of older versions ----------------===//

#ifndef QOPT_QOPT_READMODULE_H
#define QOPT_QOPT_READMODULE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringRef.h"

namespace llvm {
class SourceMgr;
}

namespace qopt {

/// Reads text or bytecode, upgrades it where an older qopt wrote it, and verifies it. Null after
/// errors, which were reported in the context: no such file, a syntax error, a version newer than
/// kIRVersion (told before its contents are parsed), whatever the verifiers find.
mlir::OwningOpRef<mlir::ModuleOp> readModule(llvm::StringRef path, mlir::MLIRContext *context);

/// The same from the main buffer of `sources`, which constants may go on to refer to.
mlir::OwningOpRef<mlir::ModuleOp> readModule(const std::shared_ptr<llvm::SourceMgr> &sources,
                                             mlir::MLIRContext *context);

} // namespace qopt

#endif // QOPT_QOPT_READMODULE_H
