//===- Reduce.cpp - the smallest case that shows a difference -----------------------===//

#include "qopt/Audit/Reduce.h"

#include "Codes.h"

#include "qopt/Audit/Compare.h"
#include "qopt/Audit/Modules.h"
#include "qopt/Lower/Compile.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Npy.h"
#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace qopt;
using namespace qopt::audit;
using namespace llvm;

namespace {
class Reducer {
public:
  Reducer(Model &first, Model &second, BatchReader &reader, mlir::MLIRContext &context,
          const ReduceOptions &options)
      : first(first), second(second), reader(reader), context(context), options(options) {}

  Error run();

private:
  Expected<int64_t> differingSample();
  Error writeSlice(StringRef path, StringRef fileName, std::vector<std::string> &inputs);
  Error writeData(int64_t sample, ArrayRef<std::string> inputs);
  Error writeTest(StringRef a, StringRef b);
  Error checkCase(StringRef a, StringRef b);
  /// What the test must fail on: codes that differ, or a value below the threshold.
  bool shows(const Comparison &comparison) const {
    return comparison.codesThatDiffer() ||
           (options.minSqnr && !comparison.firstBelow(*options.minSqnr).empty());
  }
  std::string inside(StringRef fileName) const {
    SmallString<256> path(options.directory);
    sys::path::append(path, fileName);
    return path.str().str();
  }

  Model &first, &second;
  BatchReader &reader;
  mlir::MLIRContext &context;
  const ReduceOptions &options;
};
} // namespace

static bool isProgram(StringRef path) { return path.ends_with(".so"); }

/// The first batch in which the value differs; batches are single samples where the model
/// takes them.
Expected<int64_t> Reducer::differingSample() {
  const int64_t samples =
      options.samples ? std::min(options.samples, reader.samples()) : reader.samples();
  const int64_t step = reader.batchSize(1);
  Progress progress("reducing", samples, "samples");
  for (int64_t begin = 0; begin < samples; begin += step) {
    Expected<SmallVector<Tensor>> inputs = reader.read(begin, std::min(begin + step, samples));
    if (!inputs)
      return inputs.takeError();
    Comparison comparison(options.firstPath, options.secondPath);
    if (Error error = comparison.add(first, second, *inputs, inputs->front().dim(0)))
      return std::move(error);
    progress.update(begin + step);
    if (!is_contained(comparison.names(), options.value))
      return makeError("'" + options.value + "' is no value of both models");
    const Difference &difference = comparison.of(options.value);
    if (difference.bothCodes ? difference.codesDiffer != 0
                             : options.minSqnr && !(difference.sqnr() >= *options.minSqnr))
      return begin;
  }
  return makeError("no single sample shows the difference in '" + options.value + "'");
}

/// The layer of one side; remembers what it reads.
Error Reducer::writeSlice(StringRef path, StringRef fileName, std::vector<std::string> &inputs) {
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = loadModule(path, context);
  if (module && stageOf(**module) == "imported")
    module = loadFloatModule(path, context);
  if (!module)
    return module.takeError();
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> slice = sliceLayer(**module, options.value);
  if (!slice)
    return makeError(path + ": " + toString(slice.takeError()));
  std::string text;
  raw_string_ostream out(text);
  (*slice)->print(out);
  out << "\n";
  if (Error error = writeFile(inside(fileName), text))
    return error;
  Expected<std::unique_ptr<Model>> model =
      Model::open(inside(fileName), context, {Engine::Oracle, 1, ""});
  if (!model)
    return model.takeError();
  inputs.clear();
  for (const Port &port : (*model)->inputs())
    inputs.push_back(port.name);
  return Error::success();
}

/// What the layer reads in this sample, as real values.
Error Reducer::writeData(int64_t sample, ArrayRef<std::string> names) {
  Expected<SmallVector<Tensor>> inputs =
      reader.read(sample, std::min(sample + reader.batchSize(1), reader.samples()));
  if (!inputs)
    return inputs.takeError();
  std::map<std::string, Tensor> arrays;
  for (const auto &[port, tensor] : zip(first.inputs(), *inputs))
    if (is_contained(names, port.name))
      arrays[port.name] = tensor;
  SmallVector<Tensor> outputs;
  Model &source = isProgram(options.firstPath) ? second : first;
  if (Error error = source.run(*inputs, outputs, [&](const Record &record) {
        if (!is_contained(names, record.name))
          return;
        Tensor real = Tensor::empty(DType::F32, record.data.shape());
        for (int64_t i = 0; i < real.numElements(); ++i)
          real.data<float>()[i] = static_cast<float>(realAt(record, i));
        arrays[record.name] = std::move(real);
      }))
    return error;
  for (const std::string &name : names)
    if (!arrays.count(name))
      return makeError("the layer of '" + options.value + "' reads '" + name +
                       "', which the run did not report");
  return writeNpz(inside("data.npz"), arrays);
}

