//===- Session.cpp - opening a program, its memory, running it -------------------===//

#include "Internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qrt_session {
  const qrt_program *program;
  const qrt_variant *variant;
  int32_t threads;
  qrt_tensor_callback callback;
  qrt_step_callback step;
  void *user;
  uint64_t id;
  int64_t capacity; // samples that the arena holds
  uint8_t *arena;
  uint8_t *scratch;
  uint64_t scratchStride;
  uint8_t *prepared;
};

namespace {

using qrt::fail;

const int32_t maxThreads = 1024;

/// A comma-separated list in a fixed buffer.
struct List {
  char text[256];
  List() { text[0] = '\0'; }
  void add(const char *item) {
    const size_t used = strlen(text);
    snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "", item);
  }
};

List programIsas(const qrt_program *program) {
  List list;
  for (uint32_t i = 0; i < program->num_variants; ++i)
    list.add(qrt_isa_name(static_cast<qrt_isa>(program->variants[i].isa)));
  return list;
}

List cpuIsas() {
  List list;
  for (int isa = 0; isa < QRT_ISA_COUNT; ++isa)
    if (qrt_cpu_supports(static_cast<qrt_isa>(isa)))
      list.add(qrt_isa_name(static_cast<qrt_isa>(isa)));
  return list;
}

const qrt_variant *findVariant(const qrt_program *program, int32_t isa) {
  for (uint32_t i = 0; i < program->num_variants; ++i)
    if (program->variants[i].isa == isa)
      return &program->variants[i];
  return nullptr;
}

// The ISA of a name, or of the number in the options; `from` says where it came from.
qrt_status pickNamed(const qrt_program *program, int32_t isa, const char *from,
                     const qrt_variant **variant) {
  const char *name = qrt_isa_name(static_cast<qrt_isa>(isa));
  *variant = findVariant(program, isa);
  if (!*variant)
    return fail(QRT_UNSUPPORTED_ISA,
                "%s asks for the ISA '%s', but program '%s' was compiled for: %s; recompile it "
                "with --isa=%s or choose one of those",
                from, name, program->name, programIsas(program).text, name);
  if (!qrt_cpu_supports(static_cast<qrt_isa>(isa)))
    return fail(QRT_UNSUPPORTED_ISA,
                "%s asks for the ISA '%s', which this CPU cannot run; it runs: %s; program '%s' "
                "was compiled for: %s",
                from, name, cpuIsas().text, program->name, programIsas(program).text);
  return QRT_OK;
}

// A higher number of qrt_isa is a better ISA among those of one architecture.
qrt_status pickBest(const qrt_program *program, const qrt_variant **variant) {
  *variant = nullptr;
  for (int isa = QRT_ISA_COUNT - 1; isa >= 0 && !*variant; --isa)
    if (qrt_cpu_supports(static_cast<qrt_isa>(isa)))
      *variant = findVariant(program, isa);
  if (*variant)
    return QRT_OK;
  return fail(QRT_UNSUPPORTED_ISA,
              "this CPU runs none of the ISAs that program '%s' was compiled for: %s; it runs: %s; "
              "recompile the program with one of these in --isa=",
              program->name, programIsas(program).text, cpuIsas().text);
}

qrt_status pickVariant(const qrt_program *program, int32_t isa, const qrt_variant **variant) {
  if (isa >= QRT_ISA_COUNT || isa < -1)
    return fail(QRT_INVALID_ARGUMENT, "options.isa is %d; valid are -1 (automatic) and 0 to %d",
                isa, QRT_ISA_COUNT - 1);
  if (isa >= 0)
    return pickNamed(program, isa, "the caller", variant);
  const char *name = getenv("QRT_ISA");
  if (!name || !*name)
    return pickBest(program, variant);
  isa = qrt_isa_from_name(name);
  if (isa >= 0)
    return pickNamed(program, isa, "QRT_ISA", variant);
  List valid;
  for (int i = 0; i < QRT_ISA_COUNT; ++i)
    valid.add(qrt_isa_name(static_cast<qrt_isa>(i)));
  return fail(QRT_INVALID_ARGUMENT, "QRT_ISA is '%s', which is not an ISA; valid are: %s", name,
              valid.text);
}

qrt_status checkProgram(const qrt_program *program) {
  if (!program)
    return fail(QRT_INVALID_ARGUMENT, "qrt_session_open: the program is null");
  if (program->abi_version != QRT_ABI_VERSION)
    return fail(QRT_INVALID_ARGUMENT,
                "the program was compiled for version %u of the runtime's interface, this runtime "
                "has version %d; recompile the program",
                program->abi_version, QRT_ABI_VERSION);
  return QRT_OK;
}

qrt_status growArena(qrt_session *session, int64_t batch) {
  if (batch <= session->capacity)
    return QRT_OK;
  const uint64_t perSample = session->variant->arena_bytes;
  const uint64_t samples = static_cast<uint64_t>(batch);
  uint8_t *arena = nullptr;
  if (!perSample || samples <= (UINT64_MAX >> 2) / perSample)
    arena = static_cast<uint8_t *>(qrt::allocate(perSample * samples));
  if (!arena)
    return fail(QRT_OUT_OF_MEMORY,
                "out of memory: program '%s' needs %llu bytes a sample for its tensors, and the "
                "batch is %lld; run a smaller batch",
                session->program->name, static_cast<unsigned long long>(perSample),
                static_cast<long long>(batch));
  free(session->arena);
  session->arena = arena;
  session->capacity = batch;
  return QRT_OK;
}

