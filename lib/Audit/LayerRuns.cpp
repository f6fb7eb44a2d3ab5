//===- LayerRuns.cpp - each layer alone, on adversarial and random codes ------------===//
//
// Inside a network a layer never sees its worst inputs. Here each has inputs of its own:
// constant extremes, random extremes, patterns that drive the accumulator of its widest
// channel to either bound, and random codes.
//
//===-----------------------------------------------------------------------------===//

#include "Checks.h"
#include "ProbeNet.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Reference/Interpreter.h"
#include "qopt/Support/Progress.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/Support/Format.h"

#include <random>

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;

namespace {
/// What a layer's first input is, for patterns.
struct LayerInput {
  std::optional<Root> root; ///< set where the input is a root's activation
};

class LayerNet {
public:
  explicit LayerNet(MLIRContext *context) : net(context) {}

  /// False for a layer that cannot stand alone: on float, or of another batch.
  bool add(Operation *op, int64_t batch);

  /// Codes of all inputs for run number `pattern`.
  SmallVector<Tensor> inputs(int64_t pattern, std::mt19937_64 &random) const;

  ProbeNet net;
  int64_t count = 0;

private:
  std::vector<LayerInput> origins;
};
} // namespace

enum Pattern : int64_t { AllHigh, AllLow, RandomExtremes, DriveHigh, DriveLow, RandomCodes };

bool LayerNet::add(Operation *op, int64_t batch) {
  const bool isLayer = isa<QuantizableOpInterface, quantize::RequantizeOp>(op);
  const auto onCodes = [&](Value value) {
    const UniformType type = uniformType(value);
    return type && type.getStorageTypeIntegralWidth() <= 8;
  };
  if (!isLayer || !llvm::all_of(op->getResults(), onCodes))
    return false;
  for (const Value operand : op->getOperands()) {
    if (nn::getParameter(operand))
      continue;
    const auto type = cast<RankedTensorType>(operand.getType());
    if (!onCodes(operand) || type.getRank() == 0 || type.getDimSize(0) != batch)
      return false;
  }
  IRMapping mapping;
  const std::optional<Root> root = Root::of(op);
  for (const Value operand : op->getOperands()) {
    if (mapping.contains(operand))
      continue;
    if (nn::ParameterOp parameter = nn::getParameter(operand)) {
      mapping.map(operand, net.addConstant(parameter));
      continue;
    }
    mapping.map(operand, net.addInput(cast<RankedTensorType>(operand.getType())));
    origins.push_back({operand == (root ? root->activation : Value()) ? root : std::nullopt});
  }
  Operation *copy = net.builder().clone(*op, mapping);
  for (const Value result : copy->getResults())
    net.addOutput(result, layerName(op));
  ++count;
  return true;
}

/// The channel whose accumulator reaches farthest in one direction.
static int64_t widestChannel(ArrayRef<Span> spans, bool high) {
  int64_t best = 0;
  for (int64_t c = 1; c < static_cast<int64_t>(spans.size()); ++c)
    if (high ? spans[c].high > spans[best].high : spans[c].low < spans[best].low)
      best = c;
  return best;
}

/// Codes that meet the weights of one channel with their worst values: the kernel's window
/// tiled over the image, so that every kernel-sized step sees exactly the bound.
static std::vector<int32_t> driven(const Root &root, ArrayRef<int64_t> shape, bool high) {
  const int64_t channel = widestChannel(accumulatorSpans(root), high);
  const auto low = static_cast<int32_t>(root.input.getStorageTypeMin());
  const auto top = static_cast<int32_t>(root.input.getStorageTypeMax());
  const ArrayRef<int64_t> weight = root.weightShape();
  int64_t count = 1, inner = 1;
  for (const int64_t size : shape)
    count *= size;
  const bool image = weight.size() == 4;
  for (size_t i = image ? 2 : shape.size(); i < shape.size(); ++i)
    inner *= shape[i];
  const int64_t channelsIn = image ? shape[1] : shape.back();
  const int64_t width = image ? shape[3] : 1;
  // Weights of the channel in the order of (input of its group, kernel position).
  std::vector<int64_t> column;
  for (int64_t i = 0; i < root.elements(); ++i)
    if (root.channelOf(i) == channel)
      column.push_back(root.centred(i));
  const int64_t window = image ? weight[2] * weight[3] : 1;
  const int64_t perGroup = static_cast<int64_t>(column.size()) / window;
  std::vector<int32_t> codes(count);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t pixel = i % inner, in = (i / inner) % channelsIn;
    const int64_t tap =
        image ? (pixel / width % weight[2]) * weight[3] + pixel % width % weight[3] : 0;
    const int64_t w = column[(in % perGroup) * window + tap];
    codes[i] = (w > 0) == high ? top : low;
  }
  return codes;
}

