//===- DnnlConv.cpp - float convolution by oneDNN (N14) --------------------------===//

#include "kernels/Kernel.h"
#include "kernels/f32/Dnnl.h"
#include "kernels/f32/Plain.h"

#include "Internal.h"

#include <string.h>

using namespace qrt;

namespace {

typedef qrt_f32_conv2d_params Params;

/// The output rows of one primitive and the input rows under them.
struct Rows {
  int64_t first, count; // output
  int64_t inFirst, inCount;
  int64_t padTop, padBottom;
};

int64_t positive(int64_t x) { return x > 0 ? x : 0; }

/// Padding behind the input that makes `out` positions; a rest that no window covers is
/// no padding.
int64_t padAfter(int64_t out, int64_t stride, int64_t kernel, int64_t dilation, int64_t in,
                 int64_t before) {
  return positive((out - 1) * stride + (kernel - 1) * dilation + 1 - in - before);
}

Rows rowsOf(const Params &p, int64_t first, int64_t count) {
  const int64_t start = first * p.stride_h - p.pad_top;
  const int64_t end = start + (count - 1) * p.stride_h + (p.kernel_h - 1) * p.dilation_h + 1;
  Rows rows = {first, count, positive(start), 0, positive(-start), 0};
  rows.inCount = positive((end < p.in_h ? end : p.in_h) - rows.inFirst);
  if (p.transposed || count == p.out_h)
    rows.inFirst = 0, rows.inCount = p.in_h, rows.padTop = p.pad_top;
  rows.padBottom = padAfter(count, p.stride_h, p.kernel_h, p.dilation_h, rows.inCount, rows.padTop);
  return rows;
}

bool describe(dnnl_memory_desc_t &desc, int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
  return dnnl_memory_desc_init_by_tag(&desc, rank, dims, dnnl_f32, tag) == dnnl_success;
}

/// Weights as the program holds them: OIHW, or IOHW if transposed, group outermost.
bool describeWeights(const Params &p, dnnl_memory_desc_t &given, dnnl_memory_desc_t &any) {
  const int64_t g = p.groups, o = p.out_c / g, i = p.in_c / g;
  const int64_t taps = int64_t(p.kernel_h) * p.kernel_w;
  const dnnl_dims_t dims = {g, o, i, p.kernel_h, p.kernel_w};
  const dnnl_dims_t forward = {o * i * taps, i * taps, taps, p.kernel_w, 1};
  const dnnl_dims_t transposed = {o * i * taps, taps, o * taps, p.kernel_w, 1};
  const int skip = g == 1; // no group dimension
  const int64_t *strides = p.transposed ? transposed : forward;
  return dnnl_memory_desc_init_by_strides(&given, 5 - skip, dims + skip, dnnl_f32,
                                          strides + skip) == dnnl_success &&
         describe(any, 5 - skip, dims + skip, dnnl_format_tag_any);
}

bool appendActivation(const Params &p, dnnl_post_ops_t ops) {
  const auto add = [&](dnnl_alg_kind_t kind, float a, float b) {
    return dnnl_post_ops_append_eltwise(ops, 1.0f, kind, a, b) == dnnl_success;
  };
  switch (p.act) {
  case QRT_ACT_NONE:
    return true;
  case QRT_ACT_RELU:
    return add(dnnl_eltwise_relu, 0, 0);
  case QRT_ACT_CLIP:
    return add(dnnl_eltwise_clip, p.act_a, p.act_b);
  case QRT_ACT_LEAKY_RELU:
  case QRT_ACT_PRELU:
    return add(dnnl_eltwise_relu, p.act_a, 0);
  case QRT_ACT_SIGMOID:
    return add(dnnl_eltwise_logistic, 0, 0);
  case QRT_ACT_TANH:
    return add(dnnl_eltwise_tanh, 0, 0);
  case QRT_ACT_HARD_SIGMOID:
    return add(dnnl_eltwise_linear, p.act_a, p.act_b) && add(dnnl_eltwise_clip, 0, 1);
  case QRT_ACT_HARD_SWISH:
    return add(dnnl_eltwise_hardswish, 0, 0);
  case QRT_ACT_GELU:
    return add(dnnl_eltwise_gelu_erf, 0, 0);
  case QRT_ACT_GELU_TANH:
    return add(dnnl_eltwise_gelu_tanh, 0, 0);
  case QRT_ACT_SILU:
    return add(dnnl_eltwise_swish, 1, 0);
  default:
    return false;
  }
}

/// The residual lies in the destination already, so it is a sum.
bool makeAttributes(const Params &p, dnnl_primitive_attr_t attr) {
  dnnl_post_ops_t ops = nullptr;
  if (dnnl_post_ops_create(&ops) != dnnl_success)
    return false;
  bool ok = !p.has_residual || dnnl_post_ops_append_sum(ops, 1.0f) == dnnl_success;
  ok = ok && appendActivation(p, ops);
  ok = ok && dnnl_primitive_attr_set_post_ops(attr, ops) == dnnl_success;
  ok = ok &&
       dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success;
  dnnl_post_ops_destroy(ops);
  return ok;
}

struct Descriptors {
  dnnl_memory_desc_t source, given, weights, bias, destination;
};

bool makeDescriptors(const Params &p, const Rows &rows, int64_t samples, Descriptors &d) {
  const dnnl_dims_t in = {samples, p.in_c, rows.inCount, p.in_w};
  const dnnl_dims_t out = {samples, p.out_c, rows.count, p.out_w};
  const dnnl_dims_t bias = {p.out_c};
  return describe(d.source, 4, in, dnnl_nhwc) && describe(d.destination, 4, out, dnnl_nhwc) &&
         describe(d.bias, 1, bias, dnnl_a) && describeWeights(p, d.given, d.weights);
}

bool makeDescription(const Params &p, const Rows &rows, const Descriptors &d, dnnl_engine_t engine,
                     dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *result) {
  const dnnl_dims_t strides = {p.stride_h, p.stride_w};
  const dnnl_dims_t dilations = {p.dilation_h - 1, p.dilation_w - 1};
  const dnnl_dims_t before = {rows.padTop, p.pad_left};
  const dnnl_memory_desc_t *bias = p.bias ? &d.bias : nullptr;
  if (p.transposed) {
    // The padding of the convolution whose gradient this is.
    const dnnl_dims_t after = {int64_t(p.in_h - 1) * p.stride_h + (p.kernel_h - 1) * p.dilation_h +
                                   1 - p.out_h - p.pad_top,
                               int64_t(p.in_w - 1) * p.stride_w + (p.kernel_w - 1) * p.dilation_w +
                                   1 - p.out_w - p.pad_left};
    dnnl_deconvolution_desc_t desc;
    return dnnl_dilated_deconvolution_forward_desc_init(
               &desc, dnnl_forward_inference, dnnl_deconvolution_direct, &d.source, &d.weights,
               bias, &d.destination, strides, dilations, before, after) == dnnl_success &&
           dnnl_primitive_desc_create(result, &desc, attr, engine, nullptr) == dnnl_success;
  }
  const dnnl_dims_t after = {
      rows.padBottom, padAfter(p.out_w, p.stride_w, p.kernel_w, p.dilation_w, p.in_w, p.pad_left)};
  dnnl_convolution_desc_t desc;
  return dnnl_dilated_convolution_forward_desc_init(
             &desc, dnnl_forward_inference, dnnl_convolution_direct, &d.source, &d.weights, bias,
             &d.destination, strides, dilations, before, after) == dnnl_success &&
         dnnl_primitive_desc_create(result, &desc, attr, engine, nullptr) == dnnl_success;
}

bool reorder(const DnnlEntry &entry, dnnl_engine_t engine, const dnnl_memory_desc_t &given,
             const dnnl_memory_desc_t &wanted, const void *data) {
  dnnl_memory_t from = nullptr;
  dnnl_primitive_desc_t desc = nullptr;
  dnnl_primitive_t reorder = nullptr;
  bool ok = dnnl_memory_create(&from, &given, engine, const_cast<void *>(data)) == dnnl_success &&
            dnnl_reorder_primitive_desc_create(&desc, &given, engine, &wanted, engine, nullptr) ==
                dnnl_success &&
            dnnl_primitive_create(&reorder, desc) == dnnl_success;
  if (ok) {
    const dnnl_exec_arg_t arguments[2] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, entry.weights}};
    ok = dnnl_primitive_execute(reorder, entry.stream, 2, arguments) == dnnl_success &&
         dnnl_stream_wait(entry.stream) == dnnl_success;
  }
  if (reorder)
    dnnl_primitive_destroy(reorder);
  if (desc)
    dnnl_primitive_desc_destroy(desc);
  if (from)
    dnnl_memory_destroy(from);
  return ok;
}

