//===- Encodings.h - quantization parameters that another tool decided ----------------===//
//
// Two forms of files: AIMET's encodings (versions 0.6.1 and 1.0.0 of its "Encoding Format
// Specification") and ONNX Runtime's TensorQuantOverrides (the dictionary of that extra option
// of its static quantizer, as JSON). Every error names the file, the path in it and what would
// be valid.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_QCONFIG_ENCODINGS_H
#define QOPT_QCONFIG_ENCODINGS_H

#include "qopt/Support/Json.h"
#include "qopt/Support/QParams.h"

#include <optional>
#include <string>
#include <vector>

namespace qopt::qconfig {

/// Scales and zero points of one tensor.
struct Encoding {
  std::string name; ///< of the value or parameter in the model
  std::string path; ///< place in the file, for messages
  int bits = 8;
  /// Absent: the file does not say. Zero points are then those of unsigned codes, and the same
  /// grid exists in signed codes, with 2^(bits-1) less.
  std::optional<bool> isSigned;
  /// One for each output channel; else there is one scale.
  bool perChannel = false;
  /// The channels' axis in the ONNX model, where the file says; negative: from the end.
  std::optional<int64_t> axis;
  std::vector<float> scales;
  std::vector<int64_t> zeroPoints; ///< biases of 32 bits need more than i32
  /// In place of scales: the least and greatest value by channel, for N15.
  struct Range {
    float low, high;
    std::optional<bool> symmetric; ///< absent: weights are, activations are not
  };
  std::vector<Range> ranges;
};

/// AIMET encodings; those of float tensors are left out. Errors also: other versions, the form of
/// layers' inputs and outputs by PyTorch's names, blocks of channels.
llvm::Expected<std::vector<Encoding>> parseEncodings(const Json &json, llvm::StringRef file);

/// ONNX Runtime's overrides. Errors also: entries without parameters or range, `reduce_range` and
/// `convert`.
llvm::Expected<std::vector<Encoding>> parseOverrides(const Json &json, llvm::StringRef file);

} // namespace qopt::qconfig

#endif // QOPT_QCONFIG_ENCODINGS_H
