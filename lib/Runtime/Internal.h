//===- Internal.h - what the parts of the runtime share --------------------------===//
//
// Nothing here may need libstdc++: the runtime is linked into programs that have none.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_INTERNAL_H
#define QRT_INTERNAL_H

#include "qrt/qrt.h"

namespace qrt {

/// Sets this thread's qrt_last_error() and returns `status`, so that a check is one line.
qrt_status fail(qrt_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// Clears this thread's error.
void clearError();

/// 64-byte aligned memory with at least 64 readable bytes behind `bytes`; null if out of
/// memory. Free with free().
void *allocate(uint64_t bytes);

/// As allocate, for memory that is read from end to end: in huge pages where the system
/// has them.
void *allocateLarge(uint64_t bytes);

/// The work of one run, given to every thread of its team.
struct TeamRun {
  qrt_entry_fn entry;
  const void *const *inputs;
  void *const *outputs;
  uint8_t *arena;
  uint8_t *scratch; // one piece of scratchStride bytes per thread
  uint64_t scratchStride;
  uint8_t *prepared;
  int64_t batch;
  int32_t threads;
  uint64_t session; // id of the session, for caches that live as long as it
  const qrt_tensor_desc *tensors;
  uint32_t numTensors;
  qrt_tensor_callback callback;
  qrt_step_callback step;
  void *user;
};

/// Runs the plan on a team of `run.threads` threads, or fewer if the OpenMP runtime
/// grants fewer. One thread: in the caller, without atomics.
void runTeam(const TeamRun &run);

} // namespace qrt

#ifdef __cplusplus
extern "C" {
#endif

/* Id of the session that this thread works for, 0 outside of a run. */
uint64_t qrt_current_session(void);

/* Frees what the oneDNN kernels keep for a session; present only if they are linked. */
__attribute__((weak)) void qrt_dnnl_release(uint64_t session);

#ifdef __cplusplus
}
#endif

#endif // QRT_INTERNAL_H
