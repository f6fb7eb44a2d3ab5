//===- Team.cpp - the threads of one run and their barrier -----------------------===//
//
// Threads come from libgomp through the entry points that compiled OpenMP code uses.
// The plan is SPMD: one parallel region per run, one task per thread, and between the
// steps a barrier that spins briefly and then sleeps, so that a machine with more
// threads than cores does not melt.
//
//===-----------------------------------------------------------------------------===//

#include "Internal.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
}

// `sync` comes first: a program may carry its own copy of the runtime, and then the copy
// that started the team has to end the step.
struct qrt_team {
  void (*sync)(const qrt_frame *frame, int32_t step, int32_t count, const int32_t *tensors,
               const void *const *data);
  const qrt::TeamRun *run;
  alignas(64) uint32_t arrived;
  alignas(64) uint32_t generation;
  uint32_t sleepers;
};

static thread_local uint64_t currentSession;

extern "C" uint64_t qrt_current_session(void) { return currentSession; }

static void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Spins for some ten microseconds, then gives the core away.
static void waitForGeneration(qrt_team *team, uint32_t generation) {
  for (int i = 0; i < 1000; ++i) {
    if (__atomic_load_n(&team->generation, __ATOMIC_ACQUIRE) != generation)
      return;
    relax();
  }
  __atomic_fetch_add(&team->sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&team->generation, __ATOMIC_SEQ_CST) == generation)
    syscall(SYS_futex, &team->generation, FUTEX_WAIT_PRIVATE, generation, nullptr, nullptr, 0);
  __atomic_fetch_sub(&team->sleepers, 1, __ATOMIC_SEQ_CST);
}

static void barrier(qrt_team *team, uint32_t threads) {
  const uint32_t generation = __atomic_load_n(&team->generation, __ATOMIC_RELAXED);
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) != threads) {
    waitForGeneration(team, generation);
    return;
  }
  __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&team->generation, generation + 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->sleepers, __ATOMIC_SEQ_CST))
    syscall(SYS_futex, &team->generation, FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

static void endStep(const qrt_frame *frame, int32_t step, int32_t count, const int32_t *tensors,
                    const void *const *data) {
  qrt_team *team = frame->team;
  const qrt::TeamRun &run = *team->run;
  if (frame->threads > 1)
    barrier(team, static_cast<uint32_t>(frame->threads));
  if (run.step && step >= 0 && frame->thread == 0)
    run.step(run.user, step);
  if (count == 0 || !run.callback)
    return;
  if (frame->thread == 0)
    for (int32_t i = 0; i < count; ++i) // a damaged program tells nothing rather than crash
      if (static_cast<uint32_t>(tensors[i]) < run.numTensors)
        run.callback(run.user, &run.tensors[tensors[i]], data[i], frame->batch);
  if (frame->threads > 1)
    barrier(team, static_cast<uint32_t>(frame->threads));
}

extern "C" void qrt_sync(const qrt_frame *frame, int32_t step, int32_t count,
                         const int32_t *tensors, const void *const *data) {
  frame->team->sync(frame, step, count, tensors, data);
}

static void runThread(qrt_team *team, int32_t thread, int32_t threads) {
  const qrt::TeamRun &run = *team->run;
  qrt_frame frame;
  frame.inputs = run.inputs;
  frame.outputs = run.outputs;
  frame.arena = run.arena;
  frame.scratch = run.scratch + run.scratchStride * static_cast<uint64_t>(thread);
  frame.prepared = run.prepared;
  frame.batch = run.batch;
  frame.thread = thread;
  frame.threads = threads;
  frame.team = team;
  const uint64_t outer = currentSession;
  currentSession = run.session;
  run.entry(&frame);
  currentSession = outer;
}

// Asks for the number of threads here: inside of another parallel region, or under
// OMP_THREAD_LIMIT, the team is smaller than requested.
static void parallelBody(void *data) {
  runThread(static_cast<qrt_team *>(data), omp_get_thread_num(), omp_get_num_threads());
}

void qrt::runTeam(const TeamRun &run) {
  qrt_team team;
  team.sync = endStep;
  team.run = &run;
  team.arrived = 0;
  team.generation = 0;
  team.sleepers = 0;
  if (run.threads == 1)
    runThread(&team, 0, 1);
  else
    GOMP_parallel(parallelBody, &team, static_cast<unsigned>(run.threads), 0);
}
