//===- Passes.h - converted modules for other MLIR compilers -------------------------===//
//
// The way into IREE and its like: a converted module (docs/IR.md) as linalg + arith + tensor, code
// for code what the program computes, or as integer TOSA. docs/stages/LowerOut.md says what holds.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LOWEROUT_PASSES_H
#define QOPT_LOWEROUT_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace qopt::lowerout {

#define GEN_PASS_DECL
#include "qopt/LowerOut/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "qopt/LowerOut/Passes.h.inc"

/// The dialects that a converted module can be written in.
enum class Target { Linalg, Tosa };

struct Options {
  int64_t batch = 0;  ///< size of an unknown batch; 0: it stays unknown
  bool perOp = false; ///< one function per op instead of @main
};

/// Adds lower-out-fix-batch, lower-out-outline-ops where asked for, the lowering, and the
/// canonicalizer.
void buildLowerOutPipeline(mlir::OpPassManager &manager, Target target, const Options &options);

/// Registers `qopt-linalg-pipeline` and `qopt-tosa-pipeline` for textual use.
void registerLowerOutPipelines();

/// The dialects that the lowerings write.
void registerTargetDialects(mlir::DialectRegistry &registry);

} // namespace qopt::lowerout

#endif // QOPT_LOWEROUT_PASSES_H
