//===- VerbOps.cpp - qopt ops: what each stage knows of each op ---------------------===//

#include "Verbs.h"

#include "qopt/Pipelines/OpTable.h"

#include "llvm/ADT/StringExtras.h"

using namespace qopt;
using namespace llvm;

static int opsAction();
static Verb opsVerb("ops", "the ops, and what each stage knows of them", opsAction);
static cl::opt<bool> asJson("json", cl::desc("print JSON"), cl::sub(opsVerb.command));

static int opsAction() {
  DriverContext context;
  const std::vector<OpSupport> table = opTable(*context);
  if (asJson) {
    printJson(toJson(table));
    return 0;
  }
  outs() << left_justify("op", 25) << left_justify("rule", 11) << "from ONNX\n";
  for (const OpSupport &row : table)
    outs() << left_justify(row.name, 25) << left_justify(row.rule, 11) << join(row.importers, ", ")
           << "\n";
  return 0;
}
