//===- immintrin.h - intrinsics of AVX-VNNI and AVX512-VNNI on lesser CPUs --------===//
//
// Stands in front of the compiler's header when the kernels of an ISA are built for a CPU
// without it (test/Kernels only). SIMDe computes what it knows; Missing.h the rest. An
// intrinsic that neither has fails to compile ("requires target feature"): add it there.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_TEST_KERNELS_EMULATION_IMMINTRIN_H
#define QOPT_TEST_KERNELS_EMULATION_IMMINTRIN_H

#include_next <immintrin.h> // the types

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#include "Missing.h"

#endif // QOPT_TEST_KERNELS_EMULATION_IMMINTRIN_H
