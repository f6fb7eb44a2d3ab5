//===- FuseResidualAdd.cpp - add into the op that makes one addend --------------------===//

#include "Group.h"
#include "qopt/Fuse/Passes.h"

namespace qopt::fuse {
#define GEN_PASS_DEF_FUSERESIDUALADD
#include "qopt/Fuse/Passes.h.inc"
} // namespace qopt::fuse

using namespace mlir;
using namespace qopt;
using namespace qopt::fuse;

/// The op that makes `addend`, if it can take the other addend as its residual.
static FusionRootOpInterface rootOf(Value addend, nn::AddOp add) {
  auto root = dyn_cast_or_null<FusionRootOpInterface>(soleProducer(addend));
  if (!root || !root.supportsResidual() || root.getResidualValue() || root.getFusedActivation())
    return {};
  // Equal types: nothing broadcasts.
  if (add.getLhs().getType() != add.getType() || add.getRhs().getType() != add.getType() ||
      root->getBlock() != add->getBlock())
    return {};
  return root;
}

namespace {

struct FuseResidualAddPass : fuse::impl::FuseResidualAddBase<FuseResidualAddPass> {
  void runOnOperation() override {
    SmallVector<nn::AddOp> adds;
    getOperation().walk([&](nn::AddOp add) { adds.push_back(add); });
    for (nn::AddOp add : adds) {
      FusionRootOpInterface left = rootOf(add.getLhs(), add), right = rootOf(add.getRhs(), add);
      if (!left && !right)
        continue;
      const bool takeLeft = left && (!right || right->isBeforeInBlock(left));
      fuse(add, takeLeft ? left : right, takeLeft ? add.getRhs() : add.getLhs());
      ++fused;
    }
  }

  static void fuse(nn::AddOp add, FusionRootOpInterface root, Value residual) {
    Operation *definition = residual.getDefiningOp();
    if (definition && root->isBeforeInBlock(definition))
      root->moveBefore(add);
    root.setResidualValue(residual);
    root.setFusedActivation(add.getFusedClamp());
    noteMerge(root, add, /*takeName=*/true);
    add.replaceAllUsesWith(root->getResult(0));
    add.erase();
  }
};

} // namespace
