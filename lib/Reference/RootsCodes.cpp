//===- RootsCodes.cpp - convolutions and linear on integer codes -----------------------===//
//
// N4 to N7 and N10 with the scalar definitions of Numerics.h.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/Foreign.h"
#include "lib/Reference/Gemm.h"
#include "lib/Reference/Roots.h"

#include "qopt/Support/Numerics.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

namespace {
struct CodeRootState : KeptState {
  std::vector<int16_t> weights; ///< qw - zw as [out][depth]
  std::vector<int64_t> bias;
  /// Some sum may leave i32: accumulate in i64 and look.
  bool wide = false;
};
} // namespace

/// qw - zw, the zero point by channel of the weight's own axis.
static std::vector<int16_t> centredWeights(const RuntimeValue &weight) {
  const TensorQuant &quant = *weight.quant;
  std::vector<int16_t> result(weight.data.numElements());
  const int64_t axis = std::max<int64_t>(quant.axis, 0);
  int64_t inner = 1;
  for (int64_t i = axis + 1; i < weight.data.rank(); ++i)
    inner *= weight.data.dim(i);
  const int64_t channels = weight.data.dim(axis);
  for (int64_t i = 0; i < weight.data.numElements(); ++i) {
    const int64_t channel = quant.isPerChannel() ? i / inner % channels : 0;
    result[i] = static_cast<int16_t>(codeAt(weight.data, i) - quant.zeroPoints[channel]);
  }
  return result;
}

/// Whether abs(bias) + sum abs(qw - zw) * max abs(qx - zx) fits i32 for every channel (N4).
static bool fitsI32(const CodeRootState &state, int64_t channels, const TensorQuant &input) {
  const int64_t depth = static_cast<int64_t>(state.weights.size()) / channels;
  const int64_t reach =
      std::max(std::abs(input.qmax - input.zeroPoint()), std::abs(input.qmin - input.zeroPoint()));
  for (int64_t c = 0; c < channels; ++c) {
    int64_t bound = std::abs(state.bias[c]);
    for (int64_t k = 0; k < depth; ++k)
      bound += std::abs(state.weights[c * depth + k]) * reach;
    if (bound > INT32_MAX)
      return false;
  }
  return true;
}

static void prepare(CodeRootState &state, const RootView &root,
                    const std::optional<ConvGeometry> &geometry) {
  if (!state.weights.empty())
    return;
  std::vector<int16_t> weights = centredWeights(*root.weight);
  state.weights = geometry ? packWeights(*geometry, weights, root.transposed) : weights;
  state.bias.assign(root.channels, 0);
  for (int64_t c = 0; root.bias && c < root.channels; ++c)
    state.bias[c] = root.bias->data.data<int32_t>()[c];
  state.wide = root.foreign || !fitsI32(state, root.channels, *root.input->quant);
}

static void multiply(int64_t m, int64_t n, int64_t k, const int16_t *a, const int16_t *b,
                     int32_t *c) {
  gemmI16(m, n, k, a, b, c);
}
static void multiply(int64_t m, int64_t n, int64_t k, const int16_t *a, const int16_t *b,
                     int64_t *c) {
  gemmI16Wide(m, n, k, a, b, c);
}

/// The sums of an op of another dialect; whole, since its operands are.
template <typename Acc>
static llvm::Expected<std::vector<Acc>> accumulateForeign(OpContext &context, const RootView &root,
                                                          const CodeRootState &state) {
  const std::vector<int16_t> input = centredCodes(root.input->data, root.input->quant->zeroPoint());
  llvm::Expected<std::vector<double>> sums =
      foreignSums(context, std::vector<double>(input.begin(), input.end()),
                  std::vector<double>(state.weights.begin(), state.weights.end()));
  if (!sums)
    return sums.takeError();
  if (llvm::any_of(*sums,
                   [](double sum) { return !(std::fabs(sum) < 0x1p53) || sum != std::rint(sum); }))
    return context.error("its evaluate() made a sum of whole numbers that is not whole; a root's "
                         "evaluate() gives the sums of products alone");
  return std::vector<Acc>(sums->begin(), sums->end());
}

/// Sums without bias, in the result's layout.
template <typename Acc>
static llvm::Expected<std::vector<Acc>> accumulate(OpContext &context, const RootView &root,
                                                   const CodeRootState &state,
                                                   const std::optional<ConvGeometry> &geometry) {
  if (root.foreign)
    return accumulateForeign<Acc>(context, root, state);
  const std::vector<int16_t> input = centredCodes(root.input->data, root.input->quant->zeroPoint());
  if (!geometry) {
    const int64_t depth = root.weight->data.dim(1);
    const int64_t rows = static_cast<int64_t>(input.size()) / depth;
    std::vector<Acc> result(rows * root.channels);
    multiply(rows, root.channels, depth, input.data(), state.weights.data(), result.data());
    return result;
  }
  const ConvGeometry &g = *geometry;
  std::vector<int16_t> lines(g.pixels() * g.depth());
  std::vector<Acc> result(g.batch * g.outChannels() * g.pixels());
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t group = 0; group < g.groups; ++group) {
      const int64_t at = n * g.groups + group;
      gatherLines(g, input.data() + at * g.inPerGroup * g.inPlane(), lines.data());
      multiply(g.outPerGroup, g.pixels(), g.depth(),
               state.weights.data() + group * g.outPerGroup * g.depth(), lines.data(),
               result.data() + at * g.outPerGroup * g.pixels());
    }
  return result;
}

