//===- Selfcheck.cpp - checksums of the reference kernels on fixed data ----------===//
//
// Built for the host and for AArch64; both must print the same lines (N13). Plain C++
// without a test framework, so that it cross-compiles with nothing else.
//
//===-----------------------------------------------------------------------------===//

#include "qrt/kernel_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;

static uint32_t draw() {
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return static_cast<uint32_t>(state >> 33);
}

static uint8_t *bytes(size_t count) {
  uint8_t *data = static_cast<uint8_t *>(aligned_alloc(64, (count + 127) / 64 * 64));
  for (size_t i = 0; i < count; ++i)
    data[i] = static_cast<uint8_t>(draw());
  return data;
}

/// FNV-1a.
static void report(const char *what, const uint8_t *data, size_t count) {
  uint64_t hash = 14695981039346656037ull;
  for (size_t i = 0; i < count; ++i)
    hash = (hash ^ data[i]) * 1099511628211ull;
  printf("%-24s %016llx\n", what, static_cast<unsigned long long>(hash));
}

/// The scalar reference is the last row of its kind.
static const qrt_kernel_row *reference(const char *kind) {
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count), *found = nullptr;
  for (size_t i = 0; i < count; ++i)
    if (strcmp(rows[i].kind, kind) == 0)
      found = &rows[i];
  return found;
}

static void run(const char *what, const char *kind, const void *params, const void *a,
                const void *b, size_t outputBytes) {
  uint8_t *out = bytes(outputBytes);
  qrt_call call = {};
  call.in[0] = a;
  call.in[1] = b;
  call.out = out;
  call.batch = 2;
  call.threads = 2;
  for (call.thread = 0; call.thread < 2; ++call.thread)
    reference(kind)->fn(params, &call);
  report(what, out, outputBytes);
  free(out);
}

static void checkConv(const char *what, int32_t residual, int32_t isSigned, int32_t groups) {
  qrt_conv2d_params p = {};
  p.in_h = 9, p.in_w = 7, p.in_c = 8, p.out_h = 5, p.out_w = 4, p.out_c = 12;
  p.kernel_h = p.kernel_w = 3, p.stride_h = p.stride_w = 2, p.pad_top = p.pad_left = 1;
  p.dilation_h = p.dilation_w = 1, p.groups = groups;
  p.in_signed = p.out_signed = p.mid_signed = p.residual_signed = isSigned;
  p.in_zero_point = isSigned ? -3 : 130, p.out_zero_point = isSigned ? 5 : 120;
  p.out_min = p.mid_min = isSigned ? -128 : 0, p.out_max = p.mid_max = isSigned ? 127 : 255;
  p.residual_kind = residual, p.residual_multiplier = 0.37f, p.mid_multiplier = 0.61f;
  int32_t bias[12];
  float multiplier[12];
  for (int i = 0; i < 12; ++i) {
    bias[i] = static_cast<int32_t>(draw() % 4001) - 2000;
    multiplier[i] = i % 4 == 3 ? 0.5f : 0.0007f * (1 + i);
  }
  uint8_t *weights = bytes(12 * 9 * 8 / groups), *packed = bytes(12 * 9 * 8);
  p.bias = bias, p.multiplier = multiplier, p.packed = packed;
  reference("conv2d")->packer->pack(&p, reinterpret_cast<int8_t *>(weights), packed);
  uint8_t *x = bytes(2 * 9 * 7 * 8), *r = bytes(2 * 5 * 4 * 12);
  run(what, "conv2d", &p, x, r, 2 * 5 * 4 * 12);
  free(weights), free(packed), free(x), free(r);
}

