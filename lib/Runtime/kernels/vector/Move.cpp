//===- Move.cpp - strided copy and table look-up (N9, N10) -----------------------===//

#include "kernels/Box.h"
#include "kernels/vector/Vector.h"

#include <string.h>

namespace {

template <typename Element>
void copyRun(const Element *QRT_RESTRICT in, int64_t inStride, Element *QRT_RESTRICT out,
             int64_t outStride, int64_t n) {
  if (inStride == 1 && outStride == 1)
    memcpy(out, in, static_cast<size_t>(n) * sizeof(Element));
  else if (outStride == 1)
    for (int64_t i = 0; i < n; ++i)
      out[i] = in[i * inStride];
  else
    for (int64_t i = 0; i < n; ++i)
      out[i * outStride] = in[i * inStride];
}

template <typename Element>
void copyAll(const qrt_copy_params &p, const qrt_call &call, const Box<2> &box) {
  const Element *in = static_cast<const Element *>(call.in[0]) + p.in_offset;
  Element *out = static_cast<Element *>(call.out) + p.out_offset;
  box.forRuns(slice(box.elements(), call), [&](int64_t, const int64_t *offsets, int64_t n) {
    copyRun(in + offsets[0], box.innerStride(0), out + offsets[1], box.innerStride(1), n);
  });
}

} // namespace

QRT_VECTOR_KERNEL(copy) {
  Box<2> box;
  box.push(call.batch, {p.in_batch_stride, p.out_batch_stride});
  for (int i = 0; i < 8; ++i)
    box.push(p.dims[i], {p.in_strides[i], p.out_strides[i]});
  box.finish();
  if (p.element_bytes == 1)
    copyAll<uint8_t>(p, call, box);
  else
    copyAll<uint32_t>(p, call, box);
}

QRT_VECTOR_KERNEL(table) {
  const uint8_t *QRT_RESTRICT in = static_cast<const uint8_t *>(call.in[0]);
  const uint8_t *QRT_RESTRICT table = static_cast<const uint8_t *>(p.table);
  uint8_t *QRT_RESTRICT out = static_cast<uint8_t *>(call.out);
  const Range range = slice(call.batch * p.count, call);
  if (!p.per_channel) {
    for (int64_t i = range.begin; i < range.end; ++i)
      out[i] = table[in[i]];
    return;
  }
  // `count` is a multiple of `channels`, so samples need no division of their own.
  int64_t channel = range.begin % p.channels;
  for (int64_t i = range.begin; i < range.end; ++i) {
    out[i] = table[channel * 256 + in[i]];
    channel = channel + 1 == p.channels ? 0 : channel + 1;
  }
}
