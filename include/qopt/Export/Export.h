//===- Export.h - converted modules to quantized ONNX models -------------------------===//
//
// The way out: a converted module (docs/IR.md) as an ONNX model that other runtimes run. Codes,
// weights, scales and zero points are the module's.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_EXPORT_EXPORT_H
#define QOPT_EXPORT_EXPORT_H

#include "mlir/IR/BuiltinOps.h"

#include <string>

namespace qopt {

/// How a quantized ONNX model says what it computes.
enum class OnnxForm {
  Qdq,      ///< the float operator between DequantizeLinear and QuantizeLinear
  QOperator ///< operators on codes (QLinearConv, com.microsoft.QLinearAdd, ...) where there are
};

/// The serialized model: IR version 8, operator set 17. Errors, as diagnostics on the op: a
/// module that is not converted, an op that ONNX has no operator for. Remarks name what is
/// written with other roundings than the module's (a residual without `mid`, N7).
mlir::FailureOr<std::string> exportOnnx(mlir::ModuleOp module, OnnxForm form);

} // namespace qopt

#endif // QOPT_EXPORT_EXPORT_H
