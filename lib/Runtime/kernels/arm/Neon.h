//===- Neon.h - vector operations of the NEON kernels ----------------------------===//

#ifndef QRT_KERNELS_ARM_NEON_H
#define QRT_KERNELS_ARM_NEON_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

namespace {

/// What all NEON kernels share; a tile adds Step, Weights and dot.
struct Neon {
  typedef int32x4_t Int;
  typedef float32x4_t Float;
  static constexpr int lanes = 4;
  static constexpr bool finishesFour = false;
  static constexpr int weightBytes = 4; // of a step, a lane

  /// Hint before `Bytes` of weights are read from `from` on.
  template <int Bytes> static void prefetchWeights(const uint8_t *) {}

  static Int loadInts(const int32_t *from) { return vld1q_s32(from); }
  static void storeInts(int32_t *to, Int x) { vst1q_s32(to, x); }
  static Float loadFloats(const float *from) { return vld1q_f32(from); }
  static Float broadcast(float x) { return vdupq_n_f32(x); }
  static Float toFloat(Int x) { return vcvtq_f32_s32(x); }
  static Float multiply(Float a, Float b) { return vmulq_f32(a, b); }
  static Float add(Float a, Float b) { return vaddq_f32(a, b); }
  static Int subtract(Int a, int32_t b) { return vsubq_s32(a, vdupq_n_s32(b)); }
  static Float clamp(Float x, float low, float high) {
    return vminq_f32(vmaxq_f32(x, vdupq_n_f32(low)), vdupq_n_f32(high));
  }
  static Float round(Float x) { return vrndnq_f32(x); }
  /// Rounds half to even and adds the zero point.
  static Int toInts(Float x, int32_t zeroPoint) {
    return vaddq_s32(vcvtnq_s32_f32(x), vdupq_n_s32(zeroPoint));
  }

  static Int loadCodes(const uint8_t *from, bool isSigned, int32_t count) {
    uint32_t bytes = 0;
    if (count >= lanes)
      memcpy(&bytes, from, lanes);
    else
      for (int32_t i = 0; i < count; ++i)
        bytes |= uint32_t(from[i]) << (8 * i);
    const uint8x8_t codes = vreinterpret_u8_u32(vdup_n_u32(bytes));
    if (isSigned)
      return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(codes))));
    return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(codes))));
  }
  /// The low bytes of the lanes, in order.
  static void storeCodes(uint8_t *to, Int x, int32_t count) {
    const int16x4_t words = vmovn_s32(x);
    const int8x8_t codes = vmovn_s16(vcombine_s16(words, words));
    uint32_t bytes = vget_lane_u32(vreinterpret_u32_s8(codes), 0);
    if (count >= lanes) {
      memcpy(to, &bytes, lanes);
      return;
    }
    for (int32_t i = 0; i < count; ++i, bytes >>= 8)
      to[i] = static_cast<uint8_t>(bytes);
  }
  static void storeFloats(float *to, Float x, int32_t count) {
    if (count >= lanes)
      return vst1q_f32(to, x);
    float values[lanes];
    vst1q_f32(values, x);
    for (int32_t i = 0; i < count; ++i)
      to[i] = values[i];
  }
};

} // namespace

#endif // QRT_KERNELS_ARM_NEON_H
