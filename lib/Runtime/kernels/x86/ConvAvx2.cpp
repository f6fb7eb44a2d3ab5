//===- ConvAvx2.cpp - conv2d and linear for AVX2 ---------------------------------===//
//
// Exact for full-range codes: s16 elements (zero point subtracted) times s16 weights by
// vpmaddwd. vpmaddubsw would saturate.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/x86/Avx2.h"
#include "kernels/x86/ConvDriver.h"

namespace {

constexpr TileRow<Avx2, 1, 6> oneVector;
constexpr TileRow<Avx2, 2, 6> twoVectors;

struct Avx2Conv {
  typedef int16_t Element;

  static const ConvIsa &config() { return convAvx2; }
  static Element padding(const qrt_conv2d_params &) { return 0; }
  static void fill(Element *to, Element value, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      to[i] = value;
  }
  static void convert(Element *to, const uint8_t *codes, int64_t count,
                      const qrt_conv2d_params &p) {
    const int16_t zero = static_cast<int16_t>(p.in_zero_point);
    if (p.in_signed)
      for (int64_t i = 0; i < count; ++i)
        to[i] = static_cast<int16_t>(static_cast<int8_t>(codes[i]) - zero);
    else
      for (int64_t i = 0; i < count; ++i)
        to[i] = static_cast<int16_t>(codes[i] - zero);
  }
  static void tile(const TileJob &job, int32_t vectors, int32_t rows) {
    return vectors == 1 ? oneVector.fn[rows - 1](job) : twoVectors.fn[rows - 1](job);
  }
};

} // namespace

QRT_DEFINE_KERNEL(qrt_conv2d_avx2, conv2d) { ConvDriver<Avx2Conv>(p, call).run(); }
