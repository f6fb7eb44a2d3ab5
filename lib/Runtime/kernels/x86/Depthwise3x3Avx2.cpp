//===- Depthwise3x3Avx2.cpp - depthwise 3x3 for AVX2, two output rows at once -----===//
//
// Columns of the input are interleaved by pairs of rows and widened once, and then serve up to
// three pixels of both output rows.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/Kernel.h"
#include "pack/Depthwise3x3Plan.h"

#include <immintrin.h>
#include <string.h>

namespace {

typedef __m256i Int;

/// Constants of the epilogue in the domain of u8: s8 codes are shifted by 128.
struct CodeRange {
  Int zeroPoint; // s16
  __m128i low, high, sign;

  explicit CodeRange(const qrt_conv2d_params &p) {
    const int32_t shift = p.out_signed ? 128 : 0;
    zeroPoint = _mm256_set1_epi16(static_cast<int16_t>(p.out_zero_point + shift));
    low = _mm_set1_epi8(static_cast<char>(p.out_min + shift));
    high = _mm_set1_epi8(static_cast<char>(p.out_max + shift));
    sign = _mm_set1_epi8(static_cast<char>(shift));
  }
};

/// Some pixels of one block of channels in two output rows.
struct PixelRun {
  const uint8_t *rows[6]; // at column 0 of the input
  int64_t columnBytes;
  int32_t columns; // of the input
  int32_t column;  // of the first tap of the first pixel; may lie in the padding
  int32_t pixels;
  const uint8_t *packed;
  uint8_t *out[2];
};

template <int Stride, bool Signed> struct Walker {
  static constexpr int pairs = Stride == 1 ? 2 : 3, dots = Stride == 1 ? 4 : 2;
  const CodeRange &range;
  Int padding;
  Int columns[3][pairs];

  static Int load(const void *from) { return _mm256_loadu_si256(static_cast<const Int *>(from)); }

  /// 8 codes of a and b as s16, alternating. Both lanes get all 8 and pick theirs: that is
  /// cheaper than what crosses lanes. s8 becomes u8 by a shift, which the packer folds.
  static inline __attribute__((always_inline)) Int pair(const uint8_t *a, const uint8_t *b) {
    const Int pick = _mm256_setr_epi8(0, -1, 1, -1, 2, -1, 3, -1, 4, -1, 5, -1, 6, -1, 7, -1, //
                                      8, -1, 9, -1, 10, -1, 11, -1, 12, -1, 13, -1, 14, -1, 15, -1);
    Int codes = _mm256_unpacklo_epi8(everywhere(a), everywhere(b));
    if (Signed)
      codes = _mm256_xor_si256(codes, _mm256_set1_epi8(-128));
    return _mm256_shuffle_epi8(codes, pick);
  }
  static inline __attribute__((always_inline)) Int everywhere(const uint8_t *from) {
    long long codes;
    memcpy(&codes, from, 8);
    return _mm256_set1_epi64x(codes);
  }

  template <int Slot>
  inline __attribute__((always_inline)) void read(const PixelRun &run, int32_t column) {
    const int64_t at = column * run.columnBytes;
    const bool inside = static_cast<uint32_t>(column) < static_cast<uint32_t>(run.columns);
    if (__builtin_expect(inside, 1)) {
#pragma unroll
      for (int i = 0; i < pairs; ++i) // the last pair of stride 2 has one row
        columns[Slot][i] =
            pair(run.rows[2 * i] + at, run.rows[Stride == 2 && i == 2 ? 4 : 2 * i + 1] + at);
    } else {
#pragma unroll
      for (int i = 0; i < pairs; ++i)
        columns[Slot][i] = padding;
    }
  }

  /// Adds kernel column `Kw`, which lies in `Slot`.
  template <int Kw, int Slot>
  inline __attribute__((always_inline)) void add(const uint8_t *weights, Int &first,
                                                 Int &second) const {
    const uint8_t *w = weights + Kw * dots * 32;
    const auto dot = [](Int acc, Int x, const uint8_t *from) {
      return _mm256_add_epi32(acc, _mm256_madd_epi16(x, load(from)));
    };
    first = dot(dot(first, columns[Slot][0], w), columns[Slot][1], w + 32);
    if (Stride == 1)
      second = dot(dot(second, columns[Slot][0], w + 64), columns[Slot][1], w + 96);
    else
      second = dot(dot(second, columns[Slot][1], w), columns[Slot][pairs - 1], w + 32);
  }

  inline __attribute__((always_inline)) void store(PixelRun &run, Int first, Int second) const {
    const __m256 multiplier = _mm256_loadu_ps(reinterpret_cast<const float *>(run.packed) + 8);
    first = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(first), multiplier));
    second = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(second), multiplier));
    // Saturation on the way to bytes is a wider clamp, which the last one hides.
    const Int words = _mm256_adds_epi16(_mm256_packs_epi32(first, second), range.zeroPoint);
    const Int bytes = _mm256_packus_epi16(words, words);
    __m128i codes =
        _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
    codes = _mm_min_epu8(_mm_max_epu8(codes, range.low), range.high);
    codes = _mm_xor_si128(codes, range.sign);
    _mm_storel_epi64(reinterpret_cast<__m128i *>(run.out[0]), codes);
    _mm_storeh_pd(reinterpret_cast<double *>(run.out[1]), _mm_castsi128_pd(codes));
    run.out[0] += run.columnBytes;
    run.out[1] += run.columnBytes;
  }

  /// One pixel whose columns lie in slots A, B, C; those that are new are read.
  template <int A, int B, int C> inline __attribute__((always_inline)) void pixel(PixelRun &run) {
    if (Stride == 2)
      read<B>(run, run.column + 1);
    read<C>(run, run.column + 2);
    run.column += Stride;
    const uint8_t *weights = run.packed + 64;
    Int first = load(run.packed), second = first;
    add<0, A>(weights, first, second);
    add<1, B>(weights, first, second);
    add<2, C>(weights, first, second);
    store(run, first, second);
  }

  void walk(PixelRun run) {
    read<0>(run, run.column);
    if (Stride == 1)
      read<1>(run, run.column + 1);
    for (int32_t left = run.pixels; left > 0; left -= Stride == 1 ? 3 : 2) {
      pixel<0, 1, 2>(run);
      if (left == 1)
        return;
      if (Stride == 1)
        pixel<1, 2, 0>(run);
      else
        pixel<2, 1, 0>(run);
      if (left == 2)
        return;
      if (Stride == 1)
        pixel<2, 0, 1>(run);
    }
  }
};

