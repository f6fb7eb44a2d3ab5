//===- CodeLoad.h - codes in arrays: loads, stores, ranges, tables --------------------===//

#ifndef QOPT_REFERENCE_CODELOAD_H
#define QOPT_REFERENCE_CODELOAD_H

#include "lib/Reference/Evaluator.h"

#include "qopt/Support/Numerics.h"

#include <cmath>

namespace qopt::reference {

/// Codes of Codes mode are at most 8 bits wide (N1).
inline int32_t codeAt(const Tensor &codes, int64_t index) {
  return codes.dtype() == DType::I8 ? codes.data<int8_t>()[index] : codes.data<uint8_t>()[index];
}

inline void storeCode(Tensor &codes, int64_t index, int32_t code) {
  codes.raw()[index] = static_cast<uint8_t>(code);
}

/// q - z.
inline std::vector<int16_t> centredCodes(const Tensor &codes, int32_t zeroPoint) {
  std::vector<int16_t> result(codes.numElements());
  const uint8_t *raw = codes.raw();
  if (codes.dtype() == DType::I8)
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = static_cast<int16_t>(static_cast<int8_t>(raw[i]) - zeroPoint);
  else
    for (size_t i = 0; i < result.size(); ++i)
      result[i] = static_cast<int16_t>(raw[i] - zeroPoint);
  return result;
}

struct CodeBounds {
  int32_t low, high;
};

/// The codes a result may take behind a clamp (N6); all for a null or tabulated activation.
inline CodeBounds clampedRange(const TensorQuant &quant, nn::ActAttr act) {
  CodeBounds bounds{quant.qmin, quant.qmax};
  if (!act || !act.isClamp())
    return bounds;
  auto code = [&](double bound) {
    return numerics::quantize(static_cast<float>(bound), quant.scale(), quant.zeroPoint(),
                              quant.qmin, quant.qmax);
  };
  return {std::max(bounds.low, code(act.getLowerBound())),
          std::min(bounds.high, code(act.getUpperBound()))};
}

/// Entry of a table [256] or [channels, 256] for the raw byte of `code` (N10).
inline int32_t tableCode(const Tensor &table, int32_t code, int64_t channel, bool isSigned) {
  const uint8_t byte = table.raw()[channel * 256 + static_cast<uint8_t>(code)];
  return isSigned ? static_cast<int8_t>(byte) : byte;
}

} // namespace qopt::reference

#endif // QOPT_REFERENCE_CODELOAD_H
