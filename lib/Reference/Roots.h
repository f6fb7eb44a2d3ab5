//===- Roots.h - conv2d, conv_transpose2d, linear and foreign roots seen as one -------===//
//
// They differ in how they accumulate; bias, mid, residual and activation behind the accumulator
// are the same.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_ROOTS_H
#define QOPT_REFERENCE_ROOTS_H

#include "lib/Reference/Geometry.h"

namespace qopt::reference {

struct RootView {
  const RuntimeValue *input = nullptr;
  const RuntimeValue *weight = nullptr;
  const RuntimeValue *bias = nullptr;
  const RuntimeValue *residual = nullptr;
  nn::ActAttr act;
  mlir::ElementsAttr table;
  /// Axis of the result that counts output channels.
  int64_t channelAxis = 1;
  /// Output channels; the weight's scale of channel c is scales[c % scales.size()].
  int64_t channels = 0;
  bool transposed = false;
  /// An op of another dialect, whose sums are foreignSums() (Foreign.h).
  bool foreign = false;

  float weightScale(int64_t channel) const {
    const auto &scales = weight->quant->scales;
    return scales[channel % scales.size()];
  }
};

RootView viewRoot(const OpContext &context);

/// The geometry of a convolution root; nothing for others.
std::optional<ConvGeometry> rootGeometry(const OpContext &context);

llvm::Error evalRootFloat(OpContext &context);
llvm::Error evalRootSimulate(OpContext &context);
llvm::Error evalRootCodes(OpContext &context);

/// [N17] a linear layer whose input's parameters are found at run time.
llvm::Error evalDynamicSimulate(OpContext &context);
llvm::Error evalDynamicCodes(OpContext &context);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_ROOTS_H
