//===- Plain.h - parts of the plain float kernels --------------------------------===//
//
// The oneDNN kernels hand a slice that oneDNN refuses to these.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_F32_PLAIN_H
#define QRT_KERNELS_F32_PLAIN_H

#include "qrt/qrt.h"

namespace qrt {

/// Output elements [begin, end) of the whole batch.
void f32ConvRange(const qrt_f32_conv2d_params &p, const qrt_call &call, int64_t begin, int64_t end);

/// Output rows [begin, end) of all products of the batch.
void f32MatmulRows(const qrt_f32_matmul_params &p, const qrt_call &call, int64_t begin,
                   int64_t end);

} // namespace qrt

#endif // QRT_KERNELS_F32_PLAIN_H
