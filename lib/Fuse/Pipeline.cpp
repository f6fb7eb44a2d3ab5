//===- Pipeline.cpp - the fuse stage as one pipeline ----------------------------------===//

#include "qopt/Fuse/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace qopt::fuse {
#define GEN_PASS_REGISTRATION
#include "qopt/Fuse/Passes.h.inc"
} // namespace qopt::fuse

void qopt::buildFusePipeline(OpPassManager &pm, const FuseOptions &options) {
  pm.addPass(fuse::createFuseFoldBatchNorm({options.train}));
  pm.addPass(fuse::createFuseFoldPad());
  // Before activations: what follows the sum must find it in its root.
  if (options.residual)
    pm.addPass(fuse::createFuseResidualAdd());
  pm.addPass(fuse::createFuseActivation({options.activations}));
  pm.addPass(fuse::createFuseVerifyExit());
}

void qopt::registerFusePasses() {
  fuse::registerFusePasses();
  PassPipelineRegistration<FuseOptions>("qopt-fuse-pipeline",
                                        "batch_norm, pads, residual adds and activations into "
                                        "the ops that compute, with the exit check",
                                        buildFusePipeline);
}
