//===- Sensitivity.cpp - what each layer's quantization costs -----------------------===//

#include "qopt/Audit/Sensitivity.h"

#include "Layers.h"
#include "Sqnr.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Audit/Modules.h"
#include "qopt/Pipelines/Model.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Reference/Interpreter.h"
#include "qopt/Report/TextTable.h"
#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;

double Score::sqnr() const { return decibels(signal, noise); }

namespace {
/// A layer with the symbols of the points that its quantization consists of.
struct Layer {
  std::string name, path, kind;
  size_t position; ///< of its op in @main
  llvm::StringSet<> symbols;
};

class Study {
public:
  Study(ModuleOp module, const SensitivityOptions &options, SensitivityReport &report)
      : module(module), options(options), report(report) {}

  llvm::Error run(BatchReader &reader, llvm::ArrayRef<int64_t> labels);

private:
  void collectLayers();
  llvm::Expected<std::unique_ptr<Interpreter>> interpreter(llvm::function_ref<bool(StringRef)> on);
  llvm::Error measureBatch(ArrayRef<Tensor> inputs, int64_t rows, llvm::ArrayRef<int64_t> labels);
  llvm::Error measureLayer(size_t index, bool alone, const RunTrace &trace,
                           ArrayRef<Tensor> reference, int64_t rows,
                           llvm::ArrayRef<int64_t> labels);

  ModuleOp module;
  const SensitivityOptions &options;
  SensitivityReport &report;
  std::vector<Layer> layers;
  Progress *progress = nullptr;
  int64_t done = 0;
};
} // namespace

//===-- layers ----------------------------------------------------------------------===//

static bool isPoint(Operation *op) {
  return isa_and_present<quantize::ObserveOp, quantize::FakeQuantOp>(op);
}

static StringRef symbolOf(Operation *point) {
  return point->getAttrOfType<FlatSymbolRefAttr>("qparams").getValue();
}

/// Its weights' points, its mid, and the point behind its result. Inputs of the network count
/// as layers of their own.
void Study::collectLayers() {
  func::FuncOp main = mainOf(module);
  const auto addResult = [&](Value value, Layer &layer) {
    for (Operation *user : value.getUsers())
      if (isPoint(user))
        layer.symbols.insert(symbolOf(user));
  };
  for (const BlockArgument argument : main.getArguments()) {
    Layer layer{nn::getValueName(argument), "", "input", 0, {}};
    addResult(argument, layer);
    if (!layer.symbols.empty())
      layers.push_back(std::move(layer));
  }
  for (const auto &[position, op] : llvm::enumerate(main.front().without_terminator())) {
    auto quantizable = dyn_cast<QuantizableOpInterface>(op);
    if (!quantizable || op.getNumOperands() == 0)
      continue;
    auto path = op.getAttrOfType<StringAttr>(nn::NNDialect::kLayerAttr);
    Layer layer{layerName(&op),
                path ? path.str() : "",
                quantizable.getQuantRule().kind.str(),
                position,
                {}};
    for (const Value operand : op.getOperands())
      if (Operation *point = operand.getDefiningOp();
          isPoint(point) && nn::getParameter(point->getOperand(0)))
        layer.symbols.insert(symbolOf(point));
    if (auto mid = op.getAttrOfType<FlatSymbolRefAttr>("mid"))
      layer.symbols.insert(mid.getValue());
    for (const Value result : op.getResults())
      addResult(result, layer);
    if (!layer.symbols.empty())
      layers.push_back(std::move(layer));
  }
  for (const Layer &layer : layers)
    report.layers.push_back({layer.name, layer.path, layer.kind, {}, {}});
}

/// The network with exactly the points switched on that `on` names.
llvm::Expected<std::unique_ptr<Interpreter>>
Study::interpreter(llvm::function_ref<bool(StringRef)> on) {
  for (auto symbol : module.getOps<quantize::QParamsOp>())
    symbol.setFakeQuantEnabled(on(symbol.getSymName()));
  return Interpreter::create(module, EvalMode::Simulate);
}

//===-- scores ----------------------------------------------------------------------===//

