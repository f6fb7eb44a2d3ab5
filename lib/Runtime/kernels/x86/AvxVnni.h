//===- AvxVnni.h - vector operations of the AVX-VNNI kernels ---------------------===//

#ifndef QRT_KERNELS_X86_AVXVNNI_H
#define QRT_KERNELS_X86_AVXVNNI_H

#include "kernels/x86/Avx2.h"

namespace {

struct AvxVnni : Avx2 {
  /// Four u8 x s8 products a lane; wraps, never saturates.
  static Int dot(Int acc, Int codes, Int weights) {
    return _mm256_dpbusd_avx_epi32(acc, codes, weights);
  }
};

} // namespace

#endif // QRT_KERNELS_X86_AVXVNNI_H
