//===- Elementwise.cpp - reference binary (N8), table (N10), quantize (N2, N3) -----===//

#include "kernels/Kernel.h"

using namespace qopt::numerics;

static int32_t binaryCode(const qrt_binary_params &p, int32_t a, int32_t b) {
  if (p.op == 2)
    return mulCodes(a, p.a_zero_point, b, p.b_zero_point, p.a_multiplier, p.out_zero_point,
                    p.out_min, p.out_max);
  const float mb = p.op == 1 ? -p.b_multiplier : p.b_multiplier;
  return addCodes(a, p.a_zero_point, p.a_multiplier, b, p.b_zero_point, mb, p.out_zero_point,
                  p.out_min, p.out_max);
}

QRT_DEFINE_KERNEL(qrt_binary_scalar, binary) {
  const void *second = p.b_data ? p.b_data : call.in[1];
  const int64_t perSample = product(p.dims);
  const Range range = slice(call.batch * perSample, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int64_t sample = i / perSample, at = i % perSample;
    const int64_t a = sample * p.a_batch_stride + boxOffset(at, p.dims, p.a_strides);
    const int64_t b = sample * p.b_batch_stride + boxOffset(at, p.dims, p.b_strides);
    storeCode(call.out, i,
              binaryCode(p, loadCode(call.in[0], a, p.a_signed), loadCode(second, b, p.b_signed)));
  }
}

QRT_DEFINE_KERNEL(qrt_table_scalar, table) {
  const uint8_t *in = static_cast<const uint8_t *>(call.in[0]);
  const uint8_t *table = static_cast<const uint8_t *>(p.table);
  const Range range = slice(call.batch * p.count, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int64_t channel = p.per_channel ? i % p.count % p.channels : 0;
    storeCode(call.out, i, table[channel * 256 + in[i]]);
  }
}

QRT_DEFINE_KERNEL(qrt_quantize_scalar, quantize) {
  const float *in = static_cast<const float *>(call.in[0]);
  const int64_t perSample = product(p.dims);
  const Range range = slice(call.batch * perSample, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int64_t at =
        i / perSample * p.in_batch_stride + boxOffset(i % perSample, p.dims, p.in_strides);
    storeCode(call.out, i, quantize(in[at], p.scale, p.out_zero_point, p.out_min, p.out_max));
  }
}

QRT_DEFINE_KERNEL(qrt_dequantize_scalar, dequantize) {
  float *out = static_cast<float *>(call.out);
  const int64_t perSample = product(p.dims);
  const Range range = slice(call.batch * perSample, call);
  for (int64_t i = range.begin; i < range.end; ++i) {
    const int64_t at =
        i / perSample * p.in_batch_stride + boxOffset(i % perSample, p.dims, p.in_strides);
    out[i] = dequantize(loadCode(call.in[0], at, p.in_signed), p.scale, p.in_zero_point);
  }
}
