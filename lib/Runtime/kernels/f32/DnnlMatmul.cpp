//===- DnnlMatmul.cpp - float matrix product by oneDNN (N14) ---------------------===//

#include "kernels/Kernel.h"
#include "kernels/f32/Dnnl.h"
#include "kernels/f32/Plain.h"

using namespace qrt;

namespace {

typedef qrt_f32_matmul_params Params;

/// key.samples products of key.count rows.
bool build(DnnlEntry &entry, dnnl_engine_t engine, const void *params) {
  const Params &p = *static_cast<const Params *>(params);
  const int64_t products = entry.key.samples, m = entry.key.count, k = p.k, n = p.n;
  const dnnl_dims_t aDims = {products, m, k}, bDims = {products, k, n}, cDims = {products, m, n};
  const dnnl_format_tag_t bTag = p.transpose_b ? dnnl_acb : dnnl_abc;
  dnnl_memory_desc_t a, b, c;
  dnnl_primitive_attr_t attr = nullptr;
  dnnl_primitive_desc_t desc = nullptr;
  dnnl_matmul_desc_t matmul;
  const bool ok =
      dnnl_memory_desc_init_by_tag(&a, 3, aDims, dnnl_f32, dnnl_abc) == dnnl_success &&
      dnnl_memory_desc_init_by_tag(&b, 3, bDims, dnnl_f32, bTag) == dnnl_success &&
      dnnl_memory_desc_init_by_tag(&c, 3, cDims, dnnl_f32, dnnl_abc) == dnnl_success &&
      dnnl_primitive_attr_create(&attr) == dnnl_success &&
      dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user) == dnnl_success &&
      dnnl_matmul_desc_init(&matmul, &a, &b, nullptr, &c) == dnnl_success &&
      dnnl_primitive_desc_create(&desc, &matmul, attr, engine, nullptr) == dnnl_success &&
      dnnl_memory_create(&entry.source, &a, engine, DNNL_MEMORY_NONE) == dnnl_success &&
      dnnl_memory_create(&entry.second, &b, engine, DNNL_MEMORY_NONE) == dnnl_success &&
      dnnl_memory_create(&entry.destination, &c, engine, DNNL_MEMORY_NONE) == dnnl_success &&
      dnnlCreate(entry, engine, desc);
  if (desc)
    dnnl_primitive_desc_destroy(desc);
  if (attr)
    dnnl_primitive_attr_destroy(attr);
  return ok;
}

/// Rows [first, first + count) of `products` products from `product` on (all rows if there
/// are several products).
void runSlice(const Params &p, const qrt_call &call, int64_t product, int64_t products,
              int64_t first, int64_t count) {
  if (products <= 0 || count <= 0)
    return;
  const int64_t row = product * p.m + first;
  DnnlEntry *entry = dnnlEntry(&p, 0, count, products, build);
  const float *a = static_cast<const float *>(call.in[0]) + row * p.k;
  const float *b = static_cast<const float *>(call.in[1]) + product * p.k * p.n;
  float *c = static_cast<float *>(call.out) + row * p.n;
  if (!entry || !entry->ready || !dnnlExecute(*entry, a, b, c))
    f32MatmulRows(p, call, row, row + products * count);
}

} // namespace

QRT_DEFINE_KERNEL(qrt_f32_matmul_dnnl, f32_matmul) {
  const int64_t total = call.batch * p.batches;
  const Range products = slice(total, call);
  if (total >= 2 * call.threads || total % call.threads == 0)
    return runSlice(p, call, products.begin, products.end - products.begin, 0, p.m);
  const Range rows = slice(p.m, call);
  for (int64_t product = 0; product < total; ++product)
    runSlice(p, call, product, 1, rows.begin, rows.end - rows.begin);
}
