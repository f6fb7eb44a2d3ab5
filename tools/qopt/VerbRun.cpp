//===- VerbRun.cpp - qopt run, qopt eval --------------------------------------------===//

#include "Verbs.h"

#include "qopt/Pipelines/Model.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

//===-- run -------------------------------------------------------------------------===//

static int runAction();
static Verb runVerbEntry("run", "run a model on the samples of an .npz file", runAction);
static cl::opt<std::string> runModel(cl::Positional, cl::Required,
                                     cl::desc("P.so | Q.mlir | MODEL.onnx"),
                                     cl::sub(runVerbEntry.command));
static cl::opt<std::string> runInput("input", cl::Required, cl::value_desc("x.npz"),
                                     cl::desc("arrays named as the model's inputs, or 'x'"),
                                     cl::sub(runVerbEntry.command));
static cl::opt<std::string> runOutput("output", cl::Required, cl::value_desc("y.npz"),
                                      cl::desc("arrays named as the model's outputs"),
                                      cl::sub(runVerbEntry.command));
static cl::opt<int> runThreads("threads", cl::init(1), cl::desc("threads (default 1)"),
                               cl::sub(runVerbEntry.command));
static cl::opt<int> runBatch("batch", cl::init(16), cl::desc("samples per call (default 16)"),
                             cl::sub(runVerbEntry.command));
static cl::opt<bool> runOracle("oracle",
                               cl::desc("run a module by the reference interpreter, not compiled"),
                               cl::sub(runVerbEntry.command));

static cl::opt<std::string>
    runRecord("record", cl::value_desc("v.npz"),
              cl::desc("with --oracle: write every named value, as codes where it has them"),
              cl::sub(runVerbEntry.command));
static cl::opt<std::string>
    runFeed("feed", cl::value_desc("v.npz"),
            cl::desc("with --oracle: codes by value name, of another runtime, say, that each op "
                     "reads in place of the computed ones"),
            cl::sub(runVerbEntry.command));

namespace {
/// A run on the interpreter that records every value, and takes those of `--feed` in their place.
class RunByValue {
public:
  explicit RunByValue(int64_t samples) : samples(samples) {}

  /// Reads `--feed`. Errors: an array without a row per sample.
  Error open();
  /// Runs rows [begin, ...) of the inputs.
  Error run(Model &model, int64_t begin, ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &outputs);
  const std::map<std::string, Tensor> &recorded() const { return values; }

private:
  Tensor substitute(StringRef name, int64_t begin, int64_t rows);

  int64_t samples;
  std::map<std::string, Tensor> values, fed;
  std::string mismatch; ///< what does not fit, once something did not
};
} // namespace

Error RunByValue::open() {
  if (runFeed.empty())
    return Error::success();
  Expected<NpzFile> file = NpzFile::open(runFeed);
  if (!file)
    return file.takeError();
  for (const std::string &name : file->names()) {
    Expected<Tensor> array = file->load(name);
    if (!array)
      return array.takeError();
    if (array->rank() == 0 || array->dim(0) != samples)
      return makeError(runFeed + ": array '" + name + "' has not " + Twine(samples) + " samples");
    fed[name] = std::move(*array);
  }
  return Error::success();
}

/// As many rows as the batch has, the last ones repeated to fill it up; null to keep the computed.
Tensor RunByValue::substitute(StringRef name, int64_t begin, int64_t rows) {
  auto found = fed.find(name.str());
  if (found == fed.end() || !mismatch.empty())
    return {};
  const Tensor &given = found->second, &computed = values[name.str()];
  if (given.dtype() != computed.dtype() || given.shape() != computed.shape()) {
    mismatch = (runFeed + ": array '" + name + "' is " + dtypeName(given.dtype()) + " of shape " +
                shapeText(given.shape()) + ", the value is " + dtypeName(computed.dtype()) +
                " of shape " + shapeText(computed.shape()))
                   .str();
    return {};
  }
  std::vector<int64_t> shape = computed.shape().vec();
  shape[0] = rows;
  Tensor part = Tensor::empty(computed.dtype(), shape);
  const int64_t bytes = part.bytes() / rows;
  for (int64_t i = 0; i < rows; ++i)
    std::memcpy(part.raw() + i * bytes, given.raw() + std::min(begin + i, samples - 1) * bytes,
                bytes);
  return part;
}

