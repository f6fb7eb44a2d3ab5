//===- Kernel.h - helpers of every kernel ----------------------------------------===//
//
// Kernel files are built for different ISAs and end up in one library. Whatever is
// inline here is therefore `static`: a shared copy might use instructions that the
// caller's CPU does not have.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_KERNEL_H
#define QRT_KERNELS_KERNEL_H

#include "qopt/Support/Numerics.h"
#include "qrt/qrt.h"

/// Opens the body of the kernel `symbol` for the params block `kind`.
#define QRT_DEFINE_KERNEL(symbol, kind)                                                            \
  static void symbol##_impl(const qrt_##kind##_params &p, const qrt_call &call);                   \
  extern "C" void symbol(const void *params, const qrt_call *call) {                               \
    symbol##_impl(*static_cast<const qrt_##kind##_params *>(params), *call);                       \
  }                                                                                                \
  static void symbol##_impl(const qrt_##kind##_params &p, const qrt_call &call)

/// A piece of an inner loop that must not become a call.
#define QRT_INLINE static inline __attribute__((always_inline))

struct Range {
  int64_t begin, end;
};

/// This thread's part of `total` equal pieces of work: contiguous, sizes differ by one.
static inline Range slice(int64_t total, const qrt_call &call) {
  const int64_t base = total / call.threads, rest = total % call.threads;
  const int64_t extra = call.thread < rest ? call.thread : rest;
  const int64_t begin = base * call.thread + extra;
  return {begin, begin + base + (call.thread < rest ? 1 : 0)};
}

/// As slice, in multiples of `grain` pieces (the last may be short).
static inline Range sliceBy(int64_t total, int64_t grain, const qrt_call &call) {
  Range range = slice((total + grain - 1) / grain, call);
  range.begin = range.begin * grain < total ? range.begin * grain : total;
  range.end = range.end * grain < total ? range.end * grain : total;
  return range;
}

static inline int32_t loadCode(const void *data, int64_t index, int32_t isSigned) {
  return isSigned ? static_cast<const int8_t *>(data)[index]
                  : static_cast<const uint8_t *>(data)[index];
}

/// The low byte is the same for u8 and s8 codes.
static inline void storeCode(void *data, int64_t index, int32_t code) {
  static_cast<uint8_t *>(data)[index] = static_cast<uint8_t>(code);
}

template <int N> static inline int64_t product(const int32_t (&dims)[N], int count = N) {
  int64_t result = 1;
  for (int i = 0; i < count; ++i)
    result *= dims[i];
  return result;
}

/// Element offset of the `index`-th position of the box spanned by the first `count`
/// dims, last dim fastest.
template <int N>
static inline int64_t boxOffset(int64_t index, const int32_t (&dims)[N],
                                const int32_t (&strides)[N], int count = N) {
  int64_t offset = 0;
  for (int i = count - 1; i >= 0; --i) {
    offset += (index % dims[i]) * strides[i];
    index /= dims[i];
  }
  return offset;
}

static inline int32_t minimum(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t maximum(int32_t a, int32_t b) { return a > b ? a : b; }

/// Rows or columns that a pooling window covers: [begin, end) clipped to the input;
/// `declared` is their number when positions of the declared padding count too.
struct Window {
  int32_t begin, end, declared;
};

/// Window of output `o`; `padAfter` is the declared padding behind the input (N9).
static inline Window poolWindow(int32_t o, int32_t in, int32_t out, int32_t kernel, int32_t stride,
                                int32_t padBefore, int32_t padAfter, int32_t adaptive) {
  if (adaptive) {
    const int32_t begin = static_cast<int32_t>(int64_t(o) * in / out);
    const int32_t end = static_cast<int32_t>((int64_t(o + 1) * in + out - 1) / out);
    return {begin, end, end - begin};
  }
  const int32_t begin = o * stride - padBefore;
  const int32_t end = minimum(begin + kernel, in + padAfter);
  return {maximum(begin, 0), minimum(end, in), end - begin};
}

#endif // QRT_KERNELS_KERNEL_H
