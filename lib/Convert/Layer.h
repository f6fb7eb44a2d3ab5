//===- Layer.h - one layer: can it run on codes, and its form that does -------------===//

#ifndef QOPT_LIB_CONVERT_LAYER_H
#define QOPT_LIB_CONVERT_LAYER_H

#include "Codes.h"

#include "dialects/NN/Parameter.h"

namespace qopt::convert {

/// The codes that stand for a float value, and the observer that gave their parameters.
struct Codes {
  mlir::Value value;
  mlir::FlatSymbolRefAttr observer;
};
using CodesMap = llvm::DenseMap<mlir::Value, Codes>;

/// qopt.observe or qopt.fake_quant (null: no).
bool isPoint(mlir::Operation *op);

/// The symbol that a point names.
mlir::FlatSymbolRefAttr pointSymbol(mlir::Operation *op);

/// The symbol in an op's `mid`, or null.
mlir::FlatSymbolRefAttr midSymbol(mlir::Operation *op);

/// Why `op` cannot run on codes, given those of the values before it; empty when it can.
std::string reasonForFloat(QuantizableOpInterface op, const CodesMap &codes);

/// The op on codes, placed before `op`, whose results `codes` then knows. `op` must have no
/// reason to stay float. Errors, on `op`: constants that cannot become codes, operands that
/// must share parameters and do not, a `mid` that is missing or has no use.
llvm::FailureOr<mlir::Operation *> buildOnCodes(QuantizableOpInterface op, CodesMap &codes,
                                                ConstantCodes &constants);

} // namespace qopt::convert

#endif // QOPT_LIB_CONVERT_LAYER_H
