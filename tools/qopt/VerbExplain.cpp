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
static cl::opt<std::string>
    valueName(cl::Positional, cl::Required,
              cl::desc("NAME: of a value, a layer, a node or a constant, or the "
                       "end of one that is the only one"),
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
  Expected<const ValueFacts *> found = facts->lookUp(valueName);
  if (!found)
    return fail(modelPath + ": " + toString(found.takeError()) + "; `qopt info " + modelPath +
                "` lists the values");
  const ValueFacts *value = *found;
  if (asJson)
    printJson(toJson(*value));
  else
    outs() << toText(*value, *facts);
  return 0;
}
