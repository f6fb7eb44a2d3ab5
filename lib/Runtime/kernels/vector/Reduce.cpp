//===- Reduce.cpp - mean over axes (N9) ------------------------------------------===//

#include "kernels/Box.h"
#include "kernels/vector/Vector.h"

using namespace qopt::numerics;

namespace {

const int64_t block = 64;

Box<1> reduceBox(const qrt_reduce_mean_params &p) {
  Box<1> box;
  for (int i = 0; i < 6; ++i)
    box.push(p.reduce_dims[i], {p.reduce_strides[i]});
  box.finish();
  return box;
}

template <typename Code> int32_t sumOfRun(const Code *QRT_RESTRICT in, int64_t stride, int64_t n) {
  int32_t sum = 0;
  if (stride == 1)
    for (int64_t i = 0; i < n; ++i)
      sum += in[i];
  else
    for (int64_t i = 0; i < n; ++i)
      sum += in[i * stride];
  return sum;
}

/// Outputs that lie apart: each sums its own runs.
template <typename Code>
void reduceSingly(const qrt_reduce_mean_params &p, const Box<1> &box, const Code *in,
                  int64_t stride, uint8_t *out, int64_t n) {
  const int64_t count = box.elements(), runs = count / box.inner();
  for (int64_t i = 0; i < n; ++i) {
    int32_t sum = -static_cast<int32_t>(count) * p.in_zero_point;
    for (int64_t run = 0; run < runs; ++run)
      sum += sumOfRun(in + i * stride + box.offset(0, run, box.rank - 1), box.innerStride(0),
                      box.inner());
    out[i] =
        static_cast<uint8_t>(averageCodes(sum, static_cast<int32_t>(count), p.in_scale, p.out_scale,
                                          p.out_zero_point, p.out_min, p.out_max));
  }
}

/// Neighbouring outputs are neighbours in the input too (the mean over H, W of NHWC).
template <typename Code>
void reduceTogether(const qrt_reduce_mean_params &p, const Box<1> &box, const Code *in,
                    uint8_t *QRT_RESTRICT out, int64_t n) {
  const int64_t count = box.elements();
  int32_t sums[block];
  for (int64_t i = 0; i < n; ++i)
    sums[i] = 0;
  for (int64_t at = 0; at < count; ++at) {
    const Code *QRT_RESTRICT x = in + box.offset(0, at, box.rank);
    for (int64_t i = 0; i < n; ++i)
      sums[i] += x[i] - p.in_zero_point;
  }
  for (int64_t i = 0; i < n; ++i)
    out[i] =
        static_cast<uint8_t>(averageCodes(sums[i], static_cast<int32_t>(count), p.in_scale,
                                          p.out_scale, p.out_zero_point, p.out_min, p.out_max));
}

template <typename Code> void reduce(const qrt_reduce_mean_params &p, const qrt_call &call) {
  const Box<1> sums = reduceBox(p);
  Box<1> outputs;
  outputs.push(call.batch, {p.in_batch_stride});
  for (int i = 0; i < 6; ++i)
    outputs.push(p.out_dims[i], {p.out_strides[i]});
  outputs.finish();
  const Code *in = static_cast<const Code *>(call.in[0]);
  uint8_t *out = static_cast<uint8_t *>(call.out);
  const int64_t stride = outputs.innerStride(0);
  outputs.forRuns(
      slice(outputs.elements(), call), [&](int64_t at, const int64_t *offsets, int64_t n) {
        if (stride != 1)
          return reduceSingly(p, sums, in + offsets[0], stride, out + at, n);
        for (int64_t i = 0; i < n; i += block)
          reduceTogether(p, sums, in + offsets[0] + i, out + at + i, n - i < block ? n - i : block);
      });
}

} // namespace

QRT_VECTOR_KERNEL(reduce_mean) {
  if (p.in_signed)
    reduce<int8_t>(p, call);
  else
    reduce<uint8_t>(p, call);
}
