//===- Avx2.h - vector operations of the AVX2 kernels ----------------------------===//

#ifndef QRT_KERNELS_X86_AVX2_H
#define QRT_KERNELS_X86_AVX2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace {

struct Avx2 {
  typedef __m256i Int;
  typedef Int Step, Weights; // of a tile
  typedef __m256 Float;
  static constexpr int lanes = 8;

  static Int loadInts(const int32_t *from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
  }
  static Weights loadWeights(const uint8_t *from) {
    return loadInts(reinterpret_cast<const int32_t *>(from));
  }
  static void storeInts(int32_t *to, Int x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), x);
  }
  static Float loadFloats(const float *from) { return _mm256_loadu_ps(from); }
  static Float broadcast(float x) { return _mm256_set1_ps(x); }
  static Float toFloat(Int x) { return _mm256_cvtepi32_ps(x); }
  static Float multiply(Float a, Float b) { return _mm256_mul_ps(a, b); }
  static Float add(Float a, Float b) { return _mm256_add_ps(a, b); }
  static Int subtract(Int a, int32_t b) { return _mm256_sub_epi32(a, _mm256_set1_epi32(b)); }
  static Float clamp(Float x, float low, float high) {
    return _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(low)), _mm256_set1_ps(high));
  }
  static Float round(Float x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /// Rounds half to even and adds the zero point.
  static Int toInts(Float x, int32_t zeroPoint) {
    return _mm256_add_epi32(_mm256_cvtps_epi32(x), _mm256_set1_epi32(zeroPoint));
  }

  // Fewer than 8 codes go in pieces of 4, 2 and 1: a call of memcpy would make the compiler
  // spill the accumulators.
  static uint64_t loadSome(const uint8_t *from, int32_t count) {
    uint64_t bytes = 0;
    int32_t at = 0;
    for (int32_t piece = 4; piece; piece /= 2)
      if (count & piece) {
        uint64_t part = 0;
        for (int32_t i = 0; i < piece; ++i)
          part |= uint64_t(from[at + i]) << (8 * i);
        bytes |= part << (8 * at);
        at += piece;
      }
    return bytes;
  }
  static void storeSome(uint8_t *to, uint64_t bytes, int32_t count) {
    if (count & 4) {
      memcpy(to, &bytes, 4);
      to += 4, bytes >>= 32;
    }
    if (count & 2) {
      memcpy(to, &bytes, 2);
      to += 2, bytes >>= 16;
    }
    if (count & 1)
      *to = static_cast<uint8_t>(bytes);
  }

  static Int loadCodes(const uint8_t *from, bool isSigned, int32_t count) {
    uint64_t bytes;
    if (count >= lanes)
      memcpy(&bytes, from, lanes);
    else
      bytes = loadSome(from, count);
    const __m128i low = _mm_cvtsi64_si128(static_cast<int64_t>(bytes));
    return isSigned ? _mm256_cvtepi8_epi32(low) : _mm256_cvtepu8_epi32(low);
  }
  /// The low bytes of the lanes, in order.
  static uint64_t lowBytes(Int x) {
    const __m256i pick = _mm256_set1_epi32(0x0c080400);
    const __m256i bytes = _mm256_shuffle_epi8(x, pick);
    const uint32_t low = static_cast<uint32_t>(_mm256_extract_epi32(bytes, 0));
    const uint32_t high = static_cast<uint32_t>(_mm256_extract_epi32(bytes, 4));
    return low | (static_cast<uint64_t>(high) << 32);
  }
  static void storeCodes(uint8_t *to, Int x, int32_t count) {
    const uint64_t bytes = lowBytes(x);
    if (count >= lanes)
      memcpy(to, &bytes, lanes);
    else
      storeSome(to, bytes, count);
  }
  static void storeFloats(float *to, Float x, int32_t count) {
    const Int lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(to, _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane), x);
  }

  /// Two s16 elements to all lanes. Opaque, so that the compiler keeps no broadcast alive
  /// and spills no accumulator for it.
  static Int broadcastStep(const uint8_t *from) {
    typedef int32_t Unaligned __attribute__((aligned(1), may_alias));
    Int x;
    __asm__ volatile("vpbroadcastd %1, %0"
                     : "=x"(x)
                     : "m"(*reinterpret_cast<const Unaligned *>(from)));
    return x;
  }
  /// Two s16 products a lane: at most 2 * 255 * 255, far from saturation.
  static Int dot(Int acc, Int elements, Int weights) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(elements, weights));
  }
};

} // namespace

#endif // QRT_KERNELS_X86_AVX2_H
