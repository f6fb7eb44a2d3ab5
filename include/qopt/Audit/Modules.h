//===- Modules.h - reading modules for audits ---------------------------------------===//

#ifndef QOPT_AUDIT_MODULES_H
#define QOPT_AUDIT_MODULES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace qopt {

/// A module at any stage, or an ONNX model as it is imported: a quantized one as a converted
/// module. Errors name the file.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> loadModule(llvm::StringRef path,
                                                             mlir::MLIRContext &context);

/// Imports (.onnx) or reads, and fuses what is only imported: the float network whose values
/// have the names of the quantized one. Error: a module on codes.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> loadFloatModule(llvm::StringRef path,
                                                                  mlir::MLIRContext &context);

/// Where the float model of `module` lies: its `qopt.source`, as it was given or beside the
/// module's own file; empty where there is none or it is gone.
std::string findSource(mlir::ModuleOp module, llvm::StringRef modulePath);

} // namespace qopt

#endif // QOPT_AUDIT_MODULES_H