/// Brings the weights into the form that the primitive wants, unless another thread did.
bool reorderWeights(DnnlEntry &entry, dnnl_engine_t engine, const dnnl_memory_desc_t &given,
                    const dnnl_memory_desc_t *wanted, const void *data) {
  DnnlWeights *weights = dnnlWeights(entry.key.session, data, *wanted);
  if (!weights || dnnl_memory_create(&entry.weights, wanted, engine, weights->data) != dnnl_success)
    return false;
  if (!weights->ready)
    weights->ready = reorder(entry, engine, given, *wanted, data);
  return weights->ready;
}

bool build(DnnlEntry &entry, dnnl_engine_t engine, const void *params) {
  const Params &p = *static_cast<const Params *>(params);
  const Rows rows = rowsOf(p, entry.key.first, entry.key.count);
  Descriptors d;
  dnnl_primitive_attr_t attr = nullptr;
  dnnl_primitive_desc_t desc = nullptr;
  bool ok = rows.inCount > 0 && makeDescriptors(p, rows, entry.key.samples, d) &&
            dnnl_primitive_attr_create(&attr) == dnnl_success && makeAttributes(p, attr) &&
            makeDescription(p, rows, d, engine, attr, &desc);
  ok = ok &&
       reorderWeights(entry, engine, d.given,
                      dnnl_primitive_desc_query_md(desc, dnnl_query_weights_md, 0), p.weight) &&
       dnnl_memory_create(&entry.source, &d.source, engine, DNNL_MEMORY_NONE) == dnnl_success &&
       dnnl_memory_create(&entry.destination, &d.destination, engine, DNNL_MEMORY_NONE) ==
           dnnl_success &&
       (!p.bias || dnnl_memory_create(&entry.bias, &d.bias, engine, const_cast<void *>(p.bias)) ==
                       dnnl_success) &&
       dnnlCreate(entry, engine, desc);
  if (desc)
    dnnl_primitive_desc_destroy(desc);
  if (attr)
    dnnl_primitive_attr_destroy(attr);
  return ok;
}

