//===- Pipeline.cpp - the ways out as pipelines ---------------------------------------===//

#include "qopt/LowerOut/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

void lowerout::registerTargetDialects(DialectRegistry &registry) {
  registry.insert<arith::ArithDialect, linalg::LinalgDialect, math::MathDialect,
                  tensor::TensorDialect, tosa::TosaDialect>();
}

void lowerout::buildLowerOutPipeline(OpPassManager &manager, Target target,
                                     const Options &options) {
  FixBatchOptions fix;
  fix.batch = options.batch;
  manager.addNestedPass<func::FuncOp>(createFixBatch(fix));
  if (options.perOp)
    manager.addPass(createOutlineOps());
  manager.addPass(target == Target::Linalg ? createLowerToLinalg() : createLowerToTosa());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

namespace {
/// The pipelines' options in textual form.
struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<int64_t> batch{*this, "batch", llvm::cl::desc("size of an unknown batch; 0: unknown"),
                        llvm::cl::init(0)};
  Option<bool> perOp{*this, "per-op", llvm::cl::desc("one function per op instead of @main"),
                     llvm::cl::init(false)};
};
} // namespace

template <Target target> static void registerPipeline(StringRef name, StringRef description) {
  PassPipelineRegistration<PipelineOptions>(
      name, description, [](OpPassManager &manager, const PipelineOptions &options) {
        buildLowerOutPipeline(manager, target, {options.batch, options.perOp});
      });
}

void lowerout::registerLowerOutPipelines() {
  registerPipeline<Target::Linalg>("qopt-linalg-pipeline",
                                   "from a converted module to linalg, arith and tensor");
  registerPipeline<Target::Tosa>("qopt-tosa-pipeline", "from a converted module to integer TOSA");
}
