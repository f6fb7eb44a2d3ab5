//===- Codes.h - quantized types as the numbers a kernel needs ----------------------===//

#ifndef QOPT_LIB_LOWER_CODES_H
#define QOPT_LIB_LOWER_CODES_H

#include "dialects/NN/NN.h"

#include <array>
#include <functional>

namespace qopt::lower {

/// A per-tensor quantized type.
struct Codes {
  bool isSigned = false;
  int32_t zeroPoint = 0, qmin = 0, qmax = 255;
  float scale = 1.0f;

  /// N2 and N3 with these parameters.
  int32_t quantize(float x) const;
  float dequantize(int32_t code) const;

  /// The same, saturating to the bounds of a clamp (N6); null leaves them.
  Codes clampedBy(nn::ActAttr act) const;
};

/// Parameters of a tensor whose element type is quantized per tensor; the op's verifier has
/// checked that for activations.
Codes codesOf(mlir::Type tensorType);
Codes codesOf(mlir::quant::UniformQuantizedType type);

/// A table by raw byte: `function` of each code of `in`.
std::array<uint8_t, 256> makeTable(const Codes &in, llvm::function_ref<int32_t(int32_t)> function);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_CODES_H
