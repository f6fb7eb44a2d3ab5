//===- SimQuant.h - the simulation's own arithmetic ----------------------------------===//
//
// N2, N3, N5 and N6 written a second time, from the text of docs/Numerics.md and on
// purpose without Numerics.h: a mistake in one of the two shows as codes that differ
// (N12). Codes are held as exact integers in f64.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_SIMQUANT_H
#define QOPT_REFERENCE_SIMQUANT_H

#include "qopt/Reference/Interpreter.h"

#include <cmath>

namespace qopt::reference::sim {

/// Parameters of a tensor, as the formulas write them.
struct Grid {
  float scale = 1.0f;
  double zero = 0;
  double low = 0;  ///< qmin
  double high = 0; ///< qmax

  explicit Grid(const TensorQuant &quant, size_t channel = 0)
      : scale(quant.scales[channel]), zero(quant.zeroPoints[channel]), low(quant.qmin),
        high(quant.qmax) {}

  /// sat(rne(ratio) + z) - z, with `ratio` an f32; +-inf saturates, NaN gives 0.
  double centred(float ratio) const {
    if (std::isnan(ratio))
      return std::fmin(std::fmax(zero, low), high) - zero;
    const double code = std::nearbyint(static_cast<double>(ratio)) + zero;
    return std::fmin(std::fmax(code, low), high) - zero;
  }

  /// N2 without z: q - z.
  double quantize(float x) const { return centred(x / scale); }

  /// N3 of a centred code.
  float real(double centredCode) const { return static_cast<float>(centredCode) * scale; }

  /// q - z from a dequantized value: the nearest integer to x / s in f64.
  double recover(float x) const {
    return std::nearbyint(static_cast<double>(x) / static_cast<double>(scale));
  }

  /// Saturation narrowed by a clamp [lo, hi] of the real values (N6).
  void narrow(double lo, double hi) {
    const double lower = zero + quantize(static_cast<float>(lo));
    const double upper = zero + quantize(static_cast<float>(hi));
    low = std::fmax(low, lower);
    high = std::fmin(high, upper);
  }
};

/// N5: code of a bias.
inline double biasCode(float bias, float inputScale, float weightScale) {
  const float unit = inputScale * weightScale;
  const float ratio = bias / unit;
  if (std::isnan(ratio))
    return 0;
  const double code = std::nearbyint(static_cast<double>(ratio));
  return std::fmin(std::fmax(code, -2147483648.0), 2147483647.0);
}

/// Calls f(element index, channel) for all elements of an array with channel axis `axis`
/// (-1: every channel is 0).
template <typename Function>
void forEachChannelled(llvm::ArrayRef<int64_t> shape, int64_t axis, Function f) {
  int64_t outer = 1, channels = 1, inner = 1;
  for (int64_t i = 0; i < static_cast<int64_t>(shape.size()); ++i)
    (i < axis ? outer : i == axis ? channels : inner) *= shape[i];
  int64_t at = 0;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < inner; ++i, ++at)
        f(at, c);
}

/// N3(N2(x)) of an f32 array.
Tensor fakeQuantize(const Tensor &values, const TensorQuant &quant);

/// Codes of dequantized values, in quant.codeDType(); and back.
Tensor encode(const Tensor &values, const TensorQuant &quant);
Tensor decode(const Tensor &codes, const TensorQuant &quant);

/// q - z of dequantized values as f64.
std::vector<double> recoverAll(const Tensor &values, const TensorQuant &quant);

} // namespace qopt::reference::sim

#endif // QOPT_REFERENCE_SIMQUANT_H
