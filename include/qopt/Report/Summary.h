//===- Summary.h - what is in a module or a program ---------------------------------===//
//
// The facts behind `qopt info`: ports, layers on codes and in float, named values with
// their quantization, constants; as data, as aligned text, and as JSON.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REPORT_SUMMARY_H
#define QOPT_REPORT_SUMMARY_H

#include "qopt/Support/Json.h"
#include "qrt/qrt.h"

#include "mlir/IR/BuiltinOps.h"

#include <optional>
#include <string>
#include <vector>

namespace qopt {

/// An input or output: f32 in a module, whatever the program says in a program.
struct PortSummary {
  std::string name;
  std::string type; ///< "tensor<?x3x32x32xf32>"
};

/// How many ops of one kind run on codes and in float.
struct KindCount {
  std::string kind; ///< as configurations name it ("conv2d")
  /// The op moves codes (rule SameAs or Shared): it is listed, but is no layer.
  bool moves = false;
  int64_t int8 = 0;
  int64_t inFloat = 0;
};

struct FloatLayer {
  std::string name;  ///< of the value that it makes
  std::string layer; ///< module path of the framework, or empty
  std::string kind;
  std::string reason;
};

/// Codes of a value, per tensor.
struct CodesSummary {
  unsigned bits = 8;
  bool isSigned = false;
  int64_t qmin = 0, qmax = 255;
  std::optional<float> scale; ///< nothing before calibration
  int32_t zeroPoint = 0;
  std::string observer; ///< qparams symbol, or empty where none is recorded
};

/// "u8", or "s8 [-127, 127]" where the range is narrower than the bits allow.
std::string codesText(const CodesSummary &codes);

/// A named value that the network computes, or an input.
struct ValueSummary {
  std::string name;
  std::string layer; ///< module path of the framework, or empty
  std::string kind;  ///< op kind; "input" for inputs, "requantize" for second points
  std::string type;  ///< the IR type; quantized in a converted module
  /// Set in a converted module for values that are codes, and from prepare on for values
  /// that will be.
  std::optional<CodesSummary> codes;
};

struct ParameterSummary {
  int64_t count = 0;    ///< tensors
  int64_t elements = 0; ///< of all of them
  int64_t bytes = 0;    ///< as stored: 4 per f32 or bias code, 1 per weight code
};

struct ModuleSummary {
  std::string stage;    ///< empty when the module names none
  int64_t version = 0;  ///< 0 when the module names none
  std::string numerics; ///< empty when the module names none
  std::vector<PortSummary> inputs, outputs;
  std::vector<KindCount> kinds; ///< in order of first appearance
  std::vector<FloatLayer> floatLayers;
  std::vector<ValueSummary> values; ///< in program order; each name once
  ParameterSummary parameters;

  /// A configuration was applied: each float layer has its own reason.
  bool isConfigured() const { return !stage.empty() && stage != "imported" && stage != "fused"; }
  /// Ops that compute (do not only move codes) and run on codes, or will after convert.
  int64_t int8Layers() const;
  /// Ops that compute and run in float; before the configuration was applied: all.
  int64_t floatLayerCount() const { return static_cast<int64_t>(floatLayers.size()); }
};

/// Reads a module at any stage. Error: no function @main with a body.
llvm::Expected<ModuleSummary> summarize(mlir::ModuleOp module);

/// The JSON of `qopt info --json`: stage, version, numerics, inputs, outputs, layers, kinds,
/// tensors, parameters.
Json toJson(const ModuleSummary &summary);

/// The same as aligned tables. `title` stands first ("Q.mlir").
std::string toText(const ModuleSummary &summary, llvm::StringRef title);

/// A compiled program; `fileBytes` is the size of P.so. The keys are those of a module where
/// both have them (stage is "program"), and isas, fingerprint, batch, file_bytes.
Json toJson(const qrt_program &program, uint64_t fileBytes);
std::string toText(const qrt_program &program, uint64_t fileBytes, llvm::StringRef title);

} // namespace qopt

#endif // QOPT_REPORT_SUMMARY_H
