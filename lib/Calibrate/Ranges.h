//===- Ranges.h - the parameters that an observer's statistics give ---------------------------===//

#ifndef QOPT_LIB_CALIBRATE_RANGES_H
#define QOPT_LIB_CALIBRATE_RANGES_H

#include "Observers.h"

namespace qopt::calibrate {

struct Params {
  llvm::SmallVector<float> scales;
  llvm::SmallVector<int32_t> zeroPoints;
};

/// [N15] from statistics and constants, by the search that the spec names; one scale per
/// channel where it is per channel. Errors start with the observer's name: nothing seen, NaN
/// or infinity, damaged statistics, an impossible range of codes.
llvm::Expected<Params> observedParams(Observer &observer);

/// Parameters that were fixed or given beforehand. Error: there are none.
llvm::Expected<Params> givenParams(Observer &observer);

/// Notes the extremes and the clipped share of what a resolved observer saw as the symbol's
/// `qopt.observed`: the statistics themselves go away with convert.
void recordObserved(Observer &observer);

/// The codes of a spec.
QuantRange codesOf(quantize::SpecAttr spec);

} // namespace qopt::calibrate

#endif // QOPT_LIB_CALIBRATE_RANGES_H
