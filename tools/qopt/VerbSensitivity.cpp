//===- VerbSensitivity.cpp - qopt sensitivity: what each layer costs ----------------===//

#include "Verbs.h"

#include "qopt/Audit/Sensitivity.h"

using namespace qopt;
using namespace llvm;

static int sensitivityAction();
static Verb sensitivityVerb("sensitivity",
                            "what each layer's quantization costs at the outputs: it alone "
                            "quantized, and all but it",
                            sensitivityAction);
static cl::opt<std::string> modelPath(cl::Positional, cl::Required, cl::desc("calibrated.mlir"),
                                      cl::sub(sensitivityVerb.command));
static cl::opt<std::string> dataPath("data", cl::Required, cl::value_desc("d.npz"),
                                     cl::desc("samples: arrays named as the inputs, or 'x'"),
                                     cl::sub(sensitivityVerb.command));
static cl::opt<bool> labels("labels",
                            cl::desc("measure top-1 accuracy too, by the labels in array 'y'"),
                            cl::sub(sensitivityVerb.command));
static cl::opt<int64_t> limit("limit", cl::init(64),
                              cl::desc("use only the first samples (default 64; 0: all)"),
                              cl::sub(sensitivityVerb.command));
static cl::opt<int> batch("batch", cl::init(16), cl::desc("samples at once (default 16)"),
                          cl::sub(sensitivityVerb.command));
static cl::opt<bool> asJson("json", cl::desc("print JSON"), cl::sub(sensitivityVerb.command));

static int sensitivityAction() {
  if (batch < 1 || limit < 0)
    return fail("--batch expects at least 1, --limit at least 0");
  DriverContext context(/*quietRemarks=*/true);
  Expected<SensitivityReport> report =
      measureSensitivity(*context, {modelPath, dataPath, labels, limit, batch});
  if (!report)
    return fail(report.takeError());
  if (asJson)
    printJson(toJson(*report));
  else
    outs() << toText(*report);
  return 0;
}
