//===- ConvNeonDot.cpp - conv2d and linear for NEON with sdot --------------------===//
//
// Elements are s8 codes (u8 codes are shifted by -128 while they are copied; the packer
// folds the shift into the bias), weights s8.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/arm/Neon.h"
#include "kernels/x86/ConvDriver.h"
#include "kernels/x86/Elements.h"

namespace {

struct NeonDot : Neon {
  typedef int8x16_t Step; // four codes in every lane
  typedef int8x16_t Weights;

  template <int Offset>
  static Step broadcastStep(const uint8_t *base, int64_t stride, int multiple) {
    int32_t codes;
    memcpy(&codes, base + multiple * stride + Offset, sizeof(codes));
    return vreinterpretq_s8_s32(vdupq_n_s32(codes));
  }
  static Weights loadWeights(const uint8_t *from) {
    return vld1q_s8(reinterpret_cast<const int8_t *>(from));
  }
  /// Wraps, never saturates.
  static Int dot(Int acc, Step x, Weights w) { return vdotq_s32(acc, w, x); }
};

constexpr TileRow<NeonDot, 1, 6> oneVector;
constexpr TileRow<NeonDot, 2, 6> twoVectors;
constexpr TileRow<NeonDot, 3, 6> threeVectors;
constexpr TileRow<NeonDot, 4, 6> fourVectors;

struct NeonDotConv : SdotElements {
  static const ConvIsa &config() { return convNeonDot; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    const TileFn *const tiles[] = {oneVector.fn, twoVectors.fn, threeVectors.fn, fourVectors.fn};
    return tiles[vectors - 1][rows - 1](job);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_neon_dot, conv2d) { ConvDriver<NeonDotConv>(p, call).run(); }
