//===- ExitCheck.cpp - what holds after fuse ------------------------------------------===//

#include "Group.h"
#include "qopt/Fuse/Passes.h"

#include "dialects/NN/Names.h"
#include "dialects/QOpt/QOptDialect.h"

namespace qopt::fuse {
#define GEN_PASS_DEF_FUSEVERIFYEXIT
#include "qopt/Fuse/Passes.h.inc"
} // namespace qopt::fuse

using namespace mlir;
using namespace qopt;
using namespace qopt::fuse;

static LogicalResult checkBatchNorm(nn::BatchNormOp op) {
  FusionRootOpInterface root = rootForBatchNorm(op);
  if (!root)
    return success();
  InFlightDiagnostic error = op.emitOpError("still stands behind an op that could absorb it; run "
                                            "--fuse-fold-batch-norm");
  error.attachNote(root->getLoc()) << "this op, whose only user it is";
  return error;
}

static LogicalResult checkPad(nn::PadOp pad) {
  for (OpOperand &use : pad->getUses())
    if (absorberOf(pad, use)) {
      InFlightDiagnostic error =
          pad.emitOpError("still stands before an op that could absorb it; run --fuse-fold-pad");
      error.attachNote(use.getOwner()->getLoc()) << "this op";
      return error;
    }
  return success();
}

static LogicalResult checkRoot(FusionRootOpInterface root) {
  auto act = dyn_cast_or_null<nn::ActAttr>(root.getFusedActivation());
  if (act && !act.isClamp() && root.getResidualValue())
    return root.emitOpError("has a residual and the tabulated activation ")
           << act << "; only relu, relu6 and clip can follow a residual";
  return success();
}

namespace {

struct VerifyExitPass : fuse::impl::FuseVerifyExitBase<VerifyExitPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool ok = succeeded(nn::verifyNames(module));
    module.walk([&](Operation *op) {
      ok &= succeeded(TypeSwitch<Operation *, LogicalResult>(op)
                          .Case<nn::BatchNormOp>(checkBatchNorm)
                          .Case<nn::PadOp>(checkPad)
                          .Case<FusionRootOpInterface>(checkRoot)
                          .Default([](Operation *) { return success(); }));
    });
    if (!ok)
      return signalPassFailure();
    module->setAttr(quantize::QOptDialect::kStageAttr, StringAttr::get(&getContext(), "fused"));
  }
};

} // namespace
