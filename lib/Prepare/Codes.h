//===- Codes.h - which ops run on codes, and whose parameters a value has --------------===//

#ifndef QOPT_LIB_PREPARE_CODES_H
#define QOPT_LIB_PREPARE_CODES_H

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Reference/Constants.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace qopt::prepare {

/// The op carries a qconfig.
bool onCodes(mlir::Operation *op);

/// The op runs on codes and gives its accumulator as float (N6, N17): no point stands behind it.
bool givesFloat(mlir::Operation *op);

/// The value comes out of an op as codes.
bool hasCodes(mlir::Value value);

/// Values that the op reads as codes (roles activation and residual); not those that it quantizes
/// itself, at run time (N17).
bool readsCodes(mlir::OpOperand &operand);

/// The result has its input's parameters (rule SameAs, on codes).
bool moves(mlir::Operation *op);

/// The op's operands and result share parameters (rule Shared, on codes).
bool shares(mlir::Operation *op);

/// Walks back through ops that move codes to the value whose point decides. Points that
/// are there already are stepped over with `throughPoints`.
mlir::Value sourceOf(mlir::Value value, bool throughPoints = false);

/// qopt.observe or qopt.fake_quant (null: no).
bool isPoint(mlir::Operation *op);

quantize::QConfigAttr configOf(mlir::Operation *op);

/// The name of a value for messages and symbols: nn.name, or a constant's in the framework.
std::string nameOf(mlir::Value value);

/// The parameters that the configuration fixed for this value or constant, or null.
quantize::QParamsOp fixedParams(mlir::Operation *from, mlir::Value value);

/// The function that stands behind a tabulated activation of a group, or null.
nn::ActAttr tabulatedAct(mlir::Operation *op);

/// A residual is added to codes of the accumulator: behind a point of its own (N7).
bool hasMidResidual(mlir::Operation *op);

/// The rule's scale and zero point (u8) where the function bounds the op's result.
std::optional<std::pair<float, int32_t>> boundedResult(QuantizableOpInterface op);

/// The symbols that anything in the module names, found in one walk.
llvm::DenseSet<mlir::StringAttr> usedSymbols(mlir::ModuleOp module);

} // namespace qopt::prepare

#endif // QOPT_LIB_PREPARE_CODES_H
