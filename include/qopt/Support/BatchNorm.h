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

struct FoldedBatchNorm {
  std::vector<float> weight, bias;
};

/// [N16] w' = w * g and b' = beta + (b - mean) * g with g = gamma / sqrt(var + eps), in f64, each
/// rounded once to f32; an empty `bias` is zeros. Errors ("cannot be folded: ..."): var + eps not
/// positive, a result that is not finite.
llvm::Expected<FoldedBatchNorm> foldBatchNorm(const RootWeight &weight, llvm::ArrayRef<float> bias,
                                              const BatchNorm &norm);

} // namespace qopt

#endif // QOPT_SUPPORT_BATCHNORM_H
