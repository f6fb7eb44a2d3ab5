//===- Report.cpp - measuring a quantized model -------------------------------------===//

#include "qopt/Audit/Report.h"

#include "Codes.h"
#include "LayerTimes.h"
#include "Sqnr.h"

#include "dialects/NN/NN.h"
#include "qopt/Audit/Modules.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Reference/Interpreter.h"
#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

#include <cmath>

using namespace qopt;
using namespace qopt::audit;
using namespace llvm;

std::optional<double> Measures::sqnr() const {
  if (!againstFloat || (signal == 0.0 && noise == 0.0))
    return std::nullopt;
  return decibels(signal, noise);
}

std::optional<double> Measures::clipped() const {
  if (!againstFloat || !elements || histogram.empty())
    return std::nullopt;
  return static_cast<double>(beyondGrid) / static_cast<double>(elements);
}

namespace {
using Module = mlir::OwningOpRef<mlir::ModuleOp>;

class Measurer {
public:
  Measurer(mlir::MLIRContext &context, AuditReport &report) : context(context), report(report) {}
  Error run(mlir::ModuleOp module);

private:
  Error openFloat(mlir::ModuleOp module);
  Error measureData();
  Error runFloat(const Model &model, ArrayRef<Tensor> inputs);
  void addRecord(const Record &record, int64_t rows);
  Error measureTimes();

  mlir::MLIRContext &context;
  AuditReport &report;
  Module floatModule; ///< null: there is none
  std::unique_ptr<Interpreter> floatNet;
  StringMap<Tensor> floatValues; ///< of the current batch
};
} // namespace

/// The float network beside the quantized one: named, of the module's provenance, or the
/// calibrated module itself.
Error Measurer::openFloat(mlir::ModuleOp module) {
  std::string path = report.options.floatPath;
  if (path.empty())
    path = findSource(module, report.options.modelPath);
  if (path.empty() && stageOf(module) == "calibrated")
    path = report.options.modelPath;
  if (path.empty()) {
    if (stageOf(module) == "converted" && !report.options.dataPath.empty())
      module.emitWarning() << "the float model was not found, so nothing is measured against it; "
                              "name it with --float";
    return Error::success();
  }
  report.options.floatPath = path;
  Expected<Module> loaded = loadFloatModule(path, context);
  if (!loaded)
    return loaded.takeError();
  floatModule = std::move(*loaded);
  Expected<std::unique_ptr<Interpreter>> made = Interpreter::create(*floatModule, EvalMode::Float);
  if (!made)
    return makeError(path + ": " + toString(made.takeError()));
  floatNet = std::move(*made);
  Expected<ModuleFacts> facts = collectFacts(*floatModule);
  if (!facts)
    return facts.takeError();
  report.floatBytes = facts->summary.parameters.elements * 4;
  return Error::success();
}

Error Measurer::runFloat(const Model &model, ArrayRef<Tensor> inputs) {
  floatValues.clear();
  if (!floatNet)
    return Error::success();
  for (const auto &[port, tensor] : zip(model.inputs(), inputs))
    floatValues[port.name] = tensor;
  RunHooks hooks;
  hooks.onValue = [&](const ValueRecord &value) { floatValues[value.name] = value.data.clone(); };
  SmallVector<Tensor> outputs;
  return floatNet->run(inputs, outputs, hooks);
}

/// Beyond the outermost half steps of the grid.
static bool isBeyond(float value, const Record &record) {
  const double code = static_cast<double>(value) / record.scale + record.zeroPoint;
  return code < record.qmin - 0.5 || code > record.qmax + 0.5;
}

void Measurer::addRecord(const Record &record, int64_t rows) {
  Measures &measures = report.measures[record.name];
  const int64_t batch = std::max<int64_t>(record.data.rank() ? record.data.dim(0) : 1, 1);
  const int64_t count = record.data.numElements() / batch * std::min(rows, batch);
  measures.elements += count;
  if (record.isCodes) {
    measures.histogram.resize(record.qmax - record.qmin + 1);
    for (int64_t i = 0; i < count; ++i)
      ++measures.histogram[std::clamp<int64_t>(codeAt(record.data, i) - record.qmin, 0,
                                               record.qmax - record.qmin)];
  }
  auto found = floatValues.find(record.name);
  if (found == floatValues.end()) // codes under second parameters: "name@observer"
    found = floatValues.find(StringRef(record.name).rsplit('@').first);
  if (found == floatValues.end() || found->second.numElements() != record.data.numElements())
    return;
  measures.againstFloat = true;
  const float *reference = found->second.data<float>();
  for (int64_t i = 0; i < count; ++i) {
    const double error = realAt(record, i) - reference[i];
    measures.signal += static_cast<double>(reference[i]) * reference[i];
    measures.noise += error * error;
    measures.beyondGrid += record.isCodes && isBeyond(reference[i], record);
  }
}

