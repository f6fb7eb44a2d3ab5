//===- Passes.h - the qconfig stage ---------------------------------------------------===//
//
// From a JSON configuration and a target to one decision per op.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_QCONFIG_PASSES_H
#define QOPT_QCONFIG_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"

namespace qopt {

namespace qconfig {
#define GEN_PASS_DECL
#include "qopt/QConfig/Passes.h.inc"
} // namespace qconfig

/// Options of `qopt-qconfig-pipeline`.
struct QConfigOptions : mlir::PassPipelineOptions<QConfigOptions> {
  Option<std::string> config{*this, "config", llvm::cl::desc("path of the JSON configuration"),
                             llvm::cl::init("")};
  Option<std::string> configText{
      *this, "config-text", llvm::cl::desc("the JSON configuration itself"), llvm::cl::init("")};
  Option<std::string> target{
      *this, "target", llvm::cl::desc("x86, arm, or the path of a target's JSON specification"),
      llvm::cl::init("x86")};
  Option<std::string> encodings{*this, "encodings", llvm::cl::desc("path of AIMET encodings"),
                                llvm::cl::init("")};
  Option<std::string> overrides{
      *this, "overrides", llvm::cl::desc("path of ONNX Runtime's TensorQuantOverrides as JSON"),
      llvm::cl::init("")};
};

/// Appends the passes of the stage, its exit check last.
void buildQConfigPipeline(mlir::OpPassManager &pm, const QConfigOptions &options);

/// Registers the passes and `qopt-qconfig-pipeline`.
void registerQConfigPasses();

} // namespace qopt

#endif // QOPT_QCONFIG_PASSES_H
