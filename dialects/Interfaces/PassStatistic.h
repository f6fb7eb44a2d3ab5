//===- PassStatistic.h - what passes count, also without LLVM's own statistics ------===//
//
// An LLVM that was built without assertions, as Debian's is, drops what passes add to
// mlir::Pass::Statistic. The statistics of our passes (the rows in Passes.td) are of this type,
// which keeps a count of its own; `qopt --statistics` prints it.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_INTERFACES_PASSSTATISTIC_H
#define QOPT_INTERFACES_PASSSTATISTIC_H

#include "mlir/Pass/Pass.h"

#include <string>
#include <vector>

namespace qopt {

/// What a pass counted in this process, over all its runs.
struct PassCount {
  std::string pass, name, description;
  uint64_t count = 0;
};

/// In the order in which passes counted first.
std::vector<PassCount> passCounts();

/// The counts as a table of pass, name, count and description.
std::string passCountsText();

class PassStatistic : public mlir::Pass::Statistic {
public:
  PassStatistic(mlir::Pass *owner, const char *name, const char *description)
      : Statistic(owner, name, description), owner(owner), name(name), description(description) {}

  /// Adding 0 makes the statistic appear.
  PassStatistic &operator+=(uint64_t count);
  PassStatistic &operator++() { return *this += 1; }

private:
  mlir::Pass *owner;
  const char *name, *description;
};

} // namespace qopt

#endif // QOPT_INTERFACES_PASSSTATISTIC_H
