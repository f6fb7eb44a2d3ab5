//===- VerbCompare.cpp - qopt compare: two models, value by value -------------------===//
//
// Values are matched by name. Where both sides hold codes, they must be equal (N12), and so
// must the bits of floats that both define (N6); otherwise the difference of the real values is
// reported.
//
//===-----------------------------------------------------------------------------===//

#include "Verbs.h"

#include "qopt/Pipelines/Model.h"
#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/bit.h"

#include <cmath>

using namespace qopt;
using namespace llvm;

static int compareAction();
static Verb compareVerb("compare", "run two models on the same samples and compare every value",
                        compareAction);
static cl::opt<std::string> firstPath(cl::Positional, cl::Required,
                                      cl::desc("A: prepared.mlir | Q.mlir | P.so | MODEL.onnx"),
                                      cl::sub(compareVerb.command));
static cl::opt<std::string> secondPath(cl::Positional, cl::Required, cl::desc("B: the same kinds"),
                                       cl::sub(compareVerb.command));
static cl::opt<std::string> dataPath("data", cl::Required, cl::value_desc("d.npz"),
                                     cl::desc("samples: arrays named as the inputs, or 'x'"),
                                     cl::sub(compareVerb.command));
static cl::opt<bool> asJson("json", cl::desc("print JSON"), cl::sub(compareVerb.command));
static cl::opt<int> threads("threads", cl::init(1), cl::desc("threads of a program (default 1)"),
                            cl::sub(compareVerb.command));
static cl::opt<int> batchOption("batch", cl::init(4), cl::desc("samples per call (default 4)"),
                                cl::sub(compareVerb.command));
static cl::opt<int64_t> limitOption("limit", cl::init(0),
                                    cl::desc("use only the first samples (default: all)"),
                                    cl::sub(compareVerb.command));

namespace {
/// What is known of one value after some batches.
struct Difference {
  int64_t elements = 0;
  int64_t codesDiffer = 0; ///< or the bits of floats that both sides define
  bool bothCodes = true, bothExact = true;

  bool mustAgree() const { return bothCodes || bothExact; }
  double signal = 0.0, noise = 0.0;
  double maxError = 0.0;
  uint64_t codesSeen[4] = {0, 0, 0, 0}; ///< bit set of the first side's codes, by raw byte

  double sqnr() const {
    return noise > 0.0 ? 10.0 * std::log10(signal / noise)
                       : std::numeric_limits<double>::infinity();
  }
  int64_t distinctCodes() const {
    int64_t count = 0;
    for (const uint64_t word : codesSeen)
      count += popcount(word);
    return count;
  }
};
} // namespace

/// Element `i` as a real number (N3 for codes), and as its code.
static int64_t codeAt(const Tensor &data, int64_t i) {
  switch (data.dtype()) {
  case DType::U8:
    return data.data<uint8_t>()[i];
  case DType::I8:
    return data.data<int8_t>()[i];
  case DType::U16:
    return data.data<uint16_t>()[i];
  case DType::I16:
    return data.data<int16_t>()[i];
  default:
    return data.data<int32_t>()[i];
  }
}
static uint32_t bitsAt(const Tensor &data, int64_t i) {
  return bit_cast<uint32_t>(data.data<float>()[i]);
}
static double realAt(const Record &record, int64_t i) {
  if (!record.isCodes)
    return record.data.data<float>()[i];
  return static_cast<double>(codeAt(record.data, i) - record.zeroPoint) * record.scale;
}

