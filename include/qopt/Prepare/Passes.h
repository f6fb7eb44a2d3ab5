//===- Passes.h - the prepare stage ---------------------------------------------------===//
//
// From decisions per op to quantization points per value.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_PREPARE_PASSES_H
#define QOPT_PREPARE_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"

namespace qopt {

namespace prepare {
#define GEN_PASS_DECL
#include "qopt/Prepare/Passes.h.inc"
} // namespace prepare

/// Options of `qopt-prepare-pipeline`: none so far, the configuration decided everything.
struct PrepareOptions : mlir::PassPipelineOptions<PrepareOptions> {};

/// Appends the passes of the stage, its exit check last.
void buildPreparePipeline(mlir::OpPassManager &pm, const PrepareOptions &options);

/// The same for training: points are qopt.fake_quant, and learned where the configuration says so.
void buildPrepareQatPipeline(mlir::OpPassManager &pm, const PrepareOptions &options);

/// Registers the passes, `qopt-prepare-pipeline` and `qopt-prepare-qat-pipeline`.
void registerPreparePasses();

} // namespace qopt

#endif // QOPT_PREPARE_PASSES_H
