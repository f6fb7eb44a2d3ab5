//===- Config.h - configurations and targets, parsed and checked ----------------------===//
//
// The JSON forms are described in docs/stages/QConfig.md. Every error names the file, the
// path in it and what would be valid.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_QCONFIG_CONFIG_H
#define QOPT_QCONFIG_CONFIG_H

#include "qopt/Support/Json.h"
#include "qopt/Support/QParams.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qopt::qconfig {

/// How one tensor is quantized and observed.
struct Spec {
  QuantRange codes;
  bool perChannel = false;
  std::string observer = "histogram";
  /// bins, percentile, averaging_constant, eps, scale, zero_point: those that were given.
  std::vector<std::pair<std::string, double>> options;
  /// In training: what is learned, and the factor of its gradients ("lsq", "torch", "none").
  bool learnScale = false, learnZeroPoint = false;
  std::string gradScale = "lsq";

  /// "u8", "s4", ...
  std::string dtype() const;
  /// Scale and zero point are found at run time (N17).
  bool isDynamic() const { return observer == "dynamic"; }
};

/// What to do with one op.
struct Rule {
  Spec activation;
  Spec weight;
  bool residualAccumulator = false;
};

/// One entry of a configuration; without a rule the ops that it names stay float.
struct Entry {
  enum class Kind : uint8_t { ObjectType, ModuleNameRegex, ModuleName, ModuleNameObjectTypeOrder };
  Kind kind;
  std::string key;        ///< the name, the pattern, or for ...Order the module
  std::string objectType; ///< ...Order only
  int64_t index = 0;      ///< ...Order only: the n-th op of that type in that module
  std::optional<Rule> rule;
  std::string path;   ///< place in the file, for messages
  std::string reason; ///< {"float": reason}: why there is no rule, in the user's words

  /// "module_name 'fc'": as reasons and reports print it.
  std::string text() const;
};

/// A value whose parameters no observer finds.
struct FixedValue {
  std::string name;
  Spec spec;
  QParams qparams;
  std::string path;
};

/// Names of inputs or outputs that stay float; `all` for every one.
struct FloatPorts {
  bool all = false;
  std::vector<std::pair<std::string, std::string>> names; ///< name, place in the file
};

struct Config {
  std::string file;
  std::optional<Rule> global; ///< absent: float
  std::string globalText;     ///< "global", or the target's name where the file has none
  std::vector<Entry> entries; ///< in the order of the file
  std::vector<FixedValue> fixed;
  FloatPorts inputs, outputs;
  bool allowUnmatched = false;
};

/// What a backend can run, and its default rule.
struct Target {
  std::string name;
  Rule defaults;
  std::vector<std::string> activationDtypes, activationSchemes;
  std::vector<std::string> weightDtypes, weightGranularities;
  std::vector<std::string> epilogues;          ///< relu, relu6, clip, table, residual
  std::optional<std::vector<std::string>> ops; ///< kinds; absent: all
};

/// Names of targets that run everything, and of their default rules: x86, arm.
llvm::ArrayRef<llvm::StringRef> presetNames();

/// The preset of that name; it must be one of presetNames().
Rule presetRule(llvm::StringRef name);

/// `rule` with activations whose parameters are found at run time (N17).
Rule dynamicRule(Rule rule);

/// A qconfig: null (nothing), the name of a preset, or an object over `defaults`.
llvm::Expected<std::optional<Rule>> parseRule(const JsonReader &reader, const Rule &defaults);

/// x86, arm, or a file.
llvm::Expected<Target> loadTarget(llvm::StringRef nameOrPath);

/// A whole configuration.
llvm::Expected<Config> parseConfig(const Json &json, llvm::StringRef file, const Target &target);

/// Why the target cannot run an op of that kind with that rule: "... per-channel weights",
/// or nothing. `epilogues` are those of the op's group.
std::string whyTargetCannot(const Target &target, llvm::StringRef kind, const Rule &rule,
                            bool hasWeight, llvm::ArrayRef<llvm::StringRef> epilogues);

} // namespace qopt::qconfig

#endif // QOPT_QCONFIG_CONFIG_H
