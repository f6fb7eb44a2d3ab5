//===- ConvAvx2.cpp - conv2d and linear for AVX2 ---------------------------------===//
//
// Exact for full-range codes: s16 elements (zero point subtracted) times s16 weights by
// vpmaddwd. vpmaddubsw would saturate.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx2.h"
#include "kernels/x86/ConvDriver.h"
#include "kernels/x86/Elements.h"

namespace {

constexpr TileRow<Avx2, 1, 6> oneVector;
constexpr TileRow<Avx2, 2, 6> twoVectors;

struct Avx2Conv : Avx2Elements {
  static const ConvIsa &config() { return convAvx2; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    return vectors == 1 ? oneVector.fn[rows - 1](job) : twoVectors.fn[rows - 1](job);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_avx2, conv2d) { ConvDriver<Avx2Conv>(p, call).run(); }
