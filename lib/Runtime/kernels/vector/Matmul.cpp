//===- Matmul.cpp - product of two activations (N4, N6) --------------------------===//

#include "kernels/vector/Vector.h"

using namespace qopt::numerics;

namespace {

const int32_t block = 64;

/// acc[c] = sum over k of (a - za)(b[k][c] - zb), unsigned so that it wraps in any order.
template <typename A, typename B>
void rowTimesColumns(const qrt_matmul_params &p, const A *a, const B *b, int32_t n,
                     uint32_t (&acc)[block]) {
  const int32_t zb = p.b_zero_point;
  for (int32_t c = 0; c < n; ++c)
    acc[c] = 0;
  for (int32_t k = 0; k < p.k; ++k) {
    const int32_t x = a[k] - p.a_zero_point;
    const B *QRT_RESTRICT row = b + int64_t(k) * p.n;
    for (int32_t c = 0; c < n; ++c)
      acc[c] += static_cast<uint32_t>(x * (row[c] - zb));
  }
}

/// The same where b is [n, k].
template <typename A, typename B>
void rowTimesRows(const qrt_matmul_params &p, const A *QRT_RESTRICT a, const B *b, int32_t n,
                  uint32_t (&acc)[block]) {
  const int32_t za = p.a_zero_point, zb = p.b_zero_point, depth = p.k;
  for (int32_t c = 0; c < n; ++c) {
    const B *QRT_RESTRICT row = b + int64_t(c) * depth;
    uint32_t sum = 0;
    for (int32_t k = 0; k < depth; ++k)
      sum += static_cast<uint32_t>((a[k] - za) * (row[k] - zb));
    acc[c] = sum;
  }
}

template <typename A, typename B> void multiply(const qrt_matmul_params &p, const qrt_call &call) {
  const int32_t blocks = (p.n + block - 1) / block;
  const Range pieces = slice(call.batch * p.batches * p.m * blocks, call);
  for (int64_t i = pieces.begin; i < pieces.end; ++i) {
    const int64_t row = i / blocks;
    const int32_t col = static_cast<int32_t>(i % blocks) * block;
    const int32_t n = minimum(block, p.n - col);
    const A *a = static_cast<const A *>(call.in[0]) + row * p.k;
    const B *b = static_cast<const B *>(call.in[1]) + row / p.m * (int64_t(p.k) * p.n);
    uint32_t acc[block];
    if (p.transpose_b)
      rowTimesRows(p, a, b + int64_t(col) * p.k, n, acc);
    else
      rowTimesColumns(p, a, b + col, n, acc);
    uint8_t *QRT_RESTRICT out = static_cast<uint8_t *>(call.out) + row * p.n + col;
    for (int32_t c = 0; c < n; ++c)
      out[c] = static_cast<uint8_t>(requantize(static_cast<int32_t>(acc[c]), p.multiplier,
                                               p.out_zero_point, p.out_min, p.out_max));
  }
}

} // namespace

QRT_VECTOR_KERNEL(matmul) {
  if (p.a_signed)
    p.b_signed ? multiply<int8_t, int8_t>(p, call) : multiply<int8_t, uint8_t>(p, call);
  else
    p.b_signed ? multiply<uint8_t, int8_t>(p, call) : multiply<uint8_t, uint8_t>(p, call);
}
