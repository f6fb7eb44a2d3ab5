//===- ImportModel.cpp - ONNX models, float or quantized, to modules -------------------===//

#include "qopt/Pipelines/ImportModel.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Fuse/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace qopt;

bool qopt::hasForeignPoints(ModuleOp module) {
  const WalkResult found = module.walk([](quantize::ObserveOp) { return WalkResult::interrupt(); });
  return found.wasInterrupted();
}

void qopt::buildAdoptPipeline(OpPassManager &manager) {
  FuseOptions fuse;
  // A tabulated activation in a group needs a point before it, which the model lacks.
  fuse.activations = "clamp";
  buildFusePipeline(manager, fuse);
  manager.addPass(convert::createConvertAdoptPoints());
  convert::buildConvertPipeline(manager, {});
}

void qopt::registerAdoptPipeline() {
  PassPipelineRegistration<>("qopt-adopt-pipeline",
                             "from the import of a model that another tool quantized to a "
                             "converted module",
                             buildAdoptPipeline);
}

FailureOr<OwningOpRef<ModuleOp>> qopt::importModel(StringRef path, MLIRContext &context,
                                                   const ImportOptions &options) {
  FailureOr<OwningOpRef<ModuleOp>> module = importOnnx(path, context, options);
  if (failed(module) || !hasForeignPoints(**module))
    return module;
  PassManager manager(&context);
  buildAdoptPipeline(manager);
  if (failed(manager.run(**module)))
    return failure();
  return module;
}
