//===- VerbExplain.cpp - qopt explain: one value, and who decided -------------------===//

#include "Verbs.h"

#include "qopt/Audit/Facts.h"
#include "qopt/Audit/Modules.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

static int explainAction();
static Verb explainVerb("explain",
                        "all that is known of one value: rule, observer, statistics, scale, "
                        "constants, neighbours, and why it is float",
                        explainAction);
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("Q.mlir (any stage) | MODEL.onnx"),
                                      cl::sub(explainVerb.command));
static cl::opt<std::string> valueName(cl::Positional, cl::Required,
                                      cl::desc("NAME: of a value, a layer or a constant"),
                                      cl::sub(explainVerb.command));
static cl::opt<bool> asJson("json", cl::desc("print JSON"), cl::sub(explainVerb.command));

static int explainAction() {
  DriverContext context(/*quietRemarks=*/true);
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = loadModule(modelPath, *context);
  if (!module)
    return fail(module.takeError());
  Expected<ModuleFacts> facts = collectFacts(**module);
  if (!facts)
    return fail(modelPath + ": " + toString(facts.takeError()));
  const ValueFacts *value = facts->find(valueName);
  if (!value)
    return fail(modelPath + ": has no value, layer or constant named '" + valueName + "'" +
                didYouMean(valueName, facts->names()) + "; `qopt info " + modelPath +
                "` lists the values");
  if (asJson)
    printJson(toJson(*value));
  else
    outs() << toText(*value, *facts);
  return 0;
}
