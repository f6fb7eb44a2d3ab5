//===- BatchNorm.h - weight and bias with batch normalization folded in (N16) --------------===//

#ifndef QOPT_SUPPORT_BATCHNORM_H
#define QOPT_SUPPORT_BATCHNORM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <vector>

namespace qopt {

/// What a batch normalization does to the channels that a root makes.
struct BatchNorm {
  llvm::ArrayRef<float> gamma, beta, mean, var;
  double eps = 1e-5;
};

/// A root's weight and where its output channels lie: `axis` counts them, and they repeat over
/// `groups` along the dimensions before it (transposed convolutions).
struct RootWeight {
  llvm::ArrayRef<float> data;
  llvm::ArrayRef<int64_t> shape;
  int64_t axis = 0, groups = 1;
};

/// [N16] g = gamma / sqrt(var + eps) of each channel, in f64. Error ("cannot be folded: ..."): var
/// + eps is not positive.
llvm::Expected<std::vector<double>> batchNormFactors(const BatchNorm &norm);

/// [N16] w' = w * g in f64, rounded once to f32, into `result`, which has as many elements. Error:
/// a result that is not finite.
llvm::Error foldWeight(const RootWeight &weight, llvm::ArrayRef<double> factors,
                       llvm::MutableArrayRef<float> result);

/// [N16] b' = beta + (b - mean) * g in f64, rounded once to f32; an empty `bias` is zeros. Error: a
/// result that is not finite.
llvm::Expected<std::vector<float>> foldBias(llvm::ArrayRef<float> bias, const BatchNorm &norm,
                                            llvm::ArrayRef<double> factors);

/// The least and the greatest element that foldWeight would make, without making any: rounding
/// keeps the order. Error: one of them is not finite.
llvm::Expected<std::pair<float, float>> foldedExtremes(const RootWeight &weight,
                                                       llvm::ArrayRef<double> factors);

} // namespace qopt

#endif // QOPT_SUPPORT_BATCHNORM_H
