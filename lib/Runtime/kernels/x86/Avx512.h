//===- Avx512.h - vector operations of the AVX512-VNNI kernels -------------------===//

#ifndef QRT_KERNELS_X86_AVX512_H
#define QRT_KERNELS_X86_AVX512_H

#include <immintrin.h>
#include <stdint.h>

namespace {

struct Avx512 {
  typedef __m512i Int;
  typedef Int Step, Weights; // of a tile
  typedef __m512 Float;
  static constexpr int lanes = 16;

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

  /// Four u8 codes to all lanes. Opaque, or the compiler keeps broadcasts of the next step
  /// alive and spills accumulators for them.
  static Int broadcastStep(const uint8_t *from) {
    typedef int32_t Unaligned __attribute__((aligned(1), may_alias));
    const Unaligned *step = reinterpret_cast<const Unaligned *>(from);
#ifdef QRT_EMULATED
    return _mm512_set1_epi32(*step);
#else
    Int x;
    __asm__ volatile("vpbroadcastd %1, %0" : "=v"(x) : "m"(*step));
    return x;
#endif
  }
  /// Four u8 x s8 products a lane; wraps, never saturates.
  static Int dot(Int acc, Int codes, Int weights) {
    return _mm512_dpbusd_epi32(acc, codes, weights);
  }
};

} // namespace

#endif // QRT_KERNELS_X86_AVX512_H
