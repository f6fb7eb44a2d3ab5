//===- Dnnl.h - oneDNN primitives kept for a session -----------------------------===//
//
// A float layer becomes one oneDNN primitive per thread and slice, made at its first run
// with weights already reordered, and kept until the session closes (or, in a program with
// its own copy of the runtime, as long as the program is loaded). oneDNN runs on the calling
// thread only: the team's split of the work is ours. Its threads share the reordered weights.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_F32_DNNL_H
#define QRT_KERNELS_F32_DNNL_H

#include "qrt/qrt.h"

#include <oneapi/dnnl/dnnl.h>

namespace qrt {

/// Which primitive: the layer and the sizes of a slice. The cache adds the session and the
/// thread, so that no two threads share an entry.
struct DnnlKey {
  const void *params;
  int64_t first, count, samples;
  uint64_t session, thread;
};

/// A primitive and its fixed arguments; `ready` is 0 if oneDNN cannot make it.
struct DnnlEntry {
  DnnlKey key;
  DnnlEntry *next;
  int ready;
  dnnl_primitive_t primitive;
  dnnl_stream_t stream;
  dnnl_memory_t source, second, destination, weights, bias, scratchpad;
  void *scratchData;
};

/// Fills an entry from the params; returns false if oneDNN refuses.
typedef bool (*DnnlBuild)(DnnlEntry &entry, dnnl_engine_t engine, const void *params);

/// This thread's entry, built on first use. Null if there is no memory or no engine.
DnnlEntry *dnnlEntry(const void *params, int64_t first, int64_t count, int64_t samples,
                     DnnlBuild build);

/// Weights as `wanted`, for all entries of a session that want the same: `ready` once someone has
/// reordered them into `data`.
struct DnnlWeights {
  DnnlWeights *next;
  uint64_t session;
  const void *given;
  dnnl_memory_desc_t wanted;
  int ready;
  void *data;
};

/// Finds or allocates them; to be called from a DnnlBuild only. Null if there is no memory.
DnnlWeights *dnnlWeights(uint64_t session, const void *given, const dnnl_memory_desc_t &wanted);

/// Creates the primitive of a descriptor with a scratchpad of the entry's own.
bool dnnlCreate(DnnlEntry &entry, dnnl_engine_t engine, dnnl_primitive_desc_t desc);

/// Executes with these data pointers on the calling thread alone.
bool dnnlExecute(DnnlEntry &entry, const void *source, const void *second, void *destination);

} // namespace qrt

#endif // QRT_KERNELS_F32_DNNL_H
