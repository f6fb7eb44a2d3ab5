//===- ImportForeign.cpp - foreign dialects to nn ------------------------------------===//

#include "../GraphImporter.h"
#include "Reader.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"

namespace qopt::importer {
#define GEN_PASS_DEF_IMPORTFOREIGN
#include "qopt/Import/Passes.h.inc"
} // namespace qopt::importer

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

void qopt::registerForeignDialects(DialectRegistry &registry) {
  registry
      .insert<arith::ArithDialect, cf::ControlFlowDialect, linalg::LinalgDialect, math::MathDialect,
              quant::QuantDialect, tensor::TensorDialect, tosa::TosaDialect>();
}

/// The one function to read, or failure with a message.
static FailureOr<func::FuncOp> theFunction(ModuleOp module) {
  func::FuncOp found;
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    if (found) {
      InFlightDiagnostic diagnostic =
          function.emitError() << "is a second function; expected one that is the network: inline "
                                  "its calls, or give each network a module";
      diagnostic.attachNote(found.getLoc()) << "the first one is @" << found.getName();
      return diagnostic;
    }
    found = function;
  }
  if (!found)
    return module.emitError() << "has no function with a body";
  return found;
}

/// What was read broadcasts by numpy's rules where the foreign op did so explicitly: the results
/// must have kept their shapes.
static LogicalResult checkResults(func::FuncOp from, ModuleOp made) {
  auto to = *made.getOps<func::FuncOp>().begin();
  for (auto [index, types] :
       llvm::enumerate(llvm::zip_equal(from.getResultTypes(), to.getResultTypes()))) {
    auto [wanted, found] = types;
    if (succeeded(verifyCompatibleShape(wanted, found)))
      continue;
    return from.emitError() << "result " << index << " of type " << wanted << " was read as "
                            << found << "; an op in front of it widens its operands without "
                            << "computing";
  }
  return success();
}

LogicalResult qopt::importForeign(ModuleOp module, const ImportOptions &options) {
  FailureOr<func::FuncOp> function = theFunction(module);
  if (failed(function))
    return failure();
  FailureOr<OnnxModel> model = Reader(*function).read();
  if (failed(model))
    return failure();
  FailureOr<OwningOpRef<ModuleOp>> made =
      GraphImporter(*model, function->getName(), *module.getContext(), options).run();
  if (failed(made) || failed(checkResults(*function, **made)))
    return failure();
  if (const StringRef name = function->getName(); name != "main")
    (*(**made).getOps<func::FuncOp>().begin())
        ->setAttr(quantize::QOptDialect::kEntryAttr, StringAttr::get(module.getContext(), name));
  module.getBody()->clear();
  module.getBody()->getOperations().splice(module.getBody()->end(),
                                           (**made).getBody()->getOperations());
  module->setAttrs((**made)->getAttrs());
  return success();
}

/// A module of some stage, or of nn ops.
static bool isOurs(ModuleOp module) {
  return module->hasAttr(quantize::QOptDialect::kStageAttr) ||
         module
             .walk([](Operation *op) {
               return isa_and_nonnull<nn::NNDialect>(op->getDialect()) ? WalkResult::interrupt()
                                                                       : WalkResult::advance();
             })
             .wasInterrupted();
}

namespace {
struct ImportForeignPass : importer::impl::ImportForeignBase<ImportForeignPass> {
  void runOnOperation() override {
    if (isOurs(getOperation()))
      return;
    if (failed(importForeign(getOperation(), {})))
      signalPassFailure();
  }
};
} // namespace
