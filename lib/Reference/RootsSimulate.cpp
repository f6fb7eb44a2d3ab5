//===- RootsSimulate.cpp - convolutions and linear from dequantized values ------------===//
//
// N4 to N7 and the tabulated activation (N10). With a tensor of 9 to 16 bits among the
// op's, N1 says: the op in f64 on dequantized values, then N2.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/Foreign.h"
#include "lib/Reference/Gemm.h"
#include "lib/Reference/Roots.h"
#include "lib/Reference/SimQuant.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

namespace {
/// Weights and biases as numbers to accumulate: centred codes, or real values when wide.
struct SimRootState : KeptState {
  std::vector<double> weights; ///< [out][depth]; for linear [depth][out]; a foreign op's own
  std::vector<double> bias;
};
} // namespace

static bool isWide(const OpContext &context, const RootView &root) {
  auto wide = [](const QuantPtr &quant) { return quant && quant->bits > 8; };
  return wide(root.input->quant) || wide(root.weight->quant) || wide(context.pointQuant) ||
         wide(context.resultQuant()) || (root.residual && wide(root.residual->quant));
}

static std::vector<double> realValues(const Tensor &values) {
  return {values.data<float>(), values.data<float>() + values.numElements()};
}

static std::vector<double> operandValues(const RuntimeValue &value, bool wide) {
  return wide ? realValues(value.data) : sim::recoverAll(value.data, *value.quant);
}

static std::vector<double> biasValues(const RootView &root, bool wide) {
  std::vector<double> result(root.channels, 0.0);
  if (!root.bias)
    return result;
  const float *bias = root.bias->data.data<float>();
  for (int64_t c = 0; c < root.channels; ++c)
    result[c] =
        wide ? bias[c] : sim::biasCode(bias[c], root.input->quant->scale(), root.weightScale(c));
  return result;
}

