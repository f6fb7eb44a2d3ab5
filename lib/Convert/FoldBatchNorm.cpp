//===- FoldBatchNorm.cpp - weights and biases of trained layers (N16) ---------------===//

#include "qopt/Convert/Passes.h"
#include "qopt/Reference/Constants.h"

namespace qopt::convert {
#define GEN_PASS_DEF_CONVERTFOLDBATCHNORM
#include "qopt/Convert/Passes.h.inc"
} // namespace qopt::convert

using namespace mlir;
using namespace qopt;

namespace {
struct ConvertFoldBatchNorm : convert::impl::ConvertFoldBatchNormBase<ConvertFoldBatchNorm> {
  using ConvertFoldBatchNormBase::ConvertFoldBatchNormBase;

  void runOnOperation() override {
    const FailureOr<unsigned> count = replaceFolds(getOperation());
    if (failed(count))
      return signalPassFailure();
    folded += *count;
  }
};
} // namespace
