//===- Steps.h - what a program says about its steps --------------------------------===//

#ifndef QOPT_LIB_LOWER_STEPS_H
#define QOPT_LIB_LOWER_STEPS_H

#include "Globals.h"

namespace qopt::lower {

/// On a kernel call: why it is this kernel, if not the first of its kind; and its
/// multiply-accumulates of a sample.
inline constexpr llvm::StringLiteral kReasonAttr = "ukernel.reason", kMacsAttr = "ukernel.macs";

struct StepList {
  mlir::LLVM::GlobalOp list;
  int64_t count;
};

/// A plan's list of qrt_step_desc, one for each kernel call.
StepList writeSteps(ukernel::ProgramOp program, const RuntimeTypes &types, Globals &globals);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_STEPS_H
