//===- Formulas.h - Numerics.md once more, for the audits ---------------------------===//
//
// N2, N3, N6, N8 and N10 written from the text of docs/Numerics.md and on purpose without
// Support/Numerics.h, which the kernels use: a check by the code under test proves nothing.
// Codes are exact integers in f64; every f32 operation is one rounding in the given order.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_AUDIT_FORMULAS_H
#define QOPT_LIB_AUDIT_FORMULAS_H

#include "Layers.h"

#include <cmath>

namespace qopt::audit {

/// A per-tensor type as the formulas write it.
struct Grid {
  float scale;
  double zero, low, high;

  explicit Grid(UniformType type)
      : scale(static_cast<float>(type.getScale())), zero(static_cast<double>(type.getZeroPoint())),
        low(static_cast<double>(type.getStorageTypeMin())),
        high(static_cast<double>(type.getStorageTypeMax())) {}

  /// sat(rne(ratio) + z).
  double saturate(float ratio) const {
    const double rounded = std::isnan(ratio) ? 0.0 : std::nearbyint(static_cast<double>(ratio));
    return std::fmin(std::fmax(rounded + zero, low), high);
  }
  double quantize(float x) const { return saturate(x / scale); }
  float dequantize(double code) const { return static_cast<float>(code - zero) * scale; }

  /// [N6] a fused clamp is a narrower saturation.
  Grid clampedBy(mlir::Attribute act) const {
    Grid grid = *this;
    auto clamp = llvm::dyn_cast_or_null<nn::ActAttr>(act);
    if (!clamp || !clamp.isClamp())
      return grid;
    grid.low = std::fmax(low, quantize(static_cast<float>(clamp.getLowerBound())));
    grid.high = std::fmin(high, quantize(static_cast<float>(clamp.getUpperBound())));
    return grid;
  }
};

/// [N6] m = (sx * sw) / sy.
inline float multiplier(float input, float weight, float output) {
  const float product = input * weight;
  return product / output;
}

/// [N6] of an accumulator.
inline double requantized(int64_t accumulator, float m, const Grid &out) {
  return out.saturate(static_cast<float>(accumulator) * m);
}

/// [N8] add (sign +1) or subtract (-1).
inline double added(double a, const Grid &gridA, double b, const Grid &gridB, float sign,
                    const Grid &out) {
  const float ma = gridA.scale / out.scale, mb = gridB.scale / out.scale;
  const float left = static_cast<float>(a - gridA.zero) * ma;
  const float right = static_cast<float>(b - gridB.zero) * mb;
  return out.saturate(left + sign * right);
}

/// [N8] mul.
inline double multiplied(double a, const Grid &gridA, double b, const Grid &gridB,
                         const Grid &out) {
  const float product = gridA.scale * gridB.scale;
  const float m = product / out.scale;
  return out.saturate(static_cast<float>((a - gridA.zero) * (b - gridB.zero)) * m);
}

/// The code that a raw byte stands for, and back.
inline double codeOfByte(int byte, bool isSigned) {
  return isSigned ? static_cast<double>(static_cast<int8_t>(byte)) : static_cast<double>(byte);
}
inline uint8_t byteOfCode(double code) { return static_cast<uint8_t>(static_cast<int>(code)); }

} // namespace qopt::audit

#endif // QOPT_LIB_AUDIT_FORMULAS_H
