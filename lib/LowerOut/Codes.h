//===- Codes.h - quantized types as the numbers that other dialects need --------------===//
//
// Other dialects have signless i8. Codes are written as signed bytes: unsigned ones move by 128,
// and their zero points and bounds with them, which changes no q - z and so no result.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWEROUT_CODES_H
#define QOPT_LIB_LOWEROUT_CODES_H

#include "dialects/NN/NN.h"

#include <optional>
#include <vector>

namespace qopt::lowerout {

/// Parameters of a tensor that is quantized per tensor, for codes as signed bytes.
struct Codes {
  float scale = 1.0f;
  int32_t zeroPoint = 0, qmin = -128, qmax = 127;
  bool moved = false; ///< the type's own codes are unsigned: 128 more

  /// N2 with these parameters.
  int32_t quantize(float x) const;
  /// The same, saturating to the bounds of a clamp (N6); null leaves them.
  Codes clampedBy(nn::ActAttr act) const;
  /// The greatest abs(q - zeroPoint).
  int32_t reach() const;
};

/// The parameters of a tensor type or its element type; null where it is not quantized per
/// tensor in 8 bits or fewer.
std::optional<Codes> codesOf(mlir::Type type);

/// A table attribute (tensor<256xi8> or tensor<Cx256xi8> by raw byte) as signed result codes,
/// indexed by the signed input code + 128.
std::vector<int8_t> signedTable(mlir::ElementsAttr table, const Codes &in, const Codes &out);

/// Bytes of an i8 constant, a view or an expanded splat; empty where a resource is missing.
std::vector<int8_t> bytesOf(mlir::ElementsAttr value);

/// The same as signed codes of a tensor with these parameters.
std::vector<int8_t> signedBytes(mlir::ElementsAttr value, const Codes &codes);

} // namespace qopt::lowerout

#endif // QOPT_LIB_LOWEROUT_CODES_H
