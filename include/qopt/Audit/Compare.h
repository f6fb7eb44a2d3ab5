//===- Compare.h - two models on the same inputs, value by value --------------------===//
//
// Values are matched by name. Where both sides hold codes, they must be equal (N12);
// otherwise the difference of the real values counts.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_AUDIT_COMPARE_H
#define QOPT_AUDIT_COMPARE_H

#include "qopt/Pipelines/Model.h"

#include "llvm/ADT/StringMap.h"

#include <string>
#include <vector>

namespace qopt {

/// Along dimension 1 of a value.
struct ChannelDifference {
  int64_t elements = 0, differ = 0;
  int64_t leastStep = 0, greatestStep = 0; ///< code of the second less that of the first
  double errorSum = 0.0;                   ///< of real values, second less first
};

/// What is known of one value after some batches.
struct Difference {
  int64_t elements = 0;
  int64_t codesDiffer = 0; ///< or the bits of floats that both sides define (N6)
  bool bothCodes = true, bothExact = true;
  bool sameParameters = true; ///< scale and zero point agree where both are codes
  double signal = 0.0, noise = 0.0;
  double maxError = 0.0;
  int64_t differAtEnds = 0;  ///< of codesDiffer, where one side is at the end of its grid
  double clippedNoise = 0.0; ///< part of `noise` from codes at the end of their grid
  double step = 0.0;         ///< the coarser scale of the two sides; 0 for two floats
  int64_t codeRange = 0;     ///< greatest less least code that occurred
  int64_t maxCodeStep = 0;   ///< greatest difference of two codes
  uint64_t codesSeen[4] = {0, 0, 0, 0}; ///< bit set of the first side's codes, by raw byte
  std::vector<ChannelDifference> channels;

  /// Both sides define every bit.
  bool mustAgree() const { return bothCodes || bothExact; }
  /// 10 log10(signal / noise), infinite where nothing differs.
  double sqnr() const;
  int64_t distinctCodes() const;
};

/// Why a value differs, as far as its differences tell.
enum class DifferenceKind : uint8_t {
  None,
  Parameters, ///< other scale or zero point
  Clipping,   ///< values at the end of the grid on one side only
  Rounding,   ///< single steps, both ways or rarely
  Bias,       ///< whole channels shifted by a constant
  Weights,    ///< channels differ with their input
  Overflow,   ///< codes jump across most of the grid
  Inherited,  ///< an input already has this error
};
llvm::StringRef kindName(DifferenceKind kind);
/// A sentence on what that means and where to look.
llvm::StringRef kindAdvice(DifferenceKind kind);

/// The kind of one value's difference; `worstInput` is the least SQNR of the values that its
/// layer reads (infinite for none).
DifferenceKind classify(const Difference &difference, double worstInput);

class Comparison {
public:
  /// Errors name the two models by these.
  Comparison(std::string firstName, std::string secondName)
      : firstName(std::move(firstName)), secondName(std::move(secondName)) {}

  /// Runs both on one batch, of which the first `rows` rows count. Behind float layers the
  /// interpreter among the two takes the other's codes, for float layers differ in last bits
  /// between implementations (N14). Errors: of the runs; a value of different sizes.
  llvm::Error add(Model &first, Model &second, llvm::ArrayRef<Tensor> inputs, int64_t rows);

  /// Feeds the first `limit` samples (0: all), `batch` at once, with a progress bar.
  llvm::Error addAll(Model &first, Model &second, BatchReader &reader, int64_t batch,
                     int64_t limit);

  /// Names of values that both have, in the order of the first run's program.
  const std::vector<std::string> &names() const { return order; }
  const Difference &of(llvm::StringRef name) const { return values.find(name)->second; }
  /// Name -> whether it holds codes, of values that only one side has.
  const llvm::StringMap<bool> &onlyInFirst() const { return onlyFirst; }
  const llvm::StringMap<bool> &onlyInSecond() const { return onlySecond; }
  /// Some codes followed a float layer and were compared on equal codes at its border.
  bool isBehindFloat() const { return behindFloat; }
  int64_t valuesOnCodes() const;
  int64_t valuesExact() const; ///< floats whose bits both sides define
  int64_t codesThatDiffer() const;
  /// The first value in which codes differ, or empty.
  std::string firstDifferent() const;
  /// The first value with less than `decibels` of SQNR, or empty.
  std::string firstBelow(double decibels) const;

private:
  llvm::Error addBatch(Model &runsFirst, Model &runsSecond, llvm::ArrayRef<Tensor> inputs,
                       int64_t rows);
  llvm::Error accumulate(const Record &a, const Record &b, int64_t elements);
  bool swappedRoles = false; ///< the run's first model is this comparison's second

  std::string firstName, secondName;
  std::vector<std::string> order;
  llvm::StringMap<Difference> values;
  llvm::StringMap<bool> onlyFirst, onlySecond;
  bool behindFloat = false;
};

} // namespace qopt

#endif // QOPT_AUDIT_COMPARE_H
