//===- Summary.cpp - extremes and kinds of a run of values -------------------------------===//
//
// A fast pass for batches that are finite, which nearly all are, and a careful one.
//
//===-----------------------------------------------------------------------------===//

#include "Summary.h"

#include <algorithm>
#include <cmath>

namespace qopt {

static Summary summarizeCarefully(llvm::ArrayRef<float> values) {
  Summary summary;
  for (float value : values) {
    if (std::isfinite(value)) {
      ++summary.finite;
      summary.least = std::min(summary.least, value);
      summary.greatest = std::max(summary.greatest, value);
    } else if (value != value) {
      ++summary.nans;
    } else {
      ++summary.infinities;
    }
  }
  return summary;
}

Summary summarize(llvm::ArrayRef<float> values) {
  // Independent lanes, which the compiler can put into vectors without reordering anything
  // that matters: extremes do not depend on the order.
  constexpr size_t kLanes = 16;
  float least[kLanes];
  float greatest[kLanes];
  // x - x is 0 for finite values and NaN for all others, and NaN stays in a sum.
  float poison[kLanes] = {};
  std::fill_n(least, kLanes, std::numeric_limits<float>::infinity());
  std::fill_n(greatest, kLanes, -std::numeric_limits<float>::infinity());
  size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float value = values[i + lane];
      least[lane] = value < least[lane] ? value : least[lane];
      greatest[lane] = value > greatest[lane] ? value : greatest[lane];
      poison[lane] += value - value;
    }
  Summary summary = summarizeCarefully(values.drop_front(i));
  bool finite = summary.nans == 0 && summary.infinities == 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    finite &= poison[lane] == 0.0f;
    summary.least = std::min(summary.least, least[lane]);
    summary.greatest = std::max(summary.greatest, greatest[lane]);
  }
  if (!finite)
    summary = summarizeCarefully(values);
  else
    summary.finite = values.size();
  // -0 and 0 are one value, or the sign would depend on the order.
  summary.least += 0.0f;
  summary.greatest += 0.0f;
  return summary;
}

} // namespace qopt
