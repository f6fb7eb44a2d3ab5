//===- Pipeline.cpp - the calibrate stage as one pipeline
//------------------------------------------===//

#include "qopt/Calibrate/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace qopt;

namespace {
/// The pipeline's options in textual form.
struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<std::string> data{*this, "data", llvm::cl::desc("the .npz or .npy file with the samples")};
  Option<std::string> shard{*this, "shard",
                            llvm::cl::desc("i/n: only every n-th sample from the i-th on")};
  Option<int64_t> batch{*this, "batch", llvm::cl::desc("samples read at once (default 16)"),
                        llvm::cl::init(16)};
  ListOption<std::string> merge{*this, "merge",
                                llvm::cl::desc("modules of shards to add up; no data is read")};
};
} // namespace

void qopt::buildCalibratePipeline(OpPassManager &manager, const CalibrateOptions &options) {
  if (options.reestimateBatchNorm) {
    calibrate::CalibrateReestimateBatchNormOptions reestimate;
    reestimate.data = options.data;
    reestimate.batch = options.batch;
    manager.addPass(calibrate::createCalibrateReestimateBatchNorm(reestimate));
    return buildSettlePipeline(manager);
  }
  if (options.merge.empty()) {
    calibrate::CalibrateRunOptions run;
    run.data = options.data;
    run.shard = options.shard;
    run.batch = options.batch;
    manager.addPass(calibrate::createCalibrateRun(run));
  } else {
    calibrate::CalibrateMergeOptions merge;
    merge.inputs.assign(options.merge.begin(), options.merge.end());
    manager.addPass(calibrate::createCalibrateMerge(merge));
  }
  if (!options.shard.empty())
    return; // the statistics of a part give no scales
  manager.addPass(calibrate::createCalibrateComputeQParams());
  manager.addPass(calibrate::createCalibrateVerifyExit());
}

void qopt::buildSettlePipeline(OpPassManager &manager) {
  calibrate::CalibrateComputeQParamsOptions options;
  options.keepResolved = true;
  manager.addPass(calibrate::createCalibrateComputeQParams(options));
  manager.addPass(calibrate::createCalibrateVerifyExit());
}

LogicalResult qopt::calibrateModule(ModuleOp module, const CalibrateOptions &options) {
  PassManager manager(module.getContext());
  buildCalibratePipeline(manager, options);
  return manager.run(module);
}

void calibrate::registerCalibratePipeline() {
  PassPipelineRegistration<PipelineOptions>(
      "qopt-calibrate-pipeline", "from a prepared module to a calibrated one",
      [](OpPassManager &manager, const PipelineOptions &options) {
        CalibrateOptions plain;
        plain.data = options.data;
        plain.shard = options.shard;
        plain.batch = options.batch;
        plain.merge.assign(options.merge.begin(), options.merge.end());
        buildCalibratePipeline(manager, plain);
      });
  PassPipelineRegistration<>("qopt-settle-pipeline",
                             "from a trained module to a calibrated one: scales as they are, "
                             "derived ones, N5's floor, checks",
                             buildSettlePipeline);
}
