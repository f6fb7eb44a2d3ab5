//===- Parallel.cpp - parts of a tensor on threads --------------------------------------===//

#include "Parallel.h"

using namespace qopt::train;

// The entry points that compiled OpenMP code uses.
extern "C" {
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
}

namespace {
struct Work {
  int64_t parts;
  void (*body)(void *, int64_t);
  void *data;
};
} // namespace

static void runThread(void *data) {
  const Work &work = *static_cast<const Work *>(data);
  for (int64_t part = omp_get_thread_num(); part < work.parts; part += omp_get_num_threads())
    work.body(work.data, part);
}

void qopt::train::runParts(int64_t parts, int threads, void (*body)(void *, int64_t), void *data) {
  Work work{parts, body, data};
  threads = static_cast<int>(std::min<int64_t>(threads, parts));
  if (threads > 1)
    return GOMP_parallel(runThread, &work, static_cast<unsigned>(threads), 0);
  for (int64_t part = 0; part < parts; ++part)
    body(data, part);
}
