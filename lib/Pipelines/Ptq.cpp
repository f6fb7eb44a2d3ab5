//===- Ptq.cpp - post-training quantization as one pipeline ---------------------------===//

#include "qopt/Pipelines/Ptq.h"

#include "qopt/Calibrate/Passes.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Fuse/Passes.h"
#include "qopt/Import/Passes.h"
#include "qopt/LowerOut/Passes.h"
#include "qopt/Prepare/Passes.h"
#include "qopt/QConfig/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace qopt;

void qopt::buildPtqPipeline(OpPassManager &manager, const PtqOptions &options) {
  manager.addPass(importer::createImportForeign());
  buildFusePipeline(manager, FuseOptions());
  QConfigOptions rules;
  rules.config = options.config;
  rules.target = options.target;
  buildQConfigPipeline(manager, rules);
  buildPreparePipeline(manager, PrepareOptions());
  CalibrateOptions samples;
  samples.data = options.data;
  buildCalibratePipeline(manager, samples);
  convert::ConvertOptions codes;
  codes.failOnFloat.assign(options.failOnFloat.begin(), options.failOnFloat.end());
  convert::buildConvertPipeline(manager, codes);
  if (options.to == PtqOutput::Nn)
    return;
  lowerout::buildLowerOutPipeline(
      manager, options.to == PtqOutput::Linalg ? lowerout::Target::Linalg : lowerout::Target::Tosa,
      {options.batch, /*perOp=*/false});
}

void qopt::registerPtqPipeline() {
  PassPipelineRegistration<PtqOptions>(
      "qopt-ptq-pipeline",
      "from a float network, also of linalg, tosa or onnx ops, to an integer one",
      buildPtqPipeline);
}