/// Channels of one cache line, and pixels whose input rows stay in the L1 cache meanwhile.
const int32_t chunkChannels = 64, tileColumns = 56;

template <int Stride, bool Signed>
void runDepthwise3x3(const qrt_conv2d_params &p, const qrt_call &call) {
  const Depthwise3x3Plan plan = planDepthwise3x3(p);
  const CodeRange codes(p);
  uint8_t *padding = static_cast<uint8_t *>(call.scratch), *spoilt = padding + plan.rowBytes;
  memset(padding, p.in_zero_point, static_cast<size_t>(plan.rowBytes));
  Walker<Stride, Signed> walker{
      codes, _mm256_set1_epi16(static_cast<int16_t>(vnniZeroPoint(p))), {}};
  const int32_t rowPairs = ceilDivide(p.out_h, 2);
  // Blocks that overlap must belong to one thread.
  const int32_t blocksOfChunk =
      p.out_c % depthwise3x3Block ? plan.blocks : chunkChannels / depthwise3x3Block;
  const int32_t chunks = ceilDivide(plan.blocks, blocksOfChunk);
  const int32_t tilePixels = tileColumns / Stride;
  const int64_t inRow = int64_t(p.in_w) * p.in_c, outRow = int64_t(p.out_w) * p.out_c;

  const Range items = slice(call.batch * rowPairs * chunks, call);
  for (int64_t item = items.begin; item < items.end; ++item) {
    const int32_t chunk = static_cast<int32_t>(item % chunks);
    const int32_t row = static_cast<int32_t>(item / chunks % rowPairs) * 2;
    const int64_t sample = item / chunks / rowPairs;
    const uint8_t *rows[6];
    for (int32_t i = 0; i < 6; ++i) {
      const int32_t at = row * Stride - p.pad_top + i;
      rows[i] = at >= 0 && at < p.in_h
                    ? static_cast<const uint8_t *>(call.in[0]) + (sample * p.in_h + at) * inRow
                    : padding;
    }
    uint8_t *out = static_cast<uint8_t *>(call.out) + (sample * p.out_h + row) * outRow;
    uint8_t *second = row + 1 < p.out_h ? out + outRow : spoilt;
    const int32_t lastBlock = minimum((chunk + 1) * blocksOfChunk, plan.blocks);
    for (int32_t first = 0; first < p.out_w; first += tilePixels)
      for (int32_t block = chunk * blocksOfChunk; block < lastBlock; ++block) {
        const int32_t channel = depthwise3x3Channel(p, block);
        PixelRun run;
        for (int32_t i = 0; i < 6; ++i)
          run.rows[i] = rows[i] + channel;
        run.columnBytes = p.in_c;
        run.columns = p.in_w;
        run.column = first * Stride - p.pad_left;
        run.pixels = minimum(tilePixels, p.out_w - first);
        run.packed = static_cast<const uint8_t *>(p.packed) + block * plan.blockBytes;
        run.out[0] = out + int64_t(first) * p.out_c + channel;
        run.out[1] = second + int64_t(first) * p.out_c + channel;
        walker.walk(run);
      }
  }
}

} // namespace

QRT_DEFINE_KERNEL(qrt_depthwise3x3_avx2, conv2d) {
  if (p.stride_h == 1)
    p.in_signed ? runDepthwise3x3<1, true>(p, call) : runDepthwise3x3<1, false>(p, call);
  else
    p.in_signed ? runDepthwise3x3<2, true>(p, call) : runDepthwise3x3<2, false>(p, call);
}
