//===- Error.cpp - the last error of a thread, and memory ------------------------===//

#include "Internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

static thread_local char lastError[1024];

qrt_status qrt::fail(qrt_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(lastError, sizeof(lastError), format, arguments);
  va_end(arguments);
  return status;
}

void qrt::clearError() { lastError[0] = '\0'; }

extern "C" const char *qrt_last_error(void) { return lastError; }

void *qrt::allocate(uint64_t bytes) {
  const uint64_t slack = 128; // 64 readable bytes behind, after rounding up to 64
  if (bytes > UINT64_MAX / 2)
    return nullptr;
  return aligned_alloc(64, (bytes + slack) / 64 * 64);
}

void *qrt::allocateLarge(uint64_t bytes) {
  const uint64_t page = uint64_t(2) << 20;
  if (bytes < page || bytes > UINT64_MAX / 2)
    return allocate(bytes);
  const uint64_t rounded = (bytes + 64 + page - 1) / page * page;
  void *memory = aligned_alloc(page, rounded);
  if (memory)
    madvise(memory, rounded, MADV_HUGEPAGE); // only a hint
  return memory;
}
