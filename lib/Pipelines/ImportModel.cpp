//===- ImportModel.cpp - ONNX models, float or quantized, to modules -------------------===//

#include "qopt/Pipelines/ImportModel.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "dialects/QOpt/ReadModule.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Fuse/Passes.h"
#include "qopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
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

void qopt::registerIntegerPipeline() {
  PassPipelineRegistration<>("qopt-qdq-to-integer",
                             "from a network with quantize and dequantize in it (ours, quant's, "
                             "or arithmetic) to its integer form",
                             [](OpPassManager &manager) {
                               manager.addPass(importer::createImportForeign());
                               manager.addPass(importer::createImportPoints());
                               buildAdoptPipeline(manager);
                             });
}

FailureOr<OwningOpRef<ModuleOp>> qopt::importFile(StringRef path, MLIRContext &context,
                                                  const ImportOptions &options) {
  if (!path.ends_with(".mlir") && !path.ends_with(".mlirbc"))
    return importOnnx(path, context, options);
  context
      .loadDialect<nn::NNDialect, quantize::QOptDialect, func::FuncDialect, quant::QuantDialect>();
  // onnx-mlir's ops are read in their generic form.
  context.allowUnregisteredDialects();
  OwningOpRef<ModuleOp> module = readModule(path, &context); // a newer one of ours is told so
  if (!module)
    return failure();
  if (auto stage = (*module)->getAttrOfType<StringAttr>(quantize::QOptDialect::kStageAttr))
    return module->emitError() << "is a module of qopt already, at stage '" << stage.getValue()
                               << "'; expected a network of tosa, linalg or onnx ops";
  if (failed(importForeign(*module, options)))
    return failure();
  return module;
}

FailureOr<OwningOpRef<ModuleOp>> qopt::importModel(StringRef path, MLIRContext &context,
                                                   const ImportOptions &options) {
  FailureOr<OwningOpRef<ModuleOp>> module = importFile(path, context, options);
  if (failed(module) || !hasForeignPoints(**module))
    return module;
  PassManager manager(&context);
  buildAdoptPipeline(manager);
  if (failed(manager.run(**module)))
    return failure();
  return module;
}
