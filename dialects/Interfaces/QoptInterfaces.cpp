//===- QoptInterfaces.cpp - the op interfaces' glue --------------------------------===//

#include "dialects/Interfaces/QoptInterfaces.h"

#include "dialects/Interfaces/QoptInterfaces.cpp.inc"

llvm::StringRef qopt::stringifyRole(OperandRole role) {
  static constexpr llvm::StringLiteral names[] = {"activation", "weight", "bias", "residual",
                                                  "parameter"};
  return names[static_cast<unsigned>(role)];
}

llvm::StringRef qopt::stringifyRule(ResultRule rule) {
  static constexpr llvm::StringLiteral names[] = {"observed", "same as input", "shared", "fixed",
                                                  "float"};
  return names[static_cast<unsigned>(rule)];
}
