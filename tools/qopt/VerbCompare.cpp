//===- VerbCompare.cpp - qopt compare: two models, value by value -------------------===//
//
// Values are matched by name. Where both sides hold codes, they must be equal (N12), and so
// must the bits of floats that both define (N6); otherwise the difference of the real values is
// reported.
//
//===-----------------------------------------------------------------------------===//

#include "Verbs.h"

#include "qopt/Audit/Compare.h"
#include "qopt/Audit/Facts.h"
#include "qopt/Audit/Modules.h"
#include "qopt/Audit/Reduce.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

static int compareAction();
static Verb compareVerb("compare",
                        "run two models on the same samples and compare every value; exit code 1 "
                        "where codes differ or a threshold is not met",
                        compareAction);
static cl::opt<std::string> firstPath(cl::Positional, cl::Required,
                                      cl::desc("A: calibrated.mlir | Q.mlir | P.so | MODEL.onnx"),
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
static cl::opt<double> minSqnr("min-sqnr", cl::value_desc("dB"),
                               cl::desc("fail where a value has a lower signal-to-noise ratio"),
                               cl::sub(compareVerb.command));
static cl::opt<std::string>
    reducePath("reduce", cl::value_desc("DIR"),
               cl::desc("write the first layer that differs and one sample of what it reads to "
                        "DIR, as a lit test"),
               cl::sub(compareVerb.command));

static std::vector<std::string> sortedNames(const StringMap<bool> &names) {
  std::vector<std::string> result;
  for (const auto &entry : names)
    result.push_back(entry.first().str());
  llvm::sort(result);
  return result;
}

/// The value to look at first: codes that differ, else one below the threshold, or empty.
static std::string firstProblem(const Comparison &comparison) {
  std::string first = comparison.firstDifferent();
  if (first.empty() && minSqnr.getNumOccurrences())
    first = comparison.firstBelow(minSqnr);
  return first;
}

/// The least SQNR of what the value's layer reads, as far as one side is a module that says.
static double worstInput(StringRef name, const Comparison &comparison, DriverContext &context) {
  double worst = std::numeric_limits<double>::infinity();
  for (const std::string &path : {firstPath.getValue(), secondPath.getValue()}) {
    if (StringRef(path).ends_with(".so"))
      continue;
    Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = StringRef(path).ends_with(".onnx")
                                                             ? loadFloatModule(path, *context)
                                                             : loadModule(path, *context);
    Expected<ModuleFacts> facts =
        module ? collectFacts(**module) : Expected<ModuleFacts>(module.takeError());
    if (!facts) {
      consumeError(facts.takeError()); // the models were opened before: only the hint is lost
      continue;
    }
    const ValueFacts *value = facts->find(name);
    for (const std::string &input : value ? value->inputs : std::vector<std::string>())
      if (is_contained(comparison.names(), input))
        worst = std::min(worst, comparison.of(input).sqnr());
    return worst;
  }
  return worst;
}

static Json toJson(const Comparison &comparison, StringRef first, DifferenceKind kind) {
  Json tensors = Json::array();
  for (const std::string &name : comparison.names()) {
    const Difference &d = comparison.of(name);
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
  result.set("only_in_a", names(comparison.onlyInFirst()));
  result.set("only_in_b", names(comparison.onlyInSecond()));
  result.set("equal_codes_behind_float", comparison.isBehindFloat());
  result.set("first", first.empty() ? Json()
                                    : Json::object({{"name", first},
                                                    {"kind", kindName(kind)},
                                                    {"advice", kindAdvice(kind)}}));
  return result;
}

static void printTable(const Comparison &comparison) {
  outs() << format("%-44s %12s %12s %10s %12s\n", "value", "elements", "codes differ", "SQNR dB",
                   "max error");
  for (const std::string &name : comparison.names()) {
    const Difference &d = comparison.of(name);
    std::string codes = d.mustAgree() ? std::to_string(d.codesDiffer) : "float";
    codes += d.bothExact ? " (f32)" : "";
    outs() << format("%-44s %12lld %12s %10.2f %12.5g\n", name.c_str(),
                     static_cast<long long>(d.elements), codes.c_str(), d.sqnr(), d.maxError);
  }
}

/// Prints what was found; 1 where there is a problem.
static int report(const Comparison &comparison, const Model &first, const Model &second,
                  DriverContext &context) {
  const std::string problem = firstProblem(comparison);
  DifferenceKind kind = DifferenceKind::None;
  if (!problem.empty())
    kind = classify(comparison.of(problem), worstInput(problem, comparison, context));
  if (asJson) {
    printJson(toJson(comparison, problem, kind));
  } else {
    printTable(comparison);
    outs() << "codes compared in " << comparison.valuesOnCodes() << " values ("
           << first.engineName() << " against " << second.engineName()
           << "): " << comparison.codesThatDiffer() << " differ\n";
    if (const int64_t exact = comparison.valuesExact())
      outs() << "bits compared in " << exact << " float results of integer layers too (N6, N17)\n";
    if (comparison.isBehindFloat())
      outs() << "values behind float layers were compared on equal values at the float border\n";
  }
  if (problem.empty())
    return 0;
  const std::string why = (" (" + kindName(kind) + ": " + kindAdvice(kind) + ")").str();
  if (comparison.codesThatDiffer())
    return fail((comparison.of(problem).bothExact ? "bits of exact floats" : "codes") +
                Twine(" differ, first in '") + problem + "'" + why);
  std::string text;
  raw_string_ostream(text) << "'" << problem << "' has "
                           << format("%.2f", comparison.of(problem).sqnr()) << " dB, less than the "
                           << format("%.2f", minSqnr.getValue()) << " dB of --min-sqnr" << why;
  return fail(text);
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
  Comparison comparison(firstPath, secondPath);
  if (Error error = comparison.addAll(**first, **second, *reader, batchOption, limitOption))
    return fail(std::move(error));
  if (comparison.names().empty())
    return fail(firstPath + " and " + secondPath + " have no value of the same name");
  const int code = report(comparison, **first, **second, context);
  if (reducePath.empty())
    return code;
  const std::string problem = firstProblem(comparison);
  if (problem.empty())
    return fail("--reduce: nothing differs, so there is nothing to write");
  ReduceOptions reduce{firstPath, secondPath, problem, reducePath, limitOption, std::nullopt};
  if (minSqnr.getNumOccurrences() && !comparison.codesThatDiffer())
    reduce.minSqnr = minSqnr;
  if (Error error = reduceDifference(**first, **second, *reader, *context, reduce))
    return fail("--reduce: " + toString(std::move(error)));
  errs() << "the layer of '" << problem << "' alone: " << reducePath << "/reduced.test\n";
  return code;
}
