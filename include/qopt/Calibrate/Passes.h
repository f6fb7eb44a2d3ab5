//===- Passes.h - the calibrate stage: from observers to scales ----------------------------===//
//
// Runs samples through a prepared network, records ranges and histograms in its observers,
// and computes scales and zero points from them (docs/IR.md, section calibrated).
//
//===-----------------------------------------------------------------------------------===//

#ifndef QOPT_CALIBRATE_PASSES_H
#define QOPT_CALIBRATE_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>
#include <string>
#include <vector>

namespace mlir {
class OpPassManager;
}

namespace qopt {

struct CalibrateOptions {
  /// .npz or .npy file with the samples; empty when `merge` is given, or nothing needs them.
  std::string data;
  /// "i/n": only every n-th sample from the i-th on. The module then keeps its statistics
  /// and has no scales: merge all shards.
  std::string shard;
  /// Samples read at once, and samples per step of a moving average.
  int64_t batch = 16;
  /// Modules of shards whose statistics to add up instead of reading data.
  std::vector<std::string> merge;
  /// Instead of observing: estimate the batch_norms of a trained module anew from the data.
  bool reestimateBatchNorm = false;
};

namespace calibrate {
#define GEN_PASS_DECL
#include "qopt/Calibrate/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "qopt/Calibrate/Passes.h.inc"

/// Registers `qopt-calibrate-pipeline` and `qopt-settle-pipeline` for textual use.
void registerCalibratePipeline();
} // namespace calibrate

/// Adds the stage's passes: calibrate-run or calibrate-merge (or calibrate-reestimate-batch-norm
/// and the passes of buildSettlePipeline), and unless only a shard is recorded
/// calibrate-compute-qparams and calibrate-verify-exit.
void buildCalibratePipeline(mlir::OpPassManager &manager, const CalibrateOptions &options);

/// What takes its place after training, whose scales stand in the module: those that follow from
/// others (N8), N5's floor of the weight scales, and the stage's exit check.
void buildSettlePipeline(mlir::OpPassManager &manager);

/// The stage as one call. Errors are emitted on the module or its ops.
llvm::LogicalResult calibrateModule(mlir::ModuleOp module, const CalibrateOptions &options);

} // namespace qopt

#endif // QOPT_CALIBRATE_PASSES_H
