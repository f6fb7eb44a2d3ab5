//===- Register.cpp - all dialects and passes of qopt -------------------------------===//

#include "qopt/Pipelines/Register.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Calibrate/Passes.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Fuse/Passes.h"
#include "qopt/Import/Passes.h"
#include "qopt/Lower/Passes.h"
#include "qopt/LowerOut/Passes.h"
#include "qopt/Pipelines/ImportModel.h"
#include "qopt/Pipelines/Ptq.h"
#include "qopt/Prepare/Passes.h"
#include "qopt/QConfig/Passes.h"
#include "qopt/Train/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"

void qopt::registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<nn::NNDialect, quantize::QOptDialect, ukernel::UKernelDialect,
                  mlir::func::FuncDialect, mlir::LLVM::LLVMDialect, mlir::quant::QuantDialect>();
  lowerout::registerTargetDialects(registry);
  registerForeignDialects(registry);
}

void qopt::registerStagePasses() {
  calibrate::registerCalibratePasses();
  calibrate::registerCalibratePipeline();
  convert::registerConvertPasses();
  convert::registerConvertPipeline();
  registerAdoptPipeline();
  registerIntegerPipeline();
  registerPtqPipeline();
  importer::registerImportPasses();
  registerFusePasses();
  registerQConfigPasses();
  registerPreparePasses();
  train::registerTrainPasses();
  lower::registerLowerPasses();
  lowerout::registerLowerOutPasses();
  lowerout::registerLowerOutPipelines();
}

void qopt::registerAllPasses() {
  registerStagePasses();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
}