namespace {
/// What happens behind one accumulator.
class Epilogue {
public:
  Epilogue(const OpContext &context, const RootView &root)
      : root(root), out(*context.resultQuant()), mid(context.pointQuant.get()),
        bounds(clampedRange(out, mid && !root.residual ? nn::ActAttr() : root.act)) {
    const float target = mid ? mid->scale() : out.scale();
    for (int64_t c = 0; c < root.channels; ++c)
      multipliers.push_back(
          numerics::requantizeMultiplier(root.input->quant->scale(), root.weightScale(c), target));
  }

  llvm::Error check(const OpContext &context) {
    if (!mid && root.act && !root.act.isClamp())
      return context.error("a tabulated activation needs a point `mid` before it");
    if (!mid || root.residual)
      return llvm::Error::success();
    if (!root.table)
      return context.error("a `mid` without residual needs the codes in `table`");
    llvm::Expected<Tensor> data = constantData(root.table, nullptr);
    if (!data)
      return data.takeError();
    table = std::move(*data);
    return llvm::Error::success();
  }

  int32_t operator()(int32_t acc, int64_t index, int64_t channel) const {
    const float m = multipliers[channel];
    if (!mid && !root.residual)
      return numerics::requantize(acc, m, out.zeroPoint(), bounds.low, bounds.high);
    if (!mid) {
      const TensorQuant &side = *root.residual->quant;
      return numerics::requantizeWithResidual(acc, m, codeAt(root.residual->data, index),
                                              side.zeroPoint(), side.scale() / out.scale(),
                                              out.zeroPoint(), bounds.low, bounds.high);
    }
    const int32_t q = numerics::requantize(acc, m, mid->zeroPoint(), mid->qmin, mid->qmax);
    if (!root.residual)
      return tableCode(table, q, table.rank() == 2 ? channel : 0, out.isSigned);
    const TensorQuant &side = *root.residual->quant;
    return numerics::addCodes(q, mid->zeroPoint(), mid->scale() / out.scale(),
                              codeAt(root.residual->data, index), side.zeroPoint(),
                              side.scale() / out.scale(), out.zeroPoint(), bounds.low, bounds.high);
  }

private:
  const RootView &root;
  const TensorQuant &out;
  const TensorQuant *mid;
  CodeBounds bounds;
  std::vector<float> multipliers;
  Tensor table;
};
} // namespace

/// Accumulators with their bias go to `store(accumulator, index, channel)` one by one.
template <typename Acc, typename Store>
static llvm::Error finishSums(OpContext &context, const RootView &root, const CodeRootState &state,
                              const std::optional<ConvGeometry> &geometry, const Tensor &result,
                              Store store) {
  llvm::Expected<std::vector<Acc>> made = accumulate<Acc>(context, root, state, geometry);
  if (!made)
    return made.takeError();
  const std::vector<Acc> &sums = *made;
  int64_t inner = 1;
  for (int64_t i = root.channelAxis + 1; i < result.rank(); ++i)
    inner *= result.dim(i);
  bool overflow = false;
  for (int64_t i = 0, e = result.numElements(); i < e; ++i) {
    const int64_t channel = i / inner % root.channels;
    const int64_t total = static_cast<int64_t>(sums[i]) + state.bias[channel];
    overflow |= total > INT32_MAX || total < INT32_MIN;
    store(static_cast<int32_t>(total), i, channel);
  }
  if (overflow)
    return context.error("an accumulator left i32; lower the weight's bits or split the layer");
  return llvm::Error::success();
}

/// N6, float result.
template <typename Acc>
static llvm::Error runToFloat(OpContext &context, const RootView &root, const CodeRootState &state,
                              const std::optional<ConvGeometry> &geometry) {
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  float *to = result.data<float>();
  const auto store = [&](int32_t acc, int64_t i, int64_t channel) {
    to[i] =
        numerics::accumulatorToFloat(acc, root.input->quant->scale(), root.weightScale(channel));
  };
  if (llvm::Error error = finishSums<Acc>(context, root, state, geometry, result, store))
    return error;
  context.set(std::move(result));
  return llvm::Error::success();
}

template <typename Acc>
static llvm::Error runRoot(OpContext &context, const RootView &root, const CodeRootState &state,
                           const std::optional<ConvGeometry> &geometry) {
  if (context.givesFloat())
    return runToFloat<Acc>(context, root, state, geometry);
  Epilogue epilogue(context, root);
  if (llvm::Error error = epilogue.check(context))
    return error;
  Tensor result = Tensor::empty(context.resultQuant()->codeDType(), context.resultShape());
  const auto store = [&](int32_t acc, int64_t i, int64_t channel) {
    storeCode(result, i, epilogue(acc, i, channel));
  };
  if (llvm::Error error = finishSums<Acc>(context, root, state, geometry, result, store))
    return error;
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}

llvm::Error reference::evalRootCodes(OpContext &context) {
  const RootView root = viewRoot(context);
  const std::optional<ConvGeometry> geometry = rootGeometry(context);
  auto &state = context.state<CodeRootState>();
  prepare(state, root, geometry);
  return state.wide ? runRoot<int64_t>(context, root, state, geometry)
                    : runRoot<int32_t>(context, root, state, geometry);
}
