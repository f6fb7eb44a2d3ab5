//===- VerbExport.cpp - qopt export: a converted module to an ONNX model ------------===//

#include "Verbs.h"

#include "qopt/Export/Export.h"
#include "qopt/Support/Files.h"

#include "mlir/Parser/Parser.h"

using namespace qopt;
using namespace llvm;

static int exportAction();
static Verb exportVerb("export", "write a converted module as a quantized ONNX model",
                       exportAction);
static cl::opt<std::string> modulePath(cl::Positional, cl::Required, cl::desc("Q.mlir"),
                                       cl::sub(exportVerb.command));
static cl::opt<std::string> outputPath("o", cl::Required, cl::value_desc("q.onnx"),
                                       cl::desc("the ONNX model (operator set 17)"),
                                       cl::sub(exportVerb.command));
static cl::opt<OnnxForm>
    form("format", cl::init(OnnxForm::Qdq), cl::desc("how operators on codes are written:"),
         cl::values(clEnumValN(OnnxForm::Qdq, "qdq",
                               "between DequantizeLinear and QuantizeLinear (default)"),
                    clEnumValN(OnnxForm::QOperator, "qoperator",
                               "QLinearConv and, of com.microsoft, QGemm, QLinearAdd, ...")),
         cl::sub(exportVerb.command));

static int exportAction() {
  DriverContext context;
  const mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceFile<mlir::ModuleOp>(modulePath, &*context);
  if (!module)
    return fail(modulePath + ": is not a readable module");
  const mlir::FailureOr<std::string> bytes = exportOnnx(*module, form);
  if (failed(bytes))
    return 1;
  if (Error error = writeFile(outputPath, *bytes))
    return fail(std::move(error));
  return 0;
}
