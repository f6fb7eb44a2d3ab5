//===- FreezeBatchNorm.cpp - running statistics as they are ------------------------------===//

#include "Names.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Train/Passes.h"

namespace qopt::train {
#define GEN_PASS_DEF_TRAINFREEZEBATCHNORM
#include "qopt/Train/Passes.h.inc"
} // namespace qopt::train

using namespace mlir;
using namespace qopt;
using quantize::BatchNormPolicy;
using quantize::FoldBatchNormOp;

/// The layer that a fold belongs to: the one that reads the bias.
static std::string layerOf(FoldBatchNormOp fold) {
  for (Operation *user : fold.getFoldedBias().getUsers()) {
    if (auto layer = user->getAttrOfType<StringAttr>(nn::NNDialect::kLayerAttr))
      return layer.str();
    return nn::getValueName(user->getResult(0));
  }
  return {};
}

namespace {

struct FreezeBatchNorm : train::impl::TrainFreezeBatchNormBase<FreezeBatchNorm> {
  using TrainFreezeBatchNormBase::TrainFreezeBatchNormBase;

  LogicalResult run() {
    ModuleOp module = getOperation();
    llvm::Expected<train::Names> wanted = train::Names::parse(names);
    if (!wanted)
      return module.emitError() << llvm::toString(wanted.takeError());
    bool any = false;
    module.walk([&](FoldBatchNormOp fold) {
      if (!wanted->match(layerOf(fold)))
        return;
      any = true;
      frozen += fold.getPolicy() == BatchNormPolicy::Update;
      fold.setPolicy(BatchNormPolicy::Freeze);
    });
    if (any)
      return success();
    return module.emitError() << "names=" << names.getValue()
                              << " matches no layer with a qopt.fold_batch_norm; "
                                 "qopt-fuse-pipeline{train=true} makes them";
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};

} // namespace
