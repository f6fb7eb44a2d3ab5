//===- Facts.h - everything a module says of each of its values ---------------------===//
//
// What `qopt explain` prints of one value and `qopt report` of all: type, parameters, who
// decided them, what the observer saw, neighbours, constants, why a layer is float.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_AUDIT_FACTS_H
#define QOPT_AUDIT_FACTS_H

#include "qopt/Report/Summary.h"
#include "qopt/Support/Json.h"

#include <map>

namespace qopt {

/// What an observer saw, as `qopt.observed` keeps it.
struct ObservedFacts {
  int64_t count = 0;
  double min = 0.0, max = 0.0;
  std::optional<double> clipped; ///< share of the values beyond the grid
};

/// Who decided on parameters, and how.
struct DecisionFacts {
  std::string observer;    ///< qparams symbol
  std::string kind;        ///< observer kind ("histogram")
  std::string rule;        ///< entry of the configuration, or constraint
  std::string scheme;      ///< "affine", "symmetric"
  std::string granularity; ///< "per_tensor", "per_channel"
  bool fixed = false;
  std::string derivedFrom; ///< symbol whose parameters these follow from (N8)
  std::optional<ObservedFacts> observed;
};

/// A weight, bias or other constant.
struct ConstantFacts {
  std::string name;
  std::string role; ///< "weight", "bias", ...
  std::string type; ///< element type: "s8", "i32", "f32"
  std::vector<int64_t> shape;
  int64_t bytes = 0;      ///< as stored
  int64_t floatBytes = 0; ///< as f32
  int64_t channels = 0;   ///< number of scales; 0 for f32
  double leastScale = 0.0, greatestScale = 0.0;
  std::optional<DecisionFacts> decision;
};

/// A named value: an input, or what an op makes.
struct ValueFacts {
  ValueSummary summary;           ///< name, layer, kind, type, codes
  std::vector<int64_t> shape;     ///< -1: the batch
  std::vector<std::string> fused; ///< layers that the group was made of
  bool isInput = false, isOutput = false;
  bool moves = false;       ///< only moves codes
  std::string floatReason;  ///< of a layer in float; empty on codes
  bool floatResult = false; ///< f32 out of a layer on codes: its accumulator (N6)
  /// Of a layer that finds its input's parameters at run time (N17): the rule that decided so.
  std::string dynamicRule;
  std::optional<DecisionFacts> decision;
  std::optional<CodesSummary> mid; ///< point between accumulator and residual or table
  std::optional<DecisionFacts> midDecision;
  std::string activation;           ///< fused: "relu"
  std::vector<std::string> nodes;   ///< of an imported model: nodes that went into it
  std::vector<std::string> inputs;  ///< names of the values it reads
  std::vector<std::string> readers; ///< names of the values that read it
  std::vector<ConstantFacts> constants;

  int64_t bytes() const;
  int64_t floatBytes() const;
};

struct ModuleFacts {
  ModuleSummary summary;
  std::string source;             ///< path of the float model, or empty
  std::vector<ValueFacts> values; ///< in program order

  /// By value name, layer path, constant's or node's name; null for an unknown one.
  const ValueFacts *find(llvm::StringRef name) const;
  /// As find(), for what a user types: the end of a name will do where it is the end of one value's
  /// only ("conv1" of "block1.conv1"). Error: names that are near, or that it may mean.
  llvm::Expected<const ValueFacts *> lookUp(llvm::StringRef name) const;
};

/// Error: no function @main with a body.
llvm::Expected<ModuleFacts> collectFacts(mlir::ModuleOp module);

/// One value with all that is known of it.
Json toJson(const ValueFacts &value);
std::string toText(const ValueFacts &value, const ModuleFacts &facts);

} // namespace qopt

#endif // QOPT_AUDIT_FACTS_H
