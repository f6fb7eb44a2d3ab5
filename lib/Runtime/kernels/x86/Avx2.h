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
  static Float atMost(Float x, float high) { return _mm256_min_ps(x, _mm256_set1_ps(high)); }
  static Int roundToInts(Float x) { return _mm256_cvtps_epi32(x); }

  /// Codes of four vectors are made together. No value may lie above the range; those below are
  /// raised by saturation and one maximum of bytes.
  static constexpr bool finishesFour = true;
  /// The codes of x[0] to x[3], 8 bytes each.
  template <typename Range> static Int toBytes(const Int (&x)[4], const Range &range) {
    const __m256i zero = _mm256_set1_epi16(static_cast<int16_t>(range.zeroPoint));
    const __m256i a = _mm256_adds_epi16(_mm256_packs_epi32(x[0], x[1]), zero);
    const __m256i b = _mm256_adds_epi16(_mm256_packs_epi32(x[2], x[3]), zero);
    // 32-bit pieces: the low halves of the four vectors, then the high ones.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(a, b), order);
    return _mm256_xor_si256(_mm256_max_epu8(bytes, _mm256_set1_epi8(static_cast<char>(range.low))),
                            _mm256_set1_epi8(static_cast<char>(range.shift)));
  }
  /// Stores the first `Count` of the four; `Joined` ones lie side by side in pairs.
  template <int Count, bool Joined> static void storeEights(uint8_t *const (&to)[4], Int bytes) {
    const __m128i first = _mm256_castsi256_si128(bytes),
                  second = _mm256_extracti128_si256(bytes, 1);
    storeTwo<Joined && Count >= 2, Count>(to[0], to[1], first);
    if (Count > 2)
      storeTwo<Joined && Count == 4, Count - 2>(to[2], to[3], second);
  }
  template <bool Joined, int Count>
  static void storeTwo(uint8_t *first, uint8_t *second, __m128i bytes) {
    if (Joined)
      return _mm_storeu_si128(reinterpret_cast<__m128i *>(first), bytes);
    _mm_storel_epi64(reinterpret_cast<__m128i *>(first), bytes);
    if (Count > 1)
      _mm_storeh_pd(reinterpret_cast<double *>(second), _mm_castsi128_pd(bytes));
  }
  static void storeFloats(float *to, Float x, int32_t count) {
    const Int lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(to, _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane), x);
  }

  /// The 4 bytes at base + multiple * stride + Offset to all lanes; multiple is a constant from
  /// 0 to 2. Assembly, because compilers keep broadcasts of the next step alive and spill
  /// accumulators for them, and compute each address apart.
  template <int Offset>
  static inline __attribute__((always_inline)) Int broadcastStep(const uint8_t *base,
                                                                 int64_t stride, int multiple) {
    struct Extent { // what the instruction may read, for the compiler
      uint8_t bytes[1 << 24];
    };
    const Extent &extent = *reinterpret_cast<const Extent *>(base);
    Int x;
    if (multiple == 0)
      __asm__ volatile("vpbroadcastd %c[o](%[b]), %0"
                       : "=x"(x)
                       : [b] "r"(base), [o] "i"(Offset), "m"(extent));
    else if (multiple == 1)
      __asm__ volatile("vpbroadcastd %c[o](%[b],%[s]), %0"
                       : "=x"(x)
                       : [b] "r"(base), [s] "r"(stride), [o] "i"(Offset), "m"(extent));
    else
      __asm__ volatile("vpbroadcastd %c[o](%[b],%[s],2), %0"
                       : "=x"(x)
                       : [b] "r"(base), [s] "r"(stride), [o] "i"(Offset), "m"(extent));
    return x;
  }
  /// Two s16 products a lane: at most 2 * 255 * 255, far from saturation.
  static Int dot(Int acc, Int elements, Int weights) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(elements, weights));
  }

  static constexpr int weightBytes = 4; // of a step, a lane
  /// Hint before `Bytes` of weights are read from `from` on.
  template <int Bytes> static void prefetchWeights(const uint8_t *) {}

  // Arithmetic modulo 2^32 and 2^16.
  static Int zero() { return _mm256_setzero_si256(); }
  static Int broadcastInt(int32_t x) { return _mm256_set1_epi32(x); }
  static Int addInts(Int a, Int b) { return _mm256_add_epi32(a, b); }
  static Int subtractInts(Int a, Int b) { return _mm256_sub_epi32(a, b); }
  static Int multiplyInts(Int a, Int b) { return _mm256_mullo_epi32(a, b); }
  template <int Count> static Int shiftInts(Int a) { return _mm256_slli_epi32(a, Count); }
  static Int addWords(Int a, Int b) { return _mm256_add_epi16(a, b); }
  static Int subtractWords(Int a, Int b) { return _mm256_sub_epi16(a, b); }
  template <int Count> static Int shiftWords(Int a) { return _mm256_slli_epi16(a, Count); }
  /// 2 * lanes codes as s16.
  template <bool Signed> static Int loadWords(const uint8_t *from) {
    const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from));
    return Signed ? _mm256_cvtepi8_epi16(codes) : _mm256_cvtepu8_epi16(codes);
  }
};

/// With weights that lie in memory as s8. They come from far away, once.
struct Avx2Narrow : Avx2 {
  static constexpr int weightBytes = 2;
  static Int loadWeights(const uint8_t *from) { return loadWords<true>(from); }
  template <int Bytes> static void prefetchWeights(const uint8_t *from) {
    for (int at = 0; at < Bytes; at += 64)
      _mm_prefetch(reinterpret_cast<const char *>(from) + 2048 + at, _MM_HINT_T0);
  }
};

} // namespace

#endif // QRT_KERNELS_X86_AVX2_H
