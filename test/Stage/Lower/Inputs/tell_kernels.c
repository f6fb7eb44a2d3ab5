/* Wraps every kernel of the table (ld --wrap): the first call of each tells its name. */
#include "qrt/qrt.h"

#include <stdio.h>

#define QRT_KERNEL(kind, isa, symbol)                                                              \
  __attribute__((weak)) void __real_##symbol(const void *params, const qrt_call *call);            \
  void __wrap_##symbol(const void *params, const qrt_call *call) {                                 \
    static int told;                                                                               \
    if (!told++)                                                                                   \
      printf("ran " #kind " " #isa " " #symbol "\n");                                              \
    __real_##symbol(params, call);                                                                 \
  }
#include "qrt/kernels.def"
