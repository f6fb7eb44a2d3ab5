//===- DepthwiseNeon.cpp - depthwise conv2d for NEON -----------------------------===//
//
// One tap of a vector of channels at a time, by smlal on s16: nothing is interleaved, so
// accumulators are in channel order.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/arm/Neon.h"
#include "kernels/x86/Depthwise.h"
#include "kernels/x86/Elements.h"

namespace {

template <int Channels> struct NeonBlock : Neon {
  typedef int16_t Element;
  typedef int16x4_t Column;
  typedef Neon Plain;
  static constexpr int vectors = Channels / lanes, rowsPerDot = 1;
  static constexpr int32_t dotBytes = Channels * 2;

  static Int load(const int32_t *from) { return vld1q_s32(from); }
  static Column loadDot(const uint8_t *weights, int j) {
    return vld1_s16(reinterpret_cast<const int16_t *>(weights) + j * lanes);
  }
  static Int dot(Int acc, Column x, Column w) { return vmlal_s16(acc, x, w); }

  static inline __attribute__((always_inline)) void
  interleave(Column (&column)[vectors], const int16_t *from, int64_t, int32_t) {
#pragma unroll
    for (int j = 0; j < vectors; ++j)
      column[j] = vld1_s16(from + j * lanes);
  }

  static void storeCodes(uint8_t *out, const Int (&acc)[vectors], const float *m, float low,
                         float high, int32_t zero, int32_t channels) {
#pragma unroll
    for (int j = 0; j < vectors; ++j) {
      const Float x = clamp(multiply(toFloat(acc[j]), loadFloats(m + j * lanes)), low, high);
      if (channels > j * lanes)
        Neon::storeCodes(out + j * lanes, toInts(x, zero), channels - j * lanes);
    }
  }

  static void storeInChannelOrder(int32_t *buffer, const Int (&acc)[vectors]) {
    for (int j = 0; j < vectors; ++j)
      storeInts(buffer + j * lanes, acc[j]);
  }
};

struct NeonDepthwise : Avx2Elements {
  static const DepthwiseIsa &config() { return depthwiseNeon; }
  static void runBlock(const DepthwiseRow<int16_t> &row, int32_t block) {
    if (block == 16)
      DepthwiseBlock<NeonBlock<16>>::run(row);
    else
      DepthwiseBlock<NeonBlock<8>>::run(row);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_depthwise_neon, conv2d) { runDepthwise<NeonDepthwise>(p, call); }
