//===- Version.h - the version of the IR, and the way up from older ones --------------===//
//
// One number counts for nn and qopt together (docs/IR.md, "Versions"). A module has it as
// `qopt.version`, and bytecode once more as the version of each dialect, where a reader sees it
// before anything that it could not decode.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_INTERFACES_VERSION_H
#define QOPT_INTERFACES_VERSION_H

#include "mlir/IR/Dialect.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/ArrayRef.h"

#include <string>

namespace qopt {

/// The version that is written. Every version from 1 on is read. Raised with each change after
/// which a file means something else, or is no longer read by the qopt of before.
constexpr int64_t kIRVersion = 1;
constexpr llvm::StringLiteral kIRVersionAttr = "qopt.version";

/// Makes version `from` + 1 of a module of version `from`. The parsers take the text of every
/// version; a step gives old names, attributes and rules their meaning of today.
struct UpgradeStep {
  int64_t from;
  llvm::LogicalResult (*run)(mlir::Operation *top);
};

/// One step for each version before kIRVersion, in order.
llvm::ArrayRef<UpgradeStep> upgradeSteps();

/// Runs the steps from version `from` to `to` and notes `to` in the module. Errors: a step fails,
/// or there is none for a version.
llvm::LogicalResult upgradeIR(mlir::Operation *top, int64_t from,
                              llvm::ArrayRef<UpgradeStep> steps = upgradeSteps(),
                              int64_t to = kIRVersion);

/// What to say of a version that is not known here, and the way out.
std::string unknownVersionText(int64_t version);

/// Lets bytecode carry the version of a dialect: newer ones are refused, older ones upgraded.
void addVersionToBytecode(mlir::Dialect &dialect);

} // namespace qopt

#endif // QOPT_INTERFACES_VERSION_H
