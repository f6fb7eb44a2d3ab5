//===- Verify.cpp - all checks of one program ---------------------------------------===//

#include "qopt/Audit/Verify.h"
#include "dialects/QOpt/ReadModule.h"

#include "Checks.h"
#include "Layers.h"
#include "ProbeNet.h"

#include "qopt/Lower/Passes.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/TargetParser/Host.h"

using namespace qopt;
using namespace qopt::audit;
using namespace llvm;

bool Certificate::verified() const {
  return all_of(checks, [](const Check &check) { return check.passed(); });
}

static Expected<std::string> sha256Of(StringRef path) {
  Expected<std::string> bytes = readFile(path);
  if (!bytes)
    return bytes.takeError();
  SHA256 hash;
  hash.update(*bytes);
  const std::array<uint8_t, 32> digest = hash.final();
  return toHex(digest, /*LowerCase=*/true);
}

static Expected<mlir::OwningOpRef<mlir::ModuleOp>> openModule(StringRef path,
                                                              mlir::MLIRContext &context) {
  mlir::OwningOpRef<mlir::ModuleOp> module = readModule(path, &context);
  if (!module)
    return makeError(path + ": is not a readable module");
  if (stageOf(*module) != "converted")
    return makeError(path +
                     ": expected the converted module that the program was compiled "
                     "from, got one at stage '" +
                     stageOf(*module) + "'");
  return std::move(module);
}

/// Files, fingerprints and the machine.
static Error identify(StringRef programPath, StringRef modulePath, mlir::ModuleOp module,
                      const Program &program, Certificate &certificate) {
  certificate.modelPath = modulePath.str();
  certificate.programPath = programPath.str();
  for (const auto &[path, hash] : {std::pair(modulePath, &certificate.modelSha256),
                                   std::pair(programPath, &certificate.programSha256)}) {
    Expected<std::string> digest = sha256Of(path);
    if (!digest)
      return digest.takeError();
    *hash = std::move(*digest);
  }
  certificate.modelFingerprint = lower::moduleFingerprint(module);
  certificate.programFingerprint = program.fingerprint().str();
  certificate.programName = program.name().str();
  certificate.isas = program.isas();
  certificate.isasRun = runnable(certificate.isas);
  certificate.machine = sys::getDefaultTargetTriple() + ", " + sys::getHostCPUName().str();
  return Error::success();
}

/// Runs come last, and only of a program whose constants are sound: a damaged pointer in it
/// would end this process.
static Error addRuns(StringRef programPath, StringRef modulePath, mlir::ModuleOp module,
                     Certificate &certificate) {
  if (certificate.isasRun.empty())
    return makeError(programPath + ": has plans for " + joinList(certificate.isas) +
                     ", none of which this CPU can run");
  Expected<std::vector<Check>> arithmetic = checkArithmetic(module, certificate.isasRun);
  if (!arithmetic)
    return arithmetic.takeError();
  for (Check &check : *arithmetic)
    certificate.checks.push_back(std::move(check));
  Expected<Check> layers = checkLayers(module, certificate.isasRun, certificate.options);
  if (!layers)
    return layers.takeError();
  certificate.checks.push_back(std::move(*layers));
  Expected<Check> runs =
      checkRuns(programPath, modulePath, module, certificate.isasRun, certificate.options);
  if (!runs)
    return runs.takeError();
  certificate.checks.push_back(std::move(*runs));
  return Error::success();
}

Expected<Certificate> qopt::verifyProgram(StringRef programPath, StringRef modulePath,
                                          mlir::MLIRContext &context,
                                          const VerifyOptions &options) {
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = openModule(modulePath, context);
  if (!module)
    return module.takeError();
  Expected<std::unique_ptr<Program>> program = Program::load(programPath);
  if (!program)
    return program.takeError();
  if (!(*program)->calls())
    return makeError(programPath + ": has no list of its kernel calls (symbol " QRT_CALLS_SYMBOL
                                   "), so its constants cannot be checked; compile it again");
  Certificate certificate;
  certificate.options = options;
  if (Error error = identify(programPath, modulePath, **module, **program, certificate))
    return std::move(error);
  std::vector<Check> &checks = certificate.checks;
  checks.push_back(checkDescription(**module, **program, certificate));
  checks.push_back(checkAccumulators(**module));
  checks.push_back(checkBiases(**module));
  checks.push_back(checkProducts(**module, **program));
  checks.push_back(checkTables(**module));
  // A module whose own numbers are unsound cannot be compiled for the checks below.
  if (!checks[1].passed())
    return certificate;
  Expected<Check> constants = checkConstants(**module, **program);
  if (!constants)
    return constants.takeError();
  checks.push_back(std::move(*constants));
  if (checks.back().passed())
    if (Error error = addRuns(programPath, modulePath, **module, certificate))
      return std::move(error);
  return certificate;
}
