//===- Missing.h - intrinsics that Debian's SIMDe lacks --------------------------===//
//
// Lane by lane, after the Operation sections of Intel's intrinsics guide. Memory of masked
// out lanes is not touched, as on the CPU: the tests run in front of guard pages.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_TEST_KERNELS_EMULATION_MISSING_H
#define QOPT_TEST_KERNELS_EMULATION_MISSING_H

#include <stdint.h>
#include <string.h>

namespace emulation {

/// Lanes of type T of a vector register.
template <typename T, typename Register> struct Lanes {
  static constexpr int count = sizeof(Register) / sizeof(T);
  T lane[count] = {};
  Lanes() = default;
  Lanes(Register x) { memcpy(lane, &x, sizeof(x)); }
  operator Register() const {
    Register x;
    memcpy(&x, lane, sizeof(x));
    return x;
  }
  T &operator[](int i) { return lane[i]; }
};

/// Each lane of From becomes one of To, as C++ converts them.
template <typename To, typename From, typename Result, typename Source>
static inline Result convert(Source source) {
  Lanes<From, Source> from(source);
  Lanes<To, Result> to;
  for (int i = 0; i < to.count && i < from.count; ++i)
    to[i] = static_cast<To>(from[i]);
  return to;
}

/// vcvtps2dq: rounds half to even; what does not fit becomes INT32_MIN.
template <typename Result, typename Source> static inline Result roundToInts(Source source) {
  Lanes<float, Source> from(source);
  Lanes<int32_t, Result> to;
  for (int i = 0; i < to.count; ++i) {
    const float x = __builtin_nearbyintf(from[i]);
    to[i] = x >= -0x1p31f && x < 0x1p31f ? static_cast<int32_t>(x) : INT32_MIN;
  }
  return to;
}

/// vrndscaleps, as far as the kernels use it: to integers, half to even.
template <int Imm> static inline __m512 roundToFloats(__m512 x) {
  static_assert((Imm & ~_MM_FROUND_NO_EXC) == _MM_FROUND_TO_NEAREST_INT, "not emulated");
  Lanes<float, __m512> to(x);
  for (int i = 0; i < to.count; ++i)
    to[i] = __builtin_nearbyintf(to[i]);
  return to;
}

template <typename T, typename Register, typename Mask>
static inline void maskedStore(void *to, Mask mask, Register x) {
  Lanes<T, Register> from(x);
  for (int i = 0; i < from.count; ++i)
    if (mask >> i & 1)
      memcpy(static_cast<T *>(to) + i, &from[i], sizeof(T));
}

template <typename T, typename Register, typename Mask>
static inline Register maskedLoad(Mask mask, const void *from) {
  Lanes<T, Register> to;
  for (int i = 0; i < to.count; ++i)
    if (mask >> i & 1)
      memcpy(&to[i], static_cast<const T *>(from) + i, sizeof(T));
  return to;
}

template <typename T, typename Register> static inline Register shiftRight(Register x, unsigned n) {
  Lanes<T, Register> to(x);
  const unsigned most = 8 * sizeof(T) - 1;
  for (int i = 0; i < to.count; ++i)
    to[i] = static_cast<T>(to[i] >> (n < most ? n : most));
  return to;
}

/// Part `index` of a register.
template <typename Part, typename Register> static inline Part part(Register x, int index) {
  Part result;
  memcpy(&result, reinterpret_cast<const char *>(&x) + index * sizeof(Part), sizeof(Part));
  return result;
}

} // namespace emulation

#define _mm256_dpbusd_avx_epi32(acc, a, b) _mm256_dpbusd_epi32(acc, a, b) // AVX-VNNI's spelling

#define _mm512_cvtepi32_ps(a) emulation::convert<float, int32_t, __m512, __m512i>(a)
#define _mm512_cvtps_epi32(a) emulation::roundToInts<__m512i, __m512>(a)

