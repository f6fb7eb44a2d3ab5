//===- Products.h - nn.matmul ------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_PRODUCTS_H
#define QOPT_REFERENCE_PRODUCTS_H

#include "lib/Reference/Evaluator.h"

namespace qopt::reference {

/// The sizes of a batched product and where each batch element's operands lie.
struct ProductShape {
  int64_t m = 0, n = 0, k = 0;
  bool transposed = false;
  llvm::SmallVector<int64_t> result;
  /// Per batch element, the index of the operands' matrices (leading sizes broadcast).
  std::vector<int64_t> lhs, rhs;
};

ProductShape productShape(nn::MatmulOp op, llvm::ArrayRef<int64_t> lhs,
                          llvm::ArrayRef<int64_t> rhs);

llvm::Error evalMatmulFloat(OpContext &context);
llvm::Error evalMatmulSimulate(OpContext &context);
llvm::Error evalMatmulCodes(OpContext &context);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_PRODUCTS_H
