//===- DepthwiseAvx2.cpp - depthwise conv2d for AVX2 -----------------------------===//
//
// Two kernel rows of one column become the two s16 of a vpmaddwd lane.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx2.h"
#include "kernels/x86/Depthwise.h"
#include "kernels/x86/Elements.h"

namespace {

struct Avx2Block : Avx2 {
  typedef int16_t Element;
  typedef Int Column;
  typedef Avx2 Plain;
  static constexpr int vectors = 2, rowsPerDot = 2;
  static constexpr int32_t dotBytes = vectors * lanes * 4;

  static Int load(const void *from) { return _mm256_loadu_si256(static_cast<const Int *>(from)); }

  static Int loadDot(const uint8_t *weights, int j) { return load(weights + j * lanes * 4); }

  /// A missing second row meets zero weights.
  static inline __attribute__((always_inline)) void
  interleave(Int (&column)[vectors], const int16_t *from, int64_t step, int32_t rows) {
    const Int r0 = load(from), r1 = rows > 1 ? load(from + step) : _mm256_setzero_si256();
    column[0] = _mm256_unpacklo_epi16(r0, r1);
    column[1] = _mm256_unpackhi_epi16(r0, r1);
  }

  static Int requantize(Int acc, const float *m, float low, float high, int32_t zero) {
    return toInts(clamp(multiply(toFloat(acc), loadFloats(m)), low, high), zero);
  }

  static void storeCodes(uint8_t *out, const Int (&acc)[vectors], const float *m, float low,
                         float high, int32_t zero, int32_t channels) {
    const Int words = _mm256_packs_epi32(requantize(acc[0], m, low, high, zero),
                                         requantize(acc[1], m + lanes, low, high, zero));
    // The low byte is right for u8 and s8.
    const Int bytes16 = _mm256_and_si256(words, _mm256_set1_epi16(0xff));
    const Int packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(bytes16, bytes16), 0x08);
    const __m128i bytes = _mm256_castsi256_si128(packed);
    if (channels >= 16)
      return _mm_storeu_si128(reinterpret_cast<__m128i *>(out), bytes);
    const uint64_t first = static_cast<uint64_t>(_mm_extract_epi64(bytes, 0));
    const uint64_t second = static_cast<uint64_t>(_mm_extract_epi64(bytes, 1));
    if (channels < 8)
      return storeSome(out, first, channels);
    memcpy(out, &first, 8);
    storeSome(out + 8, second, channels - 8);
  }

  static void storeInChannelOrder(int32_t *buffer, const Int (&acc)[vectors]) {
    int32_t values[16];
    storeInts(values, acc[0]);
    storeInts(values + lanes, acc[1]);
    for (int lane = 0; lane < 16; ++lane)
      buffer[depthwiseChannel(16, vectors, lane)] = values[lane];
  }
};

struct Avx2Depthwise : Avx2Elements {
  static const DepthwiseIsa &config() { return depthwiseAvx2; }
  static void runBlock(const DepthwiseRow<int16_t> &row, int32_t) {
    DepthwiseBlock<Avx2Block>::run(row);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_depthwise_avx2, conv2d) { runDepthwise<Avx2Depthwise>(p, call); }