static Error accumulate(const Record &a, const Record &b, int64_t elements, Difference &total) {
  if (a.data.numElements() != b.data.numElements())
    return makeError("'" + a.name + "' has " + Twine(a.data.numElements()) + " elements in " +
                     firstPath + " but " + Twine(b.data.numElements()) + " in " + secondPath +
                     "; are they the same network?");
  total.bothCodes &= a.isCodes && b.isCodes;
  total.bothExact &= a.exactFloat && b.exactFloat;
  total.elements += elements;
  for (int64_t i = 0; i < elements; ++i) {
    const double left = realAt(a, i), right = realAt(b, i);
    total.signal += left * left;
    total.noise += (left - right) * (left - right);
    total.maxError = std::max(total.maxError, std::fabs(left - right));
    if (a.exactFloat && b.exactFloat)
      total.codesDiffer += bitsAt(a.data, i) != bitsAt(b.data, i);
    if (!a.isCodes)
      continue;
    const uint8_t byte = static_cast<uint8_t>(codeAt(a.data, i));
    total.codesSeen[byte / 64] |= uint64_t(1) << (byte % 64);
    total.codesDiffer += b.isCodes && codeAt(a.data, i) != codeAt(b.data, i);
  }
  // Equal codes under other parameters are not the same value.
  if (a.isCodes && b.isCodes && (a.scale != b.scale || a.zeroPoint != b.zeroPoint))
    total.codesDiffer += elements;
  return Error::success();
}

namespace {
struct Comparison {
  std::vector<std::string> order;
  StringMap<Difference> values;
  StringMap<bool> onlyFirst, onlySecond; ///< name -> holds codes
  bool behindFloat = false;              ///< some codes follow a float layer
};
} // namespace

static Error compareBatch(Model &first, Model &second, ArrayRef<Tensor> inputs, int64_t rows,
                          Comparison &comparison) {
  StringMap<Record> seen;
  SmallVector<Tensor> outputs;
  std::vector<std::string> order;
  if (Error error = first.run(inputs, outputs, [&](const Record &record) {
        order.push_back(record.name);
        Record copy = record;
        copy.data = record.data.clone();
        seen[record.name] = std::move(copy);
      }))
    return error;
  Error failure = Error::success();
  StringMap<bool> matched;
  auto onRecord = [&](const Record &record) {
    auto found = seen.find(record.name);
    if (found == seen.end()) {
      comparison.onlySecond[record.name] = record.isCodes;
      return;
    }
    matched[record.name] = true;
    // A filled-up batch counts only its real samples, which come first in every value.
    const int64_t all = record.data.numElements(), batch = inputs.front().dim(0);
    const int64_t real = rows < batch ? all / batch * rows : all;
    if (!failure)
      failure = accumulate(found->second, record, real, comparison.values[record.name]);
    comparison.behindFloat |= record.behindFloat;
  };
  // Float layers differ in last bits between implementations (N14); what follows them is
  // compared on the first side's codes.
  auto sameCodes = [&](StringRef name) {
    auto found = seen.find(name);
    return found == seen.end() || !found->second.isCodes ? Tensor() : found->second.data;
  };
  Error ran = second.run(inputs, outputs, onRecord, sameCodes);
  if (ran)
    return joinErrors(std::move(failure), std::move(ran));
  if (comparison.order.empty())
    comparison.order = order;
  for (auto &entry : seen)
    if (!matched.count(entry.first()))
      comparison.onlyFirst[entry.first()] = entry.second.isCodes;
  return failure;
}

static std::vector<std::string> sortedNames(const StringMap<bool> &names) {
  std::vector<std::string> result;
  for (const auto &entry : names)
    result.push_back(entry.first().str());
  llvm::sort(result);
  return result;
}

static Json toJson(const Comparison &comparison) {
  Json tensors = Json::array();
  for (const std::string &name : comparison.order) {
    auto found = comparison.values.find(name);
    if (found == comparison.values.end())
      continue;
    const Difference &d = found->second;
    Json row = Json::object({{"name", name}, {"elements", d.elements}});
    row.set("codes_differ", d.bothCodes ? Json(d.codesDiffer) : Json());
    row.set("bits_differ", d.bothExact ? Json(d.codesDiffer) : Json());
    row.set("sqnr_db", d.sqnr());
    row.set("max_error", d.maxError);
    row.set("distinct_codes", d.distinctCodes() ? Json(d.distinctCodes()) : Json());
    tensors.push(std::move(row));
  }
  Json result = Json::object({{"tensors", std::move(tensors)}});
  auto names = [](const StringMap<bool> &map) {
    Json list = Json::array();
    for (const std::string &name : sortedNames(map))
      list.push(name);
    return list;
  };
  result.set("only_in_a", names(comparison.onlyFirst));
  result.set("only_in_b", names(comparison.onlySecond));
  result.set("equal_codes_behind_float", comparison.behindFloat);
  return result;
}

