/*===- qrt.h - the runtime's C ABI ------------------------------------------------===
 *
 * What a compiled program (P.so) exports, what it calls, and how a host runs it. The
 * compiler and the runtime both include this header; neither includes the other.
 * C11, no allocation in a run, no exceptions.
 *
 * A program is constant data: one plan per ISA, each a function that every thread of
 * the team runs from start to end (SPMD); a kernel does the slice of the work that
 * belongs to `thread` of `threads`, and qrt_sync separates the steps.
 *
 *===----------------------------------------------------------------------------===*/
#ifndef QRT_QRT_H
#define QRT_QRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host's interface; everything else of the runtime stays hidden in a program. */
#if defined(__GNUC__)
#define QRT_API __attribute__((visibility("default")))
#else
#define QRT_API
#endif

#define QRT_ABI_VERSION 4
#define QRT_MAX_RANK 8
#define QRT_MAX_INPUTS 3

/* Among those of one architecture a higher number is better. */
typedef enum {
  QRT_ISA_SCALAR = 0,
  QRT_ISA_AVX2 = 1,
  QRT_ISA_AVXVNNI = 2,    /* AVX2 with vpdpbusd on 256 bits */
  QRT_ISA_AVX512VNNI = 3, /* F, BW, DQ, VL, VNNI */
  QRT_ISA_NEON = 4,       /* Armv8.0 */
  QRT_ISA_NEON_DOT = 5,   /* with sdot (FEAT_DotProd) */
  QRT_ISA_NEON_I8MM = 6,  /* with smmla too (FEAT_I8MM) */
  QRT_ISA_COUNT = 7
} qrt_isa;

typedef enum {
  QRT_DTYPE_F32 = 0,
  QRT_DTYPE_U8 = 1,
  QRT_DTYPE_S8 = 2,
  QRT_DTYPE_I32 = 3,
  QRT_DTYPE_I64 = 4
} qrt_dtype;

typedef enum {
  QRT_OK = 0,
  QRT_INVALID_ARGUMENT = 1,
  QRT_OUT_OF_MEMORY = 2,
  QRT_UNSUPPORTED_ISA = 3
} qrt_status;

/* Float activations of the f32 entry points; a and b are their parameters. */
typedef enum {
  QRT_ACT_NONE = 0,
  QRT_ACT_RELU,
  QRT_ACT_CLIP,       /* [a, b] */
  QRT_ACT_LEAKY_RELU, /* slope a */
  QRT_ACT_PRELU,      /* slope per channel */
  QRT_ACT_SIGMOID,
  QRT_ACT_TANH,
  QRT_ACT_HARD_SIGMOID, /* clamp(a * x + b, 0, 1) */
  QRT_ACT_HARD_SWISH,   /* x * clamp(x / 6 + 1/2, 0, 1) */
  QRT_ACT_GELU,         /* exact, by erf */
  QRT_ACT_GELU_TANH,
  QRT_ACT_SILU
} qrt_act;

/* A value of the program: an input, an output, or a named tensor on the way. */
typedef struct {
  const char *name;
  int32_t dtype; /* qrt_dtype of the data in memory */
  int32_t rank;
  int64_t dims[QRT_MAX_RANK];    /* logical (NCHW) order; -1 = the batch */
  int64_t strides[QRT_MAX_RANK]; /* distance of neighbours along each of them, in elements */
  int32_t zero_point;            /* codes only */
  float scale;                   /* codes only; 0 = not quantized */
} qrt_tensor_desc;

typedef struct qrt_team qrt_team; /* the threads of one run */

/* What one thread of the team sees of a run. */
typedef struct {
  const void *const *inputs;
  void *const *outputs;
  uint8_t *arena;    /* shared; buffer at offset o lies at arena + o * batch */
  uint8_t *scratch;  /* this thread's own */
  uint8_t *prepared; /* the session's: constants as its kernels want them */
  int64_t batch;
  int32_t thread;
  int32_t threads;
  qrt_team *team;
} qrt_frame;

/* One kernel call: pointers of this step, and the slice to work on. `out` overlaps no
 * input. Data needs no alignment; weights and scratch are aligned to 64 bytes. */
typedef struct {
  const void *in[QRT_MAX_INPUTS];
  void *out;
  void *scratch;
  const void *prepared; /* what the kernel's `prepare` made, 64-byte aligned */
  int64_t batch;
  int32_t thread;
  int32_t threads;
} qrt_call;

