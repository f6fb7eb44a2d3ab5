//===- Names.cpp - which names a pass means ----------------------------------------------===//

#include "Names.h"

#include "qopt/Support/Text.h"

using namespace qopt;

llvm::Expected<train::Names> train::Names::parse(llvm::StringRef pattern) {
  llvm::Regex expression(("^(" + pattern + ")$").str());
  std::string problem;
  if (!expression.isValid(problem))
    return makeError("names=" + pattern + " is no regular expression: " + problem);
  return Names(std::move(expression));
}
