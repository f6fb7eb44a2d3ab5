//===- BatchNorms.h - the batch_norms of a module, and what they read -------------------------===//

#ifndef QOPT_LIB_CALIBRATE_BATCHNORMS_H
#define QOPT_LIB_CALIBRATE_BATCHNORMS_H

#include "Observers.h"

#include "qopt/Reference/Interpreter.h"

namespace qopt::calibrate {

/// [N16] below it statistics come from the float convolution, not from y / factor.
inline constexpr double kLeastFactor = 0x1p-20;

/// A batch_norm with running statistics: one that a fold puts into the weights of `root`, or an
/// nn.batch_norm, which has no root.
struct BatchNormSite {
  mlir::Operation *op = nullptr; ///< the qopt.fold_batch_norm or nn.batch_norm
  mlir::Operation *root = nullptr;
  nn::ParameterOp gamma, mean, var, bias; ///< bias: of the root, or null
  double eps = 0;
  std::string name;  ///< of the value behind it, for messages
  int64_t level = 0; ///< how many batch_norms stand before it, one behind another
};

/// What its parameters say.
struct SiteNumbers {
  std::vector<double> factors; ///< gamma / sqrt(var + eps); 1 for an nn.batch_norm
  std::vector<double> bias;    ///< zeros where there is none
  std::vector<double> sigma;   ///< sqrt(var + eps)
};
SiteNumbers readSite(BatchNormSite &site);

/// In program order. Errors, emitted on the ops: none that training updates; parameters that are
/// no constants or shared by two; a fold whose weight no layer of the nn dialect reads.
llvm::FailureOr<std::vector<BatchNormSite>> findBatchNorms(mlir::ModuleOp module);

/// A copy of the module that gives what batch_norms read: of folded ones the root's sums without
/// bias, N6's float result, which has the factor in it; where a factor is tiny, the float root's
/// too.
struct Probes {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<int64_t> axes; ///< of the channels, by output
  /// By site: its output, and that of its float root or -1.
  llvm::SmallVector<std::pair<int64_t, int64_t>> places;
};
Probes makeProbes(mlir::ModuleOp module, llvm::ArrayRef<BatchNormSite *> sites);

/// Stores new statistics.
void writeSite(BatchNormSite &site, llvm::ArrayRef<float> mean, llvm::ArrayRef<float> var);

/// Folded weights grow by sigma before / sigma; so do scales per channel, and the codes stay. One
/// scale per tensor is observed again where its observer is on. Errors: as of the observer.
llvm::LogicalResult followScales(BatchNormSite &site, const SiteNumbers &before);

} // namespace qopt::calibrate

#endif // QOPT_LIB_CALIBRATE_BATCHNORMS_H
