//===- Arithmetic.cpp - the kernels' arithmetic, exhaustively or at its corners -----===//
//
// For each layer's own parameters: all pairs of codes of an add, subtract or multiply, also of
// the add fused behind mid; all codes of a table fused behind mid; the requantization of each
// channel where it changes. All of them are probes of one network, compiled once.
//
//===-----------------------------------------------------------------------------===//

#include "Checks.h"
#include "Formulas.h"
#include "ProbeNet.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;

namespace {
/// Codes to give, by input of the network, and codes to expect from one output.
struct Probe {
  size_t check; ///< 0: pairs, 1: requantize
  std::vector<int32_t> expected;
};

class Prober {
public:
  explicit Prober(MLIRContext *context) : net(context) {}

  void addLayer(Operation *op);
  llvm::Expected<std::vector<Check>> run(const std::vector<std::string> &isas);

private:
  void addPairs(Operation *op);
  void addFusedPairs(const Root &root);
  void addFusedTable(const Root &root);
  void addCorners(const Root &root);
  Value identity(const Root &root, Value input, Value residual, Attribute table);
  Value constant(StringRef name, RankedTensorType type, ArrayRef<int8_t> codes) {
    return nn::createParameter(net.builder(), net.builder().getUnknownLoc(), name, type, codes);
  }
  void finishProbe(Value result, StringRef layer, size_t check, std::vector<int32_t> expected) {
    net.addOutput(result, layer);
    probes.push_back({check, std::move(expected)});
  }

  ProbeNet net;
  std::vector<Probe> probes;
  std::vector<std::vector<int32_t>> inputs;
};
} // namespace

/// An s8 weight of scale 1.
static quant::QuantizedType unitWeight(MLIRContext *context) {
  return UniformType::get(quant::QuantizationFlags::Signed, IntegerType::get(context, 8),
                          Float32Type::get(context), 1.0, 0, -127, 127);
}

/// All pairs of codes of two grids, the first one fastest, 65,536 at most; repeated to `count`.
static std::pair<std::vector<int32_t>, std::vector<int32_t>> allPairs(const Grid &a, const Grid &b,
                                                                      int64_t count) {
  std::pair<std::vector<int32_t>, std::vector<int32_t>> pairs;
  const auto sizeA = static_cast<int64_t>(a.high - a.low + 1);
  const auto sizeB = static_cast<int64_t>(b.high - b.low + 1);
  for (int64_t i = 0; i < count; ++i) {
    pairs.first.push_back(static_cast<int32_t>(a.low + static_cast<double>(i % sizeA)));
    pairs.second.push_back(static_cast<int32_t>(b.low + static_cast<double>(i / sizeA % sizeB)));
  }
  return pairs;
}

//===-- pairs -----------------------------------------------------------------------===//

void Prober::addPairs(Operation *op) {
  const UniformType a = uniformType(op->getOperand(0)), b = uniformType(op->getOperand(1));
  const UniformType out = uniformType(op->getResult(0));
  Attribute clamp;
  if (auto fusing = dyn_cast<ActivationFusingOpInterface>(op))
    clamp = fusing.getFusedClamp();
  constexpr int64_t count = 65536;
  const auto shaped = [](UniformType type) {
    return RankedTensorType::get({ShapedType::kDynamic, count}, type);
  };
  OpBuilder &builder = net.builder();
  const Value left = net.addInput(shaped(a)), right = net.addInput(shaped(b));
  Operation *probe = builder.clone(*op);
  probe->setOperands({left, right});
  probe->getResult(0).setType(shaped(out));
  const Grid gridA(a), gridB(b), gridOut = Grid(out).clampedBy(clamp);
  auto [codesA, codesB] = allPairs(gridA, gridB, count);
  std::vector<int32_t> expected;
  for (const auto &[x, y] : llvm::zip(codesA, codesB)) {
    const double code = isa<nn::MulOp>(op)
                            ? multiplied(x, gridA, y, gridB, gridOut)
                            : added(x, gridA, y, gridB, isa<nn::SubOp>(op) ? -1.0f : 1.0f, gridOut);
    expected.push_back(static_cast<int32_t>(code));
  }
  inputs.push_back(std::move(codesA));
  inputs.push_back(std::move(codesB));
  finishProbe(probe->getResult(0), layerName(op), 0, std::move(expected));
}