/// `samples` samples from `sample` on, output rows [first, first + count) of each (all of
/// them if there are several samples). What oneDNN refuses is done by the plain kernel.
void runSlice(const Params &p, const qrt_call &call, int64_t sample, int64_t samples, int64_t first,
              int64_t count) {
  if (samples <= 0 || count <= 0)
    return;
  const int64_t line = int64_t(p.out_w) * p.out_c;
  const int64_t at = (sample * p.out_h + first) * line, elements = samples * count * line;
  DnnlEntry *entry = dnnlEntry(&p, first, count, samples, build);
  if (!entry || !entry->ready)
    return f32ConvRange(p, call, at, at + elements);
  const Rows rows = rowsOf(p, first, count);
  const float *source = static_cast<const float *>(call.in[0]) +
                        (sample * p.in_h + rows.inFirst) * int64_t(p.in_w) * p.in_c;
  float *destination = static_cast<float *>(call.out) + at;
  if (p.has_residual)
    memmove(destination, static_cast<const float *>(call.in[1]) + at,
            static_cast<size_t>(elements) * sizeof(float));
  if (!dnnlExecute(*entry, source, nullptr, destination))
    f32ConvRange(p, call, at, at + elements);
}

} // namespace

QRT_DEFINE_KERNEL(qrt_f32_conv2d_dnnl, f32_conv2d) {
  const Range samples = slice(call.batch, call);
  if (p.transposed || call.batch >= 2 * call.threads || call.batch % call.threads == 0)
    return runSlice(p, call, samples.begin, samples.end - samples.begin, 0, p.out_h);
  const Range rows = slice(p.out_h, call);
  for (int64_t sample = 0; sample < call.batch; ++sample)
    runSlice(p, call, sample, 1, rows.begin, rows.end - rows.begin);
}
