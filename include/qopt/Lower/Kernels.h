//===- Kernels.h - which kernels an op is lowered to --------------------------------===//
//
// What the lower stage's table says of an op, for the table of ops by stage.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LOWER_KERNELS_H
#define QOPT_LOWER_KERNELS_H

#include "qopt/Support/Text.h"

#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace qopt {

/// The kinds of kernels (kernels.def) that the lowering of `op` ("nn.conv2d") may call, on codes
/// and in float, beside `copy`; none for ops that only view memory in another way. Nothing for
/// an op that has no lowering.
std::optional<llvm::SmallVector<llvm::StringRef, 3>> kernelsOf(llvm::StringRef op);

} // namespace qopt

#endif // QOPT_LOWER_KERNELS_H
