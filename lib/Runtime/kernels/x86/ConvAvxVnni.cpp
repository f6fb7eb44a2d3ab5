//===- ConvAvxVnni.cpp - conv2d and linear for AVX-VNNI --------------------------===//
//
// As with AVX512-VNNI (ConvVnni.cpp), on 256 bits.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/AvxVnni.h"
#include "kernels/x86/ConvDriver.h"
#include "kernels/x86/Elements.h"

namespace {

constexpr TileRow<AvxVnni, 1, 6> oneVector;
constexpr TileRow<AvxVnni, 2, 6> twoVectors;

struct AvxVnniConv : VnniElements {
  static const ConvIsa &config() { return convAvxVnni; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    return vectors == 1 ? oneVector.fn[rows - 1](job) : twoVectors.fn[rows - 1](job);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_avxvnni, conv2d) { ConvDriver<AvxVnniConv>(p, call).run(); }
