//===- FuseActivation.cpp - activations into the ops before them ----------------------===//

#include "Group.h"
#include "qopt/Fuse/Passes.h"

namespace qopt::fuse {
#define GEN_PASS_DEF_FUSEACTIVATION
#include "qopt/Fuse/Passes.h.inc"
} // namespace qopt::fuse

using namespace mlir;
using namespace qopt;
using namespace qopt::fuse;

namespace {

struct FuseActivationPass : fuse::impl::FuseActivationBase<FuseActivationPass> {
  using FuseActivationBase::FuseActivationBase;

  void runOnOperation() override {
    if (activations != "all" && activations != "clamp" && activations != "none") {
      getOperation().emitError() << "option 'activations' of fuse-activation expects all, clamp or "
                                    "none, got '"
                                 << activations << "'";
      return signalPassFailure();
    }
    if (activations == "none")
      return;
    SmallVector<PointwiseOpInterface> ops;
    getOperation().walk([&](PointwiseOpInterface op) { ops.push_back(op); });
    for (PointwiseOpInterface op : ops)
      fuse(op);
  }

  void fuse(PointwiseOpInterface op) {
    auto act = dyn_cast_or_null<nn::ActAttr>(op.getAsFusedActivation());
    Operation *producer = act ? soleProducer(op->getOperand(0)) : nullptr;
    if (!producer || producer->getNumResults() != 1 ||
        producer->getResult(0).getType() != op->getResult(0).getType())
      return;
    if (!fuseInto(producer, act))
      return;
    noteMerge(producer, op, /*takeName=*/true);
    op->getResult(0).replaceAllUsesWith(producer->getResult(0));
    op->erase();
  }

  bool fuseInto(Operation *producer, nn::ActAttr act) {
    if (auto root = dyn_cast<FusionRootOpInterface>(producer)) {
      const bool clampOnly = activations == "clamp" || root.getResidualValue();
      if (root.getFusedActivation() || (clampOnly && !act.isClamp()))
        return false;
      root.setFusedActivation(act);
      ++fused;
      return true;
    }
    auto binary = dyn_cast<ActivationFusingOpInterface>(producer);
    if (!binary || binary.getFusedClamp() || !act.isClamp() ||
        cast<QuantizableOpInterface>(producer).getQuantRule().result == ResultRule::Float)
      return false;
    binary.setFusedClamp(act);
    ++clamps;
    return true;
  }
};

} // namespace
