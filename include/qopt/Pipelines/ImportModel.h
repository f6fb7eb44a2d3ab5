//===- ImportModel.h - ONNX models, float or quantized, to modules --------------------===//
//
// A float model becomes an imported module. One that another tool quantized goes on through
// fuse, adopt-points and convert, and becomes a converted one: its parameters are all there.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_PIPELINES_IMPORTMODEL_H
#define QOPT_PIPELINES_IMPORTMODEL_H

#include "qopt/Import/Import.h"

namespace mlir {
class OpPassManager;
}

namespace qopt {

/// Whether an imported module has quantization points of the model's own.
bool hasForeignPoints(mlir::ModuleOp module);

/// The passes from an imported module with such points to a converted one.
void buildAdoptPipeline(mlir::OpPassManager &manager);

/// Registers `qopt-adopt-pipeline`.
void registerAdoptPipeline();

/// Registers `qopt-qdq-to-integer`: import-foreign, import-points, then the adopt pipeline.
void registerIntegerPipeline();

/// An ONNX model, or for .mlir and .mlirbc a network of foreign dialects (importForeign).
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importFile(llvm::StringRef path, mlir::MLIRContext &context, const ImportOptions &options = {});

/// importFile, then the adopt pipeline where the model is quantized. Diagnostics as there.
mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>>
importModel(llvm::StringRef path, mlir::MLIRContext &context, const ImportOptions &options = {});

} // namespace qopt

#endif // QOPT_PIPELINES_IMPORTMODEL_H
