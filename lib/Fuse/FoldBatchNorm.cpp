//===- FoldBatchNorm.cpp - batch_norm into weight and bias (N16) ---------------------===//

#include "Group.h"
#include "qopt/Fuse/Passes.h"

#include "qopt/Reference/Constants.h"

namespace qopt::fuse {
#define GEN_PASS_DEF_FUSEFOLDBATCHNORM
#include "qopt/Fuse/Passes.h.inc"
} // namespace qopt::fuse

using namespace mlir;
using namespace qopt;
using namespace qopt::fuse;
using quantize::BatchNormPolicy;
using quantize::FoldBatchNormOp;

/// The fold of a batch_norm into its root, as an op.
static FoldBatchNormOp makeFold(OpBuilder &builder, nn::BatchNormOp op, FusionRootOpInterface root,
                                BatchNormPolicy policy) {
  const Value weight = root.getWeightOperand().get();
  return FoldBatchNormOp::create(builder, op.getLoc(), weight.getType(), op.getGamma().getType(),
                                 weight, root.getBiasValue(), op.getGamma(), op.getBeta(),
                                 op.getMean(), op.getVar(), policy, op.getEps(),
                                 static_cast<uint64_t>(root.getWeightChannelAxis()),
                                 static_cast<uint64_t>(root.getWeightGroups()));
}

namespace {

struct FoldBatchNormPass : fuse::impl::FuseFoldBatchNormBase<FoldBatchNormPass> {
  using FuseFoldBatchNormBase::FuseFoldBatchNormBase;

  void runOnOperation() override {
    // In program order, so that a chain of batch_norms folds one by one.
    SmallVector<nn::BatchNormOp> ops;
    getOperation().walk([&](nn::BatchNormOp op) { ops.push_back(op); });
    for (nn::BatchNormOp op : ops) {
      FusionRootOpInterface root = rootForBatchNorm(op);
      if (!root) {
        ++kept;
        continue;
      }
      if (train)
        foldInTraining(op, root);
      else if (failed(fold(op, root)))
        return signalPassFailure();
      ++folded;
    }
  }

  /// Leaves the fold to be computed: the parameters stay those that training changes.
  void foldInTraining(nn::BatchNormOp op, FusionRootOpInterface root) {
    OpBuilder builder(root);
    FoldBatchNormOp fold = makeFold(builder, op, root, BatchNormPolicy::Update);
    // Parameters may stand behind the root that now reads them.
    for (const Value operand : fold->getOperands())
      if (!operand.getDefiningOp()->isBeforeInBlock(fold))
        operand.getDefiningOp()->moveBefore(fold);
    root.getWeightOperand().set(fold.getFoldedWeight());
    root.setBiasValue(fold.getFoldedBias());
    noteMerge(root, op, /*takeName=*/true);
    op.replaceAllUsesWith(root->getResult(0));
    op.erase();
  }

  LogicalResult fold(nn::BatchNormOp op, FusionRootOpInterface root) {
    OpBuilder builder(op);
    FoldBatchNormOp fold = makeFold(builder, op, root, BatchNormPolicy::Freeze);
    nn::NewElements<float> weight(
        cast<RankedTensorType>(fold.getFoldedWeight().getType()).getNumElements());
    FailureOr<std::vector<float>> bias = failure();
    if (succeeded(computeFoldedWeight(fold, weight.values())))
      bias = computeFoldedBias(fold);
    fold.erase();
    if (failed(bias))
      return failure();
    replace(op, root, std::move(weight), *bias);
    return success();
  }

  /// A parameter with new data under the name of `old`, or under the next free one while
  /// other ops still use `old`.
  Value replaceParameter(nn::ParameterOp old, StringRef name, ArrayRef<int64_t> shape,
                         nn::NewElements<float> data, Operation *anchor) {
    OpBuilder builder(old ? old.getOperation() : anchor);
    std::string fresh = name.str();
    if (!old || !old->hasOneUse())
      fresh = nn::uniqueParameterName(builder.getInsertionBlock()->getParentOp(), name);
    return nn::createParameter(builder, old ? old.getLoc() : anchor->getLoc(), fresh,
                               RankedTensorType::get(shape, builder.getF32Type()),
                               std::move(data).finish(builder.getContext(), fresh, shape));
  }

  void replace(nn::BatchNormOp op, FusionRootOpInterface root, nn::NewElements<float> newWeight,
               ArrayRef<float> biasValues) {
    nn::NewElements<float> newBias(static_cast<int64_t>(biasValues.size()));
    llvm::copy(biasValues, newBias.values().begin());
    nn::ParameterOp weight = nn::getParameter(root.getWeightOperand().get());
    nn::ParameterOp bias = nn::getParameter(root.getBiasValue());
    const std::string nameOfBias = bias ? bias.getName().str() : biasNameFor(weight.getName());
    if (!weight->hasOneUse())
      ++cloned;
    SmallVector<Operation *> dead;
    for (const Value parameter : op->getOperands().drop_front())
      dead.push_back(parameter.getDefiningOp());
    dead.append({weight, bias ? bias.getOperation() : nullptr});
    const auto type = cast<RankedTensorType>(weight.getType());
    root.getWeightOperand().set(
        replaceParameter(weight, weight.getName(), type.getShape(), std::move(newWeight), root));
    root.setBiasValue(replaceParameter(bias, nameOfBias, {static_cast<int64_t>(biasValues.size())},
                                       std::move(newBias), root));
    noteMerge(root, op, /*takeName=*/true);
    op.replaceAllUsesWith(root->getResult(0));
    op.erase();
    // The same parameter may serve twice (gamma and beta of a splat).
    llvm::sort(dead);
    dead.erase(llvm::unique(dead), dead.end());
    for (Operation *parameter : dead)
      if (parameter && parameter->use_empty())
        parameter->erase();
  }
};

} // namespace
