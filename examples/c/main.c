/*===- main.c - a compiled program used from C ---------------------------------------===
 *
 *   qopt compile int8.mlir -o model.so
 *   cc -I<qopt>/include main.c ./model.so -o main
 *   ./main input.f32 output.f32 [threads]
 *
 * Reads the first input as raw floats in row-major NCHW order, as many samples as the file
 * holds, runs the program once, and writes the first output in the same way. Nothing of the
 * compiler is needed here: one header, and the program itself.
 *
 *===---------------------------------------------------------------------------------===*/
#include "qrt/qrt.h"

#include <stdio.h>
#include <stdlib.h>

extern const qrt_program qopt_program; /* model.so exports it */

/* Elements of one sample; the batch stands as -1 in the first dimension, or is fixed there. */
static size_t sample_elements(const qrt_tensor_desc *tensor) {
  size_t count = 1;
  for (int32_t i = 1; i < tensor->rank; ++i)
    count *= (size_t)tensor->dims[i];
  return count;
}

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "error: %s: %s\n", what, detail);
  exit(1);
}

/* The whole file as floats; *count receives how many. */
static float *read_floats(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  if (!file)
    fail(path, "cannot be opened");
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file) / sizeof(float);
  rewind(file);
  float *data = malloc(*count * sizeof(float) + 1);
  if (!data || fread(data, sizeof(float), *count, file) != *count)
    fail(path, "cannot be read");
  fclose(file);
  return data;
}

static void write_floats(const char *path, const float *data, size_t count) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, sizeof(float), count, file) != count || fclose(file) != 0)
    fail(path, "cannot be written");
}

int main(int argc, char **argv) {
  if (argc < 3)
    fail("usage", "main INPUT.f32 OUTPUT.f32 [THREADS]");
  const qrt_program *program = &qopt_program;
  if (program->num_inputs != 1 || program->num_outputs != 1 ||
      program->inputs[0].dtype != QRT_DTYPE_F32 || program->outputs[0].dtype != QRT_DTYPE_F32)
    fail(program->name, "this example is for one float input and one float output");

  size_t count;
  float *input = read_floats(argv[1], &count);
  const size_t in_elements = sample_elements(&program->inputs[0]);
  const size_t out_elements = sample_elements(&program->outputs[0]);
  const int64_t batch = (int64_t)(count / in_elements);
  if (batch < 1 || count % in_elements != 0)
    fail(argv[1], "does not hold a whole number of samples");
  float *output = malloc((size_t)batch * out_elements * sizeof(float));
  if (!output)
    fail(argv[2], "no memory for the output");

  qrt_options options = {.threads = argc > 3 ? atoi(argv[3]) : 1, .isa = -1};
  qrt_session *session;
  if (qrt_session_open(program, &options, &session) != QRT_OK)
    fail("open", qrt_last_error());
  const void *inputs[] = {input};
  void *outputs[] = {output};
  if (qrt_session_run(session, batch, inputs, outputs) != QRT_OK)
    fail("run", qrt_last_error());
  printf("%s: %lld samples on %s\n", program->name, (long long)batch,
         qrt_isa_name(qrt_session_isa(session)));
  qrt_session_close(session);

  write_floats(argv[2], output, (size_t)batch * out_elements);
  free(output);
  free(input);
  return 0;
}
