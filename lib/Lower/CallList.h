//===- CallList.h - the calls of a program as data for audits -----------------------===//

#ifndef QOPT_LIB_LOWER_CALLLIST_H
#define QOPT_LIB_LOWER_CALLLIST_H

#include "Globals.h"

namespace qopt::lower {

/// Emits qopt_calls of qrt/calls.h: what the entry functions of `programs` call, with the
/// parameter blocks and constants that they use.
void writeCallList(llvm::ArrayRef<ukernel::ProgramOp> programs, Globals &globals,
                   const RuntimeTypes &types);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_CALLLIST_H
