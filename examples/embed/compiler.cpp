//===- compiler.cpp - somebody else's compiler with qopt inside -----------------------===//
//
//   acme-compiler INPUT.mlir|INPUT.onnx --pipeline=PASSES [-o OUTPUT.mlir|OUTPUT.so]
//
// It registers qopt's dialects and passes beside its own and runs any mix of them from text. What
// comes out is a module, or a program for qopt's runtime.
//
//===----------------------------------------------------------------------------------===//

#include "qopt/Import/Import.h"
#include "qopt/Lower/Compile.h"
#include "qopt/Pipelines/Register.h"
#include "qopt/Support/Files.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

namespace cl = llvm::cl;

static cl::opt<std::string> input(cl::Positional, cl::Required, cl::desc("INPUT.mlir|INPUT.onnx"));
static cl::opt<std::string> pipeline("pipeline", cl::desc("passes in MLIR's text form"));
static cl::opt<std::string> output("o", cl::desc("a module (.mlir) or a program (.so)"),
                                   cl::init("-"));

static mlir::OwningOpRef<mlir::ModuleOp> read(mlir::MLIRContext &context) {
  if (!llvm::StringRef(input).ends_with(".onnx"))
    return mlir::parseSourceFile<mlir::ModuleOp>(input, &context);
  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> module = qopt::importOnnx(input, context);
  return failed(module) ? nullptr : std::move(*module);
}

static mlir::LogicalResult transform(mlir::ModuleOp module) {
  mlir::PassManager manager(module.getContext());
  if (failed(mlir::parsePassPipeline(pipeline, manager, llvm::errs())))
    return mlir::failure();
  return manager.run(module);
}

static llvm::Error write(mlir::ModuleOp module) {
  if (llvm::StringRef(output).ends_with(".so")) {
    qopt::CompileOptions options;
    options.libraryDir = QOPT_LIBRARY_DIR; // the runtime that the program is linked with
    return qopt::compileToSharedLibrary(module, options, output);
  }
  std::string text;
  llvm::raw_string_ostream(text) << module << "\n";
  if (output != "-")
    return qopt::writeFile(output, text); // whole or not at all
  llvm::outs() << text;
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  const llvm::InitLLVM init(argc, argv);
  qopt::registerAllPasses();
  cl::ParseCommandLineOptions(argc, argv, "a compiler that embeds qopt\n");

  mlir::DialectRegistry registry;
  qopt::registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  const mlir::SourceMgrDiagnosticHandler diagnostics(sources, &context);

  const mlir::OwningOpRef<mlir::ModuleOp> module = read(context);
  if (!module || failed(transform(*module)))
    return 1;
  if (llvm::Error error = write(*module)) {
    llvm::errs() << "error: " << llvm::toString(std::move(error)) << "\n";
    return 1;
  }
  return 0;
}