Error RunByValue::run(Model &model, int64_t begin, ArrayRef<Tensor> inputs,
                      SmallVectorImpl<Tensor> &outputs) {
  const int64_t rows = inputs.front().dim(0);
  const int64_t end = std::min(begin + rows, samples);
  auto record = [&](const Record &value) {
    if (rows == samples) // one run of all: it may mix them
      values[value.name] = value.data.clone();
    else if (value.data.rank() > 0 && value.data.dim(0) % rows == 0)
      putSamples(value.data, rows, begin, end, samples, values[value.name]);
    else
      mismatch = ("value '" + value.name + "' has the shape " + shapeText(value.data.shape()) +
                  " for a batch of " + Twine(rows) + ": its rows do not belong to samples")
                     .str();
  };
  auto replace = [&](StringRef name) { return substitute(name, begin, rows); };
  if (Error error = model.run(inputs, outputs, record, replace))
    return error;
  return mismatch.empty() ? Error::success() : makeError(mismatch);
}

static Error runToFile() {
  if (runThreads < 1 || runBatch < 1)
    return makeError("--threads and --batch expect at least 1");
  const bool byValue = !runRecord.empty() || !runFeed.empty();
  if (byValue && !runOracle)
    return makeError("--record and --feed need --oracle: a program keeps no values");
  DriverContext context;
  Expected<std::unique_ptr<Model>> model = Model::open(
      runModel, *context, {runOracle ? Engine::Oracle : Engine::Fast, runThreads, "", byValue});
  if (!model)
    return model.takeError();
  Expected<BatchReader> reader = BatchReader::open(runInput, **model);
  if (!reader)
    return reader.takeError();
  RunByValue values(reader->samples());
  if (Error error = values.open())
    return error;
  auto runByValue = [&](int64_t begin, ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &outputs) {
    return byValue ? values.run(**model, begin, inputs, outputs) : (*model)->run(inputs, outputs);
  };
  std::map<std::string, Tensor> results;
  auto collect = [&](int64_t begin, int64_t end, ArrayRef<Tensor> outputs) -> Error {
    for (auto [port, rows] : zip((*model)->outputs(), outputs))
      putSamples(rows, end - begin, begin, end, reader->samples(), results[port.name]);
    return Error::success();
  };
  if (Error error = runAll(**model, *reader, runBatch, "running", collect, runByValue))
    return error;
  if (!runRecord.empty())
    if (Error error = writeNpz(runRecord, values.recorded()))
      return error;
  return writeNpz(runOutput, results);
}

static int runAction() {
  Error error = runToFile();
  return error ? fail(std::move(error)) : 0;
}

//===-- eval ------------------------------------------------------------------------===//

static int evalAction();
static Verb evalVerb("eval", "top-1 accuracy of a classifier on labelled samples", evalAction);
static cl::opt<std::string> evalModel(cl::Positional, cl::Required,
                                      cl::desc("P.so | Q.mlir | MODEL.onnx"),
                                      cl::sub(evalVerb.command));
static cl::opt<std::string> evalData("data", cl::Required, cl::value_desc("d.npz"),
                                     cl::desc("arrays x (samples) and y (integer labels)"),
                                     cl::sub(evalVerb.command));
static cl::opt<bool> evalJson("json", cl::desc("print JSON"), cl::sub(evalVerb.command));
static cl::opt<int> evalThreads("threads", cl::init(1), cl::desc("threads (default 1)"),
                                cl::sub(evalVerb.command));