#define _mm512_cvtepi8_epi32(a) emulation::convert<int32_t, int8_t, __m512i, __m128i>(a)
#define _mm512_cvtepu8_epi32(a) emulation::convert<int32_t, uint8_t, __m512i, __m128i>(a)
#define _mm512_cvtepi16_epi32(a) emulation::convert<int32_t, int16_t, __m512i, __m256i>(a)
#define _mm512_cvtepu16_epi32(a) emulation::convert<int32_t, uint16_t, __m512i, __m256i>(a)
#define _mm512_cvtepu8_epi16(a) emulation::convert<int16_t, uint8_t, __m512i, __m256i>(a)
#define _mm512_cvtepi32_epi8(a) emulation::convert<int8_t, int32_t, __m128i, __m512i>(a)
#define _mm512_cvtepi32_epi16(a) emulation::convert<int16_t, int32_t, __m256i, __m512i>(a)
#define _mm256_cvtepi32_epi8(a) emulation::convert<int8_t, int32_t, __m128i, __m256i>(a)
#define _mm256_cvtepi16_epi8(a) emulation::convert<int8_t, int16_t, __m128i, __m256i>(a)

#define _mm512_srai_epi32(a, n) emulation::shiftRight<int32_t, __m512i>(a, n)

#undef _mm512_extracti32x8_epi32 // the compiler has them as macros
#undef _mm512_extracti64x2_epi64
#define _mm512_extracti32x8_epi32(a, i) emulation::part<__m256i, __m512i>(a, i)
#define _mm512_extracti64x2_epi64(a, i) emulation::part<__m128i, __m512i>(a, i)

#undef _mm512_roundscale_ps
#define _mm512_roundscale_ps(a, imm) emulation::roundToFloats<imm>(a)

#define _mm_mask_storeu_epi8(to, m, a) emulation::maskedStore<uint8_t, __m128i>(to, m, a)
#define _mm256_mask_storeu_epi8(to, m, a) emulation::maskedStore<uint8_t, __m256i>(to, m, a)
#define _mm512_mask_storeu_epi8(to, m, a) emulation::maskedStore<uint8_t, __m512i>(to, m, a)
#define _mm256_mask_storeu_epi16(to, m, a) emulation::maskedStore<uint16_t, __m256i>(to, m, a)
#define _mm512_mask_storeu_epi16(to, m, a) emulation::maskedStore<uint16_t, __m512i>(to, m, a)
#define _mm512_mask_storeu_epi32(to, m, a) emulation::maskedStore<uint32_t, __m512i>(to, m, a)
#define _mm512_mask_storeu_ps(to, m, a) emulation::maskedStore<float, __m512>(to, m, a)
#define _mm512_mask_cvtepi32_storeu_epi8(to, m, a)                                                 \
  emulation::maskedStore<uint8_t, __m128i>(                                                        \
      to, m, emulation::convert<int8_t, int32_t, __m128i, __m512i>(a))
#define _mm512_mask_cvtepi32_storeu_epi16(to, m, a)                                                \
  emulation::maskedStore<uint16_t, __m256i>(                                                       \
      to, m, emulation::convert<int16_t, int32_t, __m256i, __m512i>(a))

#define _mm_maskz_loadu_epi8(m, from) emulation::maskedLoad<uint8_t, __m128i>(m, from)
#define _mm256_maskz_loadu_epi8(m, from) emulation::maskedLoad<uint8_t, __m256i>(m, from)
#define _mm512_maskz_loadu_epi8(m, from) emulation::maskedLoad<uint8_t, __m512i>(m, from)
#define _mm512_maskz_loadu_epi16(m, from) emulation::maskedLoad<uint16_t, __m512i>(m, from)
#define _mm512_maskz_loadu_epi32(m, from) emulation::maskedLoad<uint32_t, __m512i>(m, from)
#define _mm512_maskz_loadu_ps(m, from) emulation::maskedLoad<float, __m512>(m, from)

#endif // QOPT_TEST_KERNELS_EMULATION_MISSING_H
