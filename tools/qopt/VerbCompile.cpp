//===- VerbCompile.cpp - qopt compile: a module to a program ------------------------===//

#include "Verbs.h"

#include "dialects/QOpt/ReadModule.h"
#include "qopt/Lower/Compile.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Support/Text.h"

using namespace qopt;
using namespace llvm;

static int compileAction();
static Verb compileVerb("compile", "compile a quantized (or float) module to a program",
                        compileAction);
static cl::opt<std::string> inputPath(cl::Positional, cl::Required, cl::desc("Q.mlir"),
                                      cl::sub(compileVerb.command));
static cl::opt<std::string>
    outputPath("o", cl::Required, cl::value_desc("P.so"),
               cl::desc("the program: P.so, or P.o with a C header P.h beside it"),
               cl::sub(compileVerb.command));
static cl::list<std::string>
    isas("isa", cl::CommaSeparated, cl::value_desc("list"),
         cl::desc("plans in the program: scalar, avx2, avxvnni, avx512vnni, neon, neon_dot, "
                  "neon_i8mm, or native for the best of this machine (default: all legal ones)"),
         cl::sub(compileVerb.command));
static cl::opt<std::string> triple("mtriple", cl::value_desc("triple"),
                                   cl::desc("target, e.g. aarch64-linux-gnu (default: this one)"),
                                   cl::sub(compileVerb.command));
static cl::opt<std::string> cpu("mcpu", cl::value_desc("name"),
                                cl::desc("CPU to generate glue code for (default: generic)"),
                                cl::sub(compileVerb.command));
static cl::opt<int> batch("batch", cl::init(0),
                          cl::desc("fix the batch size (default: as the model, any size)"),
                          cl::sub(compileVerb.command));
static cl::opt<std::string> tune(
    "tune", cl::init("off"), cl::value_desc("how"),
    cl::desc("choose kernels by estimate (off, the default), or by running those that can do a "
             "layer on this machine: fast, about 3 ms each, or full, 30 ms"),
    cl::sub(compileVerb.command));
static cl::opt<std::string> tuneCache("tune-cache", cl::value_desc("file"),
                                      cl::desc("what --tune measured, kept for later compilations "
                                               "(default: qopt/tune.json in the user's cache "
                                               "folder)"),
                                      cl::sub(compileVerb.command));
static StageDumps compileDump(compileVerb);

static int compileAction() {
  if (batch.getNumOccurrences() && batch < 1)
    return fail("--batch expects at least 1");
  const StringRef output = outputPath;
  if (!output.ends_with(".so") && !output.ends_with(".o"))
    return fail("-o " + output +
                ": expected a name that ends in .so (a program) or .o (an object "
                "file with a C header)");
  DriverContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module = readModule(inputPath, &*context);
  if (!module)
    return fail(inputPath + ": is not a readable module; `qopt quantize` makes one");
  if (Error error = checkConverted(*module, inputPath))
    return fail(std::move(error));
  CompileOptions options;
  options.isas.assign(isas.begin(), isas.end());
  options.mtriple = triple;
  options.mcpu = cpu;
  options.fixedBatch = batch;
  options.tune = tune;
  options.dumpDirectory = compileDump.directory;
  options.tuneCache = tuneCache;
  Error error = output.ends_with(".o") ? compileToObject(*module, options, outputPath)
                                       : compileToSharedLibrary(*module, options, outputPath);
  return error ? fail(std::move(error)) : 0;
}