Error Measurer::measureData() {
  const ReportOptions &options = report.options;
  Expected<std::unique_ptr<Model>> model =
      Model::open(options.modelPath, context, {Engine::Fast, options.threads, ""});
  if (!model)
    return model.takeError();
  Expected<BatchReader> reader = BatchReader::open(options.dataPath, **model);
  if (!reader)
    return reader.takeError();
  report.samples = options.limit ? std::min(options.limit, reader->samples()) : reader->samples();
  const int64_t step = reader->batchSize(options.batch);
  Progress progress("measuring", report.samples, "samples");
  for (int64_t begin = 0; begin < report.samples; begin += step) {
    const int64_t end = std::min(begin + step, report.samples);
    Expected<SmallVector<Tensor>> inputs = reader->read(begin, end);
    if (!inputs)
      return inputs.takeError();
    if (Error error = runFloat(**model, *inputs))
      return error;
    SmallVector<Tensor> outputs;
    if (Error error = (*model)->run(*inputs, outputs,
                                    [&](const Record &record) { addRecord(record, end - begin); }))
      return error;
    progress.update(end);
  }
  progress.finish();
  return Error::success();
}

Error Measurer::measureTimes() {
  Expected<std::unique_ptr<Program>> program = Program::load(report.options.programPath);
  if (!program)
    return program.takeError();
  Expected<LayerTimes> times =
      timeLayers(**program, report.options.threads, report.options.seconds);
  if (!times)
    return times.takeError();
  report.isa = times->isa;
  report.int8Ms = times->totalMs;
  for (const auto &entry : times->ms)
    report.measures[entry.first()].int8Ms = entry.second;
  if (!floatModule || stageOf(*floatModule) != "fused")
    return Error::success();
  CompileOptions options;
  options.isas = {times->isa};
  Expected<std::unique_ptr<Program>> plain = Program::jit(*floatModule, options);
  if (!plain)
    return makeError(report.options.floatPath + ": " + toString(plain.takeError()));
  Expected<LayerTimes> floatTimes =
      timeLayers(**plain, report.options.threads, report.options.seconds);
  if (!floatTimes)
    return floatTimes.takeError();
  report.floatMs = floatTimes->totalMs;
  for (const auto &entry : floatTimes->ms)
    report.measures[entry.first()].floatMs = entry.second;
  return Error::success();
}

Error Measurer::run(mlir::ModuleOp module) {
  if (Error error = openFloat(module))
    return error;
  if (!report.options.dataPath.empty())
    if (Error error = measureData())
      return error;
  return report.options.programPath.empty() ? Error::success() : measureTimes();
}

Expected<AuditReport> qopt::makeReport(mlir::MLIRContext &context, const ReportOptions &options) {
  Expected<Module> module = StringRef(options.modelPath).ends_with(".onnx")
                                ? loadFloatModule(options.modelPath, context)
                                : loadModule(options.modelPath, context);
  if (!module)
    return module.takeError();
  Expected<ModuleFacts> facts = collectFacts(**module);
  if (!facts)
    return makeError(options.modelPath + ": " + toString(facts.takeError()));
  AuditReport report;
  report.options = options;
  report.facts = std::move(*facts);
  report.modelBytes = report.facts.summary.parameters.bytes;
  if (Error error = Measurer(context, report).run(**module))
    return std::move(error);
  return report;
}

//===-- gates -----------------------------------------------------------------------===//

/// "conv" stands for every convolution, "all" for every layer.
static bool means(StringRef word, StringRef kind) {
  return word == "all" || word == kind || (word == "conv" && kind.starts_with("conv"));
}

static std::string withNumber(const char *format, double a, double b) {
  char text[160];
  std::snprintf(text, sizeof text, format, a, b);
  return text;
}

Expected<std::vector<std::string>> qopt::unmet(const AuditReport &report, const Gates &gates) {
  std::vector<std::string> problems;
  for (const FloatLayer &layer : report.facts.summary.floatLayers)
    if (any_of(gates.kinds, [&](const std::string &word) { return means(word, layer.kind); }))
      problems.push_back(layer.kind + " '" + layer.name + "' is left in float: " + layer.reason +
                         " (--fail-on-float)");
  bool measured = false;
  for (const ValueFacts &value : report.facts.values) {
    auto found = report.measures.find(value.summary.name);
    if (found == report.measures.end())
      continue;
    const std::optional<double> sqnr = found->second.sqnr(), clipped = found->second.clipped();
    measured |= sqnr.has_value();
    if (gates.minSqnr && sqnr && !(*sqnr >= *gates.minSqnr))
      problems.push_back("'" + value.summary.name + "' has " +
                         withNumber("%.2f dB, less than %g dB", *sqnr, *gates.minSqnr) +
                         " (--min-sqnr)");
    if (gates.maxClip && clipped && 100.0 * *clipped > *gates.maxClip)
      problems.push_back("'" + value.summary.name + "' has " +
                         withNumber("%.3f %% of its values beyond the grid, more than %g %%",
                                    100.0 * *clipped, *gates.maxClip) +
                         " (--max-clip)");
  }
  if ((gates.minSqnr || gates.maxClip) && !measured)
    return makeError("--min-sqnr and --max-clip need --data, and the float model: the module's own "
                     "was not found, name it with --float");
  return problems;
}