typedef void (*qrt_kernel_fn)(const void *params, const qrt_call *call);
typedef void (*qrt_entry_fn)(const qrt_frame *frame);

/* A step of a plan, which is one kernel call: for profiles. */
typedef struct {
  const char *name;     /* of the value that it helps to make; empty if that has none */
  const char *kernel;   /* symbol of kernels.def */
  const char *reason;   /* why this kernel and not one before it in kernels.def */
  int64_t macs;         /* multiply-accumulates of a sample */
  int64_t data_bytes;   /* of its inputs and outputs, a sample */
  int64_t weight_bytes; /* of its constants */
} qrt_step_desc;

typedef struct {
  int32_t isa; /* qrt_isa */
  uint32_t num_steps;
  uint64_t arena_bytes;   /* per sample */
  uint64_t scratch_bytes; /* per thread, whatever the batch */
  qrt_entry_fn entry;
  uint64_t prepared_bytes;    /* per session */
  qrt_entry_fn prepare;       /* run once by the team when a session opens; null: nothing to do */
  const qrt_step_desc *steps; /* in the order in which they run */
} qrt_variant;

typedef struct {
  uint32_t abi_version;
  uint32_t num_inputs, num_outputs, num_tensors, num_variants;
  int64_t fixed_batch; /* 0 = any */
  const char *name;
  const char *fingerprint; /* of the module it was compiled from */
  const qrt_tensor_desc *inputs, *outputs, *tensors;
  const qrt_variant *variants;
} qrt_program;

/* Every program exports this symbol, of type qrt_program. */
#define QRT_PROGRAM_SYMBOL "qopt_program"

/* Called on the first thread for each named tensor, after the step that made it and before
 * anything writes over it. `data` is the address of its first element; the others lie where
 * dims and strides say: a tensor may be a part or another order of memory that it shares. */
typedef void (*qrt_tensor_callback)(void *user, const qrt_tensor_desc *tensor, const void *data,
                                    int64_t batch);

/* Called on the first thread once all threads are through step `step` of the variant. */
typedef void (*qrt_step_callback)(void *user, int32_t step);

typedef struct {
  int32_t threads; /* at least 1 */
  int32_t isa;     /* qrt_isa, or -1: QRT_ISA of the environment, else the best present */
  qrt_tensor_callback callback; /* may be null */
  void *user;
  qrt_step_callback step; /* may be null */
} qrt_options;

typedef struct qrt_session qrt_session;

/* Opens a session on a program, which must outlive it. On failure *session is null and
 * qrt_last_error() says why: for an ISA, what was asked for, what the program holds and
 * what the CPU has. */
QRT_API qrt_status qrt_session_open(const qrt_program *program, const qrt_options *options,
                                    qrt_session **session);
/* Runs `batch` samples. Inputs and outputs are in the order of the program's lists, row
 * major in logical order (NCHW), of any alignment. Memory is allocated at opening for the
 * program's fixed batch (or 1) and only grows when a larger batch comes. Not re-entrant on
 * one session; sessions are independent of each other. */
QRT_API qrt_status qrt_session_run(qrt_session *session, int64_t batch, const void *const *inputs,
                                   void *const *outputs);
QRT_API qrt_isa qrt_session_isa(const qrt_session *session);
QRT_API void qrt_session_close(qrt_session *session);
QRT_API const char *qrt_last_error(void); /* of this thread */

QRT_API const char *qrt_isa_name(qrt_isa isa);
/* -1 for an unknown name. */
QRT_API int qrt_isa_from_name(const char *name);
/* 1 if the CPU (and the system) can run it. */
QRT_API int qrt_cpu_supports(qrt_isa isa);

/* Called by compiled code after each step: a barrier, then the callbacks for step `step` of the
 * variant (-1: no step, only tensors) and for the `count` tensors that it made: indices in the
 * program's list, and where their first elements lie. All threads of the team must call it. */
QRT_API void qrt_sync(const qrt_frame *frame, int32_t step, int32_t count, const int32_t *tensors,
                      const void *const *data);

#define QRT_PARAMS(kind) typedef struct {
#define QRT_I32(field) int32_t field;
#define QRT_F32(field) float field;
#define QRT_I32S(field, n) int32_t field[n];
#define QRT_PTR(field) const void *field;
#define QRT_END(kind)                                                                              \
  }                                                                                                \
  qrt_##kind##_params;
#include "qrt/params.def"

#ifdef __cplusplus
}
#endif
#endif /* QRT_QRT_H */
