//===- Sensitivity.h - what each layer's quantization costs -------------------------===//
//
// Two measurements per layer: it alone quantized in a float network (one on), and it alone
// float in the quantized one (one off). Both start at the layer, on what the layers before it
// made in the float and in the quantized network, so that N layers cost about N full runs for
// both together instead of 2 N, and less the later a layer stands.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_AUDIT_SENSITIVITY_H
#define QOPT_AUDIT_SENSITIVITY_H

#include "qopt/Support/Json.h"

#include "mlir/IR/MLIRContext.h"

#include <optional>
#include <string>
#include <vector>

namespace qopt {

struct SensitivityOptions {
  std::string modelPath; ///< calibrated module
  std::string dataPath;
  bool labels = false; ///< the data has labels `y`: measure top-1 accuracy too
  int64_t limit = 64;  ///< samples to use; 0: all
  int64_t batch = 16;
};

/// One state of the network beside the float one, at the network's outputs.
struct Score {
  double signal = 0.0, noise = 0.0;
  int64_t hits = 0;

  double sqnr() const;
};

struct LayerSensitivity {
  std::string name, layer, kind;
  Score alone;   ///< only this layer quantized
  Score without; ///< all but this layer quantized
};

struct SensitivityReport {
  int64_t samples = 0;
  bool labels = false;
  Score plain;                          ///< float: only `hits` count
  Score quantized;                      ///< all layers
  std::vector<LayerSensitivity> layers; ///< the costliest alone first

  double accuracy(const Score &score) const {
    return static_cast<double>(score.hits) / static_cast<double>(samples);
  }
};

/// Errors: a module that is not calibrated, data that does not fit, missing labels.
llvm::Expected<SensitivityReport> measureSensitivity(mlir::MLIRContext &context,
                                                     const SensitivityOptions &options);

Json toJson(const SensitivityReport &report);
std::string toText(const SensitivityReport &report);

} // namespace qopt

#endif // QOPT_AUDIT_SENSITIVITY_H