Error Reducer::writeTest(StringRef a, StringRef b) {
  std::string text;
  raw_string_ostream out(text);
  out << "# '" << options.value << "' differs between " << sys::path::filename(options.firstPath)
      << " and " << sys::path::filename(options.secondPath)
      << ". The test fails as long as it does.\n";
  const bool compiled = b == "program.so";
  if (compiled)
    out << "# RUN: qopt compile %S/" << a << " -o %t.so\n";
  out << "# RUN: qopt compare %S/" << a << (compiled ? " %t.so" : (" %S/" + b).str())
      << " --data %S/data.npz";
  if (options.minSqnr)
    out << " --min-sqnr " << format("%g", *options.minSqnr);
  out << "\n";
  return writeFile(inside("reduced.test"), text);
}

/// The reduced case must show the difference.
Error Reducer::checkCase(StringRef a, StringRef b) {
  const bool compiled = b == "program.so";
  Expected<std::unique_ptr<Model>> left = Model::open(inside(a), context, {Engine::Oracle, 1, ""});
  if (!left)
    return left.takeError();
  Expected<std::unique_ptr<Model>> right = Model::open(
      inside(compiled ? a : b), context, {compiled ? Engine::Fast : Engine::Oracle, 1, ""});
  if (!right)
    return right.takeError();
  Expected<BatchReader> data = BatchReader::open(inside("data.npz"), **left);
  if (!data)
    return data.takeError();
  Comparison comparison(a.str(), b.str());
  if (Error error = comparison.addAll(**left, **right, *data, data->samples(), 0))
    return error;
  if (shows(comparison))
    return Error::success();
  if (!compiled)
    return makeError("the layer of '" + options.value +
                     "' alone shows no difference, although "
                     "the networks do; it reads values that differ, look at those before it");
  const std::string program = isProgram(options.firstPath) ? options.firstPath : options.secondPath;
  const std::string module = isProgram(options.firstPath) ? options.secondPath : options.firstPath;
  return makeError("the layer of '" + options.value +
                   "', compiled again, shows no difference: the "
                   "constants of " +
                   program + " are not those of its module; `qopt verify " + program + " " +
                   module + "` tells which");
}

Error Reducer::run() {
  const bool firstIsProgram = isProgram(options.firstPath);
  const bool secondIsProgram = isProgram(options.secondPath);
  if (firstIsProgram && secondIsProgram)
    return makeError("--reduce needs a module on one side: a program holds no layers to cut out");
  if ((firstIsProgram || secondIsProgram) && options.minSqnr)
    return makeError("a value below --min-sqnr is cut out of modules: name the one that the "
                     "program was compiled from in its place");
  Expected<int64_t> sample = differingSample();
  if (!sample)
    return sample.takeError();
  if (const std::error_code code = sys::fs::create_directories(options.directory))
    return fileError(options.directory, "cannot create the directory", code.value());
  std::vector<std::string> inputs;
  if (Error error =
          writeSlice(firstIsProgram ? options.secondPath : options.firstPath, "a.mlir", inputs))
    return error;
  StringRef other = "program.so";
  if (!firstIsProgram && !secondIsProgram) {
    std::vector<std::string> others;
    other = "b.mlir";
    if (Error error = writeSlice(options.secondPath, other, others))
      return error;
    if (others != inputs)
      return makeError("the layer of '" + options.value + "' reads " + joinList(inputs, true) +
                       " in " + options.firstPath + " but " + joinList(others, true) + " in " +
                       options.secondPath);
  }
  if (Error error = writeData(*sample, inputs))
    return error;
  if (Error error = checkCase("a.mlir", other))
    return error;
  return writeTest("a.mlir", other);
}

Error qopt::reduceDifference(Model &first, Model &second, BatchReader &reader,
                             mlir::MLIRContext &context, const ReduceOptions &options) {
  return Reducer(first, second, reader, context, options).run();
}
