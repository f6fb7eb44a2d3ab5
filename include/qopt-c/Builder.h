/*===- Builder.h - a module op by op -----------------------------------------------------===*\
|*
|* For front ends: makes an imported module (docs/IR.md) without going through text. Values are
|* numbers; the inputs are 0 to n - 1. Shapes are inferred and each op is verified when it is
|* added.
|*
\*===------------------------------------------------------------------------------------===*/

#ifndef QOPT_C_BUILDER_H
#define QOPT_C_BUILDER_H

#include "qopt-c/Module.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qopt_builder qopt_builder;
typedef int64_t qopt_value;
#define QOPT_NO_VALUE ((qopt_value) - 1)

/** An input of f32; a size of -1 in dimension 0 is the unknown batch. */
typedef struct {
  const char *name;
  uint32_t rank;
  int64_t shape[QOPT_MAX_RANK];
} qopt_input;

QOPT_API qopt_builder *qopt_builder_create(const qopt_input *inputs, size_t num_inputs);
QOPT_API void qopt_builder_free(qopt_builder *builder);

/** A constant under the framework's name; the data is copied. QOPT_NO_VALUE on error. */
QOPT_API qopt_value qopt_builder_parameter(qopt_builder *builder, const char *name,
                                           const qopt_array *array);

typedef enum {
  QOPT_ATTR_BOOL = 0,
  QOPT_ATTR_INT = 1,
  QOPT_ATTR_FLOAT = 2,
  QOPT_ATTR_STRING = 3, /**< also the case of an enumeration: "half_pixel" */
  QOPT_ATTR_INTS = 4,
  QOPT_ATTR_FLOATS = 5,
  QOPT_ATTR_ACT = 6 /**< text: the function's name ("clip"); numbers: its parameters */
} qopt_attr_kind;

/** An attribute of an op by its name there; the op says which width a number takes. */
typedef struct {
  const char *name;
  qopt_attr_kind kind;
  int64_t integer; /**< BOOL, INT */
  double number;   /**< FLOAT */
  const char *text;
  const int64_t *integers;
  const double *numbers;
  size_t count; /**< of integers or numbers */
} qopt_attr;

/** What to add. Operands are those of the op in order; QOPT_NO_VALUE stands for an optional one
 * that is absent (`nn.conv2d`: input, weight, bias, residual). */
typedef struct {
  const char *op;    /**< "nn.conv2d" */
  const char *name;  /**< nn.name: the name of the value it makes */
  const char *layer; /**< nn.layer: the module's path; may be null */
  const qopt_value *operands;
  size_t num_operands;
  const qopt_attr *attrs;
  size_t num_attrs;
  size_t num_results; /**< 0 stands for 1 */
} qopt_op;

/** Adds an op; its results are `*first`, `*first` + 1, ... Errors: unknown op or attribute,
 * values that do not exist, whatever the op's verifier finds. */
QOPT_API qopt_status qopt_builder_op(qopt_builder *builder, const qopt_op *op, qopt_value *first);

/** The shape of a value (-1: the unknown batch). */
QOPT_API qopt_status qopt_builder_shape(const qopt_builder *builder, qopt_value value,
                                        int64_t shape[QOPT_MAX_RANK], uint32_t *rank);

/** Ends the function and verifies it: a module at stage "imported". The builder is used up, and
 * still to be freed. `names` are those of the outputs. */
QOPT_API qopt_module *qopt_builder_finish(qopt_builder *builder, const qopt_value *outputs,
                                          const char *const *names, size_t num_outputs);

#ifdef __cplusplus
}
#endif

#endif /* QOPT_C_BUILDER_H */
