//===- Import.h - ONNX models to the nn dialect -------------------------------------===//
//
// The first stage: an ONNX file becomes a module with one function @main of float nn ops
// (docs/IR.md, "imported"), with the quantization points of a model that has some. Constants
// are folded, NHWC interiors become NCHW, names and module paths of the framework are kept.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_IMPORT_IMPORT_H
#define QOPT_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

#include <cstdint>
#include <vector>

namespace qopt {

struct ImportOptions {
  /// Shapes that replace those the file declares, by input name: the way to give a model
  /// with free sizes other than the batch the sizes it shall run at. A size of -1 in
  /// dimension 0 leaves the batch free.
  llvm::StringMap<llvm::SmallVector<int64_t>> inputShapes;
};

/// Imports the ONNX model at `path`: opset 9 to 23, weights inside the file or in files
/// beside it. Loads the dialects it needs. On failure every problem was reported as a
/// diagnostic in `context`, located at the file's or the node's name; operators that are
/// not supported are listed all at once.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnx(llvm::StringRef path, mlir::MLIRContext &context, const ImportOptions &options = {});

/// The same from memory. `name` stands for the file in diagnostics; external weights are
/// looked up in `baseDir`, and are an error where it is empty.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importOnnxBytes(llvm::ArrayRef<uint8_t> bytes, llvm::StringRef name, llvm::StringRef baseDir,
                mlir::MLIRContext &context, const ImportOptions &options = {});

/// Replaces the one function of a module of tosa, linalg, tensor, quant or onnx-mlir ops by its
/// import (docs/stages/ForeignDialects.md). The dialects nn, qopt, func and quant must be loaded.
/// On failure the module is as it was, and every problem was reported at its op.
mlir::LogicalResult importForeign(mlir::ModuleOp module, const ImportOptions &options = {});

/// A row of the table of operators: what becomes of an ONNX operator.
struct ImportRow {
  llvm::StringRef op; ///< "Conv"
  /// Versions of the operator set; since > until for forms that only patterns of several nodes
  /// make (x * Sigmoid(x)).
  int64_t since, until;
  /// The nn ops that it can become, without "nn."; none for constants and identities.
  llvm::SmallVector<llvm::StringRef, 3> makes;
};
/// All rows, in the order of their families.
std::vector<ImportRow> importRows();

} // namespace qopt

#endif // QOPT_IMPORT_IMPORT_H
