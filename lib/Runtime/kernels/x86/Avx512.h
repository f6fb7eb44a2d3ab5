//===- Avx512.h - vector operations of the AVX512-VNNI kernels -------------------===//

#ifndef QRT_KERNELS_X86_AVX512_H
#define QRT_KERNELS_X86_AVX512_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace {

struct Avx512 {
  typedef __m512i Int;
  typedef Int Step, Weights; // of a tile
  typedef __m512 Float;
  static constexpr int lanes = 16;
  static constexpr bool finishesFour = false; // one vector is a whole store

  static Int loadInts(const int32_t *from) { return _mm512_loadu_si512(from); }
  static Weights loadWeights(const uint8_t *from) {
    return loadInts(reinterpret_cast<const int32_t *>(from));
  }
  static void storeInts(int32_t *to, Int x) { _mm512_storeu_si512(to, x); }
  static Float loadFloats(const float *from) { return _mm512_loadu_ps(from); }
  static Float broadcast(float x) { return _mm512_set1_ps(x); }
  static Float toFloat(Int x) { return _mm512_cvtepi32_ps(x); }
  static Float multiply(Float a, Float b) { return _mm512_mul_ps(a, b); }
  static Float add(Float a, Float b) { return _mm512_add_ps(a, b); }
  static Int subtract(Int a, int32_t b) { return _mm512_sub_epi32(a, _mm512_set1_epi32(b)); }
  static Float clamp(Float x, float low, float high) {
    return _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(low)), _mm512_set1_ps(high));
  }
  static Float round(Float x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// Rounds half to even and adds the zero point.
  static Int toInts(Float x, int32_t zeroPoint) {
    return _mm512_add_epi32(_mm512_cvtps_epi32(x), _mm512_set1_epi32(zeroPoint));
  }

  static __mmask16 first(int32_t count) {
    return count >= lanes ? __mmask16(0xffff) : __mmask16((1u << count) - 1);
  }
  static Int loadCodes(const uint8_t *from, bool isSigned, int32_t count) {
    const __m128i bytes = _mm_maskz_loadu_epi8(first(count), from);
    return isSigned ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
  }
  static void storeCodes(uint8_t *to, Int x, int32_t count) {
    if (count >= lanes)
      _mm_storeu_si128(reinterpret_cast<__m128i *>(to), _mm512_cvtepi32_epi8(x));
    else
      _mm512_mask_cvtepi32_storeu_epi8(to, first(count), x);
  }
  static void storeFloats(float *to, Float x, int32_t count) {
    _mm512_mask_storeu_ps(to, first(count), x);
  }

  /// The 4 bytes at base + multiple * stride + Offset to all lanes; multiple is a constant from
  /// 0 to 2. Assembly, because compilers keep broadcasts of the next step alive and spill
  /// accumulators for them, and compute each address apart.
  template <int Offset>
  static inline __attribute__((always_inline)) Int broadcastStep(const uint8_t *base,
                                                                 int64_t stride, int multiple) {
#ifdef QRT_EMULATED
    int32_t step;
    memcpy(&step, base + multiple * stride + Offset, sizeof(step));
    return _mm512_set1_epi32(step);
#else
    struct Extent { // what the instruction may read, for the compiler
      uint8_t bytes[1 << 24];
    };
    const Extent &extent = *reinterpret_cast<const Extent *>(base);
    Int x;
    if (multiple == 0)
      __asm__ volatile("vpbroadcastd %c[o](%[b]), %0"
                       : "=v"(x)
                       : [b] "r"(base), [o] "i"(Offset), "m"(extent));
    else if (multiple == 1)
      __asm__ volatile("vpbroadcastd %c[o](%[b],%[s]), %0"
                       : "=v"(x)
                       : [b] "r"(base), [s] "r"(stride), [o] "i"(Offset), "m"(extent));
    else
      __asm__ volatile("vpbroadcastd %c[o](%[b],%[s],2), %0"
                       : "=v"(x)
                       : [b] "r"(base), [s] "r"(stride), [o] "i"(Offset), "m"(extent));
    return x;
#endif
  }
  /// Four u8 x s8 products a lane; wraps, never saturates.
  static Int dot(Int acc, Int codes, Int weights) {
    return _mm512_dpbusd_epi32(acc, codes, weights);
  }
  static constexpr int weightBytes = 4; // of a step, a lane
  /// Hint before `Bytes` of weights are read from `from` on.
  template <int Bytes> static void prefetchWeights(const uint8_t *) {}
};

/// With two s16 elements a lane; wraps as well.
struct Avx512Words : Avx512 {
  static Int dot(Int acc, Int elements, Int weights) {
    return _mm512_dpwssd_epi32(acc, elements, weights);
  }

  // Arithmetic modulo 2^32 and 2^16.
  static Int zero() { return _mm512_setzero_si512(); }
  static Int broadcastInt(int32_t x) { return _mm512_set1_epi32(x); }
  static Int addInts(Int a, Int b) { return _mm512_add_epi32(a, b); }
  static Int subtractInts(Int a, Int b) { return _mm512_sub_epi32(a, b); }
  static Int multiplyInts(Int a, Int b) { return _mm512_mullo_epi32(a, b); }
  template <int Count> static Int shiftInts(Int a) { return _mm512_slli_epi32(a, Count); }
  static Int addWords(Int a, Int b) { return _mm512_add_epi16(a, b); }
  static Int subtractWords(Int a, Int b) { return _mm512_sub_epi16(a, b); }
  template <int Count> static Int shiftWords(Int a) { return _mm512_slli_epi16(a, Count); }
  /// 2 * lanes codes as s16.
  template <bool Signed> static Int loadWords(const uint8_t *from) {
    const __m256i codes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
    return Signed ? _mm512_cvtepi8_epi16(codes) : _mm512_cvtepu8_epi16(codes);
  }
};

} // namespace

#endif // QRT_KERNELS_X86_AVX512_H
