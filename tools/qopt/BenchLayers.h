//===- BenchLayers.h - times of a model's steps --------------------------------------===//

#ifndef QOPT_TOOLS_BENCHLAYERS_H
#define QOPT_TOOLS_BENCHLAYERS_H

#include "qopt/Pipelines/Model.h"
#include "qopt/Report/Profile.h"

namespace qopt {

/// Runs for some seconds and gives each step its median time. Errors: a model without steps.
llvm::Expected<std::vector<ProfiledStep>> profileModel(Model &model, llvm::ArrayRef<Tensor> inputs,
                                                       double seconds);

/// Measures what this machine gives at best on that ISA, with `threads` threads.
MachineLimits measureLimits(llvm::StringRef isa, int32_t threads);

} // namespace qopt

#endif // QOPT_TOOLS_BENCHLAYERS_H
