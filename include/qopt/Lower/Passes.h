//===- Passes.h - the passes of the lower stage -------------------------------------===//

#ifndef QOPT_LOWER_PASSES_H
#define QOPT_LOWER_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"
#include "dialects/UKernel/UKernel.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/Pass.h"

namespace qopt::lower {

/// Module attribute: hash of the module that the plans were made from.
inline constexpr llvm::StringLiteral kFingerprintAttr = "ukernel.fingerprint";

/// Hash of a module before it is lowered, wherever its file lies: 16 hexadecimal digits.
std::string moduleFingerprint(mlir::ModuleOp module);

#define GEN_PASS_DECL
#include "qopt/Lower/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "qopt/Lower/Passes.h.inc"

} // namespace qopt::lower

#endif // QOPT_LOWER_PASSES_H
