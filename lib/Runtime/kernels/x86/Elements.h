//===- Elements.h - the forms in which fast kernels hold input codes --------------===//

#ifndef QRT_KERNELS_X86_ELEMENTS_H
#define QRT_KERNELS_X86_ELEMENTS_H

#include "pack/ConvPlan.h"

#include <string.h>

namespace {

/// u8: s8 codes are shifted by 128, which the packers fold into the bias.
struct VnniElements {
  typedef uint8_t Element;

  static Element padding(const qrt_conv2d_params &p) {
    return static_cast<uint8_t>(vnniZeroPoint(p));
  }
  static void fill(Element *to, Element value, int64_t count) {
    memset(to, value, static_cast<size_t>(count));
  }
  static void convert(Element *to, const uint8_t *codes, int64_t count,
                      const qrt_conv2d_params &p) {
    if (!p.in_signed) {
      memcpy(to, codes, static_cast<size_t>(count));
      return;
    }
    for (int64_t i = 0; i < count; ++i)
      to[i] = codes[i] ^ 0x80;
  }
};

/// s8: u8 codes are shifted by -128, which the packers fold into the bias.
struct SdotElements {
  typedef int8_t Element;

  static Element padding(const qrt_conv2d_params &p) {
    return static_cast<int8_t>(sdotZeroPoint(p));
  }
  static void fill(Element *to, Element value, int64_t count) {
    memset(to, value, static_cast<size_t>(count));
  }
  static void convert(Element *to, const uint8_t *codes, int64_t count,
                      const qrt_conv2d_params &p) {
    if (p.in_signed) {
      memcpy(to, codes, static_cast<size_t>(count));
      return;
    }
    for (int64_t i = 0; i < count; ++i)
      to[i] = static_cast<int8_t>(codes[i] ^ 0x80);
  }
};

/// s16 with the zero point subtracted: padding is 0.
struct Avx2Elements {
  typedef int16_t Element;

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
};

} // namespace

#endif // QRT_KERNELS_X86_ELEMENTS_H
