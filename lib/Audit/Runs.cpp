//===- Runs.cpp - the program itself beside the reference ---------------------------===//

#include "Checks.h"
#include "Layers.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Audit/Compare.h"
#include "qopt/Support/Progress.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;

namespace {
/// What an input of the network becomes codes with; scale 1 and 0..255 where it stays float.
struct InputRange {
  float scale = 1.0f;
  int64_t zero = 128, low = 0, high = 255;
};

enum Pattern : int64_t { Highest, Lowest, Checkered, Ties, Special, Random };
} // namespace

static InputRange rangeOf(BlockArgument argument) {
  for (Operation *user : argument.getUsers())
    if (isa<quantize::QuantizeOp>(user))
      if (const UniformType type = uniformType(user->getResult(0)))
        return {static_cast<float>(type.getScale()), type.getZeroPoint(), type.getStorageTypeMin(),
                type.getStorageTypeMax()};
  return {};
}

/// Real values: beyond the range, on the ties between two codes, NaN and infinity, random ones
/// that reach a tenth beyond the range.
static float valueOf(const InputRange &range, int64_t pattern, int64_t i, std::mt19937_64 &random) {
  const double low = static_cast<double>(range.low - range.zero);
  const double high = static_cast<double>(range.high - range.zero);
  const auto at = [&](double code) { return static_cast<float>(code) * range.scale; };
  switch (pattern) {
  case Highest:
    return at(2 * high + 1);
  case Lowest:
    return at(2 * low - 1);
  case Checkered:
    return at(i % 2 ? high : low);
  case Ties:
    return at(low + static_cast<double>(i % (range.high - range.low)) + 0.5);
  case Special:
    return i % 7 == 0   ? std::numeric_limits<float>::quiet_NaN()
           : i % 7 == 1 ? std::numeric_limits<float>::infinity()
           : i % 7 == 2 ? -std::numeric_limits<float>::infinity()
                        : at(std::uniform_real_distribution<double>(low, high)(random));
  default:
    return at(std::uniform_real_distribution<double>(low - 0.1 * (high - low),
                                                     high + 0.1 * (high - low))(random));
  }
}

static SmallVector<Tensor> makeInputs(const Model &model, func::FuncOp main, int64_t pattern,
                                      std::mt19937_64 &random) {
  SmallVector<Tensor> inputs;
  for (const auto &[port, argument] : llvm::zip_equal(model.inputs(), main.getArguments())) {
    std::vector<int64_t> shape = port.shape;
    shape[0] = shape[0] < 0 ? 1 : shape[0];
    Tensor tensor = Tensor::empty(DType::F32, shape);
    const InputRange range = rangeOf(argument);
    for (int64_t i = 0; i < tensor.numElements(); ++i)
      tensor.data<float>()[i] = valueOf(range, pattern, i, random);
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

/// Where NaN or infinity reaches a float layer, what comes out is outside the bit contract.
static bool hasFloatLayers(ModuleOp module) {
  return mainOf(module)
      ->walk([](QuantizableOpInterface op) {
        return uniformType(op->getResult(0)) ? WalkResult::advance() : WalkResult::interrupt();
      })
      .wasInterrupted();
}

llvm::Expected<Check> audit::checkRuns(StringRef programPath, StringRef modulePath, ModuleOp module,
                                       const std::vector<std::string> &isas,
                                       const VerifyOptions &options) {
  Check check{"runs",
              "the program gives the reference's codes in every named value, with 1 and 2 "
              "threads, on adversarial and random inputs",
              "codes",
              0,
              {},
              Json()};
  MLIRContext &context = *module.getContext();
  llvm::Expected<std::unique_ptr<Model>> reference =
      Model::open(modulePath, context, {Engine::Oracle, 1, ""});
  if (!reference)
    return reference.takeError();
  const bool skipsSpecial = hasFloatLayers(module);
  const int64_t runs = Random + options.samples;
  Progress progress("runs", runs * 2 * isas.size(), "runs");
  int64_t done = 0;
  for (const std::string &isa : isas)
    for (const int32_t threads : {1, 2}) {
      llvm::Expected<std::unique_ptr<Model>> program =
          Model::open(programPath, context, {Engine::Fast, threads, isa});
      if (!program)
        return program.takeError();
      std::mt19937_64 random(options.seed);
      Comparison comparison(modulePath.str(), programPath.str());
      for (int64_t run = 0; run < runs; ++run, progress.update(++done)) {
        const int64_t pattern = std::min<int64_t>(run, Random);
        if (pattern == Special && skipsSpecial)
          continue;
        const SmallVector<Tensor> inputs = makeInputs(**program, mainOf(module), pattern, random);
        const int64_t rows = inputs.front().dim(0);
        if (llvm::Error error = comparison.add(**reference, **program, inputs, rows))
          return std::move(error);
      }
      for (const std::string &name : comparison.names())
        check.examined += comparison.of(name).mustAgree() ? comparison.of(name).elements : 0;
      if (const std::string first = comparison.firstDifferent(); !first.empty())
        check.fail(first, isa + ", " + Twine(threads) +
                              " threads: " + Twine(comparison.of(first).codesDiffer) + " of " +
                              Twine(comparison.of(first).elements) +
                              " codes differ from the reference");
      if (comparison.names().empty())
        check.fail("", "program and module have no value of the same name");
      for (const auto &entry : comparison.onlyInFirst())
        if (entry.second)
          check.fail(entry.first(), isa + ": the program does not tell this value");
    }
  progress.finish();
  return check;
}
