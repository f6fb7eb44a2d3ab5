//===- Dnnl.cpp - float convolutions and products on oneDNN ----------------------------===//

#include "lib/Reference/Dnnl.h"

#include "qopt/Support/Text.h"

#include <dnnl.h>

using namespace qopt;
using namespace qopt::reference;

// oneDNN runs on OpenMP and has no thread setting of its own; clang has no omp.h here.
extern "C" void omp_set_num_threads(int count);
extern "C" int omp_get_max_threads(void);

namespace {

/// One thread for small layers, where waiting for the others takes longer than the work. The
/// choice depends on the shape only, since a primitive is made for a number of threads.
class ThreadChoice {
public:
  explicit ThreadChoice(double multiplications) : all(omp_get_max_threads()) {
    constexpr double kWorthSharing = 5e7;
    omp_set_num_threads(multiplications < kWorthSharing ? 1 : all);
  }
  ~ThreadChoice() { omp_set_num_threads(all); }

private:
  int all;
};

/// The CPU engine and its stream, for the life of the process.
struct Engine {
  dnnl_engine_t engine = nullptr;
  dnnl_stream_t stream = nullptr;
  Engine() {
    if (dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success)
      dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
  }
  ~Engine() {
    if (stream)
      dnnl_stream_destroy(stream);
    if (engine)
      dnnl_engine_destroy(engine);
  }
};

Engine &theEngine() {
  static Engine engine;
  return engine;
}

/// An owned memory object; its data is owned too when made without a pointer.
class Memory {
public:
  Memory() = default;
  Memory(const dnnl_memory_desc_t &desc, const void *data) {
    void *handle = data ? const_cast<void *>(data) : DNNL_MEMORY_ALLOCATE;
    dnnl_memory_create(&memory, &desc, theEngine().engine, handle);
  }
  Memory(Memory &&other) noexcept : memory(std::exchange(other.memory, nullptr)) {}
  Memory &operator=(Memory &&other) noexcept {
    std::swap(memory, other.memory);
    return *this;
  }
  ~Memory() {
    if (memory)
      dnnl_memory_destroy(memory);
  }
  dnnl_memory_t get() const { return memory; }
  explicit operator bool() const { return memory; }

private:
  dnnl_memory_t memory = nullptr;
};

using Args = llvm::SmallVector<dnnl_exec_arg_t, 6>;

/// An owned primitive.
class Primitive {
public:
  Primitive() = default;
  explicit Primitive(dnnl_primitive_desc_t desc) { dnnl_primitive_create(&primitive, desc); }
  Primitive(Primitive &&other) noexcept : primitive(std::exchange(other.primitive, nullptr)) {}
  Primitive &operator=(Primitive &&other) noexcept {
    std::swap(primitive, other.primitive);
    return *this;
  }
  ~Primitive() {
    if (primitive)
      dnnl_primitive_destroy(primitive);
  }
  explicit operator bool() const { return primitive; }
  bool execute(const Args &args) const {
    return dnnl_primitive_execute(primitive, theEngine().stream, args.size(), args.data()) ==
           dnnl_success;
  }

private:
  dnnl_primitive_t primitive = nullptr;
};

/// From a plain layout to the primitive's or back; nothing to do where they are equal.
class Reorder {
public:
  Reorder() = default;
  Reorder(const dnnl_memory_desc_t &from, const dnnl_memory_desc_t &to) : needed(!equal(from, to)) {
    if (!needed)
      return;
    dnnl_primitive_desc_t desc = nullptr;
    const dnnl_engine_t engine = theEngine().engine;
    if (dnnl_reorder_primitive_desc_create(&desc, &from, engine, &to, engine, nullptr) !=
        dnnl_success)
      return;
    primitive = Primitive(desc);
    dnnl_primitive_desc_destroy(desc);
  }
  bool run(const Memory &from, const Memory &to) const {
    return primitive && primitive.execute({{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}});
  }
  bool needed = false;

private:
  static bool equal(const dnnl_memory_desc_t &a, const dnnl_memory_desc_t &b) {
    return dnnl_memory_desc_equal(&a, &b);
  }
  Primitive primitive;
};

/// An operand in the layout that the primitive asks for.
struct Port {
  dnnl_memory_desc_t plain{};
  dnnl_memory_desc_t wanted{};
  Reorder reorder;
  Memory inner; ///< used when a reorder is needed
};

struct Desc {
  dnnl_primitive_desc_t desc = nullptr;
  ~Desc() {
    if (desc)
      dnnl_primitive_desc_destroy(desc);
  }
  const dnnl_memory_desc_t &query(dnnl_query_t what) const {
    return *dnnl_primitive_desc_query_md(desc, what, 0);
  }
};

dnnl_memory_desc_t plainDesc(llvm::ArrayRef<int64_t> sizes, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t desc{};
  dnnl_dims_t dims{};
  std::copy(sizes.begin(), sizes.end(), dims);
  dnnl_memory_desc_init_by_tag(&desc, static_cast<int>(sizes.size()), dims, dnnl_f32, tag);
  return desc;
}

} // namespace

