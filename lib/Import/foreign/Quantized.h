//===- Quantized.h - quantization that is spelled as arithmetic -----------------------===//

#ifndef QOPT_LIB_IMPORT_FOREIGN_QUANTIZED_H
#define QOPT_LIB_IMPORT_FOREIGN_QUANTIZED_H

#include "Reader.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace qopt::importer {

/// int(clamp(roundeven(input / scale) + zeroPoint, low, high)): N2.
struct QuantizeForm {
  mlir::Value input, scale, zeroPoint; // zeroPoint may be null
  double low = 0, high = 0;
};

/// Reads the form that ends in `cast` (fptosi or fptoui). Returns why it is none, or "".
std::string matchQuantize(mlir::Operation *cast, QuantizeForm &form);

/// Adds the QuantizeLinear of a matched form. Returns why it cannot, or "".
std::string addQuantize(Reader &reader, mlir::linalg::GenericOp op, const QuantizeForm &form,
                        const std::string &input, llvm::StringRef output);

/// Whether a float scalar op computes with integers that the body was given: (q - z) * s.
bool readsCodes(mlir::Operation *scalar);
std::string readDequantize(Reader &reader, mlir::linalg::GenericOp op, mlir::Operation *scalar,
                           llvm::StringRef output);

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_FOREIGN_QUANTIZED_H
