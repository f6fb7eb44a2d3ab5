//===- QParams.h - scales, zero points and lookup tables -------------------------------===//
//
// The compiler's side of docs/Numerics.md that the runtime does not need: qparams from a
// range (N15), the weight scale floor (N5), the tables of pointwise functions (N10).
// Every operation here is single f32 in the documented order.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_QPARAMS_H
#define QOPT_SUPPORT_QPARAMS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <array>
#include <cstdint>

namespace qopt {

/// The codes a tensor may use. `bits` is the storage width (2 to 16); qmin and qmax lie
/// in it and may be narrower.
struct QuantRange {
  int bits = 8;
  bool isSigned = false;
  int32_t qmin = 0;
  int32_t qmax = 255;
  bool symmetric = false;

  /// The full range of the storage, or for narrow signed ranges without the lowest code.
  static QuantRange make(int bits, bool isSigned, bool symmetric, bool narrow = false);
};

/// Real value = f32(code - zeroPoint) * scale.
struct QParams {
  float scale = 1.0f;
  int32_t zeroPoint = 0;
  bool operator==(const QParams &other) const {
    return scale == other.scale && zeroPoint == other.zeroPoint;
  }
};

/// The least scale that N15 gives, 2^-23.
inline constexpr float kScaleFloor = 0x1p-23f;

/// Checks bits, qmin < qmax, both inside the storage, and for symmetric ranges codes on
/// both sides of the zero point. `where` starts the message.
llvm::Error checkQuantRange(const QuantRange &range, llvm::StringRef where);

/// [N15] qparams of the values [lo, hi], extended to contain 0. Affine:
/// s = (hi - lo) / (qmax - qmin), z = sat(qmin - rne(lo / s)). Symmetric: z = 0 and
/// s = max(-lo, hi) / qmax for signed storage; for unsigned storage z is the middle code
/// (128 of 0..255) and s = max(-lo, hi) / (qmax - z). s is at least 2^-23; lo = hi = 0
/// gives s = 1. `lo` and `hi` must pass checkRange.
QParams chooseQParams(float lo, float hi, const QuantRange &range);

/// Error when lo or hi is NaN or infinite, lo > hi, or hi - lo overflows f32. `where`
/// (a layer or tensor) starts the message.
llvm::Error checkRange(float lo, float hi, llvm::StringRef where);

/// [N5] the least scale of a weight channel with this bias: abs(b) / (sx * 2^30).
float weightScaleFloor(float bias, float inputScale);

/// [N2] the codes of `values`, as numerics::quantize gives them one by one, in a loop that
/// vectorizes. `codes` has as many elements; at most 8 bits. Whether all values are finite.
bool quantizeAll(llvm::ArrayRef<float> values, const QParams &params, int32_t qmin, int32_t qmax,
                 int8_t *codes);

/// Scale, zero point and legal codes of one 8-bit tensor.
struct CodeSpace {
  float scale = 1.0f;
  int32_t zeroPoint = 0;
  int32_t qmin = 0;
  int32_t qmax = 255;
  bool isSigned = false;
};

/// 256 output bytes, indexed by the raw byte of the input code (0x80 is code -128 of a
/// signed input). Input codes outside the input's [qmin, qmax] are clamped first.
using ByteTable = std::array<uint8_t, 256>;

/// [N10] x = N3(code) in f32; y = f32(function(f64(x))); output = N2(y).
ByteTable buildTable(llvm::function_ref<double(double)> function, const CodeSpace &input,
                     const CodeSpace &output);

/// [N10] change of scale: N3, then N2.
ByteTable requantizeTable(const CodeSpace &input, const CodeSpace &output);

} // namespace qopt

#endif // QOPT_SUPPORT_QPARAMS_H
