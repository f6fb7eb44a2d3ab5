//===- VerbReport.cpp - qopt report: the audit of a quantized model -----------------===//

#include "Verbs.h"

#include "qopt/Audit/Report.h"
#include "qopt/Pipelines/OpTable.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

static int reportAction();
static Verb reportVerb("report",
                       "what was quantized, how, why and how well, as a page, JSON or text; gates "
                       "for continuous integration",
                       reportAction);
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("Q.mlir (any stage) | MODEL.onnx"),
                                      cl::sub(reportVerb.command));
static cl::opt<std::string> outputPath("o", cl::value_desc("report.html|.json|.txt"),
                                       cl::desc("where to write it (default: text on standard "
                                                "output)"),
                                       cl::sub(reportVerb.command));
static cl::opt<std::string>
    dataPath("data", cl::value_desc("d.npz"),
             cl::desc("samples to measure error, clipping and histograms on"),
             cl::sub(reportVerb.command));
static cl::opt<std::string>
    floatPath("float", cl::value_desc("MODEL"),
              cl::desc("the float model (default: that which the module was made from)"),
              cl::sub(reportVerb.command));
static cl::opt<std::string> programPath("program", cl::value_desc("P.so"),
                                        cl::desc("a compiled program to time layer by layer"),
                                        cl::sub(reportVerb.command));
static cl::opt<int> threads("threads", cl::init(1), cl::desc("threads (default 1)"),
                            cl::sub(reportVerb.command));
static cl::opt<int64_t> limit("limit", cl::init(0),
                              cl::desc("use only the first samples (default: all)"),
                              cl::sub(reportVerb.command));
static cl::opt<int> batch("batch", cl::init(8), cl::desc("samples per call (default 8)"),
                          cl::sub(reportVerb.command));
static cl::opt<double> seconds("seconds", cl::init(0.5),
                               cl::desc("time to measure the program for (default 0.5)"),
                               cl::sub(reportVerb.command));
static cl::list<std::string>
    failOnFloat("fail-on-float", cl::CommaSeparated, cl::ValueOptional, cl::value_desc("kinds"),
                cl::desc("exit code 1 where layers of these kinds (conv, linear, ...; default: "
                         "all) are float"),
                cl::sub(reportVerb.command));
static cl::opt<double> minSqnr("min-sqnr", cl::value_desc("dB"),
                               cl::desc("exit code 1 where a value has less against float"),
                               cl::sub(reportVerb.command));
static cl::opt<double> maxClip("max-clip", cl::value_desc("percent"),
                               cl::desc("exit code 1 where more of a value's elements lie beyond "
                                        "its grid"),
                               cl::sub(reportVerb.command));

static Gates gatesOf() {
  Gates gates;
  for (const std::string &kind : failOnFloat)
    if (!kind.empty())
      gates.kinds.push_back(kind);
  if (failOnFloat.getNumOccurrences() && gates.kinds.empty())
    gates.kinds.push_back("all");
  if (minSqnr.getNumOccurrences())
    gates.minSqnr = minSqnr;
  if (maxClip.getNumOccurrences())
    gates.maxClip = maxClip;
  return gates;
}

/// A message about a kind that no op has, or nothing.
static std::string unknownKind(const Gates &gates, mlir::MLIRContext &context) {
  std::vector<std::string> known{"all", "conv"};
  for (const OpSupport &op : opTable(context))
    known.push_back(StringRef(op.name).split('.').second.str());
  for (const std::string &kind : gates.kinds)
    if (!is_contained(known, kind))
      return "--fail-on-float: unknown kind '" + kind + "'" + didYouMean(kind, known) +
             "; expected " + joinList(known, /*quote=*/false, /*limit=*/64);
  return "";
}

static Error write(const AuditReport &report) {
  const StringRef path = outputPath;
  if (path.empty()) {
    outs() << toText(report);
    return Error::success();
  }
  if (path.ends_with(".json"))
    return writeFile(path, toJson(report).dump(2) + "\n");
  return writeFile(path, path.ends_with(".html") ? toHtml(report) : toText(report));
}

static int reportAction() {
  const StringRef path = outputPath;
  if (threads < 1 || batch < 1 || limit < 0 || !(seconds > 0))
    return fail("--threads and --batch expect at least 1, --limit at least 0, --seconds a "
                "positive number");
  if (!path.empty() && !path.ends_with(".html") && !path.ends_with(".json") &&
      !path.ends_with(".txt"))
    return fail("-o " + path +
                ": expected a name that ends in .html, .json or .txt; without -o "
                "the table is printed");
  DriverContext context(/*quietRemarks=*/true);
  const Gates gates = gatesOf();
  if (const std::string message = unknownKind(gates, *context); !message.empty())
    return fail(message);
  ReportOptions options{modelPath, floatPath, dataPath, programPath,
                        limit,     batch,     threads,  seconds};
  Expected<AuditReport> report = makeReport(*context, options);
  if (!report)
    return fail(report.takeError());
  Expected<std::vector<std::string>> problems = unmet(*report, gates);
  if (Error error = write(*report))
    return fail(std::move(error));
  if (!problems)
    return fail(problems.takeError());
  for (const std::string &problem : *problems)
    fail(problem);
  return problems->empty() ? 0 : 1;
}
