//===- ProbeNet.h - a network of ops side by side, for checks -----------------------===//
//
// Many small checks in one module, so that they cost one compilation: each op has inputs and
// outputs of its own at the function's border (quantize, op, dequantize).
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_AUDIT_PROBENET_H
#define QOPT_LIB_AUDIT_PROBENET_H

#include "Layers.h"

#include "qopt/Run/Program.h"
#include "qopt/Support/Tensor.h"

#include "mlir/IR/Builders.h"

namespace qopt::audit {

class ProbeNet {
public:
  explicit ProbeNet(mlir::MLIRContext *context);

  mlir::OpBuilder &builder() { return build; }

  /// Codes of `type` (a quantized tensor) that a run is given.
  Value addInput(mlir::RankedTensorType type);
  /// Codes that a run returns; `layer` names them.
  void addOutput(Value codes, llvm::StringRef layer);
  /// A constant of the network that is examined.
  Value addConstant(nn::ParameterOp parameter);

  /// Completes the function; call once, behind the last op.
  mlir::ModuleOp finish();

  size_t numInputs() const { return inputTypes.size(); }
  size_t numOutputs() const { return layers.size(); }
  UniformType inputType(size_t index) const { return inputTypes[index]; }
  UniformType outputType(size_t index) const { return outputTypes[index]; }
  const std::string &layer(size_t output) const { return layers[output]; }
  /// Sizes of an input, an unknown batch as 1.
  llvm::ArrayRef<int64_t> inputShape(size_t index) const { return inputShapes[index]; }

  /// The f32 input that quantizes to `codes` (N3).
  Tensor encode(size_t index, llvm::ArrayRef<int32_t> codes) const;
  /// The codes behind an f32 output.
  std::vector<int32_t> decode(size_t index, const Tensor &output) const;

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::OpBuilder build;
  mlir::func::FuncOp function;
  llvm::SmallVector<Value> results;
  std::vector<UniformType> inputTypes, outputTypes;
  std::vector<llvm::SmallVector<int64_t>> inputShapes;
  std::vector<std::string> layers;
};

/// The instruction sets of `wanted` that this CPU has.
std::vector<std::string> runnable(const std::vector<std::string> &wanted);

} // namespace qopt::audit

#endif // QOPT_LIB_AUDIT_PROBENET_H
