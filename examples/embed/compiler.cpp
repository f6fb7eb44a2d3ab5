//===- compiler.cpp - somebody else's compiler with qopt inside -----------------------===//
//
//   acme-compiler INPUT.mlir|INPUT.onnx [--pipeline=PASSES] [-o OUTPUT.mlir|OUTPUT.so]
//   acme-compiler CALIBRATED.mlir --compare=CONVERTED.mlir|PROGRAM.so --data=X.npz
//
// It registers qopt's dialects and passes beside its own and runs any mix of them from text. What
// comes out is a module, or a program for qopt's runtime. The second form counts the codes in
// which two of them differ: the simulation, the reference on codes, a program.
//
//===----------------------------------------------------------------------------------===//

#include "Acme.h"

#include "dialects/QOpt/ReadModule.h"
#include "qopt/Audit/Compare.h"
#include "qopt/Import/Import.h"
#include "qopt/Lower/Compile.h"
#include "qopt/Pipelines/Register.h"
#include "qopt/Support/Files.h"

#include "mlir/IR/MLIRContext.h"
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

static cl::opt<std::string> compareWith("compare",
                                        cl::desc("count codes that differ from this model's"));
static cl::opt<std::string> data("data", cl::desc("samples for --compare (.npz)"));

static mlir::OwningOpRef<mlir::ModuleOp> read(mlir::MLIRContext &context) {
  if (!llvm::StringRef(input).ends_with(".onnx"))
    return qopt::readModule(input, &context);
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
  llvm::raw_string_ostream stream(text);
  module->print(stream);
  stream << "\n";
  if (output != "-")
    return qopt::writeFile(output, text); // whole or not at all
  llvm::outs() << text;
  return llvm::Error::success();
}

static llvm::Expected<int> compare(mlir::MLIRContext &context) {
  const qopt::ModelOptions options{qopt::Engine::Oracle};
  auto first = qopt::Model::open(input, context, options);
  if (!first)
    return first.takeError();
  auto second = qopt::Model::open(compareWith, context, options);
  if (!second)
    return second.takeError();
  auto samples = qopt::BatchReader::open(data, **first);
  if (!samples)
    return samples.takeError();
  qopt::Comparison comparison(input, compareWith);
  if (llvm::Error error = comparison.addAll(**first, **second, *samples, /*batch=*/8, /*limit=*/0))
    return std::move(error);
  llvm::outs() << comparison.valuesOnCodes() << " values on codes compared, "
               << comparison.codesThatDiffer() << " codes differ\n";
  return comparison.codesThatDiffer() ? 1 : 0;
}

static llvm::Expected<int> compile(mlir::MLIRContext &context) {
  const mlir::OwningOpRef<mlir::ModuleOp> module = read(context);
  if (!module || failed(transform(*module)))
    return 1; // told by diagnostics
  if (llvm::Error error = write(*module))
    return std::move(error);
  return 0;
}

int main(int argc, char **argv) {
  const llvm::InitLLVM init(argc, argv);
  qopt::registerAllPasses();
  acme::registerPasses();
  cl::ParseCommandLineOptions(argc, argv, "a compiler that embeds qopt\n");

  mlir::DialectRegistry registry;
  qopt::registerAllDialects(registry);
  registry.insert<acme::AcmeDialect>();
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false);
  llvm::SourceMgr sources;
  const mlir::SourceMgrDiagnosticHandler diagnostics(sources, &context);

  llvm::Expected<int> code = compareWith.empty() ? compile(context) : compare(context);
  if (code)
    return *code;
  llvm::errs() << "error: " << llvm::toString(code.takeError()) << "\n";
  return 1;
}
