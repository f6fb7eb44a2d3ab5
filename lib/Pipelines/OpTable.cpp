//===- OpTable.cpp - what each stage knows of each op -------------------------------===//

#include "qopt/Pipelines/OpTable.h"

#include "dialects/NN/NN.h"
#include "qopt/Import/Import.h"
#include "qopt/Lower/Kernels.h"
#include "qrt/kernel_table.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace qopt;

/// An op without operands, for asking what is the same for every instance.
static Operation *makeInstance(RegisteredOperationName name) {
  OperationState state(UnknownLoc::get(name.getContext()), name);
  return Operation::create(state);
}

/// Its part in fusion, as its interfaces say.
static std::string fusionOf(Operation *op) {
  SmallVector<std::string> parts;
  if (auto root = dyn_cast<FusionRootOpInterface>(op))
    parts.push_back(root.supportsResidual() ? "takes batch_norm, act, residual"
                                            : "takes batch_norm, act");
  if (isa<ActivationFusingOpInterface>(op))
    parts.push_back("takes clamps");
  if (isa<PadAbsorbingOpInterface>(op))
    parts.push_back("takes pad");
  // An op that is its own activation attribute bears its name.
  if (isa<PointwiseOpInterface>(op) && nn::symbolizeActKind(op->getName().stripDialect()))
    parts.push_back("is an act");
  return llvm::join(parts, ", ");
}

/// "Conv", "Gelu (from opset 20)", "Silu (a pattern)": what becomes of ONNX's operators.
static std::vector<std::string> importersOf(StringRef kind, ArrayRef<ImportRow> rows) {
  constexpr int64_t kFirst = 9; // the lowest opset that is read
  std::vector<std::string> result;
  for (const ImportRow &row : rows) {
    if (!llvm::is_contained(row.makes, kind))
      continue;
    std::string text = row.op.str();
    if (row.since > row.until)
      text += " (a pattern)";
    else if (row.since > kFirst)
      text += " (from opset " + std::to_string(row.since) + ")";
    result.push_back(std::move(text));
  }
  return result;
}

static KernelKind kernelKind(StringRef kind) {
  KernelKind result{kind.str(), {}};
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  for (const qrt_kernel_row &row : ArrayRef(rows, count)) {
    const char *isa = qrt_isa_name(row.isa);
    if (kind == row.kind && !llvm::is_contained(result.isas, isa))
      result.isas.emplace_back(isa);
  }
  return result;
}

static OpSupport supportOf(RegisteredOperationName name, ArrayRef<ImportRow> importRows) {
  Operation *op = makeInstance(name);
  const QuantRule &rule = cast<QuantizableOpInterface>(op).getQuantRule();
  OpSupport row;
  row.name = name.getStringRef().str();
  row.rule = stringifyRule(rule.result).str();
  for (const OperandRole role : rule.operands)
    row.roles.push_back(stringifyRole(role).str());
  row.importers = importersOf(name.stripDialect(), importRows);
  row.fusion = fusionOf(op);
  row.evaluators = evaluatorModes(name.getStringRef());
  if (const auto kernels = kernelsOf(name.getStringRef())) {
    row.lowers = true;
    for (const StringRef kind : *kernels)
      row.kernels.push_back(kernelKind(kind));
  }
  op->destroy();
  return row;
}

std::vector<OpSupport> qopt::opTable(MLIRContext &context) {
  context.loadDialect<nn::NNDialect>();
  const std::vector<ImportRow> rows = importRows();
  std::vector<OpSupport> table;
  for (const RegisteredOperationName name : context.getRegisteredOperations())
    if (name.hasInterface<QuantizableOpInterface>())
      table.push_back(supportOf(name, rows));
  llvm::sort(table, [](const OpSupport &a, const OpSupport &b) { return a.name < b.name; });
  return table;
}

static Json listJson(const std::vector<std::string> &texts) {
  Json list = Json::array();
  for (const std::string &text : texts)
    list.push(text);
  return list;
}

Json qopt::toJson(ArrayRef<OpSupport> table) {
  Json list = Json::array();
  for (const OpSupport &row : table) {
    Json kernels = Json::array();
    for (const KernelKind &kernel : row.kernels)
      kernels.push(Json::object({{"kind", kernel.kind}, {"isas", listJson(kernel.isas)}}));
    list.push(Json::object({{"name", row.name},
                            {"rule", row.rule},
                            {"roles", listJson(row.roles)},
                            {"importers", listJson(row.importers)},
                            {"fusion", row.fusion},
                            {"float", row.evaluators.inFloat},
                            {"simulation", row.evaluators.inSimulate},
                            {"codes", row.evaluators.inCodes},
                            {"lowering", row.lowers},
                            {"kernels", std::move(kernels)}}));
  }
  return list;
}
