//===- Matmul.cpp - reference product of two activations: N4, N6 -----------------===//

#include "kernels/Kernel.h"

using namespace qopt::numerics;

QRT_DEFINE_KERNEL(qrt_matmul_scalar, matmul) {
  const int64_t rowStride = p.transpose_b ? 1 : p.n, colStride = p.transpose_b ? p.k : 1;
  const Range rows = slice(call.batch * p.batches * p.m, call);
  for (int64_t row = rows.begin; row < rows.end; ++row) {
    const int64_t a = row * p.k, b = row / p.m * (int64_t(p.k) * p.n);
    for (int64_t col = 0; col < p.n; ++col) {
      uint32_t acc = 0; // wraps alike in any order
      for (int64_t i = 0; i < p.k; ++i) {
        const int32_t qa = loadCode(call.in[0], a + i, p.a_signed) - p.a_zero_point;
        const int32_t qb =
            loadCode(call.in[1], b + i * rowStride + col * colStride, p.b_signed) - p.b_zero_point;
        acc += static_cast<uint32_t>(qa * qb);
      }
      storeCode(call.out, row * p.n + col,
                requantize(static_cast<int32_t>(acc), p.multiplier, p.out_zero_point, p.out_min,
                           p.out_max));
    }
  }
}
