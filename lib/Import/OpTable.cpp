//===- OpTable.cpp - the rows of all operator families -------------------------------===//

#include "NodeContext.h"

#include "qopt/Import/Import.h"

using namespace llvm;
using namespace qopt;
using namespace qopt::importer;

static SmallVector<ArrayRef<OpRow>> families() {
  return {convRows(),   linearRows(), activationRows(), elementwiseRows(), poolRows(),
          resizeRows(), shapeRows(),  sliceRows(),      constantRows(),    quantizeRows()};
}

static const StringMap<SmallVector<const OpRow *, 2>> &table() {
  static const auto *rows = [] {
    auto *result = new StringMap<SmallVector<const OpRow *, 2>>();
    for (const ArrayRef<OpRow> family : families())
      for (const OpRow &row : family)
        (*result)[row.op].push_back(&row);
    return result;
  }();
  return *rows;
}

std::vector<ImportRow> qopt::importRows() {
  std::vector<ImportRow> result;
  for (const ArrayRef<OpRow> family : families())
    for (const OpRow &row : family) {
      ImportRow &made = result.emplace_back(ImportRow{row.op, row.since, row.until, {}});
      row.makes.split(made.makes, ' ', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    }
  return result;
}

const OpRow *qopt::importer::findRow(StringRef domain, StringRef op, int64_t opset) {
  const bool isPlain = domain.empty() || domain == kPatternDomain;
  auto found = isPlain ? table().find(op) : table().find((domain + "." + op).str());
  if (found == table().end())
    return nullptr;
  for (const OpRow *row : found->second)
    if (!domain.empty() || (row->since <= opset && opset <= row->until))
      return row;
  return nullptr;
}

std::string qopt::importer::hintFor(const OnnxNode &node, int64_t opset) {
  struct Hint {
    StringLiteral op, text;
  };
  static constexpr Hint hints[] = {
      {"If", "export the model without control flow (torch: trace it, or set constants)"},
      {"Loop", "export the model without control flow (torch: trace it, unrolled)"},
      {"Scan", "export the model without control flow"},
      {"LSTM", "recurrent layers are not supported; cut the model before them"},
      {"GRU", "recurrent layers are not supported; cut the model before them"},
      {"RNN", "recurrent layers are not supported; cut the model before them"},
      {"LayerNormalization", "only batch normalization is supported; cut the model here"},
      {"InstanceNormalization", "only batch normalization is supported; cut the model here"},
      {"GroupNormalization", "only batch normalization is supported; cut the model here"},
      {"NonMaxSuppression", "cut the model before its post-processing"},
      {"TopK", "cut the model before its post-processing"},
      {"ArgMax", "cut the model before it and take the maximum outside"},
      {"DynamicQuantizeLinear",
       "scales that are computed at run time are supported for linear layers only, as ONNX "
       "Runtime's "
       "quantize_dynamic writes them: MatMulInteger of a constant, Cast, Mul with the product of "
       "both "
       "scales; quantize other layers with calibration data (static quantization)"},
      {"Erf", "supported only as part of GELU: 0.5 * x * (1 + erf(x / sqrt(2)))"},
  };
  if (!node.domain.empty())
    return "operators of the domain '" + node.domain +
           "' are not known; export with standard operators";
  if (table().contains(node.op))
    return "not known in this form at opset " + std::to_string(opset) +
           "; export with a newer opset";
  for (const Hint &hint : hints)
    if (hint.op == node.op)
      return hint.text.str();
  return "replace it in the model by supported operators, or cut the model here";
}