qrt_status allocateScratch(qrt_session *session) {
  // A line between the pieces: threads must not share one.
  session->scratchStride = (session->variant->scratch_bytes + 64 + 127) / 128 * 128;
  session->scratch = static_cast<uint8_t *>(
      qrt::allocate(session->scratchStride * static_cast<uint64_t>(session->threads)));
  if (session->scratch)
    return QRT_OK;
  return fail(QRT_OUT_OF_MEMORY,
              "out of memory: program '%s' needs %llu bytes of scratch for each of %d threads",
              session->program->name,
              static_cast<unsigned long long>(session->variant->scratch_bytes), session->threads);
}

/// What all runs of a session have in common.
qrt::TeamRun teamRun(const qrt_session *session) {
  qrt::TeamRun run = {};
  run.arena = session->arena;
  run.scratch = session->scratch;
  run.scratchStride = session->scratchStride;
  run.prepared = session->prepared;
  run.batch = 1;
  run.threads = session->threads;
  run.session = session->id;
  run.tensors = session->program->tensors;
  run.numTensors = session->program->num_tensors;
  run.user = session->user;
  return run;
}

/// Constants that are larger as kernels want them than as the program stores them.
qrt_status prepareConstants(qrt_session *session) {
  const qrt_variant *variant = session->variant;
  if (!variant->prepare)
    return QRT_OK;
  session->prepared = static_cast<uint8_t *>(qrt::allocateLarge(variant->prepared_bytes));
  if (!session->prepared)
    return fail(QRT_OUT_OF_MEMORY,
                "out of memory: program '%s' expands its weights to %llu bytes for the ISA '%s'",
                session->program->name, static_cast<unsigned long long>(variant->prepared_bytes),
                qrt_isa_name(static_cast<qrt_isa>(variant->isa)));
  qrt::TeamRun run = teamRun(session);
  run.entry = variant->prepare;
  qrt::runTeam(run);
  return QRT_OK;
}

qrt_status checkPointers(const qrt_tensor_desc *descs, uint32_t count, const void *const *data,
                         const char *what) {
  for (uint32_t i = 0; i < count; ++i)
    if (!data || !data[i])
      return fail(QRT_INVALID_ARGUMENT, "qrt_session_run: the pointer of %s %u ('%s') is null",
                  what, i, descs[i].name);
  return QRT_OK;
}

uint64_t nextSessionId() {
  static uint64_t last;
  return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

} // namespace

extern "C" qrt_status qrt_session_open(const qrt_program *program, const qrt_options *options,
                                       qrt_session **result) {
  qrt::clearError();
  if (!result)
    return fail(QRT_INVALID_ARGUMENT, "qrt_session_open: the pointer to the session is null");
  *result = nullptr;
  const qrt_options defaults = {1, -1, nullptr, nullptr, nullptr};
  if (!options)
    options = &defaults;
  if (const qrt_status status = checkProgram(program))
    return status;
  if (options->threads < 1 || options->threads > maxThreads)
    return fail(QRT_INVALID_ARGUMENT, "options.threads is %d; valid are 1 to %d", options->threads,
                maxThreads);
  const qrt_variant *variant = nullptr;
  if (const qrt_status status = pickVariant(program, options->isa, &variant))
    return status;

  qrt_session *session = static_cast<qrt_session *>(calloc(1, sizeof(qrt_session)));
  if (!session)
    return fail(QRT_OUT_OF_MEMORY, "out of memory");
  session->program = program;
  session->variant = variant;
  session->threads = options->threads;
  session->callback = options->callback;
  session->step = options->step;
  session->user = options->user;
  session->id = nextSessionId();
  qrt_status status = growArena(session, program->fixed_batch ? program->fixed_batch : 1);
  if (!status)
    status = allocateScratch(session);
  if (!status)
    status = prepareConstants(session);
  if (status) {
    qrt_session_close(session);
    return status;
  }
  *result = session;
  return QRT_OK;
}

extern "C" qrt_status qrt_session_run(qrt_session *session, int64_t batch,
                                      const void *const *inputs, void *const *outputs) {
  qrt::clearError();
  if (!session)
    return fail(QRT_INVALID_ARGUMENT, "qrt_session_run: the session is null");
  const qrt_program *program = session->program;
  if (batch < 1)
    return fail(QRT_INVALID_ARGUMENT, "qrt_session_run: the batch is %lld, it must be at least 1",
                static_cast<long long>(batch));
  if (program->fixed_batch && batch != program->fixed_batch)
    return fail(QRT_INVALID_ARGUMENT,
                "qrt_session_run: the batch is %lld, but program '%s' was compiled for batch %lld",
                static_cast<long long>(batch), program->name,
                static_cast<long long>(program->fixed_batch));
  if (const qrt_status status =
          checkPointers(program->inputs, program->num_inputs, inputs, "input"))
    return status;
  if (const qrt_status status =
          checkPointers(program->outputs, program->num_outputs, outputs, "output"))
    return status;
  if (const qrt_status status = growArena(session, batch))
    return status;

  qrt::TeamRun run = teamRun(session);
  run.entry = session->variant->entry;
  run.inputs = inputs;
  run.outputs = outputs;
  run.batch = batch;
  run.callback = session->callback;
  run.step = session->step;
  qrt::runTeam(run);
  return QRT_OK;
}

extern "C" qrt_isa qrt_session_isa(const qrt_session *session) {
  return static_cast<qrt_isa>(session->variant->isa);
}

extern "C" void qrt_session_close(qrt_session *session) {
  if (!session)
    return;
  if (qrt_dnnl_release)
    qrt_dnnl_release(session->id);
  free(session->arena);
  free(session->scratch);
  free(session->prepared);
  free(session);
}