static void checkElementwise() {
  const int32_t dims[6] = {1, 1, 1, 1, 5, 100}, strides[6] = {0, 0, 0, 0, 100, 1};
  qrt_binary_params p = {};
  memcpy(p.dims, dims, sizeof(dims));
  memcpy(p.a_strides, strides, sizeof(dims));
  memcpy(p.b_strides, strides, sizeof(dims));
  p.a_batch_stride = p.b_batch_stride = 500;
  p.a_zero_point = 100, p.b_zero_point = 140, p.out_zero_point = 128, p.out_max = 255;
  p.a_multiplier = 0.5f, p.b_multiplier = 0.7f;
  uint8_t *a = bytes(1000), *b = bytes(1000);
  for (p.op = 0; p.op < 3; ++p.op)
    run(p.op == 0 ? "add" : p.op == 1 ? "sub" : "mul", "binary", &p, a, b, 1000);

  float *floats = static_cast<float *>(malloc(1000 * sizeof(float)));
  for (int i = 0; i < 1000; ++i)
    floats[i] = (static_cast<int32_t>(draw() % 20001) - 10000) / 16.0f;
  floats[3] = 0.0f / floats[0] * 0.0f, floats[5] = 1e38f, floats[7] = -1e38f;
  qrt_quantize_params q = {};
  memcpy(q.dims, dims, sizeof(dims));
  memcpy(q.in_strides, strides, sizeof(dims));
  q.in_batch_stride = 500, q.out_zero_point = 77, q.out_max = 255, q.scale = 0.125f;
  run("quantize", "quantize", &q, floats, nullptr, 1000);
  qrt_dequantize_params d = {};
  memcpy(d.dims, dims, sizeof(dims));
  memcpy(d.in_strides, strides, sizeof(dims));
  d.in_batch_stride = 500, d.in_zero_point = 77, d.scale = 0.0371f;
  run("dequantize", "dequantize", &d, a, nullptr, 4000);
  free(floats), free(a), free(b);
}

static void checkPools() {
  uint8_t *x = bytes(2 * 8 * 8 * 6);
  qrt_max_pool2d_params m = {8, 8, 4, 4, 6, 3, 3, 2, 2, 1, 1, 1, 1, 1};
  run("max_pool2d", "max_pool2d", &m, x, nullptr, 2 * 4 * 4 * 6);
  qrt_avg_pool2d_params a = {};
  a.in_h = a.in_w = 8, a.out_h = a.out_w = 4, a.channels = 6, a.kernel_h = a.kernel_w = 3;
  a.stride_h = a.stride_w = 2, a.pad_top = a.pad_left = a.pad_bottom = a.pad_right = 1;
  a.in_zero_point = 99, a.out_zero_point = 120, a.out_max = 255;
  a.in_scale = 0.031f, a.out_scale = 0.02f;
  run("avg_pool2d", "avg_pool2d", &a, x, nullptr, 2 * 4 * 4 * 6);
  qrt_matmul_params p = {};
  p.batches = 2, p.m = 4, p.k = 8, p.n = 6, p.a_zero_point = 120, p.b_zero_point = 3;
  p.b_signed = 1, p.out_zero_point = 100, p.out_max = 255, p.multiplier = 0.004f;
  run("matmul", "matmul", &p, x, x + 200, 2 * 2 * 4 * 6);
  free(x);
}

/// Two threads pass a counter through the arena: the barrier orders their memory.
static void relay(const qrt_frame *frame) {
  uint64_t *cell = reinterpret_cast<uint64_t *>(frame->arena);
  if (frame->thread == 0)
    *cell = 1;
  qrt_sync(frame, -1, 0, nullptr, nullptr);
  for (int i = 0; i < 500; ++i) {
    if (i % frame->threads == frame->thread)
      *cell = *cell * 3 + static_cast<uint64_t>(i);
    qrt_sync(frame, i, 0, nullptr, nullptr);
  }
  if (frame->thread == 0)
    memcpy(frame->outputs[0], cell, sizeof(*cell));
}

static int checkTeam() {
  const qrt_variant variant = {QRT_ISA_SCALAR, 0, 64, 0, relay, 0, nullptr, nullptr};
  const qrt_tensor_desc desc = {"x", QRT_DTYPE_I64, 1, {1}, {1}, 0, 0};
  qrt_program program = {};
  program.abi_version = QRT_ABI_VERSION;
  program.num_inputs = program.num_outputs = program.num_variants = 1;
  program.name = "relay";
  program.inputs = program.outputs = &desc;
  program.variants = &variant;
  const qrt_options options = {2, QRT_ISA_SCALAR, nullptr, nullptr, nullptr};
  qrt_session *session = nullptr;
  uint64_t result = 0;
  const void *inputs[1] = {&result};
  void *outputs[1] = {&result};
  if (qrt_session_open(&program, &options, &session) ||
      qrt_session_run(session, 1, inputs, outputs)) {
    fprintf(stderr, "selfcheck: error: %s\n", qrt_last_error());
    return 1;
  }
  qrt_session_close(session);
  report("team of two", reinterpret_cast<const uint8_t *>(&result), sizeof(result));
  return 0;
}

int main() {
  checkConv("conv2d u8", 0, 0, 1);
  checkConv("conv2d s8 residual", 1, 1, 1);
  checkConv("conv2d u8 mid residual", 2, 0, 4);
  checkElementwise();
  checkPools();
  return checkTeam();
}
