//===- Names.h - which names a pass means ------------------------------------------------===//

#ifndef QOPT_LIB_TRAIN_NAMES_H
#define QOPT_LIB_TRAIN_NAMES_H

#include "llvm/Support/Error.h"
#include "llvm/Support/Regex.h"

#include <string>

namespace qopt::train {

/// A regular expression for whole names.
class Names {
public:
  /// Error: not an expression.
  static llvm::Expected<Names> parse(llvm::StringRef pattern);
  bool match(llvm::StringRef name) const { return expression.match(name); }

private:
  explicit Names(llvm::Regex expression) : expression(std::move(expression)) {}
  llvm::Regex expression;
};

} // namespace qopt::train

#endif // QOPT_LIB_TRAIN_NAMES_H
