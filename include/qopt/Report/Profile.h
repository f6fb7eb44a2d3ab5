//===- Profile.h - where the time of a program goes ---------------------------------===//
//
// The facts behind `qopt bench --per-layer`, as aligned text and as JSON.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REPORT_PROFILE_H
#define QOPT_REPORT_PROFILE_H

#include "qopt/Support/Json.h"

#include "llvm/ADT/ArrayRef.h"

#include <string>

namespace qopt {

/// One step of a program, timed.
struct ProfiledStep {
  std::string name, kernel, reason;
  double ms = 0.0;
  int64_t macs = 0;  ///< of the whole batch
  int64_t bytes = 0; ///< read and written, constants included
};

/// What the machine gives at best, measured; 0 where it is not known.
struct MachineLimits {
  double macsPerSecond = 0.0;  ///< dot products from registers, all threads
  double bytesPerSecond = 0.0; ///< one pass over memory that only the L3 cache holds
};

/// Milliseconds that the step takes at least by these limits; more than it took where an
/// algorithm needs fewer products than the layer has (Winograd).
double limitMs(const ProfiledStep &step, const MachineLimits &limits);

/// A table of the steps in their order, with a line for the sum.
std::string profileText(llvm::ArrayRef<ProfiledStep> steps, const MachineLimits &limits);
/// [{name, kernel, reason, ms, macs, bytes, gmacs, limit_share}]
Json profileJson(llvm::ArrayRef<ProfiledStep> steps, const MachineLimits &limits);

} // namespace qopt

#endif // QOPT_REPORT_PROFILE_H