static std::vector<int32_t> patternCodes(UniformType type, const LayerInput &origin,
                                         ArrayRef<int64_t> shape, int64_t pattern,
                                         std::mt19937_64 &random) {
  if (origin.root && (pattern == DriveHigh || pattern == DriveLow))
    return driven(*origin.root, shape, pattern == DriveHigh);
  const auto low = static_cast<int32_t>(type.getStorageTypeMin());
  const auto high = static_cast<int32_t>(type.getStorageTypeMax());
  int64_t count = 1;
  for (const int64_t size : shape)
    count *= size;
  if (pattern == AllHigh || pattern == AllLow)
    return std::vector<int32_t>(count, pattern == AllHigh ? high : low);
  std::vector<int32_t> codes(count);
  std::uniform_int_distribution<int32_t> any(low, high);
  for (int32_t &code : codes)
    code = pattern == RandomExtremes ? (random() & 1 ? low : high) : any(random);
  return codes;
}

SmallVector<Tensor> LayerNet::inputs(int64_t pattern, std::mt19937_64 &random) const {
  SmallVector<Tensor> tensors;
  for (const auto &[index, origin] : llvm::enumerate(origins))
    tensors.push_back(net.encode(
        index, patternCodes(net.inputType(index), origin, net.inputShape(index), pattern, random)));
  return tensors;
}

/// Compares the outputs of one run.
static void compareOutputs(const ProbeNet &net, ArrayRef<Tensor> actual, ArrayRef<Tensor> expected,
                           StringRef isa, StringRef pattern, Check &check) {
  for (size_t i = 0; i < actual.size(); ++i) {
    const int64_t count = expected[i].numElements();
    check.examined += count;
    const float *got = actual[i].data<float>(), *wanted = expected[i].data<float>();
    const auto *place = std::mismatch(got, got + count, wanted).first;
    if (place == got + count)
      continue;
    std::string text;
    llvm::raw_string_ostream(text)
        << isa << ", " << pattern << ": element " << place - got << " is "
        << llvm::format("%.9g", double(*place)) << ", the reference gives "
        << llvm::format("%.9g", double(wanted[place - got]));
    check.fail(net.layer(i), text);
  }
}

llvm::Expected<Check> audit::checkLayers(ModuleOp module, const std::vector<std::string> &isas,
                                         const VerifyOptions &options) {
  static constexpr StringLiteral names[] = {"all codes greatest",        "all codes least",
                                            "random extremes",           "accumulator at its top",
                                            "accumulator at its bottom", "random codes"};
  Check check{"layers",
              "each layer alone gives the reference's codes with its accumulators at their "
              "bounds and on random codes",
              "codes",
              0,
              {},
              Json()};
  func::FuncOp main = mainOf(module);
  const int64_t batch = cast<RankedTensorType>(main.getArgumentTypes()[0]).getDimSize(0);
  LayerNet layers(module.getContext());
  for (Operation &op : main.front().without_terminator())
    layers.add(&op, batch);
  const ModuleOp probes = layers.net.finish();
  if (!layers.count)
    return check;
  CompileOptions compile;
  compile.isas = isas;
  llvm::Expected<std::unique_ptr<Program>> program = Program::jit(probes, compile);
  if (!program)
    return program.takeError();
  llvm::Expected<std::unique_ptr<Interpreter>> reference =
      Interpreter::create(probes, EvalMode::Codes);
  if (!reference)
    return reference.takeError();
  std::mt19937_64 random(options.seed);
  const int64_t runs = RandomCodes + options.samples;
  Progress progress("layers", runs, "inputs");
  for (int64_t run = 0; run < runs; ++run) {
    const int64_t pattern = std::min<int64_t>(run, RandomCodes);
    const SmallVector<Tensor> given = layers.inputs(pattern, random);
    SmallVector<Tensor> expected, actual;
    if (llvm::Error error = (*reference)->run(given, expected))
      return std::move(error);
    for (const std::string &isa : isas) {
      if (llvm::Error error = (*program)->run(given, actual, {1, isa, {}, {}}))
        return std::move(error);
      compareOutputs(layers.net, actual, expected, isa, names[pattern], check);
    }
    progress.update(run + 1);
  }
  progress.finish();
  return check;
}
