//===- ConvNeon.cpp - conv2d and linear for Armv8.0 ------------------------------===//
//
// s16 elements (zero point subtracted) times s16 weights by smlal, two elements a step.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/arm/Neon.h"
#include "kernels/x86/ConvDriver.h"
#include "kernels/x86/Elements.h"

namespace {

struct NeonWords : Neon {
  typedef int16x4_t Step;      // elements 0, 1, 0, 1
  typedef int16x4x2_t Weights; // of element 0 and of element 1, a channel a lane

  template <int Offset>
  static Step broadcastStep(const uint8_t *base, int64_t stride, int multiple) {
    int32_t pair;
    memcpy(&pair, base + multiple * stride + Offset, sizeof(pair));
    return vreinterpret_s16_s32(vdup_n_s32(pair));
  }
  static Weights loadWeights(const uint8_t *from) {
    return vld2_s16(reinterpret_cast<const int16_t *>(from));
  }
  static Int dot(Int acc, Step x, Weights w) {
    return vmlal_lane_s16(vmlal_lane_s16(acc, w.val[0], x, 0), w.val[1], x, 1);
  }
};

constexpr TileRow<NeonWords, 1, 6> oneVector;
constexpr TileRow<NeonWords, 2, 6> twoVectors;

struct NeonConv : Avx2Elements {
  static const ConvIsa &config() { return convNeon; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    return vectors == 1 ? oneVector.fn[rows - 1](job) : twoVectors.fn[rows - 1](job);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_neon, conv2d) { ConvDriver<NeonConv>(p, call).run(); }
