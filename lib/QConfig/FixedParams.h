//===- FixedParams.h - parameters that no observer finds --------------------------------===//

#ifndef QOPT_LIB_QCONFIG_FIXEDPARAMS_H
#define QOPT_LIB_QCONFIG_FIXEDPARAMS_H

#include "dialects/QOpt/QOptDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <optional>

namespace qopt::qconfig {

/// Makes the fixed qopt.qparams of the value or parameter `name`, by which prepare finds it. `rule`
/// is its provenance; `axis` the channel axis of a per-channel spec. Parameters of an earlier
/// configuration are replaced. Errors: the name of a function.
llvm::Error addFixedParams(mlir::ModuleOp module, llvm::StringRef name, mlir::Location loc,
                           quantize::SpecAttr spec, llvm::ArrayRef<float> scales,
                           llvm::ArrayRef<int32_t> zeroPoints, std::optional<int64_t> axis,
                           llvm::StringRef rule);

} // namespace qopt::qconfig

#endif // QOPT_LIB_QCONFIG_FIXEDPARAMS_H
