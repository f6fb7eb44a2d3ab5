/* The C API from C: errors, a network op by op, passes, constants, kernels. */

#include "qopt-c/Builder.h"
#include "qopt-c/Calibration.h"
#include "qopt-c/Module.h"
#include "qopt-c/Train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(condition)                                                                          \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: expected %s; last error: %s\n", __FILE__, __LINE__, #condition,      \
              qopt_last_error());                                                                  \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

static void count(void *user, const qopt_diagnostic *diagnostic) {
  if (diagnostic->severity == QOPT_SEVERITY_REMARK && strstr(diagnostic->message, "left in float"))
    ++*(int *)user;
}

static void errors(void) {
  EXPECT(qopt_c_version() == QOPT_C_VERSION);
  EXPECT(!qopt_module_parse("nonsense", 8, "text"));
  EXPECT(strstr(qopt_last_error(), "text:1:"));
  const qopt_diagnostic *first = qopt_last_diagnostic(0);
  EXPECT(first && first->severity == QOPT_SEVERITY_ERROR &&
         !strncmp(first->location, "text:1:", 7));
  EXPECT(strstr(qopt_last_error(), first->message) && !qopt_last_diagnostic(1));
  EXPECT(strlen(qopt_release()) >= 5);
  EXPECT(!qopt_module_parse_file("absent.mlir"));
  EXPECT(qopt_last_diagnostic(0) && !*qopt_last_diagnostic(0)->location);
  qopt_module_free(NULL);
  qopt_builder_free(NULL);
  qopt_calibration_free(NULL);
  qopt_bytes_free(NULL);
}

/* relu(linear(x)), its linear left in float. */
static qopt_module *network(void) {
  const float weight[6] = {1.0f, -2.0f, 0.5f, 0.25f, 3.0f, -1.0f};
  const qopt_input input = {"x", 2, {-1, 3}};
  qopt_builder *builder = qopt_builder_create(&input, 1);
  EXPECT(builder);
  const qopt_array array = {NULL, QOPT_F32, 2, {2, 3}, weight};
  qopt_value operands[2] = {0, qopt_builder_parameter(builder, "fc.weight", &array)};
  EXPECT(operands[1] == 1);
  qopt_op op = {"nn.linear", "fc", "fc", operands, 2, NULL, 0, 0};
  qopt_value result;
  EXPECT(qopt_builder_op(builder, &op, &result) == QOPT_OK);
  int64_t shape[QOPT_MAX_RANK];
  uint32_t rank;
  EXPECT(qopt_builder_shape(builder, result, shape, &rank) == QOPT_OK);
  EXPECT(rank == 2 && shape[0] == -1 && shape[1] == 2);
  qopt_attr slope = {"alpha", QOPT_ATTR_FLOAT, 0, 0.125, NULL, NULL, NULL, 0};
  qopt_op act = {"nn.leaky_relu", "y", NULL, &result, 1, &slope, 1, 1};
  EXPECT(qopt_builder_op(builder, &act, &result) == QOPT_OK);
  const char *names[] = {"y"};
  qopt_module *module = qopt_builder_finish(builder, &result, names, 1);
  EXPECT(module);
  EXPECT(!qopt_builder_finish(builder, &result, names, 1));
  qopt_builder_free(builder);
  return module;
}

static void passes(qopt_module *module) {
  EXPECT(strcmp(qopt_module_stage(module), "imported") == 0);
  qopt_module *copy = qopt_module_clone(module);
  int floats = 0;
  EXPECT(qopt_module_run(copy, "qopt-fuse-pipeline{activations=none}", NULL, NULL) == QOPT_OK);
  EXPECT(qopt_module_configure(copy, "{\"module_name\": {\"fc\": null}}", "x86", NULL, NULL) ==
         QOPT_OK);
  EXPECT(qopt_module_run(copy, "qopt-prepare-pipeline", NULL, NULL) == QOPT_OK);
  qopt_calibration *calibration = qopt_calibration_create(copy);
  EXPECT(calibration);
  const float samples[6] = {0.0f, 1.0f, -1.0f, 0.5f, 0.25f, 2.0f};
  const qopt_array batch = {"x", QOPT_F32, 2, {2, 3}, samples};
  EXPECT(qopt_calibration_add(calibration, &batch, 1) == QOPT_OK);
  EXPECT(qopt_calibration_finish(calibration, NULL, NULL) == QOPT_OK);
  qopt_calibration_free(calibration);
  EXPECT(qopt_module_run(copy, "qopt-convert-pipeline", count, &floats) == QOPT_OK);
  EXPECT(floats == 1);
  EXPECT(strcmp(qopt_module_stage(module), "imported") == 0);
  qopt_bytes graph;
  EXPECT(qopt_module_graph(copy, &graph) == QOPT_OK);
  EXPECT(strlen(graph.data) == graph.size && strstr(graph.data, "\"stage\":\"converted\""));
  qopt_bytes_free(&graph);
  EXPECT(!graph.data);
  qopt_module_free(copy);
}

static void constants(qopt_module *module) {
  qopt_array array;
  EXPECT(qopt_module_parameter(module, "fc.weight", &array) == QOPT_OK);
  EXPECT(array.rank == 2 && array.shape[1] == 3 && ((const float *)array.data)[4] == 3.0f);
  EXPECT(qopt_module_parameter(module, "fc.weigth", &array) == QOPT_ERROR);
  EXPECT(strstr(qopt_last_error(), "fc.weight"));
}

static void kernels(void) {
  const float x[4] = {-1.0f, 0.26f, 0.74f, 9.0f}, scale = 0.5f;
  const int32_t zero = 1;
  const qopt_extent extent = {1, 1, 4};
  qopt_grid grid = {&scale, &zero, 1, 0, 15};
  float out[4];
  uint8_t mask[4];
  EXPECT(qopt_fake_quant(x, extent, grid, -1e30f, 1e30f, out, mask, 1) == QOPT_OK);
  EXPECT(out[0] == -0.5f && out[1] == 0.5f && out[2] == 0.5f && out[3] == 7.0f);
  EXPECT(!mask[0] && mask[1] && mask[2] && !mask[3]);
  EXPECT(qopt_fake_quant(x, extent, grid, 0.0f, 1.0f, NULL, mask, 1) == QOPT_ERROR);
  EXPECT(strstr(qopt_last_error(), "fake_quant: a buffer is null"));
  grid.qmax = 0;
  EXPECT(qopt_fake_quant(x, extent, grid, 0.0f, 1.0f, out, mask, 1) == QOPT_ERROR);
  EXPECT(strstr(qopt_last_error(), "expected qmin < qmax"));
  EXPECT(qopt_fake_quant_backward(x, mask, 0, out, 1) == QOPT_ERROR);
  EXPECT(qopt_fake_quant_backward(x, mask, 4, out, 0) == QOPT_ERROR);
  EXPECT(strstr(qopt_last_error(), "at least 1 thread"));
}

int main(void) {
  errors();
  qopt_module *module = network();
  passes(module);
  constants(module);
  qopt_module_free(module);
  kernels();
  puts("the C API works from C");
  return 0;
}
