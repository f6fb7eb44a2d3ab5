//===- Parse.h - parts of the configuration's parser ----------------------------------===//

#ifndef QOPT_LIB_QCONFIG_PARSE_H
#define QOPT_LIB_QCONFIG_PARSE_H

#include "qopt/QConfig/Config.h"

namespace qopt::qconfig {

/// "u8" and the like with a width in [2, most]; for weights signed ones only.
llvm::Error parseDtype(const JsonReader &reader, bool isWeight, QuantRange &codes);

/// A spec object over `defaults`.
llvm::Expected<Spec> parseSpec(const JsonReader &reader, const Spec &defaults, bool isWeight);

/// A member that must lie in f32 and be positive.
llvm::Expected<float> parseScale(const JsonReader &reader);

} // namespace qopt::qconfig

#endif // QOPT_LIB_QCONFIG_PARSE_H
