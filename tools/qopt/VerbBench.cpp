//===- VerbBench.cpp - qopt bench: latency of a model -------------------------------===//

#include "BenchLayers.h"
#include "Verbs.h"

#include "qopt/Pipelines/Model.h"
#include "qopt/Support/Text.h"

#include <chrono>
#include <random>
#include <unistd.h>

using namespace qopt;
using namespace llvm;

static int benchAction();
static Verb benchVerb("bench", "time a model on random inputs", benchAction);
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("P.so | Q.mlir | MODEL.onnx"),
                                      cl::sub(benchVerb.command));
static cl::opt<int> threads("threads", cl::init(1), cl::desc("threads (default 1)"),
                            cl::sub(benchVerb.command));
static cl::opt<int> batch("batch", cl::init(1), cl::desc("samples per call (default 1)"),
                          cl::sub(benchVerb.command));
static cl::opt<double> seconds("seconds", cl::init(2.0), cl::desc("time to measure (default 2)"),
                               cl::sub(benchVerb.command));
static cl::opt<bool> perLayer("per-layer",
                              cl::desc("time of each step of the program, its rate, the share of "
                                       "the machine's limit, and why its kernel was chosen"),
                              cl::sub(benchVerb.command));
static cl::opt<bool> asJson("json", cl::desc("print JSON"), cl::sub(benchVerb.command));

/// Standard normal inputs from a fixed seed.
static Expected<Tensor> randomInput(const Port &port, int64_t batchSize, std::mt19937 &random) {
  std::vector<int64_t> shape = port.shape;
  shape[0] = batchSize;
  // The system promises memory that it does not have, and ends the process when it is used.
  const std::optional<int64_t> bytes = checkedNumBytes(DType::F32, shape);
  const int64_t memory = int64_t(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  if (!bytes || *bytes > memory / 2)
    return makeError("input '" + port.name + "' of " + shapeText(shape) +
                     " in f32 needs more than half of this machine's memory, " +
                     byteSizeText(memory) + "; take a smaller --batch");
  Expected<Tensor> tensor = Tensor::create(DType::F32, shape);
  if (!tensor)
    return tensor.takeError();
  std::normal_distribution<float> normal;
  for (float &value : tensor->values<float>())
    value = normal(random);
  return tensor;
}

/// Milliseconds of each call; a short warm-up is not counted.
static Expected<std::vector<double>> measure(Model &model, ArrayRef<Tensor> inputs) {
  using Clock = std::chrono::steady_clock;
  auto elapsed = [](Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  };
  SmallVector<Tensor> outputs;
  const Clock::time_point warmUp = Clock::now();
  for (int i = 0; i < 3 || elapsed(warmUp) < 0.1 * seconds; ++i)
    if (Error error = model.run(inputs, outputs))
      return std::move(error);
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  while (elapsed(start) < seconds || times.size() < 5) {
    const Clock::time_point call = Clock::now();
    if (Error error = model.run(inputs, outputs))
      return std::move(error);
    times.push_back(elapsed(call) * 1e3);
  }
  llvm::sort(times);
  return times;
}

/// The times of the steps, as a table or as JSON.
static Error printLayers(Model &model, ArrayRef<Tensor> inputs) {
  Expected<std::vector<ProfiledStep>> steps = profileModel(model, inputs, seconds);
  if (!steps)
    return steps.takeError();
  const MachineLimits limits = measureLimits(model.engineName(), threads);
  if (!asJson) {
    outs() << profileText(*steps, limits);
    return Error::success();
  }
  printJson(Json::object({{"isa", model.engineName()},
                          {"threads", threads.getValue()},
                          {"batch", inputs.front().dim(0)},
                          {"peak_gmacs", limits.macsPerSecond / 1e9},
                          {"read_gbytes", limits.bytesPerSecond / 1e9},
                          {"steps", profileJson(*steps, limits)}}));
  return Error::success();
}

static int benchAction() {
  if (threads < 1 || batch < 1 || !(seconds > 0))
    return fail("--threads and --batch expect at least 1, --seconds a positive number");
  DriverContext context(/*quietRemarks=*/true);
  Expected<std::unique_ptr<Model>> model =
      Model::open(modelPath, *context, {Engine::Fast, threads, ""});
  if (!model)
    return fail(model.takeError());
  const int64_t fixed = (*model)->fixedBatch();
  if (fixed && batch.getNumOccurrences() && batch != fixed)
    return fail("the model takes batches of " + Twine(fixed) + ", not " + Twine(batch));
  std::mt19937 random(0);
  SmallVector<Tensor> inputs;
  for (const Port &port : (*model)->inputs()) {
    Expected<Tensor> input = randomInput(port, fixed ? fixed : batch, random);
    if (!input)
      return fail(input.takeError());
    inputs.push_back(std::move(*input));
  }
  if (perLayer) {
    Error error = printLayers(**model, inputs);
    return error ? fail(std::move(error)) : 0;
  }
  Expected<std::vector<double>> times = measure(**model, inputs);
  if (!times)
    return fail(times.takeError());
  const double minimum = times->front(), median = (*times)[times->size() / 2];
  if (asJson)
    printJson(Json::object({{"min_ms", minimum},
                            {"median_ms", median},
                            {"isa", (*model)->engineName()},
                            {"threads", threads.getValue()},
                            {"batch", fixed ? fixed : int64_t(batch)},
                            {"runs", times->size()}}));
  else
    outs() << format("min %.4f ms, median %.4f ms over %zu runs (%s, %d threads)\n", minimum,
                     median, times->size(), (*model)->engineName().c_str(), threads.getValue());
  return 0;
}
