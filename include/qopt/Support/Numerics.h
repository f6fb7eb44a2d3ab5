//===- Numerics.h - the project's arithmetic, one definition per rule ----------===//
//
// The scalar definitions of docs/Numerics.md, by label. Header-only and free of
// dependencies because both the compiler and the runtime include it. Code that
// includes it must be built with -ffp-contract=off and without -ffast-math; all
// functions assume the default rounding mode (round to nearest, ties to even).
// A file built for one ISA sets QOPT_NUMERICS_ISA to a name of its own: these inline
// functions must not be merged with a copy that a file for a newer ISA emitted.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_NUMERICS_H
#define QOPT_SUPPORT_NUMERICS_H

#include <cstdint>

#ifndef QOPT_NUMERICS_ISA
#define QOPT_NUMERICS_ISA portable
#endif

namespace qopt::numerics {
inline namespace QOPT_NUMERICS_ISA {

/// rne(x): the nearest integer, ties to even, still as f32.
inline float roundHalfEven(float x) { return __builtin_nearbyintf(x); }

/// Rounds `x`, clamps it to [qmin - zeroPoint, qmax - zeroPoint] and adds the zero
/// point. The clamp happens in f32 before the conversion to an integer, because
/// what an out-of-range conversion gives differs between ISAs. NaN gives the zero
/// point (clamped like any code).
inline int32_t roundToCode(float x, int32_t zeroPoint, int32_t qmin, int32_t qmax) {
  if (x != x)
    x = 0.0f;
  const float low = static_cast<float>(qmin - zeroPoint);
  const float high = static_cast<float>(qmax - zeroPoint);
  x = x < low ? low : x;
  x = x > high ? high : x;
  return static_cast<int32_t>(roundHalfEven(x)) + zeroPoint;
}

/// [N2] code of a real value: sat(rne(x / s) + z).
inline int32_t quantize(float x, float scale, int32_t zeroPoint, int32_t qmin, int32_t qmax) {
  return roundToCode(x / scale, zeroPoint, qmin, qmax);
}

/// [N3] real value of a code: f32(q - z) * s.
inline float dequantize(int32_t code, float scale, int32_t zeroPoint) {
  return static_cast<float>(code - zeroPoint) * scale;
}

/// [N5] code of a bias value: rne(b / (sx * sw)), saturated to i32. The quotient
/// stays within 2^30 once the weight scale obeys N5's floor.
inline int32_t quantizeBias(float bias, float inputScale, float weightScale) {
  const float rounded = roundHalfEven(bias / (inputScale * weightScale));
  if (!(rounded == rounded))
    return 0;
  if (rounded >= 2147483648.0f)
    return INT32_MAX;
  if (rounded < -2147483648.0f)
    return INT32_MIN;
  return static_cast<int32_t>(rounded);
}

/// [N6] the multiplier m[c] = (sx * sw[c]) / sy, in f32 in this order.
inline float requantizeMultiplier(float inputScale, float weightScale, float outputScale) {
  return (inputScale * weightScale) / outputScale;
}

/// [N6] requantization of an accumulator: sat(rne(f32(acc) * m) + zy).
inline int32_t requantize(int32_t acc, float multiplier, int32_t zeroPoint, int32_t qmin,
                          int32_t qmax) {
  return roundToCode(static_cast<float>(acc) * multiplier, zeroPoint, qmin, qmax);
}

/// [N6] an accumulator given as float: f32(acc) * (sx * sw[c]).
inline float accumulatorToFloat(int32_t acc, float inputScale, float weightScale) {
  return static_cast<float>(acc) * (inputScale * weightScale);
}

/// [N7] fused residual without a quantization point between: the accumulator and
/// the residual meet in f32.
inline int32_t requantizeWithResidual(int32_t acc, float multiplier, int32_t residual,
                                      int32_t residualZeroPoint, float residualMultiplier,
                                      int32_t zeroPoint, int32_t qmin, int32_t qmax) {
  const float main = static_cast<float>(acc) * multiplier;
  const float side = static_cast<float>(residual - residualZeroPoint) * residualMultiplier;
  return roundToCode(main + side, zeroPoint, qmin, qmax);
}

/// [N8] add: sat(rne(f32(qa - za) * ma + f32(qb - zb) * mb) + zy). For a - b pass
/// a negated multiplier: negation is exact.
inline int32_t addCodes(int32_t a, int32_t zeroA, float multiplierA, int32_t b, int32_t zeroB,
                        float multiplierB, int32_t zeroPoint, int32_t qmin, int32_t qmax) {
  const float left = static_cast<float>(a - zeroA) * multiplierA;
  const float right = static_cast<float>(b - zeroB) * multiplierB;
  return roundToCode(left + right, zeroPoint, qmin, qmax);
}

/// [N8] mul: sat(rne(f32((qa - za)(qb - zb)) * m) + zy).
inline int32_t mulCodes(int32_t a, int32_t zeroA, int32_t b, int32_t zeroB, float multiplier,
                        int32_t zeroPoint, int32_t qmin, int32_t qmax) {
  return requantize((a - zeroA) * (b - zeroB), multiplier, zeroPoint, qmin, qmax);
}

/// [N9] average: sat(rne(f32(sum) * (s / (sy * count))) + zy), sum = sum of (q - z).
inline int32_t averageCodes(int32_t sum, int32_t count, float inputScale, float outputScale,
                            int32_t zeroPoint, int32_t qmin, int32_t qmax) {
  const float multiplier = inputScale / (outputScale * static_cast<float>(count));
  return requantize(sum, multiplier, zeroPoint, qmin, qmax);
}

/// [N17] f32's greatest number.
inline constexpr float greatestFloat = 3.40282346638528859812e+38f;

/// [N17] what a value adds to the range of its tensor: NaN and infinities nothing.
inline float rangeValue(float x) { return __builtin_fabsf(x) <= greatestFloat ? x : 0.0f; }

/// [N17] parameters of u8 codes found at run time.
struct DynamicParams {
  float scale;
  int32_t zeroPoint;
};

/// [N17] from the extremes of a tensor's finite values and 0: lo <= 0 <= hi.
inline DynamicParams dynamicParams(float lo, float hi) {
  const float reach = hi - lo;
  const float scale = (reach <= greatestFloat ? reach : greatestFloat) / 255.0f;
  if (!(scale > 0.0f))
    return {1.0f, 0};
  return {scale, roundToCode(-(lo / scale), 0, 0, 255)};
}

} // namespace QOPT_NUMERICS_ISA
} // namespace qopt::numerics

#endif // QOPT_SUPPORT_NUMERICS_H
