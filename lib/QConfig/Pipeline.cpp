//===- Pipeline.cpp - the qconfig stage as one pipeline --------------------------------===//

#include "qopt/QConfig/Passes.h"

#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;

namespace qopt::qconfig {
#define GEN_PASS_REGISTRATION
#include "qopt/QConfig/Passes.h.inc"
} // namespace qopt::qconfig

void qopt::buildQConfigPipeline(OpPassManager &pm, const QConfigOptions &options) {
  pm.addPass(qconfig::createQConfigApply({options.config, options.configText, options.target}));
  if (!options.encodings.empty() || !options.overrides.empty())
    pm.addPass(qconfig::createQConfigApplyEncodings({options.encodings, options.overrides}));
  pm.addPass(qconfig::createQConfigVerifyExit());
}

void qopt::registerQConfigPasses() {
  qconfig::registerQConfigPasses();
  PassPipelineRegistration<QConfigOptions>("qopt-qconfig-pipeline",
                                           "one quantization decision per op, with the exit check",
                                           buildQConfigPipeline);
}
