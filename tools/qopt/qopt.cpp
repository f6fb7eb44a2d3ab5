//===- qopt.cpp - the driver: an opt tool, and the user's verbs ---------------------===//
//
// `qopt in.mlir --pass ...` behaves as MLIR's opt tools do; when the first word is a verb
// (qopt quantize, qopt run, ...), it is the user's tool.
//
//===-----------------------------------------------------------------------------===//

#include "Verbs.h"

#include "dialects/Interfaces/PassStatistic.h"
#include "qopt/Pipelines/Register.h"
#include "qopt/Support/Files.h"

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"

static llvm::cl::opt<bool>
    statistics("statistics", llvm::cl::sub(llvm::cl::SubCommand::getAll()),
               llvm::cl::desc("print on standard error what the passes counted"));

/// A bare word that is no file and no path is meant as a verb, if misspelled.
static bool meansVerb(llvm::StringRef word) {
  return qopt::findVerb(word) || (!word.starts_with("-") && !word.contains('.') &&
                                  !word.contains('/') && !llvm::sys::fs::exists(word));
}

/// As mlir-opt, but an output appears when it is whole, so that it may be the input too.
static int runOptTool(int argc, char **argv) {
  mlir::DialectRegistry registry;
  qopt::registerAllDialects(registry);
  const auto [input, output] = mlir::registerAndParseCLIOptions(
      argc, argv, "qopt: the quantization compiler (`qopt help` lists the verbs)\n", registry);
  if (output == "-")
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
  llvm::Expected<qopt::TemporaryOutput> file = qopt::TemporaryOutput::create(output);
  if (!file)
    return qopt::fail(file.takeError());
  if (failed(mlir::MlirOptMain(argc, argv, input, file->path(), registry)))
    return 1;
  llvm::Error error = file->commit();
  return error ? qopt::fail(std::move(error)) : 0;
}

static int runTool(int argc, char **argv) {
  if (argc > 1 && meansVerb(argv[1]))
    return qopt::runVerb(argc, argv);
  if (argc > 1 && llvm::StringRef(argv[1]) == "--version") {
    llvm::outs() << "qopt " QOPT_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
    return 0;
  }
  return runOptTool(argc, argv);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  qopt::registerAllPasses();
  const int code = runTool(argc, argv);
  if (statistics)
    llvm::errs() << qopt::passCountsText();
  return code;
}
