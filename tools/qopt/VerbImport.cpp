//===- VerbImport.cpp - qopt import: a model to a module -----------------------------===//

#include "Verbs.h"

#include "qopt/Pipelines/ImportModel.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

static int importAction();
static Verb
    importVerb("import",
               "read a model of ONNX or of MLIR dialects, float or quantized, into a module",
               importAction);
static cl::opt<std::string> inputPath(cl::Positional, cl::Required,
                                      cl::desc("MODEL.onnx | NET.mlir (tosa, linalg, onnx)"),
                                      cl::sub(importVerb.command));
static cl::opt<std::string> outputPath("o", cl::init("-"), cl::value_desc("M.mlir"),
                                       cl::desc("where to write (.mlirbc: bytecode; default: "
                                                "standard output)"),
                                       cl::sub(importVerb.command));
static cl::list<std::string>
    inputShapes("input-shape", cl::value_desc("NAME=N,C,H,W"),
                cl::desc("sizes of an input, where the model leaves them open; -1 in front keeps "
                         "the batch free"),
                cl::sub(importVerb.command));

static cl::opt<bool> keepFloat("no-convert",
                               cl::desc("of a quantized model: stop at the float network with "
                                        "its quantization points (stage imported)"),
                               cl::sub(importVerb.command));

static StageDumps importDump(importVerb);

/// "x=-1,3,224,224" into the options.
static Error addInputShape(StringRef text, ImportOptions &options) {
  const auto [name, sizes] = text.rsplit('=');
  SmallVector<StringRef> parts;
  sizes.split(parts, ',');
  SmallVector<int64_t> shape;
  for (const StringRef part : parts) {
    int64_t size;
    if (part.trim().getAsInteger(10, size))
      return makeError("--input-shape=" + text + ": expected NAME=N,C,H,W");
    shape.push_back(size);
  }
  options.inputShapes[name] = shape;
  return Error::success();
}

static int importAction() {
  ImportOptions options;
  for (const std::string &text : inputShapes)
    if (Error error = addInputShape(text, options))
      return fail(std::move(error));
  DriverContext context;
  const mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> module =
      keepFloat ? importFile(inputPath, *context, options)
                : importModel(inputPath, *context, options);
  if (failed(module))
    return 1;
  StageRunner stages;
  if (Error error = importDump.apply(stages))
    return fail(std::move(error));
  if (failed(stages.dump(**module, stageOf(**module) == "converted" ? "adopt" : "import")))
    return 1;
  if (Error error = writeModule(**module, outputPath))
    return fail(std::move(error));
  return 0;
}