/// The layer's epilogue behind a 1x1 convolution that hands on its input: with input codes of
/// mid's parameters and weights of 1, the accumulator is q - z and its multiplier to mid 1.
Value Prober::identity(const Root &root, Value input, Value residual, Attribute table) {
  OpBuilder &builder = net.builder();
  MLIRContext *context = builder.getContext();
  constexpr int64_t channels = 8;
  std::vector<int8_t> ones(channels * channels, 0);
  for (int64_t i = 0; i < channels; ++i)
    ones[i * channels + i] = 1;
  const Value weight = constant(
      "identity", RankedTensorType::get({channels, channels, 1, 1}, unitWeight(context)), ones);
  SmallVector<int64_t> shape(cast<RankedTensorType>(input.getType()).getShape());
  OperationState state(builder.getUnknownLoc(), nn::Conv2dOp::getOperationName());
  state.addOperands({input, weight});
  if (residual)
    state.addOperands(residual);
  state.addAttribute("operandSegmentSizes",
                     builder.getDenseI32ArrayAttr({1, 1, 0, residual ? 1 : 0}));
  state.addAttribute("mid", TypeAttr::get(root.mid));
  if (root.act)
    state.addAttribute("act", root.act);
  if (table)
    state.addAttribute("table", table);
  state.addTypes(RankedTensorType::get(shape, root.output));
  return builder.create(state)->getResult(0);
}

void Prober::addFusedPairs(const Root &root) {
  const UniformType side = uniformType(root.residual);
  if (!side)
    return;
  const SmallVector<int64_t> shape{ShapedType::kDynamic, 8, 64, 128};
  const Value input = net.addInput(RankedTensorType::get(shape, root.mid));
  const Value residual = net.addInput(RankedTensorType::get(shape, side));
  const Value result = identity(root, input, residual, {});
  const Grid mid(root.mid), other(side), out = Grid(root.output).clampedBy(root.act);
  auto [codes, sides] = allPairs(mid, other, 65536);
  std::vector<int32_t> expected;
  for (const auto &[x, y] : llvm::zip(codes, sides))
    expected.push_back(static_cast<int32_t>(added(x, mid, y, other, 1.0f, out)));
  inputs.push_back(std::move(codes));
  inputs.push_back(std::move(sides));
  finishProbe(result, root.layer, 0, std::move(expected));
}

void Prober::addFusedTable(const Root &root) {
  auto act = dyn_cast_or_null<nn::ActAttr>(root.act);
  auto table = root.op->getAttrOfType<ElementsAttr>("table");
  if (!act || !table)
    return;
  const SmallVector<int64_t> shape{ShapedType::kDynamic, 8, 4, 8};
  const Value input = net.addInput(RankedTensorType::get(shape, root.mid));
  const Value result = identity(root, input, {}, table);
  const Grid mid(root.mid), out(root.output);
  auto [codes, unused] = allPairs(mid, mid, 256);
  std::vector<int32_t> expected;
  for (const int32_t code : codes) {
    const double y = act.apply(static_cast<double>(mid.dequantize(code)));
    expected.push_back(static_cast<int32_t>(out.quantize(static_cast<float>(y))));
  }
  inputs.push_back(std::move(codes));
  finishProbe(result, root.layer, 0, std::move(expected));
}

//===-- requantization --------------------------------------------------------------===//

/// Accumulators at which something could go wrong: the bounds, 0, and both sides of the
/// rounding steps at the ends, beside the zero point and in the middle.
static void addCorners(const Span &span, float m, const Grid &out, std::vector<int32_t> &corners) {
  const auto push = [&](double value) {
    const double clamped = std::fmin(std::fmax(value, double(span.low)), double(span.high));
    corners.push_back(static_cast<int32_t>(clamped));
  };
  push(static_cast<double>(span.low));
  push(static_cast<double>(span.high));
  push(0);
  const double middle = std::nearbyint((out.low + out.high) / 2);
  for (const double code : {out.low, out.zero - 1, out.zero, middle, out.high - 1}) {
    const double step = std::nearbyint((code - out.zero + 0.5) / static_cast<double>(m));
    for (const double offset : {-1.0, 0.0, 1.0})
      push(step + offset);
  }
}

