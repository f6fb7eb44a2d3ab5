//===- NN.h - the nn dialect --------------------------------------------------------===//
//
// Neural network ops on float or quantized tensors; see NNBase.td for the conventions.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_NN_NN_H
#define QOPT_NN_NN_H

#include "dialects/Interfaces/QoptInterfaces.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace qopt::nn {

/// Generic verifier of every op: result shapes as inferred, element types f32 or valid
/// quantized types, and the op's quantization rule respected.
llvm::LogicalResult verifyOp(mlir::Operation *op);

/// The role of operand `index` in an op whose operand groups have `segments` sizes.
OperandRole roleInSegments(const QuantRule &rule, llvm::ArrayRef<int32_t> segments, unsigned index);

/// The name of a value: `nn.name` of its op (with ".<i>" for several results) or of the
/// function argument; empty if it has none.
std::string getValueName(mlir::Value value);

/// Names the results of `op`.
void setValueName(mlir::Operation *op, llvm::StringRef name);

/// The !quant element type of a tensor value, or null for float.
mlir::quant::QuantizedType getQuantizedElementType(mlir::Type tensorType);

/// After convert: whether the op gives its accumulator as f32 (N6, N17), so that it computes on
/// codes though its result is float.
bool hasFloatResultOfCodes(mlir::Operation *op);

/// Whether every bit of such a float result is defined: not behind a tabulated activation, which a
/// float result has only with parameters found at run time (N17).
bool givesDefinedFloat(mlir::Operation *op);

/// After convert: whether the op computes on codes.
bool computesOnCodes(mlir::Operation *op);

} // namespace qopt::nn

#include "dialects/NN/NNOpsEnums.h.inc"

#include "dialects/NN/NNOpsDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/NN/NNOpsAttrs.h.inc"

#define GET_OP_CLASSES
#include "dialects/NN/NNOps.h.inc"

namespace qopt::nn {

/// Sets the result types of an op built with placeholder types: inferred shapes with
/// element type `element` (null: that of operand 0).
llvm::LogicalResult inferAndSetResultTypes(mlir::Operation *op, mlir::Type element = {});

/// Builds an op whose result types are inferred; null after an error was emitted.
template <typename OpTy>
OpTy createInferred(mlir::OpBuilder &builder, mlir::Location loc, mlir::ValueRange operands,
                    llvm::ArrayRef<mlir::NamedAttribute> attributes, unsigned numResults = 1) {
  mlir::OperationState state(loc, OpTy::getOperationName());
  state.addOperands(operands);
  state.addAttributes(attributes);
  state.addTypes(llvm::SmallVector<mlir::Type>(
      numResults, mlir::RankedTensorType::get({}, builder.getF32Type())));
  mlir::Operation *op = builder.create(state);
  if (failed(inferAndSetResultTypes(op))) {
    op->erase();
    return {};
  }
  return mlir::cast<OpTy>(op);
}

} // namespace qopt::nn

#endif // QOPT_NN_NN_H
