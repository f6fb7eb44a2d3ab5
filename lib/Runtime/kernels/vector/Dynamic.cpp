//===- Dynamic.cpp - linear layers with dynamic quantization (N17) ----------------===//
//
// Each thread finds the range of the whole input by itself, which costs less than a barrier, and
// quantizes the rows it works on to s16 with the zero point subtracted, so that products need no
// correction by row sums.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/vector/Vector.h"
#include "pack/DynamicPlan.h"

using namespace qopt::numerics;

namespace {

const int lanes = 32;   // extremes kept apart: a loop over them is one of independent elements
const int channels = 4; // of the weights, that share the loads of a row

DynamicParams findParams(const float *QRT_RESTRICT in, int64_t n) {
  float lo[lanes] = {}, hi[lanes] = {};
  int64_t at = 0;
  for (; at + lanes <= n; at += lanes)
    for (int i = 0; i < lanes; ++i) {
      const float x = rangeValue(in[at + i]);
      lo[i] = x < lo[i] ? x : lo[i];
      hi[i] = x > hi[i] ? x : hi[i];
    }
  float least = 0.0f, greatest = 0.0f;
  const auto add = [&](float x) {
    least = x < least ? x : least;
    greatest = x > greatest ? x : greatest;
  };
  for (; at < n; ++at)
    add(rangeValue(in[at]));
  for (int i = 0; i < lanes; ++i)
    add(lo[i]), add(hi[i]);
  return dynamicParams(least, greatest);
}

void quantizeRow(const DynamicParams &q, const float *QRT_RESTRICT in, int16_t *QRT_RESTRICT out,
                 int64_t n) {
  const float scale = q.scale;
  const int32_t zero = q.zeroPoint;
  for (int64_t i = 0; i < n; ++i)
    out[i] = static_cast<int16_t>(quantize(in[i], scale, zero, 0, 255) - zero);
}

int32_t sumOf(const int16_t *QRT_RESTRICT row, int64_t n) {
  uint32_t sum = 0; // wraps alike in any order
  for (int64_t i = 0; i < n; ++i)
    sum += static_cast<uint32_t>(static_cast<int32_t>(row[i]));
  return static_cast<int32_t>(sum);
}

/// acc[c] = sum over k of x * w[c], wrapping.
template <int Channels>
void dot(const int16_t *QRT_RESTRICT x, const int8_t *QRT_RESTRICT w, int64_t k, int32_t *acc) {
  uint32_t sums[Channels] = {};
  for (int64_t i = 0; i < k; ++i)
    for (int c = 0; c < Channels; ++c)
      sums[c] += static_cast<uint32_t>(static_cast<int32_t>(x[i]) * w[c * k + i]);
  for (int c = 0; c < Channels; ++c)
    acc[c] = static_cast<int32_t>(sums[c]);
}

/// Results of one row and `count` channels from `channel` on.
void finish(const qrt_dynamic_linear_params &p, const qrt_call &call, float inputScale,
            int32_t rowSum, const int32_t *acc, int64_t row, int32_t channel, int count) {
  const float *scale = static_cast<const float *>(p.scale) + channel;
  const float *bias = static_cast<const float *>(p.bias);
  const int32_t *weightZero = static_cast<const int32_t *>(p.weight_zero_point);
  const int64_t at = row * p.n + channel;
  const float *residual = static_cast<const float *>(call.in[1]) + (p.has_residual ? at : 0);
  float *out = static_cast<float *>(call.out) + at;
  for (int c = 0; c < count; ++c) {
    uint32_t total = static_cast<uint32_t>(acc[c]);
    if (weightZero)
      total -= static_cast<uint32_t>(weightZero[channel + c]) * static_cast<uint32_t>(rowSum);
    float y = static_cast<float>(static_cast<int32_t>(total)) * (inputScale * scale[c]);
    y = bias ? y + bias[channel + c] : y;
    y = p.has_residual ? y + residual[c] : y;
    out[c] = y < p.low ? p.low : y > p.high ? p.high : y;
  }
}

} // namespace

QRT_VECTOR_KERNEL(dynamic_linear) {
  const int64_t total = call.batch * p.rows, strip = dynamicStrip(p);
  const float *in = static_cast<const float *>(call.in[0]);
  const DynamicParams q = findParams(in, total * p.k);
  // Few rows are quantized by every thread, which then has channels, and weights, of its own.
  const bool byRows = total >= int64_t(8) * call.threads;
  const Range rows = byRows ? slice(total, call) : Range{0, total};
  const Range span = byRows ? Range{0, p.n} : sliceBy(p.n, channels, call);
  int16_t *scratch = static_cast<int16_t *>(call.scratch);
  int32_t *sums =
      reinterpret_cast<int32_t *>(static_cast<char *>(call.scratch) + dynamicRowBytes(p));
  const int8_t *weights = static_cast<const int8_t *>(p.packed);
  for (int64_t row = rows.begin; row < rows.end; row += strip) {
    const int64_t count = rows.end - row < strip ? rows.end - row : strip;
    for (int64_t i = 0; i < count; ++i) {
      quantizeRow(q, in + (row + i) * p.k, scratch + i * p.k, p.k);
      sums[i] = p.weight_zero_point ? sumOf(scratch + i * p.k, p.k) : 0;
    }
    for (int32_t c = static_cast<int32_t>(span.begin); c < span.end; c += channels) {
      const int left = static_cast<int>(span.end - c < channels ? span.end - c : channels);
      const int8_t *w = weights + int64_t(c) * p.k;
      for (int64_t i = 0; i < count; ++i) {
        int32_t acc[channels];
        if (left == channels)
          dot<channels>(scratch + i * p.k, w, p.k, acc);
        else
          for (int each = 0; each < left; ++each)
            dot<1>(scratch + i * p.k, w + each * int64_t(p.k), p.k, acc + each);
        finish(p, call, q.scale, sums[i], acc, row + i, c, left);
      }
    }
  }
}
