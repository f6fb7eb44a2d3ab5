//===- Codes.cpp - quantized types as the numbers a kernel needs --------------------===//

#include "Codes.h"

#include "qopt/Support/Numerics.h"

#include <algorithm>

using namespace qopt;
using namespace qopt::lower;

int32_t Codes::quantize(float x) const {
  return numerics::quantize(x, scale, zeroPoint, qmin, qmax);
}

float Codes::dequantize(int32_t code) const { return numerics::dequantize(code, scale, zeroPoint); }

Codes Codes::clampedBy(nn::ActAttr act) const {
  Codes result = *this;
  if (!act || !act.isClamp())
    return result;
  result.qmin = std::max(qmin, quantize(static_cast<float>(act.getLowerBound())));
  result.qmax = std::min(qmax, quantize(static_cast<float>(act.getUpperBound())));
  return result;
}

Codes lower::codesOf(mlir::quant::UniformQuantizedType type) {
  Codes codes;
  codes.isSigned = type.isSigned();
  codes.zeroPoint = static_cast<int32_t>(type.getZeroPoint());
  codes.qmin = static_cast<int32_t>(type.getStorageTypeMin());
  codes.qmax = static_cast<int32_t>(type.getStorageTypeMax());
  codes.scale = static_cast<float>(type.getScale());
  return codes;
}

Codes lower::codesOf(mlir::Type tensorType) {
  return codesOf(
      llvm::cast<mlir::quant::UniformQuantizedType>(nn::getQuantizedElementType(tensorType)));
}

std::array<uint8_t, 256> lower::makeTable(const Codes &in,
                                          llvm::function_ref<int32_t(int32_t)> function) {
  std::array<uint8_t, 256> table;
  for (int byte = 0; byte < 256; ++byte) {
    const int32_t code = in.isSigned ? static_cast<int8_t>(byte) : byte;
    table[byte] = static_cast<uint8_t>(function(code));
  }
  return table;
}
