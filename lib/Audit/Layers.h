//===- Layers.h - what the audits read of a converted module ------------------------===//

#ifndef QOPT_LIB_AUDIT_LAYERS_H
#define QOPT_LIB_AUDIT_LAYERS_H

#include "dialects/NN/NN.h"
#include "dialects/NN/Parameter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <optional>

namespace qopt::audit {

using mlir::Operation;
using mlir::Value;
using UniformType = mlir::quant::UniformQuantizedType;

/// @main of a module; it must have one with a body.
mlir::func::FuncOp mainOf(mlir::ModuleOp module);

/// The name of the value that an op makes, or of the op.
std::string layerName(Operation *op);

/// The per-tensor quantized element type of a value, or null: float, or per channel.
UniformType uniformType(Value value);

/// Per channel or per tensor; the weight's scales repeat over groups.
float scaleOf(mlir::quant::QuantizedType type, int64_t channel);
int32_t zeroPointOf(mlir::quant::QuantizedType type, int64_t channel);

/// A convolution or linear layer on codes, with its constants.
class Root {
public:
  /// Nothing for any other op, and after an error was emitted: constants that cannot be read.
  static std::optional<Root> of(Operation *op);

  Operation *op = nullptr;
  std::string layer;
  Value activation;
  UniformType input;
  UniformType output; ///< null where the accumulator is given as float (N6)
  UniformType mid;    ///< null where there is none
  mlir::quant::QuantizedType weight;
  mlir::quant::QuantizedType biasType; ///< null without a bias
  std::vector<int32_t> bias;           ///< zeros without a bias
  mlir::Attribute act;                 ///< null without an activation
  Value residual;

  int64_t channels() const { return static_cast<int64_t>(bias.size()); }
  llvm::ArrayRef<int64_t> weightShape() const { return shape; }
  int64_t elements() const { return static_cast<int64_t>(codes.size()); }
  /// The output channel of weight element `i`, and its code less the zero point.
  int64_t channelOf(int64_t i) const;
  int64_t centred(int64_t i) const;
  /// Number of groups of output channels along the weight's first axis (conv_transpose).
  int64_t weightGroups() const { return groups; }
  int64_t channelAxis() const { return axis; }
  float weightScale(int64_t channel) const;
  /// Where the accumulator goes first: mid, or the output.
  UniformType target() const { return mid ? mid : output; }

private:
  std::vector<int8_t> codes; // raw bytes
  llvm::SmallVector<int64_t> shape;
  int64_t axis = 0, groups = 1;
};

/// The least and greatest value of any partial sum of one output channel, bias included.
struct Span {
  int64_t low = 0, high = 0;
};

/// [N4] by output channel, for all codes that the input's type allows.
std::vector<Span> accumulatorSpans(const Root &root);

} // namespace qopt::audit

#endif // QOPT_LIB_AUDIT_LAYERS_H
