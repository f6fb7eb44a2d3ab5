/*===- calls.h - what a program calls, for audits ----------------------------------===
 *
 * Beside qopt_program every program exports the list of its kernel calls with their
 * parameter blocks and constants, so that a tool can check them against the module that
 * the program claims to be made from (`qopt verify`). Runs do not read it.
 *
 *===----------------------------------------------------------------------------===*/
#ifndef QRT_CALLS_H
#define QRT_CALLS_H

#include "qrt/qrt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define QRT_CALLS_VERSION 1

typedef struct {
  const char *layer;                     /* name of the value that the call works for, or "" */
  const char *kind;                      /* names the parameter block: "conv2d" */
  const char *kernel;                    /* symbol of the runtime */
  const void *params;                    /* qrt_<kind>_params */
  const void *constants[QRT_MAX_INPUTS]; /* inputs that are constant data, else null */
} qrt_call_desc;

typedef struct {
  int32_t isa; /* qrt_isa */
  uint32_t num_calls;
  const qrt_call_desc *calls; /* in the order of a run */
} qrt_variant_calls;

typedef struct {
  uint32_t version; /* QRT_CALLS_VERSION */
  uint32_t num_variants;
  const qrt_variant_calls *variants; /* in the order of qrt_program's */
} qrt_call_list;

/* Every program exports this symbol, of type qrt_call_list. */
#define QRT_CALLS_SYMBOL "qopt_calls"

#ifdef __cplusplus
}
#endif
#endif /* QRT_CALLS_H */
