//===- Pipeline.cpp - the prepare stage as one pipeline --------------------------------===//

#include "qopt/Prepare/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace qopt::prepare {
#define GEN_PASS_REGISTRATION
#include "qopt/Prepare/Passes.h.inc"
} // namespace qopt::prepare

void qopt::buildPreparePipeline(OpPassManager &pm, const PrepareOptions &) {
  pm.addPass(prepare::createPrepareSettleFloat());
  pm.addPass(prepare::createPrepareInsertObservers());
  pm.addPass(prepare::createPrepareVerifyExit());
}

void qopt::buildPrepareQatPipeline(OpPassManager &pm, const PrepareOptions &) {
  pm.addPass(prepare::createPrepareSettleFloat());
  pm.addPass(prepare::createPrepareInsertObservers());
  pm.addPass(prepare::createPrepareFakeQuant());
  pm.addPass(prepare::createPrepareVerifyExit());
}

void qopt::registerPreparePasses() {
  prepare::registerPreparePasses();
  PassPipelineRegistration<PrepareOptions>("qopt-prepare-pipeline",
                                           "quantization points where the rules want them, with "
                                           "the exit check",
                                           buildPreparePipeline);
  PassPipelineRegistration<PrepareOptions>("qopt-prepare-qat-pipeline",
                                           "the same points, as qopt.fake_quant for training, "
                                           "with the exit check",
                                           buildPrepareQatPipeline);
}
