//===- Binary.cpp - add, sub, mul on codes (N8) ----------------------------------===//

#include "kernels/Box.h"
#include "kernels/vector/Vector.h"

using namespace qopt::numerics;

namespace {

/// `sb` is 0 for an operand that is one code for the whole run, else 1.
template <typename A, typename B, bool Multiply, int StrideA, int StrideB>
void runOf(const qrt_binary_params &p, const A *QRT_RESTRICT a, const B *QRT_RESTRICT b,
           uint8_t *QRT_RESTRICT out, int64_t n) {
  const int32_t za = p.a_zero_point, zb = p.b_zero_point, zy = p.out_zero_point;
  const int32_t low = p.out_min, high = p.out_max;
  const float ma = p.a_multiplier, mb = p.op == 1 ? -p.b_multiplier : p.b_multiplier;
  for (int64_t i = 0; i < n; ++i) {
    const int32_t qa = a[i * StrideA], qb = b[i * StrideB];
    const int32_t code = Multiply ? mulCodes(qa, za, qb, zb, ma, zy, low, high)
                                  : addCodes(qa, za, ma, qb, zb, mb, zy, low, high);
    out[i] = static_cast<uint8_t>(code);
  }
}

/// Any strides; the reference's loop.
template <typename A, typename B>
void stridedRun(const qrt_binary_params &p, const A *a, int64_t sa, const B *b, int64_t sb,
                uint8_t *out, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (p.op == 2)
      runOf<A, B, true, 0, 0>(p, a + i * sa, b + i * sb, out + i, 1);
    else
      runOf<A, B, false, 0, 0>(p, a + i * sa, b + i * sb, out + i, 1);
  }
}

template <typename A, typename B, bool Multiply>
void strideCases(const qrt_binary_params &p, const A *a, int64_t sa, const B *b, int64_t sb,
                 uint8_t *out, int64_t n) {
  if (sa == 1 && sb == 1)
    runOf<A, B, Multiply, 1, 1>(p, a, b, out, n);
  else if (sa == 1 && sb == 0)
    runOf<A, B, Multiply, 1, 0>(p, a, b, out, n);
  else if (sa == 0 && sb == 1)
    runOf<A, B, Multiply, 0, 1>(p, a, b, out, n);
  else
    stridedRun(p, a, sa, b, sb, out, n);
}

template <typename A, typename B>
void allRuns(const qrt_binary_params &p, const qrt_call &call, const Box<2> &box) {
  const A *a = static_cast<const A *>(call.in[0]);
  const B *b = static_cast<const B *>(p.b_data ? p.b_data : call.in[1]);
  uint8_t *out = static_cast<uint8_t *>(call.out);
  const int64_t sa = box.innerStride(0), sb = box.innerStride(1);
  box.forRuns(slice(box.elements(), call), [&](int64_t at, const int64_t *offsets, int64_t n) {
    if (p.op == 2)
      strideCases<A, B, true>(p, a + offsets[0], sa, b + offsets[1], sb, out + at, n);
    else
      strideCases<A, B, false>(p, a + offsets[0], sa, b + offsets[1], sb, out + at, n);
  });
}

} // namespace

QRT_VECTOR_KERNEL(binary) {
  Box<2> box;
  box.push(call.batch, {p.a_batch_stride, p.b_batch_stride});
  for (int i = 0; i < 6; ++i)
    box.push(p.dims[i], {p.a_strides[i], p.b_strides[i]});
  box.finish();
  if (p.a_signed)
    p.b_signed ? allRuns<int8_t, int8_t>(p, call, box) : allRuns<int8_t, uint8_t>(p, call, box);
  else
    p.b_signed ? allRuns<uint8_t, int8_t>(p, call, box) : allRuns<uint8_t, uint8_t>(p, call, box);
}