struct DnnlOp::Impl {
  std::vector<int64_t> madeFor; ///< shape of the input that the primitive was made for
  MatmulShape madeForProduct;
  Port source, weights, destination;
  dnnl_memory_desc_t biasDesc{};
  Primitive primitive;
  bool weightsReady = false;

  llvm::Error make(const Desc &desc, bool constantWeights);
  llvm::Error execute(const float *input, const float *weight, const float *bias, float *output,
                      bool constantWeights);
};

DnnlOp::DnnlOp() : impl(std::make_unique<Impl>()) {}
DnnlOp::~DnnlOp() = default;

bool DnnlOp::MatmulShape::operator==(const MatmulShape &other) const {
  return batch == other.batch && m == other.m && n == other.n && k == other.k &&
         transposed == other.transposed;
}

static llvm::Error failed(const char *what) {
  return makeError(llvm::Twine("oneDNN could not ") + what);
}

llvm::Error DnnlOp::Impl::make(const Desc &desc, bool) {
  primitive = Primitive(desc.desc);
  if (!primitive)
    return failed("make the primitive");
  source.wanted = desc.query(dnnl_query_src_md);
  weights.wanted = desc.query(dnnl_query_weights_md);
  destination.wanted = desc.query(dnnl_query_dst_md);
  source.reorder = Reorder(source.plain, source.wanted);
  weights.reorder = Reorder(weights.plain, weights.wanted);
  destination.reorder = Reorder(destination.wanted, destination.plain);
  for (Port *port : {&source, &weights, &destination})
    port->inner = port->reorder.needed ? Memory(port->wanted, nullptr) : Memory();
  weightsReady = false;
  return llvm::Error::success();
}

llvm::Error DnnlOp::Impl::execute(const float *input, const float *weight, const float *bias,
                                  float *output, bool constantWeights) {
  const Memory in(source.plain, input), w(weights.plain, weight), out(destination.plain, output);
  Memory b;
  bool fine = true;
  if (source.reorder.needed)
    fine &= source.reorder.run(in, source.inner);
  if (weights.reorder.needed && !(weightsReady && constantWeights))
    fine &= weights.reorder.run(w, weights.inner);
  weightsReady = true;
  auto pick = [](const Port &port, const Memory &plain) {
    return port.reorder.needed ? port.inner.get() : plain.get();
  };
  Args args{{DNNL_ARG_SRC, pick(source, in)},
            {DNNL_ARG_WEIGHTS, pick(weights, w)},
            {DNNL_ARG_DST, pick(destination, out)}};
  if (bias) {
    b = Memory(biasDesc, bias);
    args.push_back({DNNL_ARG_BIAS, b.get()});
  }
  fine = fine && primitive.execute(args);
  if (destination.reorder.needed)
    fine = fine && destination.reorder.run(destination.inner, out);
  fine = fine && dnnl_stream_wait(theEngine().stream) == dnnl_success;
  return fine ? llvm::Error::success() : failed("run the layer");
}

/// OIHW weights as oneDNN's grouped [G, O/G, I/G, H, W] where there are groups.
static dnnl_memory_desc_t weightDesc(const DnnlConvShape &shape, dnnl_format_tag_t flat,
                                     dnnl_format_tag_t grouped) {
  const std::vector<int64_t> &w = shape.weight;
  if (shape.groups == 1)
    return plainDesc(w, flat);
  return plainDesc({shape.groups, w[0] / shape.groups, w[1], w[2], w[3]}, grouped);
}

