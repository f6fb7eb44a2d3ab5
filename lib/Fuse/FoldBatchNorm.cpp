//===- FoldBatchNorm.cpp - batch_norm into weight and bias (N16) ---------------------===//

#include "Group.h"
#include "qopt/Fuse/Passes.h"

#include "dialects/NN/Parameter.h"

#include <cmath>

namespace qopt::fuse {
#define GEN_PASS_DEF_FUSEFOLDBATCHNORM
#include "qopt/Fuse/Passes.h.inc"
} // namespace qopt::fuse

using namespace mlir;
using namespace qopt;
using namespace qopt::fuse;

namespace {

/// One factor and one bias per output channel, in f64.
struct Affine {
  std::vector<double> factor, bias;
};

} // namespace

/// g and b' of N16 for a root with bias `bias` (empty: zeros).
static FailureOr<Affine> affineOf(nn::BatchNormOp op, ArrayRef<float> bias) {
  SmallVector<nn::ParameterData<float>, 4> data;
  for (const Value operand : op->getOperands().drop_front()) {
    auto values = nn::getF32Data(nn::getParameter(operand));
    if (failed(values))
      return failure();
    data.push_back(std::move(*values));
  }
  const auto &gamma = data[0], &beta = data[1], &mean = data[2], &var = data[3];
  const double eps = op.getEps().convertToDouble();
  Affine result;
  for (size_t c = 0; c < gamma.size(); ++c) {
    const double variance = static_cast<double>(var[c]) + eps;
    if (!(variance > 0.0))
      return op.emitOpError() << "cannot be folded: variance + eps is " << variance
                              << " in channel " << c << ", expected a positive number";
    const double factor = gamma[c] / std::sqrt(variance);
    const double before = bias.empty() ? 0.0 : static_cast<double>(bias[c]);
    result.factor.push_back(factor);
    result.bias.push_back(beta[c] + (before - mean[c]) * factor);
  }
  return result;
}

/// Rounds once to f32 and refuses what is not finite.
static LogicalResult roundOnce(nn::BatchNormOp op, double value, int64_t channel, float &out) {
  out = static_cast<float>(value);
  if (std::isfinite(out))
    return success();
  return op.emitOpError() << "cannot be folded: output channel " << channel << " becomes " << out
                          << ", so its parameters or the weight before it hold NaN, infinity or "
                             "values out of all proportion";
}

/// w' of N16. The weight is seen as [outer, channels, inner] around its channel axis; with
/// groups there (conv_transpose) the outer index tells the group.
static FailureOr<std::vector<float>> foldWeight(nn::BatchNormOp op, FusionRootOpInterface root,
                                                ArrayRef<float> weight, const Affine &affine) {
  const auto type = cast<RankedTensorType>(root.getWeightOperand().get().getType());
  const int64_t axis = root.getWeightChannelAxis(), groups = root.getWeightGroups();
  const int64_t channels = type.getDimSize(axis);
  const int64_t outer = ShapedType::getNumElements(type.getShape().take_front(axis));
  const int64_t inner = ShapedType::getNumElements(type.getShape().drop_front(axis + 1));
  std::vector<float> folded(weight.size());
  size_t at = 0;
  for (int64_t o = 0; o < outer; ++o) {
    const int64_t base = groups == 1 ? 0 : (o * groups / outer) * channels;
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t i = 0; i < inner; ++i, ++at)
        if (failed(roundOnce(op, weight[at] * affine.factor[base + c], base + c, folded[at])))
          return failure();
  }
  return folded;
}

/// The bias's name in the framework: its own, or the weight's with its last word replaced.
static std::string biasName(FusionRootOpInterface root, StringRef weightName) {
  if (nn::ParameterOp bias = nn::getParameter(root.getBiasValue()))
    return bias.getName().str();
  if (weightName.consume_back("weight"))
    return (weightName + "bias").str();
  return (weightName + ".bias").str();
}

namespace {

struct FoldBatchNormPass : fuse::impl::FuseFoldBatchNormBase<FoldBatchNormPass> {
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
      if (failed(fold(op, root)))
        return signalPassFailure();
      ++folded;
    }
  }

  LogicalResult fold(nn::BatchNormOp op, FusionRootOpInterface root) {
    nn::ParameterOp weight = nn::getParameter(root.getWeightOperand().get());
    nn::ParameterOp bias = nn::getParameter(root.getBiasValue());
    auto weightData = nn::getF32Data(weight);
    if (failed(weightData))
      return failure();
    std::vector<float> before;
    if (bias) {
      auto data = nn::getF32Data(bias);
      if (failed(data))
        return failure();
      before.assign(data->begin(), data->end());
    }
    auto affine = affineOf(op, before);
    if (failed(affine))
      return failure();
    auto newWeight = foldWeight(op, root, *weightData, *affine);
    if (failed(newWeight))
      return failure();
    std::vector<float> newBias(affine->bias.size());
    for (size_t c = 0; c < newBias.size(); ++c)
      if (failed(roundOnce(op, affine->bias[c], c, newBias[c])))
        return failure();
    replace(op, root, *newWeight, newBias);
    return success();
  }

  /// A parameter with new data under the name of `old`, or under the next free one while
  /// other ops still use `old`.
  Value replaceParameter(nn::ParameterOp old, StringRef name, ArrayRef<int64_t> shape,
                         ArrayRef<float> data, Operation *anchor) {
    OpBuilder builder(old ? old.getOperation() : anchor);
    std::string fresh = name.str();
    if (!old || !old->hasOneUse())
      fresh = nn::uniqueParameterName(builder.getInsertionBlock()->getParentOp(), name);
    return nn::createParameter(builder, old ? old.getLoc() : anchor->getLoc(), fresh, shape, data);
  }

  void replace(nn::BatchNormOp op, FusionRootOpInterface root, ArrayRef<float> newWeight,
               ArrayRef<float> newBias) {
    nn::ParameterOp weight = nn::getParameter(root.getWeightOperand().get());
    nn::ParameterOp bias = nn::getParameter(root.getBiasValue());
    const std::string nameOfBias = biasName(root, weight.getName());
    if (!weight->hasOneUse())
      ++cloned;
    SmallVector<Operation *> dead;
    for (const Value parameter : op->getOperands().drop_front())
      dead.push_back(parameter.getDefiningOp());
    dead.append({weight, bias ? bias.getOperation() : nullptr});
    const auto type = cast<RankedTensorType>(weight.getType());
    root.getWeightOperand().set(
        replaceParameter(weight, weight.getName(), type.getShape(), newWeight, root));
    root.setBiasValue(
        replaceParameter(bias, nameOfBias, {static_cast<int64_t>(newBias.size())}, newBias, root));
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