/// A linear layer of zero weights, whose biases are the corners: acc = bias (N4).
void Prober::addCorners(const Root &root) {
  const Grid out = root.mid ? Grid(root.mid) : Grid(root.output).clampedBy(root.act);
  const bool narrows = !root.mid && root.act;
  const auto inputScale = static_cast<float>(root.input.getScale());
  const std::vector<Span> spans = accumulatorSpans(root);
  std::vector<int32_t> corners, expected;
  SmallVector<double> weightScales, biasScales;
  for (int64_t channel = 0; channel < root.channels(); ++channel) {
    const float m = multiplier(inputScale, root.weightScale(channel), out.scale);
    const size_t first = corners.size();
    ::addCorners(spans[channel], m, out, corners);
    for (size_t i = first; i < corners.size(); ++i) {
      weightScales.push_back(root.weightScale(channel));
      biasScales.push_back(inputScale * root.weightScale(channel));
      expected.push_back(static_cast<int32_t>(requantized(corners[i], m, out)));
    }
  }
  OpBuilder &builder = net.builder();
  MLIRContext *context = builder.getContext();
  const auto count = static_cast<int64_t>(corners.size());
  const Type plain = Float32Type::get(context);
  const auto perAxis = [&](unsigned bits, ArrayRef<double> scales, int64_t low, int64_t high) {
    return quant::UniformQuantizedPerAxisType::get(
        quant::QuantizationFlags::Signed, IntegerType::get(context, bits), plain, scales,
        SmallVector<int64_t>(scales.size(), 0), 0, low, high);
  };
  const Value input = net.addInput(RankedTensorType::get({ShapedType::kDynamic, 1}, root.input));
  const Value weight =
      constant("zeros", RankedTensorType::get({count, 1}, perAxis(8, weightScales, -127, 127)),
               std::vector<int8_t>(count, 0));
  const Value bias = nn::createParameter(
      builder, builder.getUnknownLoc(), "corners",
      RankedTensorType::get({count}, perAxis(32, biasScales, INT32_MIN, INT32_MAX)),
      ArrayRef<int32_t>(corners));
  OperationState state(builder.getUnknownLoc(), nn::LinearOp::getOperationName());
  state.addOperands({input, weight, bias});
  state.addAttribute("operandSegmentSizes", builder.getDenseI32ArrayAttr({1, 1, 1, 0}));
  if (narrows)
    state.addAttribute("act", root.act);
  state.addTypes(RankedTensorType::get({ShapedType::kDynamic, count}, root.target()));
  inputs.push_back({static_cast<int32_t>(root.input.getZeroPoint())});
  finishProbe(builder.create(state)->getResult(0), root.layer, 1, std::move(expected));
}

//===-- all of them -----------------------------------------------------------------===//

void Prober::addLayer(Operation *op) {
  if (op->getNumResults() != 1 || !uniformType(op->getResult(0)))
    return;
  const bool pairs = op->getNumOperands() == 2 && uniformType(op->getOperand(0)) &&
                     uniformType(op->getOperand(1)) && isa<ActivationFusingOpInterface>(op);
  if (pairs)
    return addPairs(op);
  const std::optional<Root> root = Root::of(op);
  if (!root)
    return;
  addCorners(*root);
  if (root->mid && root->residual)
    addFusedPairs(*root);
  if (root->mid && !root->residual)
    addFusedTable(*root);
}

/// The first of the codes that is not as expected.
static void compareCodes(ArrayRef<int32_t> actual, ArrayRef<int32_t> expected, StringRef layer,
                         StringRef isa, Check &check) {
  check.examined += static_cast<int64_t>(expected.size());
  for (const auto &[index, pair] : llvm::enumerate(llvm::zip_equal(actual, expected))) {
    const auto [got, wanted] = pair;
    if (got == wanted)
      continue;
    check.fail(layer, isa + ": case " + Twine(index) + " gives code " + Twine(got) + ", the rule " +
                          Twine(wanted));
    return;
  }
}

llvm::Expected<std::vector<Check>> Prober::run(const std::vector<std::string> &isas) {
  std::vector<Check> checks{
      {"pairs",
       "adds, subtracts and multiplies, alone or fused, are N8 for every pair of codes, fused "
       "tables N10 for every code",
       "codes",
       0,
       {},
       Json()},
      {"requantize",
       "each channel's requantization is N6 at its bounds and rounding steps",
       "codes",
       0,
       {},
       Json()}};
  const ModuleOp module = net.finish();
  if (probes.empty())
    return checks;
  CompileOptions options;
  options.isas = isas;
  llvm::Expected<std::unique_ptr<Program>> program = Program::jit(module, options);
  if (!program)
    return program.takeError();
  SmallVector<Tensor> given, results;
  for (const auto &[index, codes] : llvm::enumerate(inputs))
    given.push_back(net.encode(index, codes));
  for (const std::string &isa : isas) {
    if (llvm::Error error = (*program)->run(given, results, {1, isa, {}, {}}))
      return std::move(error);
    for (const auto &[index, probe] : llvm::enumerate(probes))
      compareCodes(net.decode(index, results[index]), probe.expected, net.layer(index), isa,
                   checks[probe.check]);
  }
  return checks;
}

llvm::Expected<std::vector<Check>> audit::checkArithmetic(ModuleOp module,
                                                          const std::vector<std::string> &isas) {
  Prober prober(module.getContext());
  mainOf(module).walk([&](Operation *op) { prober.addLayer(op); });
  return prober.run(isas);
}
