//===- Summary.cpp - extremes and kinds of a run of values -------------------------------===//
//
// A fast pass for batches that are finite, which nearly all are, and a careful one.
//
//===-----------------------------------------------------------------------------===//

#include "Summary.h"
#include "qopt/Support/PerIsa.h"

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

namespace {
/// Independent lanes, which the compiler can put into vectors without reordering anything that
/// matters: extremes do not depend on the order.
constexpr size_t kLanes = 16;
struct Lanes {
  float least[kLanes], greatest[kLanes];
  float poison[kLanes]; // x - x is 0 for finite x and NaN for all others, which stays in a sum
};
} // namespace

QOPT_PER_ISA static void addBlocks(const float *values, size_t blocks, Lanes *to) {
  float least[kLanes], greatest[kLanes], poison[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    least[lane] = __builtin_inff();
    greatest[lane] = -__builtin_inff();
    poison[lane] = 0.0f;
  }
  for (const float *end = values + blocks * kLanes; values != end; values += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float value = values[lane];
      least[lane] = value < least[lane] ? value : least[lane];
      greatest[lane] = value > greatest[lane] ? value : greatest[lane];
      poison[lane] += value - value;
    }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    to->least[lane] = least[lane];
    to->greatest[lane] = greatest[lane];
    to->poison[lane] = poison[lane];
  }
}

Summary summarize(llvm::ArrayRef<float> values) {
  Lanes lanes;
  const size_t blocks = values.size() / kLanes;
  addBlocks(values.data(), blocks, &lanes);
  Summary summary = summarizeCarefully(values.drop_front(blocks * kLanes));
  bool finite = summary.nans == 0 && summary.infinities == 0;
  for (size_t lane = 0; lane < kLanes; ++lane) {
    finite &= lanes.poison[lane] == 0.0f;
    summary.least = std::min(summary.least, lanes.least[lane]);
    summary.greatest = std::max(summary.greatest, lanes.greatest[lane]);
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