static std::vector<double> transposed(const std::vector<double> &matrix, int64_t rows,
                                      int64_t columns) {
  std::vector<double> result(matrix.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      result[c * rows + r] = matrix[r * columns + c];
  return result;
}

static void prepare(SimRootState &state, const RootView &root,
                    const std::optional<ConvGeometry> &geometry, bool wide) {
  if (!state.weights.empty())
    return;
  state.bias = biasValues(root, wide);
  std::vector<double> weights = operandValues(*root.weight, wide);
  if (root.foreign)
    state.weights = std::move(weights);
  else if (geometry)
    state.weights = packWeights(*geometry, weights, root.transposed);
  else
    state.weights = transposed(weights, root.channels, root.weight->data.dim(1));
}

/// Accumulators without bias, in the result's layout.
static std::vector<double> convolve(const ConvGeometry &g, const std::vector<double> &input,
                                    const std::vector<double> &weights) {
  const int64_t stride = llvm::alignTo(g.pixels(), 8);
  std::vector<double> columns(g.depth() * stride), sums(g.outPerGroup * stride);
  std::vector<double> result(g.batch * g.outChannels() * g.pixels());
  double *out = result.data();
  for (int64_t n = 0; n < g.batch; ++n)
    for (int64_t group = 0; group < g.groups; ++group) {
      const int64_t plane = (n * g.groups + group) * g.inPerGroup * g.inPlane();
      gatherColumns(g, input.data() + plane, columns.data(), stride);
      gemmF64(g.outPerGroup, stride, g.depth(), weights.data() + group * g.outPerGroup * g.depth(),
              columns.data(), sums.data());
      for (int64_t o = 0; o < g.outPerGroup; ++o, out += g.pixels())
        std::copy_n(sums.data() + o * stride, g.pixels(), out);
    }
  return result;
}

static llvm::Expected<std::vector<double>> accumulate(OpContext &context, const RootView &root,
                                                      bool wide) {
  const std::optional<ConvGeometry> geometry = rootGeometry(context);
  auto &state = context.state<SimRootState>();
  prepare(state, root, geometry, wide);
  const std::vector<double> input = operandValues(*root.input, wide);
  std::vector<double> result;
  if (root.foreign) {
    llvm::Expected<std::vector<double>> sums = foreignSums(context, input, state.weights);
    if (!sums)
      return sums.takeError();
    result = std::move(*sums);
  } else if (geometry) {
    result = convolve(*geometry, input, state.weights);
  } else {
    const int64_t depth = root.weight->data.dim(1);
    const int64_t rows = static_cast<int64_t>(input.size()) / depth;
    result.resize(rows * root.channels);
    gemmF64(rows, root.channels, depth, input.data(), state.weights.data(), result.data());
  }
  sim::forEachChannelled(context.resultShape(), root.channelAxis,
                         [&](int64_t i, int64_t c) { result[i] += state.bias[c]; });
  return result;
}

/// N1 for 9 to 16 bits: everything in f64 on real values, one N2 at each point.
static void finishWide(OpContext &context, const RootView &root, const std::vector<double> &sums,
                       Tensor &result) {
  const sim::Grid out(*context.resultQuant());
  const float *residual = root.residual ? root.residual->data.data<float>() : nullptr;
  float *to = result.data<float>();
  for (size_t i = 0; i < sums.size(); ++i) {
    double value = sums[i];
    if (context.pointQuant) {
      const sim::Grid mid(*context.pointQuant);
      value = mid.real(mid.quantize(static_cast<float>(value)));
    }
    if (residual)
      value += residual[i];
    if (root.act)
      value = root.act.apply(value);
    to[i] = out.real(out.quantize(static_cast<float>(value)));
  }
}

/// N6 to `grid`, by channel: the centred code of each accumulator.
static std::vector<double> requantize(const RootView &root, const std::vector<double> &sums,
                                      ArrayRef<int64_t> shape, const sim::Grid &grid) {
  std::vector<float> multipliers(root.channels);
  for (int64_t c = 0; c < root.channels; ++c) {
    const float product = root.input->quant->scale() * root.weightScale(c);
    multipliers[c] = product / grid.scale;
  }
  std::vector<double> codes(sums.size());
  sim::forEachChannelled(shape, root.channelAxis, [&](int64_t i, int64_t c) {
    codes[i] = grid.centred(static_cast<float>(sums[i]) * multipliers[c]);
  });
  return codes;
}

/// N7 with a point between (`codes` on `mid`): add as N8.
static void addResidual(const RootView &root, const std::vector<double> &codes,
                        const sim::Grid &mid, const sim::Grid &out, Tensor &result) {
  const float midRatio = mid.scale / out.scale;
  const sim::Grid side(*root.residual->quant);
  const float sideRatio = side.scale / out.scale;
  const float *residual = root.residual->data.data<float>();
  float *to = result.data<float>();
  for (size_t i = 0; i < codes.size(); ++i) {
    const float left = static_cast<float>(codes[i]) * midRatio;
    const float right = static_cast<float>(side.recover(residual[i])) * sideRatio;
    to[i] = out.real(out.centred(left + right));
  }
}

/// N7 without a point: accumulator and residual meet in f32.
static void addResidualToSums(const RootView &root, const std::vector<double> &sums,
                              ArrayRef<int64_t> shape, const sim::Grid &out, Tensor &result) {
  const sim::Grid side(*root.residual->quant);
  const float sideRatio = side.scale / out.scale;
  const float *residual = root.residual->data.data<float>();
  float *to = result.data<float>();
  sim::forEachChannelled(shape, root.channelAxis, [&](int64_t i, int64_t c) {
    const float product = root.input->quant->scale() * root.weightScale(c);
    const float left = static_cast<float>(sums[i]) * (product / out.scale);
    const float right = static_cast<float>(side.recover(residual[i])) * sideRatio;
    to[i] = out.real(out.centred(left + right));
  });
}

/// N10 behind `mid`.
static void tabulate(const RootView &root, const std::vector<double> &codes, const sim::Grid &mid,
                     const sim::Grid &out, Tensor &result) {
  std::vector<float> table;
  for (double code = mid.low; code <= mid.high; ++code) {
    const float x = mid.real(code - mid.zero);
    const float y = root.act ? static_cast<float>(root.act.apply(x)) : x;
    table.push_back(out.real(out.quantize(y)));
  }
  float *to = result.data<float>();
  for (size_t i = 0; i < codes.size(); ++i)
    to[i] = table[static_cast<size_t>(codes[i] + mid.zero - mid.low)];
}

static llvm::Error finish(OpContext &context, const RootView &root, const std::vector<double> &sums,
                          Tensor &result) {
  const bool clamps = root.act && root.act.isClamp();
  if (root.act && !clamps && (root.residual || !context.pointQuant))
    return context.error(root.residual
                             ? "a tabulated activation behind a residual has no integer form; "
                               "fuse one of the two only"
                             : "a tabulated activation needs a point `mid` before it");
  sim::Grid out(*context.resultQuant());
  const bool narrows = clamps && (root.residual || !context.pointQuant);
  if (narrows)
    out.narrow(root.act.getLowerBound(), root.act.getUpperBound());
  if (!context.pointQuant && root.residual) {
    addResidualToSums(root, sums, result.shape(), out, result);
    return llvm::Error::success();
  }
  if (context.pointQuant) {
    const sim::Grid mid(*context.pointQuant);
    const std::vector<double> codes = requantize(root, sums, result.shape(), mid);
    if (root.residual)
      addResidual(root, codes, mid, out, result);
    else
      tabulate(root, codes, mid, out, result);
    return llvm::Error::success();
  }
  const std::vector<double> codes = requantize(root, sums, result.shape(), out);
  float *to = result.data<float>();
  for (size_t i = 0; i < codes.size(); ++i)
    to[i] = out.real(codes[i]);
  return llvm::Error::success();
}

/// N6, float result.
static void giveFloat(const RootView &root, const std::vector<double> &sums, bool wide,
                      Tensor &result) {
  float *to = result.data<float>();
  sim::forEachChannelled(result.shape(), root.channelAxis, [&](int64_t i, int64_t c) {
    const float unit = wide ? 1.0f : root.input->quant->scale() * root.weightScale(c);
    to[i] = static_cast<float>(sums[i] + 0.0) * unit; // an integer has no -0
  });
}

llvm::Error reference::evalRootSimulate(OpContext &context) {
  if (context.isDynamic())
    return evalDynamicSimulate(context);
  const RootView root = viewRoot(context);
  const bool wide = isWide(context, root);
  llvm::Expected<std::vector<double>> sums = accumulate(context, root, wide);
  if (!sums)
    return sums.takeError();
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  if (context.givesFloat())
    giveFloat(root, *sums, wide, result);
  else if (wide)
    finishWide(context, root, *sums, result);
  else if (llvm::Error error = finish(context, root, *sums, result))
    return error;
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}
