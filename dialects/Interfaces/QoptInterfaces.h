//===- QoptInterfaces.h - quantization rules as data, and the op interfaces -------===//
//
// The vocabulary in which an op states how it is quantized, and the interfaces through
// which passes read it.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_INTERFACES_QOPTINTERFACES_H
#define QOPT_INTERFACES_QOPTINTERFACES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/ArrayRef.h"

#include <optional>
#include <utility>

namespace qopt {

/// What an operand is to quantization.
enum class OperandRole : uint8_t {
  Activation, ///< observed; codes of <= 8 bits
  Weight,     ///< constant, quantized along the rule's channel axis
  Bias,       ///< i32 at scale input * weight (N5)
  Residual,   ///< an activation added behind the accumulator (N7)
  Parameter,  ///< a constant that stays float and is folded or tabulated
};

/// Where the quantization parameters of the results come from.
enum class ResultRule : uint8_t {
  Observed, ///< its own observer
  SameAs,   ///< those of activation operand 0; the codes are moved, not computed
  Shared,   ///< one set for all activation operands and the result (cat)
  Fixed,    ///< a range the function itself bounds, see fixedScale and fixedZeroPoint
  Float,    ///< no integer form: float with quantized borders (N14)
};

/// An op's quantization rule; one constant per op class.
struct QuantRule {
  /// Roles by ODS operand group; the last one repeats for variadic groups.
  llvm::ArrayRef<OperandRole> operands;
  ResultRule result = ResultRule::Observed;
  /// Axis of the weight that counts output channels.
  int64_t weightAxis = 0;
  /// For ResultRule::Fixed, at 8 unsigned bits.
  float fixedScale = 0.0f;
  int32_t fixedZeroPoint = 0;
  /// Without a weight, the op still sums products in i32 (N4): of operand 0's last dimension
  /// with operand 1.
  bool sumsProducts = false;
  /// The key under which configurations name the op ("conv2d").
  llvm::StringRef kind;
};

/// Dense row-major arrays that an op reads and writes (EvaluableOpInterface).
struct EvalInput {
  llvm::ArrayRef<int64_t> shape;
  llvm::ArrayRef<double> data;
};
struct EvalOutput {
  llvm::ArrayRef<int64_t> shape;
  llvm::MutableArrayRef<double> data;
};

/// Spelled names for reports and docs.
llvm::StringRef stringifyRole(OperandRole role);
llvm::StringRef stringifyRule(ResultRule rule);

} // namespace qopt

#include "dialects/Interfaces/QoptInterfaces.h.inc"

#endif // QOPT_INTERFACES_QOPTINTERFACES_H