/// Adds the first `rows` rows of all outputs; hits by the first output.
static void addScore(ArrayRef<Tensor> reference, ArrayRef<Tensor> outputs, int64_t rows,
                     llvm::ArrayRef<int64_t> labels, Score &score) {
  for (const auto &[wanted, got] : llvm::zip_equal(reference, outputs)) {
    const int64_t count = wanted.numElements() / std::max<int64_t>(wanted.dim(0), 1) * rows;
    for (int64_t i = 0; i < count; ++i) {
      const double x = wanted.data<float>()[i], error = got.data<float>()[i] - x;
      score.signal += x * x;
      score.noise += error * error;
    }
  }
  const Tensor &scores = outputs.front();
  const int64_t classes = scores.numElements() / std::max<int64_t>(scores.dim(0), 1);
  for (size_t row = 0; row < labels.size(); ++row) {
    const float *first = scores.data<float>() + row * classes;
    score.hits += std::max_element(first, first + classes) - first == labels[row];
  }
}

llvm::Error Study::measureLayer(size_t index, bool alone, const RunTrace &trace,
                                ArrayRef<Tensor> reference, int64_t rows,
                                llvm::ArrayRef<int64_t> labels) {
  const Layer &layer = layers[index];
  llvm::Expected<std::unique_ptr<Interpreter>> network =
      interpreter([&](StringRef symbol) { return layer.symbols.contains(symbol) == alone; });
  if (!network)
    return network.takeError();
  SmallVector<Tensor> outputs;
  if (llvm::Error error = (*network)->resume(trace, layer.position, outputs))
    return error;
  LayerSensitivity &result = report.layers[index];
  addScore(reference, outputs, rows, labels, alone ? result.alone : result.without);
  return llvm::Error::success();
}

llvm::Error Study::measureBatch(ArrayRef<Tensor> inputs, int64_t rows,
                                llvm::ArrayRef<int64_t> labels) {
  RunTrace floatTrace, quantizedTrace;
  SmallVector<Tensor> reference, quantized;
  for (const bool on : {false, true}) {
    llvm::Expected<std::unique_ptr<Interpreter>> network =
        interpreter([&](StringRef) { return on; });
    if (!network)
      return network.takeError();
    if (llvm::Error error =
            (*network)->run(inputs, on ? quantized : reference, on ? quantizedTrace : floatTrace))
      return error;
  }
  addScore(reference, reference, rows, labels, report.plain);
  addScore(reference, quantized, rows, labels, report.quantized);
  for (size_t index = 0; index < layers.size(); ++index) {
    for (const bool alone : {true, false})
      if (llvm::Error error = measureLayer(index, alone, alone ? floatTrace : quantizedTrace,
                                           reference, rows, labels))
        return error;
    progress->update(++done);
  }
  return llvm::Error::success();
}

llvm::Error Study::run(BatchReader &reader, llvm::ArrayRef<int64_t> labels) {
  collectLayers();
  if (layers.empty())
    return makeError(options.modelPath + ": no layer is quantized");
  const int64_t step = reader.batchSize(options.batch);
  const int64_t batches = (report.samples + step - 1) / step;
  Progress bar("sensitivity", batches * layers.size(), "layers");
  progress = &bar;
  for (int64_t begin = 0; begin < report.samples; begin += step) {
    const int64_t end = std::min(begin + step, report.samples);
    llvm::Expected<SmallVector<Tensor>> inputs = reader.read(begin, end);
    if (!inputs)
      return inputs.takeError();
    const llvm::ArrayRef<int64_t> rows = labels.empty() ? labels : labels.slice(begin, end - begin);
    if (llvm::Error error = measureBatch(*inputs, end - begin, rows))
      return error;
  }
  bar.finish();
  llvm::sort(report.layers, [](const LayerSensitivity &a, const LayerSensitivity &b) {
    return std::pair(a.alone.sqnr(), a.name) < std::pair(b.alone.sqnr(), b.name);
  });
  return llvm::Error::success();
}

static llvm::Expected<Tensor> readLabels(BatchReader &reader, StringRef path) {
  if (!reader.file().has("y"))
    return makeError(path + ": no array 'y' with the labels; the file has " +
                     joinList(reader.file().names(), /*quote=*/true));
  llvm::Expected<Tensor> labels = reader.file().load("y");
  if (!labels)
    return labels.takeError();
  llvm::Expected<Tensor> integers = labels->toI64();
  if (!integers)
    return makeError(path + ": array 'y': " + toString(integers.takeError()));
  if (integers->numElements() < reader.samples())
    return makeError(path + ": array 'y' has " + Twine(integers->numElements()) + " labels for " +
                     Twine(reader.samples()) + " samples");
  return *integers;
}

