//===- Dynamic.cpp - linear layers with dynamic quantization (N17) ----------------===//
//
// Each thread finds the range of the whole input by itself, which costs less than a barrier, and
// quantizes the rows it works on to s16 with the zero point subtracted, so that products need no
// correction by row sums.
//
//===-----------------------------------------------------------------------------===//

#include "kernels/DynamicRows.h"
#include "kernels/vector/Vector.h"
#include "pack/DynamicPlan.h"

using namespace qopt::numerics;

namespace {

const int channels = 4; // of the weights, that share the loads of a row

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

} // namespace

QRT_VECTOR_KERNEL(dynamic_linear) {
  const int64_t total = call.batch * p.rows, strip = dynamicStrip(p), pitch = dynamicPitch(p);
  const float *in = static_cast<const float *>(call.in[0]);
  const DynamicParams q = findDynamicParams(in, total * p.k);
  const bool byRows = splitsRows(total, call);
  const Range rows = byRows ? slice(total, call) : Range{0, total};
  const Range span = byRows ? Range{0, p.n} : sliceBy(p.n, channels, call);
  int16_t *scratch = static_cast<int16_t *>(call.scratch);
  int32_t *sums = dynamicSums(p, call.scratch);
  const int8_t *weights = static_cast<const int8_t *>(p.packed);
  for (int64_t row = rows.begin; row < rows.end; row += strip) {
    const int64_t count = rows.end - row < strip ? rows.end - row : strip;
    for (int64_t i = 0; i < count; ++i) {
      quantizeDynamic(q, in + (row + i) * p.k, scratch + i * pitch, p.k);
      sums[i] = p.weight_zero_point ? sumOfRow(scratch + i * pitch, p.k) : 0;
    }
    for (int32_t c = static_cast<int32_t>(span.begin); c < span.end; c += channels) {
      const int left = static_cast<int>(span.end - c < channels ? span.end - c : channels);
      const int8_t *w = weights + int64_t(c) * p.k;
      for (int64_t i = 0; i < count; ++i) {
        int32_t acc[channels];
        if (left == channels)
          dot<channels>(scratch + i * pitch, w, p.k, acc);
        else
          for (int each = 0; each < left; ++each)
            dot<1>(scratch + i * pitch, w + each * int64_t(p.k), p.k, acc + each);
        finishDynamic(p, call, q.scale, sums[i], acc, row + i, c, left);
      }
    }
  }
}