static bool describe(const DnnlConvShape &shape, const dnnl_memory_desc_t &biasDesc, Desc &result) {
  const auto any = dnnl_format_tag_any;
  const dnnl_memory_desc_t source = plainDesc(shape.input, any), out = plainDesc(shape.output, any),
                           weight = weightDesc(shape, any, any);
  dnnl_dims_t stride = {shape.stride[0], shape.stride[1]},
              dilation = {shape.dilation[0] - 1, shape.dilation[1] - 1},
              low = {shape.padding[0], shape.padding[1]},
              high = {shape.padding[2], shape.padding[3]};
  dnnl_convolution_desc_t conv;
  if (dnnl_dilated_convolution_forward_desc_init(
          &conv, dnnl_forward_inference, dnnl_convolution_direct, &source, &weight,
          shape.bias ? &biasDesc : nullptr, &out, stride, dilation, low, high) != dnnl_success)
    return false;
  dnnl_primitive_attr_t attr = nullptr;
  dnnl_post_ops_t post = nullptr;
  dnnl_primitive_attr_create(&attr);
  if (shape.relu && dnnl_post_ops_create(&post) == dnnl_success) {
    dnnl_post_ops_append_eltwise(post, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
    dnnl_primitive_attr_set_post_ops(attr, post);
    dnnl_post_ops_destroy(post);
  }
  const dnnl_status_t status =
      dnnl_primitive_desc_create(&result.desc, &conv, attr, theEngine().engine, nullptr);
  dnnl_primitive_attr_destroy(attr);
  return status == dnnl_success;
}

llvm::Error DnnlOp::convolve(const DnnlConvShape &shape, const float *input, const float *weight,
                             const float *bias, float *output) {
  double work = static_cast<double>(shape.output[0] * shape.output[2] * shape.output[3]);
  for (const int64_t size : shape.weight)
    work *= static_cast<double>(size);
  const ThreadChoice threads(work);
  if (impl->madeFor != shape.input) {
    impl->source.plain = plainDesc(shape.input, dnnl_nchw);
    impl->weights.plain = weightDesc(shape, dnnl_oihw, dnnl_goihw);
    impl->destination.plain = plainDesc(shape.output, dnnl_nchw);
    impl->biasDesc = plainDesc({shape.output[1]}, dnnl_x);
    Desc desc;
    if (!describe(shape, impl->biasDesc, desc))
      return failed("make a convolution of this shape");
    if (llvm::Error error = impl->make(desc, /*constantWeights=*/true))
      return error;
    impl->madeFor = shape.input;
  }
  return impl->execute(input, weight, bias, output, /*constantWeights=*/true);
}

llvm::Error DnnlOp::multiply(const MatmulShape &shape, const float *lhs, const float *rhs,
                             const float *bias, float *output) {
  const ThreadChoice threads(static_cast<double>(shape.batch * shape.m) *
                             static_cast<double>(shape.n * shape.k));
  if (impl->madeFor.empty() || !(impl->madeForProduct == shape)) {
    impl->source.plain = plainDesc({shape.batch, shape.m, shape.k}, dnnl_abc);
    impl->weights.plain =
        plainDesc({shape.batch, shape.k, shape.n}, shape.transposed ? dnnl_acb : dnnl_abc);
    impl->destination.plain = plainDesc({shape.batch, shape.m, shape.n}, dnnl_abc);
    impl->biasDesc = plainDesc({1, 1, shape.n}, dnnl_abc);
    const dnnl_memory_desc_t weight =
        shape.constantRhs ? plainDesc({shape.batch, shape.k, shape.n}, dnnl_format_tag_any)
                          : impl->weights.plain;
    dnnl_matmul_desc_t matmul;
    Desc desc;
    if (dnnl_matmul_desc_init(&matmul, &impl->source.plain, &weight,
                              shape.bias ? &impl->biasDesc : nullptr,
                              &impl->destination.plain) != dnnl_success ||
        dnnl_primitive_desc_create(&desc.desc, &matmul, nullptr, theEngine().engine, nullptr) !=
            dnnl_success)
      return failed("make a product of this shape");
    if (llvm::Error error = impl->make(desc, shape.constantRhs))
      return error;
    impl->madeForProduct = shape;
    impl->madeFor = {1};
  }
  return impl->execute(lhs, rhs, bias, output, shape.constantRhs);
}
