//===- Passes.h - the convert stage: from observed float to codes ------------------===//
//
// Turns a calibrated module into a converted one (docs/IR.md): quantized types, codes in
// the constants, tables, and borders where float layers remain.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_CONVERT_PASSES_H
#define QOPT_CONVERT_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/Pass/Pass.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir {
class OpPassManager;
}

namespace qopt::convert {

struct ConvertOptions {
  /// Kinds of layers that must not stay float ("linear", "conv" for both convolutions), or
  /// "all".
  std::vector<std::string> failOnFloat;
  /// Keep the observers' statistics on the qopt.qparams symbols.
  bool keepState = false;
};

#define GEN_PASS_DECL
#include "qopt/Convert/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "qopt/Convert/Passes.h.inc"

/// Adds the stage's passes: convert-fold-batch-norm, convert-to-codes, convert-prove-ranges,
/// convert-report-float, convert-verify-exit.
void buildConvertPipeline(mlir::OpPassManager &manager, const ConvertOptions &options);

/// Registers `qopt-convert-pipeline` for textual use.
void registerConvertPipeline();

} // namespace qopt::convert

#endif // QOPT_CONVERT_PASSES_H
