//===- QOptDialect.h - the qopt dialect ---------------------------------------------===//
//
// Observers, fake-quant, quantization parameters and the borders between float and codes.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_QOPT_QOPTDIALECT_H
#define QOPT_QOPT_QOPTDIALECT_H

#include "dialects/Interfaces/Version.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/QOpt/QOptOpsEnums.h.inc"

#include "dialects/QOpt/QOptOpsDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/QOpt/QOptOpsAttrs.h.inc"

namespace qopt::quantize {
/// Assembly of scales as `[0.05, 0.1]`, in as many digits as it takes.
void printNumbers(mlir::AsmPrinter &printer, mlir::Operation *op, ScalesAttr scales);
mlir::ParseResult parseNumbers(mlir::AsmParser &parser, ScalesAttr &scales);
} // namespace qopt::quantize

#define GET_OP_CLASSES
#include "dialects/QOpt/QOptOps.h.inc"

namespace qopt::quantize {

/// The observer kinds a spec may name.
llvm::ArrayRef<llvm::StringLiteral> observerKinds();

/// The observer kind of activations whose parameters are found at run time (N17).
inline constexpr llvm::StringLiteral kDynamicObserver = "dynamic";

/// Before convert: whether the op is to run on codes with such parameters.
bool isDynamic(mlir::Operation *op);

/// The qparams symbol that a point op or a `mid` names, or null.
QParamsOp lookupQParams(mlir::Operation *from, mlir::FlatSymbolRefAttr name);

/// The quantized type for f32 with this spec and these parameters; `axis` < 0 for per tensor.
mlir::quant::QuantizedType makeQuantizedType(SpecAttr spec, llvm::ArrayRef<float> scales,
                                             llvm::ArrayRef<int32_t> zeroPoints, int64_t axis);

} // namespace qopt::quantize

#endif // QOPT_QOPT_QOPTDIALECT_H
