//===- Verify.h - proves that a program is what its module says ---------------------===//
//
// Translation validation of one program: what the compiler relied on is proved again from
// the module's own numbers, by code that shares nothing with the passes; every constant of
// the program is compared with the module's; and both are run on the same inputs.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_AUDIT_VERIFY_H
#define QOPT_AUDIT_VERIFY_H

#include "qopt/Support/Json.h"

#include "mlir/IR/MLIRContext.h"

#include <string>
#include <vector>

namespace qopt {

/// What a check found wrong.
struct Problem {
  std::string layer; ///< name of the value that the layer makes, or empty: the whole program
  std::string message;
};

/// One kind of check over all layers.
struct Check {
  std::string name;  ///< "accumulators"
  std::string claim; ///< what holds if it passed, in one sentence
  std::string unit;  ///< of `examined`: "channels"
  int64_t examined = 0;
  std::vector<Problem> problems;
  Json details; ///< numbers by layer, where there are any

  bool passed() const { return problems.empty(); }
  void fail(llvm::StringRef layer, const llvm::Twine &message) {
    problems.push_back({layer.str(), message.str()});
  }
};

struct VerifyOptions {
  int64_t samples = 4; ///< random inputs beside the adversarial ones, at least 0
  uint64_t seed = 0;
  std::string version; ///< of the tool, for the certificate
};

/// Names what was compared and what holds.
struct Certificate {
  std::string modelPath, modelSha256, modelFingerprint;
  std::string programPath, programSha256, programName, programFingerprint;
  std::vector<std::string> isas;    ///< the program has plans for these
  std::vector<std::string> isasRun; ///< and ran on these here
  std::string machine;              ///< target triple and CPU of the runs
  VerifyOptions options;
  std::vector<Check> checks;

  bool verified() const;
};

/// Verifies program `programPath` against the converted module `modulePath`. A failed check
/// is a result; errors are files that cannot be read, a module at another stage, a program
/// that this machine cannot run or that has no list of calls (an older compiler's).
llvm::Expected<Certificate> verifyProgram(llvm::StringRef programPath, llvm::StringRef modulePath,
                                          mlir::MLIRContext &context, const VerifyOptions &options);

/// The certificate as JSON ("qopt_certificate": 1), and as a table.
Json toJson(const Certificate &certificate);
std::string toText(const Certificate &certificate);

} // namespace qopt

#endif // QOPT_AUDIT_VERIFY_H
