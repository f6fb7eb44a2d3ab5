/*===- tensors.c - what a program tells of a run, as bytes ---------------------------===
 *
 *   tensors INPUT.f32 OUTPUT.bin [THREADS]
 *
 * Runs a program on raw float samples and writes every tensor that the run tells: its name and
 * a zero byte, then the elements in row-major order. Two programs agree in all codes of all
 * tensors where these files are equal; a test builds it for machines that qopt does not run on.
 *
 *===---------------------------------------------------------------------------------===*/
#include "qrt/qrt.h"

#include <stdio.h>
#include <stdlib.h>

extern const qrt_program qopt_program;

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "error: %s: %s\n", what, detail);
  exit(1);
}

static size_t element_bytes(const qrt_tensor_desc *tensor) {
  return tensor->dtype == QRT_DTYPE_U8 || tensor->dtype == QRT_DTYPE_S8 ? 1 : 4;
}

/* Writes the elements below dimension `dim`, the last one fastest. */
static void write_strided(FILE *file, const qrt_tensor_desc *tensor, const char *data,
                          int64_t batch, int32_t dim) {
  if (dim == tensor->rank) {
    fwrite(data, element_bytes(tensor), 1, file);
    return;
  }
  const int64_t size = tensor->dims[dim] < 0 ? batch : tensor->dims[dim];
  const int64_t step = tensor->strides[dim] * (int64_t)element_bytes(tensor);
  for (int64_t i = 0; i < size; ++i)
    write_strided(file, tensor, data + i * step, batch, dim + 1);
}

static void on_tensor(void *user, const qrt_tensor_desc *tensor, const void *data, int64_t batch) {
  FILE *file = user;
  fputs(tensor->name, file);
  fputc(0, file);
  write_strided(file, tensor, data, batch, 0);
}

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

static int64_t sample_elements(const qrt_tensor_desc *tensor) {
  int64_t count = 1;
  for (int32_t i = 1; i < tensor->rank; ++i)
    count *= tensor->dims[i];
  return count;
}

int main(int argc, char **argv) {
  if (argc < 3 || qopt_program.num_inputs != 1 || qopt_program.num_outputs != 1)
    fail("usage", "tensors INPUT.f32 OUTPUT.bin [THREADS], for one input and one output");
  size_t count;
  float *input = read_floats(argv[1], &count);
  const int64_t batch = (int64_t)count / sample_elements(&qopt_program.inputs[0]);
  float *output =
      malloc((size_t)(batch * sample_elements(&qopt_program.outputs[0])) * sizeof(float));
  FILE *file = fopen(argv[2], "wb");
  if (!file)
    fail(argv[2], "cannot be written");
  qrt_options options = {argc > 3 ? atoi(argv[3]) : 1, -1, on_tensor, file, NULL};
  qrt_session *session;
  const void *inputs[] = {input};
  void *outputs[] = {output};
  if (qrt_session_open(&qopt_program, &options, &session) != QRT_OK ||
      qrt_session_run(session, batch, inputs, outputs) != QRT_OK)
    fail("run", qrt_last_error());
  printf("%s\n", qrt_isa_name(qrt_session_isa(session)));
  qrt_session_close(session);
  free(input);
  free(output);
  return fclose(file) != 0;
}
