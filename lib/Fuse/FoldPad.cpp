//===- FoldPad.cpp - pad into the padding of the op behind it -------------------------===//

#include "Group.h"
#include "qopt/Fuse/Passes.h"

namespace qopt::fuse {
#define GEN_PASS_DEF_FUSEFOLDPAD
#include "qopt/Fuse/Passes.h.inc"
} // namespace qopt::fuse

using namespace mlir;
using namespace qopt;
using namespace qopt::fuse;

namespace {

struct FoldPadPass : fuse::impl::FuseFoldPadBase<FoldPadPass> {
  void runOnOperation() override {
    // Last first: a pad behind a pad folds before the one that feeds it.
    SmallVector<nn::PadOp> pads;
    getOperation().walk([&](nn::PadOp pad) { pads.push_back(pad); });
    for (nn::PadOp pad : llvm::reverse(pads))
      foldInto(pad);
  }

  void foldInto(nn::PadOp pad) {
    for (OpOperand &use : llvm::make_early_inc_range(pad->getUses())) {
      PadAbsorbingOpInterface absorber = absorberOf(pad, use);
      if (!absorber)
        continue;
      absorber.absorbPadding(spatialPadding(pad));
      noteMerge(absorber, pad, /*takeName=*/false);
      use.set(pad.getInput());
      ++folded;
    }
    if (pad->use_empty())
      pad.erase();
  }
};

} // namespace
