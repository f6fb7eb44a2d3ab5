//===- Summary.h - extremes and kinds of a run of values ---------------------------------===//
//
// Internal to Support: the first pass of every observer over a batch.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_SUPPORT_SUMMARY_H
#define QOPT_LIB_SUPPORT_SUMMARY_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <limits>

namespace qopt {

struct Summary {
  /// Of the finite values; least > greatest when there are none. Never -0.
  float least = std::numeric_limits<float>::infinity();
  float greatest = -std::numeric_limits<float>::infinity();
  uint64_t finite = 0;
  uint64_t nans = 0;
  uint64_t infinities = 0;
};

Summary summarize(llvm::ArrayRef<float> values);

} // namespace qopt

#endif // QOPT_LIB_SUPPORT_SUMMARY_H
