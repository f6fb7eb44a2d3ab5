//===- Dynamic.cpp - reference linear layer with dynamic quantization: N17 --------===//

#include "kernels/Kernel.h"

using namespace qopt::numerics;

QRT_DEFINE_KERNEL(qrt_dynamic_linear_scalar, dynamic_linear) {
  const float *in = static_cast<const float *>(call.in[0]);
  const float *residual = static_cast<const float *>(call.in[1]);
  const int8_t *weights = static_cast<const int8_t *>(p.packed);
  const float *scale = static_cast<const float *>(p.scale);
  const float *bias = static_cast<const float *>(p.bias);
  const int32_t *weightZero = static_cast<const int32_t *>(p.weight_zero_point);
  float *out = static_cast<float *>(call.out);
  float lo = 0.0f, hi = 0.0f;
  for (int64_t i = 0; i < call.batch * p.rows * p.k; ++i) {
    const float x = rangeValue(in[i]);
    lo = x < lo ? x : lo;
    hi = x > hi ? x : hi;
  }
  const DynamicParams q = dynamicParams(lo, hi);
  const Range pieces = slice(call.batch * p.rows * p.n, call);
  for (int64_t at = pieces.begin; at < pieces.end; ++at) {
    const int64_t row = at / p.n, channel = at % p.n;
    uint32_t acc = 0; // wraps alike in any order
    for (int64_t i = 0; i < p.k; ++i) {
      const int32_t x = quantize(in[row * p.k + i], q.scale, q.zeroPoint, 0, 255) - q.zeroPoint;
      const int32_t w = weights[channel * p.k + i] - (weightZero ? weightZero[channel] : 0);
      acc += static_cast<uint32_t>(x * w);
    }
    float y = static_cast<float>(static_cast<int32_t>(acc)) * (q.scale * scale[channel]);
    y = bias ? y + bias[channel] : y;
    y = p.has_residual ? y + residual[at] : y;
    out[at] = y < p.low ? p.low : y > p.high ? p.high : y;
  }
}
