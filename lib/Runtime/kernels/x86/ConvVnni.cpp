//===- ConvVnni.cpp - conv2d and linear for AVX512-VNNI --------------------------===//
//
// Elements are u8 codes (s8 codes are shifted by 128 while they are copied; the packer
// folds the shift into the bias), weights s8, products by vpdpbusd.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx512.h"
#include "kernels/x86/ConvDriver.h"
#include "kernels/x86/Elements.h"

namespace {

constexpr TileRow<Avx512, 1, 14> oneVector;
constexpr TileRow<Avx512, 2, 14> twoVectors;
constexpr TileRow<Avx512, 3, 6> threeVectors;
constexpr TileRow<Avx512, 4, 6> fourVectors;

struct VnniConv : VnniElements {
  static const ConvIsa &config() { return convVnni; }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    switch (vectors) {
    case 1:
      return oneVector.fn[rows - 1](job);
    case 2:
      return twoVectors.fn[rows - 1](job);
    case 3:
      return threeVectors.fn[rows - 1](job);
    default:
      return fourVectors.fn[rows - 1](job);
    }
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_vnni, conv2d) { ConvDriver<VnniConv>(p, call).run(); }
