//===- VerbExport.cpp - qopt export: a converted module for other compilers ----------===//

#include "Verbs.h"

#include "dialects/QOpt/ReadModule.h"
#include "qopt/Export/Export.h"
#include "qopt/LowerOut/Passes.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Support/Files.h"

#include "mlir/Pass/PassManager.h"

using namespace qopt;
using namespace llvm;

namespace {
enum class Format { Qdq, QOperator, Linalg, Tosa };
} // namespace

static int exportAction();
static Verb exportVerb("export", "write a converted module as an ONNX model, linalg or TOSA",
                       exportAction);
static cl::opt<std::string> modulePath(cl::Positional, cl::Required, cl::desc("Q.mlir"),
                                       cl::sub(exportVerb.command));
static cl::opt<std::string>
    outputPath("o", cl::Required, cl::value_desc("FILE"),
               cl::desc("the ONNX model (operator set 17), or the MLIR module"),
               cl::sub(exportVerb.command));
static cl::opt<Format>
    form("format", cl::init(Format::Qdq), cl::desc("what is written:"),
         cl::values(clEnumValN(Format::Qdq, "qdq",
                               "ONNX, operators between DequantizeLinear and QuantizeLinear "
                               "(default)"),
                    clEnumValN(Format::QOperator, "qoperator",
                               "ONNX, QLinearConv and, of com.microsoft, QGemm, QLinearAdd, ..."),
                    clEnumValN(Format::Linalg, "linalg",
                               "MLIR: linalg, arith, math and tensor, with the program's codes"),
                    clEnumValN(Format::Tosa, "tosa",
                               "MLIR: integer TOSA, whose rounding differs on near ties")),
         cl::sub(exportVerb.command));
static cl::opt<unsigned> batch("batch", cl::init(0), cl::value_desc("N"),
                               cl::desc("linalg, tosa: fix an unknown batch to N"),
                               cl::sub(exportVerb.command));
static cl::opt<bool>
    perOp("per-op", cl::init(false),
          cl::desc("linalg, tosa: one function @op_<i>_<name> per op, from its codes to "
                   "its codes, instead of @main"),
          cl::sub(exportVerb.command));

/// The module as text. TOSA is printed in the generic form, since the short form of its ops changes
/// between versions of MLIR.
static mlir::FailureOr<std::string> exportMlir(mlir::ModuleOp module) {
  mlir::PassManager manager(module.getContext());
  lowerout::buildLowerOutPipeline(
      manager, form == Format::Tosa ? lowerout::Target::Tosa : lowerout::Target::Linalg,
      {static_cast<int64_t>(batch), perOp});
  if (failed(manager.run(module)))
    return mlir::failure();
  std::string text;
  raw_string_ostream stream(text);
  module.print(stream, mlir::OpPrintingFlags().printGenericOpForm(form == Format::Tosa));
  return text;
}

static int exportAction() {
  DriverContext context;
  const bool asMlir = form == Format::Linalg || form == Format::Tosa;
  if (!asMlir && (batch || perOp))
    return fail("--batch and --per-op need --format=linalg or --format=tosa");
  const mlir::OwningOpRef<mlir::ModuleOp> module = readModule(modulePath, &*context);
  if (!module)
    return fail(modulePath + ": is not a readable module; `qopt quantize` makes one");
  if (Error error = checkConverted(*module, modulePath))
    return fail(std::move(error));
  const mlir::FailureOr<std::string> bytes =
      asMlir ? exportMlir(*module)
             : exportOnnx(*module, form == Format::QOperator ? OnnxForm::QOperator : OnnxForm::Qdq);
  if (failed(bytes))
    return 1;
  if (Error error = asMlir ? writeText(outputPath, *bytes) : writeFile(outputPath, *bytes))
    return fail(std::move(error));
  return 0;
}
