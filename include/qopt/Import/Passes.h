//===- Passes.h - the passes of the import stage -------------------------------------===//
//
// Networks that are MLIR already: functions of tosa, linalg, tensor, quant or onnx-mlir ops become
// what ONNX files become.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_IMPORT_PASSES_H
#define QOPT_IMPORT_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace mlir {
class DialectRegistry;
}

namespace qopt {

/// The dialects that `import-foreign` reads.
void registerForeignDialects(mlir::DialectRegistry &registry);

namespace importer {
#define GEN_PASS_DECL
#include "qopt/Import/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "qopt/Import/Passes.h.inc"
} // namespace importer
} // namespace qopt

#endif // QOPT_IMPORT_PASSES_H
