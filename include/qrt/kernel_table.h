/*===- kernel_table.h - the rows of kernels.def as data, for compiler and tests ---===
 *
 * The packers are plain portable C++: they lay out weights for any ISA on any host.
 *
 *===----------------------------------------------------------------------------===*/
#ifndef QRT_KERNEL_TABLE_H
#define QRT_KERNEL_TABLE_H

#include "qrt/qrt.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a packer offers. `params` points to the kind's block; of its pointers bias,
 * multiplier and weight_zero_point must hold the real arrays, and table must be null or
 * not as it will be; the others are not read. `weights` are codes in logical order (OIHW,
 * IOHW of a transposed convolution). `packed` is 64-byte aligned, and so must its copy in
 * the program be. */
typedef struct {
  /* 1 if the kernel can run these params with these weights (codes in logical order). */
  int (*supports)(const void *params, const int8_t *weights);
  size_t (*packed_bytes)(const void *params);
  void (*pack)(const void *params, const int8_t *weights, void *packed);
  /* Scratch that one thread needs, whatever the batch and the number of threads. */
  size_t (*scratch_bytes)(const void *params);
  /* Bytes that the row's `prepare` makes of the packed weights; null: nothing. */
  size_t (*prepared_bytes)(const void *params);
  /* Estimated cycles of one core for a batch; null: not estimated. */
  double (*cost)(const void *params, int64_t batch);
} qrt_packer;

typedef struct {
  const char *kind;
  const char *symbol;
  qrt_isa isa;
  const qrt_packer *packer; /* null: no weights, no scratch, supports everything */
  qrt_kernel_fn fn;         /* null where this build does not contain the kernel */
  int needs_dnnl;           /* 1: of libqrt_dnnl.a; the program must link it and libdnnl */
  /* For rows with prepared weights: run by every thread when a session opens, it reads
   * params->packed and writes call->out, which the kernel later sees as call->prepared,
   * 64-byte aligned. Null for the others. */
  const char *prepare_symbol;
  qrt_kernel_fn prepare;
} qrt_kernel_row;

/* All rows, in the order of kernels.def; *count receives their number. */
const qrt_kernel_row *qrt_kernels(size_t *count);

/* 1 if a plan for `isa` may call kernels of `other`: the same, or one that it includes. */
int qrt_isa_includes(qrt_isa isa, qrt_isa other);

#ifdef __cplusplus
}
#endif
#endif /* QRT_KERNEL_TABLE_H */
