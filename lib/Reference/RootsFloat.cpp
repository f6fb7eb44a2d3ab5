//===- RootsFloat.cpp - convolutions, linear and matmul in f32 --------------------------===//

#include "lib/Reference/Dnnl.h"
#include "lib/Reference/FloatActivation.h"
#include "lib/Reference/Foreign.h"
#include "lib/Reference/Gemm.h"
#include "lib/Reference/Products.h"
#include "lib/Reference/Roots.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

static const float *dataOf(const RuntimeValue *value) {
  return value ? value->data.data<float>() : nullptr;
}

static DnnlConvShape shapeOf(nn::Conv2dOp op, const Tensor &input, const Tensor &output) {
  DnnlConvShape shape;
  shape.input = input.shape().vec();
  shape.weight = cast<RankedTensorType>(op.getWeight().getType()).getShape().vec();
  shape.output = output.shape().vec();
  llvm::copy(op.getStride(), shape.stride.begin());
  llvm::copy(op.getDilation(), shape.dilation.begin());
  llvm::copy(op.getPadding(), shape.padding.begin());
  shape.groups = op.getGroups();
  shape.bias = static_cast<bool>(op.getBias());
  return shape;
}

namespace {
struct TransposedState : KeptState {
  std::vector<double> weights;
};
} // namespace

/// Transposed convolutions are rare and small: f64 sums, rounded once.
static void convolveTransposed(OpContext &context, const RootView &root, Tensor &result) {
  const ConvGeometry g = *rootGeometry(context);
  auto &state = context.state<TransposedState>();
  const float *weight = dataOf(root.weight), *bias = dataOf(root.bias);
  if (state.weights.empty())
    state.weights =
        packWeights(g, std::vector<double>(weight, weight + root.weight->data.numElements()), true);
  std::vector<double> columns(g.depth() * g.pixels()), sums(g.outPerGroup * g.pixels());
  const float *in = dataOf(root.input);
  const std::vector<double> input(in, in + root.input->data.numElements());
  float *out = result.data<float>();
  for (int64_t n = 0; n < g.batch * g.groups; ++n) {
    const int64_t first = n % g.groups * g.outPerGroup;
    gatherColumns(g, input.data() + n * g.inPerGroup * g.inPlane(), columns.data(), g.pixels());
    gemmF64(g.outPerGroup, g.pixels(), g.depth(), state.weights.data() + first * g.depth(),
            columns.data(), sums.data());
    for (int64_t i = 0; i < g.outPerGroup * g.pixels(); ++i)
      *out++ = static_cast<float>(sums[i] + (bias ? bias[first + i / g.pixels()] : 0.0f));
  }
}

/// f64 sums, rounded once.
static llvm::Error multiplyForeign(OpContext &context, const RootView &root, Tensor &result) {
  const auto real = [](const Tensor &data) {
    return std::vector<double>(data.data<float>(), data.data<float>() + data.numElements());
  };
  llvm::Expected<std::vector<double>> sums =
      foreignSums(context, real(root.input->data), real(root.weight->data));
  if (!sums)
    return sums.takeError();
  const float *bias = dataOf(root.bias);
  sim::forEachChannelled(result.shape(), root.channelAxis, [&](int64_t i, int64_t c) {
    result.data<float>()[i] = static_cast<float>((*sums)[i] + (bias ? bias[c] : 0.0f));
  });
  return llvm::Error::success();
}

static llvm::Error multiplyRoot(OpContext &context, const RootView &root, bool relu,
                                Tensor &result) {
  auto *in = dataOf(root.input), *weight = dataOf(root.weight), *bias = dataOf(root.bias);
  if (auto conv = dyn_cast<nn::Conv2dOp>(context.op)) {
    DnnlConvShape shape = shapeOf(conv, root.input->data, result);
    shape.relu = relu;
    return context.state<DnnlOp>().convolve(shape, in, weight, bias, result.data<float>());
  }
  if (isa<nn::ConvTranspose2dOp>(context.op)) {
    convolveTransposed(context, root, result);
    return llvm::Error::success();
  }
  DnnlOp::MatmulShape shape;
  shape.k = root.weight->data.dim(1);
  shape.n = root.weight->data.dim(0);
  shape.m = root.input->data.numElements() / shape.k;
  shape.transposed = shape.constantRhs = true;
  shape.bias = bias;
  return context.state<DnnlOp>().multiply(shape, in, weight, bias, result.data<float>());
}

/// The point between accumulator and residual or activation.
static llvm::Error passMid(OpContext &context, Tensor &value) {
  if (context.pointQuant) // a group left in float inside a simulation
    value = sim::fakeQuantize(value, *context.pointQuant);
  auto symbol = context.op->getAttrOfType<FlatSymbolRefAttr>("mid");
  if (!symbol || !context.hooks->onPoint || context.mode != EvalMode::Float)
    return llvm::Error::success();
  return context.hooks->onPoint({symbol.getValue(), context.op, value});
}

llvm::Error reference::evalRootFloat(OpContext &context) {
  const RootView root = viewRoot(context);
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  const bool hasMid = context.op->hasAttr("mid");
  const bool reluInside = isa<nn::Conv2dOp>(context.op) && !hasMid && !root.residual && root.act &&
                          root.act.getKind() == nn::ActKind::Relu;
  if (root.foreign) {
    if (llvm::Error error = multiplyForeign(context, root, result))
      return error;
  } else if (llvm::Error error = multiplyRoot(context, root, reluInside, result)) {
    return context.error(llvm::toString(std::move(error)));
  }
  if (hasMid)
    if (llvm::Error error = passMid(context, result))
      return error;
  float *out = result.data<float>();
  const int64_t count = result.numElements();
  if (const float *residual = dataOf(root.residual))
    for (int64_t i = 0; i < count; ++i)
      out[i] += residual[i];
  if (root.act && !reluInside)
    applyActivation(root.act, out, out, count);
  context.set(std::move(result));
  return llvm::Error::success();
}
