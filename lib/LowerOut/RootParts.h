//===- RootParts.h - the numbers of a convolution or linear layer ---------------------===//

#ifndef QOPT_LIB_LOWEROUT_ROOTPARTS_H
#define QOPT_LIB_LOWEROUT_ROOTPARTS_H

#include "Codes.h"
#include "Conversion.h"

namespace qopt::lowerout {

/// A fusion root on codes, apart from its geometry.
struct RootParts {
  Codes in;
  std::optional<Codes> out; ///< none: the result is the accumulator as f32 (N6)
  std::optional<Codes> mid;
  std::optional<Codes> residual;
  nn::ActAttr act;           ///< a clamp of the result, or null
  std::vector<int8_t> table; ///< signed (Codes.h); empty: none
  bool tablePerChannel = false;

  std::vector<int32_t> weights; ///< qw - zw in the op's own layout
  llvm::SmallVector<int64_t> weightShape;
  std::optional<int32_t> weightZeroPoint; ///< for signed codes, where it is one for all
  std::vector<int32_t> bias;              ///< per output channel
  std::vector<float> multipliers; ///< N6's m[c] to mid or the result; sx * sw[c] to a float result
  int64_t channelAxis = 1;        ///< of the result

  int64_t channels() const { return static_cast<int64_t>(bias.size()); }
};

/// Reads a root; fails after a refusal.
llvm::FailureOr<RootParts> readRoot(FusionRootOpInterface op, Refusals &refusals);

/// The table of a function of one tensor (N10), as signed codes by signed codes.
struct PointwiseTable {
  std::vector<int8_t> codes;
  llvm::SmallVector<int64_t, 2> shape; ///< [256], or [channels, 256]

  bool perChannel() const { return shape.size() == 2; }
};

/// Refuses ops in float, without a table, and tables that are not of 256 codes (for each channel).
llvm::FailureOr<PointwiseTable> readTable(PointwiseOpInterface op, Refusals &refusals);

} // namespace qopt::lowerout

#endif // QOPT_LIB_LOWEROUT_ROOTPARTS_H
