//===- Internal.h - what the C functions share --------------------------------------===//

#ifndef QOPT_LIB_CAPI_INTERNAL_H
#define QOPT_LIB_CAPI_INTERNAL_H

#include "qopt-c/Module.h"
#include "qopt/Support/Tensor.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>
#include <vector>

/// A module and the context that its constants live in; clones share it.
struct qopt_module {
  std::shared_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

namespace qopt::capi {

/// A context with all dialects loaded, and the passes registered.
std::shared_ptr<mlir::MLIRContext> makeContext();

/// Sets the thread's error; returns QOPT_ERROR.
qopt_status fail(const llvm::Twine &message);
qopt_status fail(llvm::Error error);

/// A copy of `text` for the caller of the C API.
void giveBytes(llvm::StringRef text, qopt_bytes *out);

/// A diagnostic that owns its strings.
struct OwnedDiagnostic {
  qopt_severity severity = QOPT_SEVERITY_ERROR;
  std::string location, message;
  std::vector<std::string> notes;
  std::vector<const char *> noteTexts;

  /// Its view for C, which lives as long as this.
  qopt_diagnostic view();
};

/// Hears what the context says while it lives: errors are collected, the rest told.
class Listener {
public:
  explicit Listener(mlir::MLIRContext *context, qopt_diagnostic_fn tell = nullptr,
                    void *user = nullptr);

  /// QOPT_OK, or QOPT_ERROR with the errors that were heard as the thread's message (`otherwise`
  /// where there were none).
  qopt_status finish(bool ok, llvm::StringRef otherwise);

private:
  mlir::LogicalResult hear(mlir::Diagnostic &diagnostic);

  qopt_diagnostic_fn tell;
  void *user;
  std::vector<OwnedDiagnostic> errors;
  mlir::ScopedDiagnosticHandler handler;
};

/// "file:line:column", or the name of a node.
std::string locationText(mlir::Location location);

/// A tensor that copies the array's data. Errors: rank, dtype, no data.
llvm::Expected<Tensor> tensorOf(const qopt_array &array);

/// The graph, or one qparams symbol, as JSON (Module.h).
std::string graphJson(mlir::ModuleOp module);
std::string qparamsJson(mlir::Operation *symbol);

} // namespace qopt::capi

#endif // QOPT_LIB_CAPI_INTERNAL_H
