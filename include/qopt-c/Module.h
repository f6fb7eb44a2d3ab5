/*===- Module.h - a network at any stage ------------------------------------------------===*\
|*
|* Reads and writes modules (docs/IR.md), runs passes on them, and reaches what a host needs
|* of them: the graph as JSON, the data of constants, the parameters of observers.
|*
\*===------------------------------------------------------------------------------------===*/

#ifndef QOPT_C_MODULE_H
#define QOPT_C_MODULE_H

#include "qopt-c/Core.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qopt_module qopt_module;

/** From text or bytecode in memory, verified. `name` stands for it in messages. */
QOPT_API qopt_module *qopt_module_parse(const char *data, size_t size, const char *name);
/** From a .mlir or .mlirbc file, verified. */
QOPT_API qopt_module *qopt_module_parse_file(const char *path);
/** From a float ONNX file, or one in memory (whose weights must be inside). */
QOPT_API qopt_module *qopt_module_import_onnx(const char *path);
QOPT_API qopt_module *qopt_module_import_onnx_bytes(const char *data, size_t size,
                                                    const char *name);
/** A copy that shares no state but the bytes of constants, which nobody writes to. */
QOPT_API qopt_module *qopt_module_clone(const qopt_module *module);
QOPT_API void qopt_module_free(qopt_module *module);

/** Runs a pipeline in MLIR's text form ("qopt-fuse-pipeline,prepare-verify-exit") and tells
 * `tell` (may be null) each remark and warning. On error the module may be half changed. */
QOPT_API qopt_status qopt_module_run(qopt_module *module, const char *pipeline,
                                     qopt_diagnostic_fn tell, void *user);

/** The qconfig stage with a configuration as JSON text (empty: the target's default) and a
 * target (x86, arm, or the path of a specification). */
QOPT_API qopt_status qopt_module_configure(qopt_module *module, const char *config_json,
                                           const char *target, qopt_diagnostic_fn tell, void *user);

/** The last finished stage ("fused"), or "". Borrowed until the module changes. */
QOPT_API const char *qopt_module_stage(const qopt_module *module);

/** The module's text; with `elide` constants of more than 32 elements are left out, so that it can
 * be read but not parsed for running. */
QOPT_API qopt_status qopt_module_text(const qopt_module *module, int elide, qopt_bytes *out);
QOPT_API qopt_status qopt_module_bytecode(const qopt_module *module, qopt_bytes *out);
/** Writes text, or bytecode for a path that ends in .mlirbc; whole or not at all. */
QOPT_API qopt_status qopt_module_save(const qopt_module *module, const char *path);

/** The network as JSON (non-finite numbers as Infinity, -Infinity, NaN):
 *   {"stage", "inputs": [value], "outputs": [{"name", "id"}], "ops": [op], "qparams": {name: q}}
 *   value: {"id", "name", "shape": [null for the unknown batch, 3, 32, 32],
 *           "element": "f32" | {"storage": "u8", "bits", "signed", "qmin", "qmax", "scales",
 *           "zero_points", "axis": null | int}}
 *   op: {"op": "nn.conv2d", "name", "layer", "operands": [id], "roles": ["activation", "weight",
 *        "bias", "residual" | "parameter" | names of the op's own], "results": [value], "attrs",
 *        "dynamic": whether its input's parameters are found at run time (N17)}
 *   q: every field of qopt.qparams; what is not set is null or false.
 * Constants are ops "nn.parameter" with attrs.name; their data comes from
 * qopt_module_parameter. */
QOPT_API qopt_status qopt_module_graph(const qopt_module *module, qopt_bytes *out);

/** The data of the parameter called `name`, borrowed until the module is freed. Error: no
 * such parameter, data that is missing. */
QOPT_API qopt_status qopt_module_parameter(const qopt_module *module, const char *name,
                                           qopt_array *out);
/** New data, copied; dtype and shape must be those of the parameter. */
QOPT_API qopt_status qopt_module_set_parameter(qopt_module *module, const char *name,
                                               const qopt_array *array);

/** Scale and zero point of an observer: one each, or one per channel. Errors: no such symbol,
 * values that qopt.qparams refuses. */
QOPT_API qopt_status qopt_module_set_qparams(qopt_module *module, const char *symbol,
                                             const float *scales, const int32_t *zero_points,
                                             size_t count);
/** One entry of "qparams" in qopt_module_graph, as JSON. */
QOPT_API qopt_status qopt_module_qparams(const qopt_module *module, const char *symbol,
                                         qopt_bytes *out);

/** How to compile. Zero-initialise, then set what differs from the default. */
typedef struct {
  const char *const *isas; /**< plans to make: "avx2", ..., "native"; none: all of the target */
  size_t num_isas;
  int64_t fixed_batch; /**< 0: any */
  const char *triple;  /**< null: this machine */
  const char *cpu;     /**< null: generic */
  const char *name;    /**< null: the file's */
} qopt_compile_options;

/** Compiles to a shared library, or to an object and a C header for a path that ends in .o.
 * `options` may be null. Programs run through qrt/qrt.h. */
QOPT_API qopt_status qopt_module_compile(const qopt_module *module, const char *path,
                                         const qopt_compile_options *options);

#ifdef __cplusplus
}
#endif

#endif /* QOPT_C_MODULE_H */
