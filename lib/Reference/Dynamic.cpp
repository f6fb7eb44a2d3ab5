//===- Dynamic.cpp - linear layers whose input is quantized at run time (N17) ----------===//
//
// Twice, as all of the arithmetic: the simulation from the text of docs/Numerics.md, the
// evaluator of codes with Numerics.h.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/FloatActivation.h"
#include "lib/Reference/Gemm.h"
#include "lib/Reference/Roots.h"
#include "lib/Reference/SimQuant.h"

#include "qopt/Support/Numerics.h"

#include <cfloat>

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

/// Residual and activation, in f32.
static void finish(OpContext &context, const RootView &root, Tensor result) {
  float *out = result.data<float>();
  const int64_t count = result.numElements();
  if (root.residual)
    for (int64_t i = 0; i < count; ++i)
      out[i] += root.residual->data.data<float>()[i];
  if (root.act)
    applyActivation(root.act, out, out, count);
  context.set(std::move(result));
}

//===-- the simulation --------------------------------------------------------------===//

namespace {
struct SimDynamicState : KeptState {
  std::vector<double> weights; ///< qw - zw as [depth][out]
};
} // namespace

static sim::Grid findGrid(const Tensor &input) {
  float lo = 0.0f, hi = 0.0f;
  for (const float x : input.values<float>()) {
    if (!std::isfinite(x))
      continue;
    lo = std::fmin(lo, x);
    hi = std::fmax(hi, x);
  }
  TensorQuant quant;
  const float reach = std::fmin(hi - lo, FLT_MAX);
  const float scale = reach / 255.0f;
  const bool found = scale > 0.0f;
  quant.scales = {found ? scale : 1.0f};
  const double zero = found ? -std::nearbyint(static_cast<double>(lo / scale)) : 0.0;
  quant.zeroPoints = {static_cast<int32_t>(std::fmin(std::fmax(zero, 0.0), 255.0))};
  return sim::Grid(quant);
}

llvm::Error reference::evalDynamicSimulate(OpContext &context) {
  const RootView root = viewRoot(context);
  const int64_t depth = root.weight->data.dim(1), channels = root.channels;
  auto &state = context.state<SimDynamicState>();
  if (state.weights.empty()) {
    const std::vector<double> codes = sim::recoverAll(root.weight->data, *root.weight->quant);
    state.weights.resize(codes.size());
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t k = 0; k < depth; ++k)
        state.weights[k * channels + c] = codes[c * depth + k];
  }
  const sim::Grid grid = findGrid(root.input->data);
  std::vector<double> input;
  for (const float x : root.input->data.values<float>())
    input.push_back(grid.quantize(x));
  const int64_t rows = static_cast<int64_t>(input.size()) / depth;
  std::vector<double> sums(rows * channels);
  gemmF64(rows, channels, depth, input.data(), state.weights.data(), sums.data());
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  sim::forEachChannelled(result.shape(), root.channelAxis, [&](int64_t i, int64_t c) {
    const float unit = grid.scale * root.weightScale(c);
    float y = static_cast<float>(sums[i] + 0.0) * unit; // an integer has no -0
    if (root.bias)
      y += root.bias->data.data<float>()[c];
    result.data<float>()[i] = y;
  });
  finish(context, root, std::move(result));
  return llvm::Error::success();
}

//===-- on codes --------------------------------------------------------------------===//

namespace {
struct CodeDynamicState : KeptState {
  std::vector<int16_t> weights; ///< qw - zw as [out][depth]
};
} // namespace

llvm::Error reference::evalDynamicCodes(OpContext &context) {
  const RootView root = viewRoot(context);
  const int64_t depth = root.weight->data.dim(1), channels = root.channels;
  auto &state = context.state<CodeDynamicState>();
  const TensorQuant &weight = *root.weight->quant;
  for (int64_t i = state.weights.size(), e = root.weight->data.numElements(); i < e; ++i)
    state.weights.push_back(static_cast<int16_t>(
        codeAt(root.weight->data, i) - weight.zeroPoints[weight.isPerChannel() ? i / depth : 0]));
  float lo = 0.0f, hi = 0.0f;
  for (const float x : root.input->data.values<float>()) {
    lo = std::min(lo, numerics::rangeValue(x));
    hi = std::max(hi, numerics::rangeValue(x));
  }
  const numerics::DynamicParams found = numerics::dynamicParams(lo, hi);
  std::vector<int16_t> input;
  for (const float x : root.input->data.values<float>())
    input.push_back(static_cast<int16_t>(
        numerics::quantize(x, found.scale, found.zeroPoint, 0, 255) - found.zeroPoint));
  const int64_t rows = static_cast<int64_t>(input.size()) / depth;
  std::vector<int64_t> sums(rows * channels);
  gemmI16Wide(rows, channels, depth, input.data(), state.weights.data(), sums.data());
  if (llvm::any_of(sums, [](int64_t sum) { return sum > INT32_MAX || sum < INT32_MIN; }))
    return context.error("an accumulator left i32; lower the weight's bits or split the layer");
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  const float *bias = root.bias ? root.bias->data.data<float>() : nullptr;
  sim::forEachChannelled(result.shape(), root.channelAxis, [&](int64_t i, int64_t c) {
    const auto acc = static_cast<int32_t>(sums[i]);
    const float y = numerics::accumulatorToFloat(acc, found.scale, root.weightScale(c));
    result.data<float>()[i] = bias ? y + bias[c] : y;
  });
  finish(context, root, std::move(result));
  return llvm::Error::success();
}
