//===- Passes.h - the fuse stage ------------------------------------------------------===//
//
// Imported float ops to fused groups: batch_norm folded, activations and residual adds made
// operands of the op that computes. Float semantics stay, up to the rounding of folded
// parameters.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_FUSE_PASSES_H
#define QOPT_FUSE_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"

namespace qopt {

namespace fuse {
#define GEN_PASS_DECL
#include "qopt/Fuse/Passes.h.inc"
} // namespace fuse

/// Options of `qopt-fuse-pipeline`.
struct FuseOptions : mlir::PassPipelineOptions<FuseOptions> {
  Option<bool> residual{*this, "residual", llvm::cl::desc("fuse residual adds"),
                        llvm::cl::init(true)};
  Option<std::string> activations{*this, "activations",
                                  llvm::cl::desc("activations that may fuse: all, clamp or none"),
                                  llvm::cl::init("all")};
  Option<bool> train{*this, "train",
                     llvm::cl::desc("keep batch_norm's parameters, for training (default: fold)"),
                     llvm::cl::init(false)};
};

/// Appends the passes of the stage, its exit check last.
void buildFusePipeline(mlir::OpPassManager &pm, const FuseOptions &options);

/// Registers the passes and `qopt-fuse-pipeline`.
void registerFusePasses();

} // namespace qopt

#endif // QOPT_FUSE_PASSES_H
