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
static pthread_mutex_t tableLock = PTHREAD_MUTEX_INITIALIZER;
static dnnl_engine_t engine;

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
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  bool ok = dnnl_primitive_execute(entry.primitive, entry.stream, count, arguments) == dnnl_success;
  ok = dnnl_stream_wait(entry.stream) == dnnl_success && ok;
  omp_set_num_threads(threads);
  return ok;
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
  free(entry->weightData);
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
