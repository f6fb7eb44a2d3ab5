//===- Pipeline.cpp - the convert stage as one pipeline -----------------------------===//

#include "qopt/Convert/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace qopt;

namespace {
/// The pipeline's options in textual form.
struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  ListOption<std::string> failOnFloat{
      *this, "fail-on-float",
      llvm::cl::desc("kinds of layers that must not stay float (conv, linear, ...), or all")};
  Option<bool> keepState{*this, "keep-state",
                         llvm::cl::desc("keep the observers' statistics on the symbols"),
                         llvm::cl::init(false)};
};
} // namespace

void convert::buildConvertPipeline(OpPassManager &manager, const ConvertOptions &options) {
  ConvertToCodesOptions toCodes;
  toCodes.keepState = options.keepState;
  manager.addPass(createConvertToCodes(toCodes));
  manager.addPass(createConvertProveRanges());
  ConvertReportFloatOptions report;
  report.failOnFloat.assign(options.failOnFloat.begin(), options.failOnFloat.end());
  manager.addPass(createConvertReportFloat(report));
  manager.addPass(createConvertVerifyExit());
}

void convert::registerConvertPipeline() {
  PassPipelineRegistration<PipelineOptions>(
      "qopt-convert-pipeline", "from a calibrated module to a converted one, with all checks",
      [](OpPassManager &manager, const PipelineOptions &options) {
        ConvertOptions plain;
        plain.failOnFloat.assign(options.failOnFloat.begin(), options.failOnFloat.end());
        plain.keepState = options.keepState;
        buildConvertPipeline(manager, plain);
      });
}