llvm::Expected<SensitivityReport> qopt::measureSensitivity(MLIRContext &context,
                                                           const SensitivityOptions &options) {
  llvm::Expected<OwningOpRef<ModuleOp>> module = loadModule(options.modelPath, context);
  if (!module)
    return module.takeError();
  if (stageOf(**module) != "calibrated")
    return makeError(options.modelPath + ": expected a calibrated module, got one at stage '" +
                     stageOf(**module) +
                     "'; layers are switched to float and back, which needs the float weights: "
                     "`qopt quantize --dump-stages=DIR` keeps the calibrated module");
  llvm::Expected<std::unique_ptr<Model>> model =
      Model::open(options.modelPath, context, {Engine::Oracle, 1, ""});
  if (!model)
    return model.takeError();
  llvm::Expected<BatchReader> reader = BatchReader::open(options.dataPath, **model);
  if (!reader)
    return reader.takeError();
  SensitivityReport report;
  report.samples = options.limit ? std::min(options.limit, reader->samples()) : reader->samples();
  report.labels = options.labels;
  Tensor labels;
  if (options.labels) {
    llvm::Expected<Tensor> read = readLabels(*reader, options.dataPath);
    if (!read)
      return read.takeError();
    labels = std::move(*read);
  }
  const llvm::ArrayRef<int64_t> all =
      labels ? llvm::ArrayRef(labels.data<int64_t>(), labels.numElements())
             : llvm::ArrayRef<int64_t>();
  if (llvm::Error error = Study(**module, options, report).run(*reader, all))
    return std::move(error);
  return report;
}

//===-- printing --------------------------------------------------------------------===//

static Json scoreJson(const Score &score, const SensitivityReport &report) {
  Json result = Json::object({{"sqnr_db", score.sqnr()}});
  result.set("top1", report.labels ? Json(report.accuracy(score)) : Json());
  return result;
}

Json qopt::toJson(const SensitivityReport &report) {
  Json layers = Json::array();
  for (const LayerSensitivity &layer : report.layers)
    layers.push(Json::object({{"name", layer.name},
                              {"layer", layer.layer.empty() ? Json() : Json(layer.layer)},
                              {"kind", layer.kind},
                              {"alone", scoreJson(layer.alone, report)},
                              {"without", scoreJson(layer.without, report)}}));
  return Json::object({{"samples", report.samples},
                       {"float_top1", report.labels ? Json(report.accuracy(report.plain)) : Json()},
                       {"quantized", scoreJson(report.quantized, report)},
                       {"layers", std::move(layers)}});
}

/// dB that the outputs gain when the layer stays float; none where they are exact anyway.
static double gainOf(const LayerSensitivity &layer, const SensitivityReport &report) {
  const double without = layer.without.sqnr(), with = report.quantized.sqnr();
  return without == with ? 0.0 : without - with;
}

std::string qopt::toText(const SensitivityReport &report) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "all layers quantized: " << numberText(report.quantized.sqnr(), "%.2f dB")
      << " at the outputs against float";
  if (report.labels)
    out << ", top-1 " << numberText(100 * report.accuracy(report.quantized), "%.2f %%")
        << " (float " << numberText(100 * report.accuracy(report.plain), "%.2f %%") << ")";
  out << ", " << report.samples << " samples\n";
  std::vector<std::string> headings{"layer", "kind", ">alone dB", ">gain without dB"};
  if (report.labels)
    headings.insert(headings.end(), {">alone top-1", ">without top-1"});
  report::TextTable table(headings);
  for (const LayerSensitivity &layer : report.layers) {
    std::vector<std::string> row{layer.name, layer.kind, numberText(layer.alone.sqnr(), "%.2f"),
                                 numberText(gainOf(layer, report), "%+.2f")};
    if (report.labels) {
      row.push_back(numberText(100 * report.accuracy(layer.alone), "%.2f %%"));
      row.push_back(numberText(100 * report.accuracy(layer.without), "%.2f %%"));
    }
    table.add(std::move(row));
  }
  out << table.str();
  return text;
}
