//===- OpTable.h - what each stage knows of each op ---------------------------------===//
//
// One row per nn op, read from the tables of the stages themselves: `qopt ops`, and the
// generated page docs/generated/ops.md.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_PIPELINES_OPTABLE_H
#define QOPT_PIPELINES_OPTABLE_H

#include "qopt/Reference/Interpreter.h"
#include "qopt/Support/Json.h"

#include "mlir/IR/MLIRContext.h"

#include <optional>
#include <string>
#include <vector>

namespace qopt {

/// A kind of kernel with the ISAs that have one, best first ("avx512vnni", ..., "scalar").
struct KernelKind {
  std::string kind;
  std::vector<std::string> isas;
};

/// The row of one op with a quantization rule.
struct OpSupport {
  std::string name;                   ///< "nn.conv2d"
  std::string rule;                   ///< where the result's parameters come from: "Observed"
  std::vector<std::string> roles;     ///< of the operand groups: "activation", "weight", ...
  std::vector<std::string> importers; ///< "Conv", "Gelu (from opset 20)"
  std::string fusion;                 ///< its part in fusion, or empty
  EvaluatorModes evaluators;
  bool lowers = false;
  std::vector<KernelKind> kernels; ///< that its lowering calls, on codes and in float
};

/// All rows, by name. Loads the dialects it needs.
std::vector<OpSupport> opTable(mlir::MLIRContext &context);

/// A list of rows, with the members' names as keys.
Json toJson(llvm::ArrayRef<OpSupport> table);

} // namespace qopt

#endif // QOPT_PIPELINES_OPTABLE_H
