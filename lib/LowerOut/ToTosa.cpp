//===- ToTosa.cpp - converted modules as TOSA -----------------------------------------===//

#include "TosaBuilder.h"

#include "qopt/LowerOut/Passes.h"

namespace qopt::lowerout {
#define GEN_PASS_DEF_LOWERTOTOSA
#include "qopt/LowerOut/Passes.h.inc"
} // namespace qopt::lowerout

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

/// The sizes of a network without its batch are known; TOSA knows all of them.
static LogicalResult requireKnownSizes(ModuleOp module) {
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    for (const Type type : function.getArgumentTypes())
      if (auto tensor = dyn_cast<RankedTensorType>(type); tensor && !tensor.hasStaticShape())
        return function.emitError() << "TOSA needs known sizes, got an argument of " << tensor
                                    << "; fix the batch (lower-out-fix-batch, or `qopt export "
                                       "--batch N`)";
  return success();
}

namespace {
struct LowerToTosa : lowerout::impl::LowerToTosaBase<LowerToTosa> {
  void runOnOperation() override {
    CodesTypeConverter converter;
    RewritePatternSet patterns(&getContext());
    Refusals refusals;
    TosaTable table(patterns, converter, refusals);
    addTosaBorders(table);
    addTosaRoots(table);
    addTosaElementwise(table);
    addTosaPools(table);
    addTosaMoves(table);
    if (failed(requireKnownSizes(getOperation())) ||
        failed(convertModule(getOperation(), converter, std::move(patterns), refusals, {"tosa"},
                             "TOSA")))
      signalPassFailure();
  }
};
} // namespace