static void printTable(const Comparison &comparison) {
  outs() << format("%-44s %12s %12s %10s %12s\n", "value", "elements", "codes differ", "SQNR dB",
                   "max error");
  for (const std::string &name : comparison.order) {
    auto found = comparison.values.find(name);
    if (found == comparison.values.end())
      continue;
    const Difference &d = found->second;
    std::string codes = d.mustAgree() ? std::to_string(d.codesDiffer) : "float";
    codes += d.bothExact ? " (f32)" : "";
    outs() << format("%-44s %12lld %12s %10.2f %12.5g\n", name.c_str(),
                     static_cast<long long>(d.elements), codes.c_str(), d.sqnr(), d.maxError);
  }
}

/// Feeds both models the same samples.
static Error compareAll(Model &first, Model &second, BatchReader &reader, Comparison &comparison) {
  const int64_t samples =
      limitOption ? std::min<int64_t>(limitOption, reader.samples()) : reader.samples();
  const int64_t step = reader.batchSize(batchOption);
  // Only an interpreter can take the other side's codes behind a float layer, so it runs last.
  const bool swapped = first.canSubstitute() && !second.canSubstitute();
  Model &runsFirst = swapped ? second : first, &runsSecond = swapped ? first : second;
  Progress progress("comparing", samples, "samples");
  for (int64_t begin = 0; begin < samples; begin += step) {
    const int64_t end = std::min(begin + step, samples);
    Expected<SmallVector<Tensor>> inputs = reader.read(begin, end);
    if (!inputs)
      return inputs.takeError();
    if (Error error = compareBatch(runsFirst, runsSecond, *inputs, end - begin, comparison))
      return error;
    progress.update(end);
  }
  progress.finish();
  if (swapped)
    std::swap(comparison.onlyFirst, comparison.onlySecond);
  return Error::success();
}

/// Prints what was found; 1 where codes differ.
static int report(const Comparison &comparison, const Model &first, const Model &second) {
  int64_t differ = 0, compared = 0, exact = 0;
  std::string firstDifferent;
  for (const std::string &name : comparison.order) {
    auto found = comparison.values.find(name);
    if (found == comparison.values.end() || !found->second.mustAgree())
      continue;
    compared += found->second.bothCodes;
    exact += found->second.bothExact;
    differ += found->second.codesDiffer;
    if (found->second.codesDiffer && firstDifferent.empty())
      firstDifferent = name;
  }
  if (asJson)
    printJson(toJson(comparison));
  else
    printTable(comparison);
  if (!asJson)
    outs() << "codes compared in " << compared << " values (" << first.engineName() << " against "
           << second.engineName() << "): " << differ << " differ\n";
  if (exact && !asJson)
    outs() << "bits compared in " << exact << " float results of integer layers too (N6)\n";
  if (comparison.behindFloat && !asJson)
    outs() << "codes behind float layers were compared on equal codes at the float border\n";
  if (differ)
    return fail("codes (or bits of exact floats) differ, first in '" + firstDifferent + "'");
  return 0;
}

static int compareAction() {
  if (threads < 1 || batchOption < 1 || limitOption < 0)
    return fail("--threads and --batch expect at least 1, --limit at least 0");
  DriverContext context(/*quietRemarks=*/true);
  const ModelOptions options{Engine::Oracle, threads, ""};
  Expected<std::unique_ptr<Model>> first = Model::open(firstPath, *context, options);
  if (!first)
    return fail(first.takeError());
  Expected<std::unique_ptr<Model>> second = Model::open(secondPath, *context, options);
  if (!second)
    return fail(second.takeError());
  // The side with a fixed batch decides how the samples are fed.
  Model &leader = (*second)->fixedBatch() ? **second : **first;
  Expected<BatchReader> reader = BatchReader::open(dataPath, leader);
  if (!reader)
    return fail(reader.takeError());
  Comparison comparison;
  if (Error error = compareAll(**first, **second, *reader, comparison))
    return fail(std::move(error));
  if (comparison.values.empty())
    return fail(firstPath + " and " + secondPath + " have no value of the same name");
  return report(comparison, **first, **second);
}
