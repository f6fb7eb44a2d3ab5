//===- Ptq.h - post-training quantization as one pipeline ----------------------------===//
//
// For hosts that have no driver: a float network of nn, linalg, tosa or onnx ops goes in, a
// converted module comes out, or the same network as integer linalg or TOSA.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_PIPELINES_PTQ_H
#define QOPT_PIPELINES_PTQ_H

#include "mlir/Pass/PassOptions.h"

namespace mlir {
class OpPassManager;
}

namespace qopt {

/// The dialect of the integer network.
enum class PtqOutput { Nn, Linalg, Tosa };

/// Options of `qopt-ptq-pipeline`.
struct PtqOptions : mlir::PassPipelineOptions<PtqOptions> {
  Option<std::string> data{*this, "data",
                           llvm::cl::desc("the .npz or .npy file with the calibration samples")};
  Option<std::string> config{*this, "config", llvm::cl::desc("path of the JSON configuration"),
                             llvm::cl::init("")};
  Option<std::string> target{
      *this, "target", llvm::cl::desc("x86, arm, or the path of a target's JSON specification"),
      llvm::cl::init("x86")};
  ListOption<std::string> failOnFloat{
      *this, "fail-on-float", llvm::cl::desc("kinds of layers that must not stay float, or all")};
  Option<PtqOutput> to{
      *this, "to", llvm::cl::desc("what comes out"), llvm::cl::init(PtqOutput::Nn),
      llvm::cl::values(clEnumValN(PtqOutput::Nn, "nn", "a converted module (default)"),
                       clEnumValN(PtqOutput::Linalg, "linalg", "linalg, arith and tensor"),
                       clEnumValN(PtqOutput::Tosa, "tosa", "integer TOSA"))};
  Option<int64_t> batch{*this, "batch",
                        llvm::cl::desc("for linalg and TOSA, size of an unknown batch"),
                        llvm::cl::init(0)};
};

/// Appends import of foreign dialects, fuse, qconfig, prepare, calibrate, convert, and the way out.
void buildPtqPipeline(mlir::OpPassManager &manager, const PtqOptions &options);

/// Registers `qopt-ptq-pipeline` for textual use.
void registerPtqPipeline();

} // namespace qopt

#endif // QOPT_PIPELINES_PTQ_H