static cl::opt<int> evalBatch("batch", cl::init(16), cl::desc("samples per call (default 16)"),
                              cl::sub(evalVerb.command));

/// The labels of the file: integers, one per sample.
static Expected<Tensor> readLabels(BatchReader &reader) {
  if (!reader.file().has("y"))
    return makeError(evalData + ": no array 'y' with the labels; the file has " +
                     joinList(reader.file().names(), /*quote=*/true));
  Expected<Tensor> labels = reader.file().load("y");
  if (!labels)
    return labels.takeError();
  Expected<Tensor> integers = labels->toI64();
  if (!integers)
    return makeError(evalData + ": array 'y': " + toString(integers.takeError()));
  if (integers->numElements() != reader.samples())
    return makeError(evalData + ": array 'y' has " + Twine(integers->numElements()) +
                     " labels for " + Twine(reader.samples()) + " samples");
  return *integers;
}

/// Scores are [samples, classes], maybe with ones behind, and labels say one of the classes.
static Error checkScores(const Tensor &scores, const Port &port, const int64_t *labels,
                         int64_t begin) {
  const int64_t rows = scores.dim(0), classes = scores.numElements() / rows;
  if (scores.rank() < 2 || scores.dim(1) != classes)
    return makeError("eval expects scores of shape samples x classes, output '" + port.name +
                     "' has " + shapeText(scores.shape()));
  for (int64_t i = 0; i < rows; ++i)
    if (labels[i] < 0 || labels[i] >= classes)
      return makeError(evalData + ": label " + Twine(labels[i]) + " of sample " + Twine(begin + i) +
                       " is none of the " + Twine(classes) + " classes");
  return Error::success();
}

/// How many rows of `scores` have their maximum at the label (the first on ties).
static int64_t countHits(const Tensor &scores, const int64_t *labels) {
  const Tensor values = scores.toF32();
  const int64_t rows = values.dim(0), classes = values.numElements() / rows;
  int64_t hits = 0;
  for (int64_t i = 0; i < rows; ++i) {
    const float *row = values.data<float>() + i * classes;
    hits += std::max_element(row, row + classes) - row == labels[i];
  }
  return hits;
}

static int evalAction() {
  if (evalThreads < 1 || evalBatch < 1)
    return fail("--threads and --batch expect at least 1");
  DriverContext context(/*quietRemarks=*/true);
  Expected<std::unique_ptr<Model>> model =
      Model::open(evalModel, *context, {Engine::Fast, evalThreads, ""});
  if (!model)
    return fail(model.takeError());
  Expected<BatchReader> reader = BatchReader::open(evalData, **model);
  if (!reader)
    return fail(reader.takeError());
  Expected<Tensor> labels = readLabels(*reader);
  if (!labels)
    return fail(labels.takeError());
  int64_t hits = 0;
  if (Error error =
          runAll(**model, *reader, evalBatch, "evaluating",
                 [&](int64_t begin, int64_t end, ArrayRef<Tensor> outputs) -> Error {
                   if (outputs.front().dim(0) != end - begin)
                     return makeError("eval expects one row of scores a sample, output '" +
                                      (*model)->outputs().front().name + "' has " +
                                      shapeText(outputs.front().shape()) + " for " +
                                      Twine(end - begin) + " samples");
                   if (Error error = checkScores(outputs.front(), (*model)->outputs().front(),
                                                 labels->data<int64_t>() + begin, begin))
                     return error;
                   hits += countHits(outputs.front(), labels->data<int64_t>() + begin);
                   return Error::success();
                 }))
    return fail(std::move(error));
  const double top1 = static_cast<double>(hits) / static_cast<double>(reader->samples());
  if (evalJson)
    printJson(Json::object({{"top1", top1}, {"samples", reader->samples()}}));
  else
    outs() << format("top-1 %.2f %% of %lld samples (%s)\n", 100.0 * top1,
                     static_cast<long long>(reader->samples()), (*model)->engineName().c_str());
  return 0;
}
