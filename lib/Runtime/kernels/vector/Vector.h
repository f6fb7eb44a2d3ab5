//===- Vector.h - sources that are built once per ISA ----------------------------===//
//
// The build compiles each file of this folder for several ISAs, with QRT_SUFFIX naming
// the ISA. The loops are plain C++ that the compiler vectorizes; every operation in them
// is exact or rounds once, so the results are those of the scalar reference.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_VECTOR_VECTOR_H
#define QRT_KERNELS_VECTOR_VECTOR_H

#include "kernels/Kernel.h"

#ifndef QRT_SUFFIX
#error "build this file with -DQRT_SUFFIX=<isa>"
#endif

#define QRT_PASTE_(a, b) a##b
#define QRT_PASTE(a, b) QRT_PASTE_(a, b)

/// Opens the body of qrt_<kind>_<suffix>.
#define QRT_VECTOR_KERNEL(kind)                                                                    \
  static void kind##Kernel(const qrt_##kind##_params &p, const qrt_call &call);                    \
  extern "C" void QRT_PASTE(qrt_##kind##_, QRT_SUFFIX)(const void *params, const qrt_call *call) { \
    kind##Kernel(*static_cast<const qrt_##kind##_params *>(params), *call);                        \
  }                                                                                                \
  static void kind##Kernel(const qrt_##kind##_params &p, const qrt_call &call)

/// Restrict-qualified parameters let the loops vectorize without checks for overlap.
#define QRT_RESTRICT __restrict

#endif // QRT_KERNELS_VECTOR_VECTOR_H
