//===- ConvRows.h - strips of output rows and padded copies of input rows ---------===//
//
// `Isa` gives the element form: fill(to, value, count) and convert(to, codes, count, p).
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_CONVROWS_H
#define QRT_KERNELS_X86_CONVROWS_H

#include "kernels/Kernel.h"

static inline const uint8_t *inputCodes(const qrt_conv2d_params &p, const qrt_call &call,
                                        int64_t sample, int32_t row, int32_t col) {
  return static_cast<const uint8_t *>(call.in[0]) +
         ((sample * p.in_h + row) * p.in_w + col) * int64_t(p.in_c);
}

/// Calls body(sample, row, rows) for pieces of at most `strip` rows of the range, which
/// counts the rows of all samples.
template <typename Body>
static inline void forStrips(Range range, int32_t rowsPerSample, int32_t strip, Body body) {
  for (int64_t at = range.begin; at < range.end;) {
    const int32_t row = static_cast<int32_t>(at % rowsPerSample);
    int64_t rows = minimum(strip, rowsPerSample - row);
    if (rows > range.end - at)
      rows = range.end - at;
    body(at / rowsPerSample, row, static_cast<int32_t>(rows));
    at += rows;
  }
}

/// Copies `cols` positions of input row `row` from column `col` on, padding included.
template <typename Isa>
static inline void copyPaddedRow(const qrt_conv2d_params &p, const qrt_call &call,
                                 typename Isa::Element *to, int64_t sample, int32_t row,
                                 int32_t col, int32_t cols) {
  const typename Isa::Element padding = Isa::padding(p);
  if (row < 0 || row >= p.in_h) {
    Isa::fill(to, padding, int64_t(cols) * p.in_c);
    return;
  }
  const int32_t before = minimum(cols, maximum(0, -col));
  const int32_t inside = maximum(0, minimum(cols, p.in_w - col) - before);
  const int32_t after = cols - before - inside;
  Isa::fill(to, padding, int64_t(before) * p.in_c);
  if (inside)
    Isa::convert(to + int64_t(before) * p.in_c, inputCodes(p, call, sample, row, col + before),
                 int64_t(inside) * p.in_c, p);
  Isa::fill(to + int64_t(before + inside) * p.in_c, padding, int64_t(after) * p.in_c);
}

/// `rows` rows from `row` on, `pitch` elements apart.
template <typename Isa>
static inline void copyPaddedRows(const qrt_conv2d_params &p, const qrt_call &call,
                                  typename Isa::Element *to, int64_t pitch, int64_t sample,
                                  int32_t row, int32_t rows, int32_t col, int32_t cols) {
  for (int32_t i = 0; i < rows; ++i)
    copyPaddedRow<Isa>(p, call, to + i * pitch, sample, row + i, col, cols);
}

#endif // QRT_KERNELS_X86_CONVROWS_H
