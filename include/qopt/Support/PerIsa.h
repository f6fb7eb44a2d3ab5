//===- PerIsa.h - loops that are built for several instruction sets ---------------------===//

#ifndef QOPT_SUPPORT_PERISA_H
#define QOPT_SUPPORT_PERISA_H

/// A function built for AVX2 as well, chosen when the library is loaded. Neither form contracts to
/// FMA, so both give the same bits.
#if defined(__x86_64__)
#define QOPT_PER_ISA __attribute__((target_clones("avx2", "default")))
#else
#define QOPT_PER_ISA
#endif
/// The body of such a function where several share it.
#define QOPT_INLINE __attribute__((always_inline)) static inline

#endif // QOPT_SUPPORT_PERISA_H
