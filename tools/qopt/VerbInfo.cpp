//===- VerbInfo.cpp - qopt info: what is in a model ---------------------------------===//

#include "Verbs.h"

#include "dialects/QOpt/ReadModule.h"
#include "qopt/Pipelines/ImportModel.h"
#include "qopt/Report/Summary.h"
#include "qopt/Run/Program.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/FileSystem.h"

using namespace qopt;
using namespace llvm;

static int infoAction();
static Verb infoVerb("info", "layers, values, scales and sizes of a model", infoAction);
static cl::opt<std::string> modelPath(cl::Positional, cl::Required,
                                      cl::desc("P.so | Q.mlir (any stage) | MODEL.onnx"),
                                      cl::sub(infoVerb.command));
static cl::opt<bool> asJson("json", cl::desc("print JSON"), cl::sub(infoVerb.command));

/// A module at any stage; an ONNX model as it is imported.
static Expected<mlir::OwningOpRef<mlir::ModuleOp>> openModule(StringRef path,
                                                              mlir::MLIRContext &context) {
  if (path.ends_with(".onnx")) {
    mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> module = importModel(path, context);
    if (failed(module))
      return makeError(path + ": could not be imported");
    return std::move(*module);
  }
  mlir::OwningOpRef<mlir::ModuleOp> module = readModule(path, &context);
  if (!module)
    return makeError(path + ": is not a readable module");
  return std::move(module);
}

static int infoOfModule() {
  DriverContext context(/*quietRemarks=*/true);
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = openModule(modelPath, *context);
  if (!module)
    return fail(module.takeError());
  Expected<ModuleSummary> summary = summarize(**module);
  if (!summary)
    return fail(modelPath + ": " + toString(summary.takeError()));
  if (asJson)
    printJson(toJson(*summary));
  else
    outs() << toText(*summary, modelPath);
  return 0;
}

static int infoOfProgram() {
  uint64_t bytes = 0;
  if (const std::error_code code = sys::fs::file_size(modelPath, bytes))
    return fail(modelPath + ": " + code.message());
  Expected<std::unique_ptr<Program>> program = Program::load(modelPath);
  if (!program)
    return fail(program.takeError());
  const qrt_program &description = (*program)->description();
  if (asJson)
    printJson(toJson(description, bytes));
  else
    outs() << toText(description, bytes, modelPath);
  return 0;
}

static int infoAction() {
  if (const std::error_code code = sys::fs::access(modelPath, sys::fs::AccessMode::Exist))
    return fail(modelPath + ": " + code.message());
  if (sys::fs::is_directory(modelPath))
    return fail(modelPath +
                ": is a directory; expected P.so, a module (.mlir, .mlirbc) or MODEL.onnx");
  return StringRef(modelPath).ends_with(".so") ? infoOfProgram() : infoOfModule();
}
