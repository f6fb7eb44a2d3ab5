//===- DepthwiseVnni.cpp - depthwise conv2d for AVX512-VNNI ----------------------===//
//
// Four kernel rows of one column become the four bytes of a vpdpbusd lane.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx512.h"
#include "kernels/x86/Depthwise.h"
#include "kernels/x86/Elements.h"

namespace {

/// Blocks of 64, 32 and 16 channels: the same code on wider or narrower vectors.
template <int Channels> struct Width;

#define QRT_WIDTH(channels, bits, prefix, si, mask, floats)                                        \
  template <> struct Width<channels> {                                                             \
    typedef __m##bits##i Int;                                                                      \
    static Int load(const void *from) { return prefix##_loadu_si##bits((const Int *)from); }       \
    static void store(void *to, Int x) { prefix##_storeu_si##bits((Int *)to, x); }                 \
    static void storeMasked(uint8_t *to, mask m, Int x) { prefix##_mask_storeu_epi8(to, m, x); }   \
    static Int zero() { return prefix##_setzero_si##bits(); }                                      \
    static Int lo8(Int a, Int b) { return prefix##_unpacklo_epi8(a, b); }                          \
    static Int hi8(Int a, Int b) { return prefix##_unpackhi_epi8(a, b); }                          \
    static Int lo16(Int a, Int b) { return prefix##_unpacklo_epi16(a, b); }                        \
    static Int hi16(Int a, Int b) { return prefix##_unpackhi_epi16(a, b); }                        \
    static Int pack16(Int a, Int b) { return prefix##_packs_epi32(a, b); }                         \
    static Int packS8(Int a, Int b) { return prefix##_packs_epi16(a, b); }                         \
    static Int packU8(Int a, Int b) { return prefix##_packus_epi16(a, b); }                        \
    static Int dot(Int acc, Int x, Int w) { return prefix##_dpbusd_epi32(acc, x, w); }             \
    static Int requantize(Int acc, const float *m, float low, float high, int32_t zero) {          \
      floats x = prefix##_mul_ps(prefix##_cvtepi32_ps(acc), prefix##_loadu_ps(m));                 \
      x = prefix##_min_ps(prefix##_max_ps(x, prefix##_set1_ps(low)), prefix##_set1_ps(high));      \
      return prefix##_add_epi32(prefix##_cvtps_epi32(x), prefix##_set1_epi32(zero));               \
    }                                                                                              \
    typedef mask Mask;                                                                             \
  };
QRT_WIDTH(64, 512, _mm512, si512, __mmask64, __m512)
QRT_WIDTH(32, 256, _mm256, si256, __mmask32, __m256)
QRT_WIDTH(16, 128, _mm, si128, __mmask16, __m128)
#undef QRT_WIDTH

template <int Channels> struct VnniBlock : Width<Channels> {
  typedef Width<Channels> W;
  typedef typename W::Int Int;
  typedef uint8_t Element;
  typedef Int Column;
  typedef Avx512 Plain;
  static constexpr int vectors = 4, rowsPerDot = 4, lanes = Channels / 4;
  static constexpr int32_t dotBytes = Channels * 4;

  static Int loadDot(const uint8_t *weights, int j) { return W::load(weights + j * lanes * 4); }

  /// Bytes of up to four rows, one row per byte of a lane. Missing rows meet zero weights.
  static inline __attribute__((always_inline)) void
  interleave(Int (&column)[vectors], const uint8_t *from, int64_t step, int32_t rows) {
    const Int r0 = W::load(from);
    const Int r1 = rows > 1 ? W::load(from + step) : W::zero();
    const Int r2 = rows > 2 ? W::load(from + 2 * step) : W::zero();
    const Int r3 = rows > 3 ? W::load(from + 3 * step) : W::zero();
    const Int lo01 = W::lo8(r0, r1), hi01 = W::hi8(r0, r1);
    const Int lo23 = W::lo8(r2, r3), hi23 = W::hi8(r2, r3);
    column[0] = W::lo16(lo01, lo23);
    column[1] = W::hi16(lo01, lo23);
    column[2] = W::lo16(hi01, hi23);
    column[3] = W::hi16(hi01, hi23);
  }

  static void storeCodes(uint8_t *out, const Int (&acc)[vectors], const float *m, float low,
                         float high, int32_t zero, int32_t channels) {
    Int q[vectors];
#pragma unroll
    for (int j = 0; j < vectors; ++j)
      q[j] = W::requantize(acc[j], m + j * lanes, low, high, zero);
    const Int low16 = W::pack16(q[0], q[1]), high16 = W::pack16(q[2], q[3]);
    // In range for one of the two; which one is known by the clamp.
    const bool isSigned = static_cast<float>(zero) + low < 0;
    const Int bytes = isSigned ? W::packS8(low16, high16) : W::packU8(low16, high16);
    if (channels >= Channels)
      W::store(out, bytes);
    else
      W::storeMasked(out, static_cast<typename W::Mask>((uint64_t(1) << channels) - 1), bytes);
  }

  static void storeInChannelOrder(int32_t *buffer, const Int (&acc)[vectors]) {
    int32_t values[Channels];
    for (int j = 0; j < vectors; ++j)
      W::store(values + j * lanes, acc[j]);
    for (int lane = 0; lane < Channels; ++lane)
      buffer[depthwiseChannel(Channels, vectors, lane)] = values[lane];
  }
};

struct VnniDepthwise : VnniElements {
  static const DepthwiseIsa &config() { return depthwiseVnni; }
  static void runBlock(const DepthwiseRow<uint8_t> &row, int32_t block) {
    if (block == 64)
      DepthwiseBlock<VnniBlock<64>>::run(row);
    else if (block == 32)
      DepthwiseBlock<VnniBlock<32>>::run(row);
    else
      DepthwiseBlock<VnniBlock<16>>::run(row);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_depthwise_vnni, conv2d) { runDepthwise<VnniDepthwise>(p, call); }
