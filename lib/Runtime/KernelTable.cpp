//===- KernelTable.cpp - the rows of kernels.def as data -------------------------===//
//
// Nothing else of the runtime refers to this file, so a program that links the library
// gets only the kernels it calls.
//
//===-----------------------------------------------------------------------------===//

#include "pack/Pack.h"

// The kernel of a row, or null where this architecture cannot have it.
#define QRT_FN_SCALAR(symbol) symbol
#if defined(__x86_64__)
#define QRT_FN_AVX2(symbol) symbol
#define QRT_FN_AVXVNNI(symbol) symbol
#define QRT_FN_AVX512VNNI(symbol) symbol
#else
#define QRT_FN_AVX2(symbol) nullptr
#define QRT_FN_AVXVNNI(symbol) nullptr
#define QRT_FN_AVX512VNNI(symbol) nullptr
#endif
#if defined(__aarch64__)
#define QRT_FN_NEON(symbol) symbol
#define QRT_FN_NEON_DOT(symbol) symbol
#define QRT_FN_NEON_I8MM(symbol) symbol
#else
#define QRT_FN_NEON(symbol) nullptr
#define QRT_FN_NEON_DOT(symbol) nullptr
#define QRT_FN_NEON_I8MM(symbol) nullptr
#endif

// Kernels of libqrt_dnnl.a are null where it is not linked.
extern "C" {
#define QRT_KERNEL(kind, isa, symbol) void symbol(const void *params, const qrt_call *call);
#define QRT_KERNEL_PREPARED(kind, isa, symbol, packer)                                             \
  QRT_KERNEL(kind, isa, symbol)                                                                    \
  QRT_KERNEL(kind, isa, symbol##_prepare)
#define QRT_KERNEL_DNNL(kind, isa, symbol)                                                         \
  __attribute__((weak)) void symbol(const void *params, const qrt_call *call);
#include "qrt/kernels.def"
}

static const qrt_kernel_row rows[] = {
#define QRT_KERNEL(kind, isa, symbol)                                                              \
  {#kind, #symbol, QRT_ISA_##isa, nullptr, QRT_FN_##isa(symbol), 0, nullptr, nullptr},
#define QRT_KERNEL_PACKED(kind, isa, symbol, packer)                                               \
  {#kind, #symbol, QRT_ISA_##isa, &packer, QRT_FN_##isa(symbol), 0, nullptr, nullptr},
#define QRT_KERNEL_PREPARED(kind, isa, symbol, packer)                                             \
  {#kind,                                                                                          \
   #symbol,                                                                                        \
   QRT_ISA_##isa,                                                                                  \
   &packer,                                                                                        \
   QRT_FN_##isa(symbol),                                                                           \
   0,                                                                                              \
   #symbol "_prepare",                                                                             \
   QRT_FN_##isa(symbol##_prepare)},
#define QRT_KERNEL_DNNL(kind, isa, symbol)                                                         \
  {#kind, #symbol, QRT_ISA_##isa, nullptr, symbol, 1, nullptr, nullptr},
#include "qrt/kernels.def"
};

extern "C" const qrt_kernel_row *qrt_kernels(size_t *count) {
  *count = sizeof(rows) / sizeof(rows[0]);
  return rows;
}

/// The ISA that each extends; scalar extends itself.
static const qrt_isa extended[QRT_ISA_COUNT] = {QRT_ISA_SCALAR,  QRT_ISA_SCALAR, QRT_ISA_AVX2,
                                                QRT_ISA_AVX2,    QRT_ISA_SCALAR, QRT_ISA_NEON,
                                                QRT_ISA_NEON_DOT};

extern "C" int qrt_isa_includes(qrt_isa isa, qrt_isa other) {
  while (isa != other && isa != QRT_ISA_SCALAR)
    isa = extended[isa];
  return isa == other;
}
