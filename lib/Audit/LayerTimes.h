//===- LayerTimes.h - where a program's time goes -----------------------------------===//

#ifndef QOPT_LIB_AUDIT_LAYERTIMES_H
#define QOPT_LIB_AUDIT_LAYERTIMES_H

#include "qopt/Run/Program.h"

#include "llvm/ADT/StringMap.h"

namespace qopt::audit {

struct LayerTimes {
  llvm::StringMap<double> ms; ///< by value: from the named value before it to this one
  double totalMs = 0.0;       ///< of a call without anyone listening
  std::string isa;
};

/// Times calls at batch 1 (or the program's own) on normal random inputs for about `seconds`,
/// and takes the fastest of each. Errors as of a session of the runtime.
llvm::Expected<LayerTimes> timeLayers(const Program &program, int32_t threads, double seconds);

} // namespace qopt::audit

#endif // QOPT_LIB_AUDIT_LAYERTIMES_H
