//===- DnnlCache.cpp - oneDNN primitives kept for a session ----------------------===//

#include "kernels/f32/Dnnl.h"

#include "Internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);
}

using namespace qrt;

static const unsigned buckets = 1024;
static DnnlEntry *table[buckets];
static DnnlWeights *allWeights;
static pthread_mutex_t tableLock = PTHREAD_MUTEX_INITIALIZER;
static dnnl_engine_t engine;

namespace {

/// oneDNN fixes the number of threads of a primitive when it is made, and starts them when it is
/// executed: both have to see one thread, or a session would use more cores than it was given.
class OneThread {
  const int before = omp_get_max_threads();

public:
  OneThread() { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before); }
};

} // namespace

static unsigned bucketOf(const DnnlKey &key) {
  const uint64_t mixed = (reinterpret_cast<uintptr_t>(key.params) >> 3) * 0x9e3779b97f4a7c15ull +
                         key.session * 31 + key.thread * 7 +
                         static_cast<uint64_t>(key.first + key.count + key.samples);
  return static_cast<unsigned>(mixed >> 20) % buckets;
}

static bool same(const DnnlKey &a, const DnnlKey &b) {
  return a.session == b.session && a.params == b.params && a.thread == b.thread &&
         a.first == b.first && a.count == b.count && a.samples == b.samples;
}

static DnnlEntry *find(const DnnlKey &key) {
  for (DnnlEntry *entry = table[bucketOf(key)]; entry; entry = entry->next)
    if (same(entry->key, key))
      return entry;
  return nullptr;
}

DnnlEntry *qrt::dnnlEntry(const void *params, int64_t first, int64_t count, int64_t samples,
                          DnnlBuild build) {
  const DnnlKey key = {
      params, first, count, samples, qrt_current_session(), static_cast<uint64_t>(pthread_self())};
  pthread_mutex_lock(&tableLock);
  DnnlEntry *entry = find(key);
  if (!entry && (engine || dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success)) {
    entry = static_cast<DnnlEntry *>(calloc(1, sizeof(DnnlEntry)));
    if (entry) {
      const OneThread oneThread;
      entry->key = key;
      entry->ready =
          dnnl_stream_create(&entry->stream, engine, dnnl_stream_default_flags) == dnnl_success &&
          build(*entry, engine, key.params);
      entry->next = table[bucketOf(key)];
      table[bucketOf(key)] = entry;
    }
  }
  pthread_mutex_unlock(&tableLock);
  return entry;
}

DnnlWeights *qrt::dnnlWeights(uint64_t session, const void *given,
                              const dnnl_memory_desc_t &wanted) {
  for (DnnlWeights *weights = allWeights; weights; weights = weights->next)
    if (weights->session == session && weights->given == given &&
        dnnl_memory_desc_equal(&weights->wanted, &wanted))
      return weights;
  DnnlWeights *weights = static_cast<DnnlWeights *>(calloc(1, sizeof(DnnlWeights)));
  void *data = qrt::allocate(dnnl_memory_desc_get_size(&wanted));
  if (!weights || !data) {
    free(weights);
    free(data);
    return nullptr;
  }
  *weights = {allWeights, session, given, wanted, 0, data};
  allWeights = weights;
  return weights;
}

bool qrt::dnnlCreate(DnnlEntry &entry, dnnl_engine_t engine, dnnl_primitive_desc_t desc) {
  const dnnl_memory_desc_t *scratch =
      dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
  const size_t bytes = dnnl_memory_desc_get_size(scratch);
  if (bytes) {
    entry.scratchData = qrt::allocate(bytes);
    if (!entry.scratchData)
      return false;
  }
  if (dnnl_memory_create(&entry.scratchpad, scratch, engine, entry.scratchData) != dnnl_success)
    return false;
  return dnnl_primitive_create(&entry.primitive, desc) == dnnl_success;
}

bool qrt::dnnlExecute(DnnlEntry &entry, const void *source, const void *second, void *destination) {
  dnnl_memory_set_data_handle(entry.source, const_cast<void *>(source));
  dnnl_memory_set_data_handle(entry.destination, destination);
  dnnl_exec_arg_t arguments[6] = {{DNNL_ARG_SRC, entry.source},
                                  {DNNL_ARG_DST, entry.destination},
                                  {DNNL_ARG_SCRATCHPAD, entry.scratchpad}};
  int count = 3;
  if (entry.second) {
    dnnl_memory_set_data_handle(entry.second, const_cast<void *>(second));
    arguments[count++] = {DNNL_ARG_WEIGHTS, entry.second};
  }
  if (entry.weights)
    arguments[count++] = {DNNL_ARG_WEIGHTS, entry.weights};
  if (entry.bias)
    arguments[count++] = {DNNL_ARG_BIAS, entry.bias};
  const OneThread oneThread;
  const bool ok =
      dnnl_primitive_execute(entry.primitive, entry.stream, count, arguments) == dnnl_success;
  return dnnl_stream_wait(entry.stream) == dnnl_success && ok;
}

static void destroy(DnnlEntry *entry) {
  dnnl_memory_t memories[] = {entry->source,  entry->second, entry->destination,
                              entry->weights, entry->bias,   entry->scratchpad};
  for (dnnl_memory_t memory : memories)
    if (memory)
      dnnl_memory_destroy(memory);
  if (entry->primitive)
    dnnl_primitive_destroy(entry->primitive);
  if (entry->stream)
    dnnl_stream_destroy(entry->stream);
  free(entry->scratchData);
  free(entry);
}

/// Destroys the entries of a session, or all.
static void release(bool all, uint64_t session) {
  pthread_mutex_lock(&tableLock);
  for (DnnlEntry *&head : table)
    for (DnnlEntry **link = &head; *link;) {
      DnnlEntry *entry = *link;
      if (!all && entry->key.session != session) {
        link = &entry->next;
        continue;
      }
      *link = entry->next;
      destroy(entry);
    }
  for (DnnlWeights **link = &allWeights; *link;) {
    DnnlWeights *weights = *link;
    if (!all && weights->session != session) {
      link = &weights->next;
      continue;
    }
    *link = weights->next;
    free(weights->data);
    free(weights);
  }
  pthread_mutex_unlock(&tableLock);
}

extern "C" void qrt_dnnl_release(uint64_t session) { release(false, session); }

/// When a program is unloaded: a session of another copy of the runtime cannot reach these.
__attribute__((destructor)) static void releaseAll() {
  release(true, 0);
  if (engine)
    dnnl_engine_destroy(engine);
  engine = nullptr;
}
