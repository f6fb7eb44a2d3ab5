//===- Group.cpp - what the fuse passes share -----------------------------------------===//

#include "Group.h"

#include "dialects/NN/Parameter.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::fuse;

Operation *fuse::soleProducer(Value value) {
  return value.hasOneUse() ? value.getDefiningOp() : nullptr;
}

/// The names under which `op` goes into `nn.fused`: its list, or its own name.
static void appendParts(Operation *op, SmallVectorImpl<Attribute> &parts) {
  if (auto list = op->getAttrOfType<ArrayAttr>(nn::NNDialect::kFusedAttr)) {
    parts.append(list.begin(), list.end());
    return;
  }
  Attribute name = op->getAttr(nn::NNDialect::kLayerAttr);
  if (!name)
    name = op->getAttr(nn::NNDialect::kNameAttr);
  parts.push_back(name ? name : StringAttr::get(op->getContext(), op->getName().getStringRef()));
}

void fuse::noteMerge(Operation *root, Operation *merged, bool takeName) {
  SmallVector<Attribute> parts;
  appendParts(root, parts);
  appendParts(merged, parts);
  root->setAttr(nn::NNDialect::kFusedAttr, ArrayAttr::get(root->getContext(), parts));
  root->setLoc(FusedLoc::get(root->getContext(), {root->getLoc(), merged->getLoc()}));
  if (!takeName)
    return;
  if (Attribute name = merged->getAttr(nn::NNDialect::kNameAttr))
    root->setAttr(nn::NNDialect::kNameAttr, name);
}

FusionRootOpInterface fuse::rootForBatchNorm(nn::BatchNormOp op) {
  auto root = dyn_cast_or_null<FusionRootOpInterface>(soleProducer(op.getInput()));
  if (!root || root.getFusedActivation() || root.getResidualValue())
    return {};
  const Value result = root->getResult(0);
  // batch_norm counts axis 1; a linear of rank 3 makes its channels last.
  if (root.getResultChannelAxis() != 1 || result.getType() != op.getType())
    return {};
  if (!nn::getParameter(root.getWeightOperand().get()) ||
      (root.getBiasValue() && !nn::getParameter(root.getBiasValue())))
    return {};
  for (const Value parameter : op->getOperands().drop_front())
    if (!nn::getParameter(parameter))
      return {};
  return root;
}

SmallVector<int64_t> fuse::spatialPadding(nn::PadOp pad) {
  const ArrayRef<int64_t> low = pad.getLow(), high = pad.getHigh();
  if (low.size() != 4 || low[0] || low[1] || high[0] || high[1])
    return {};
  return {low[2], low[3], high[2], high[3]};
}

PadAbsorbingOpInterface fuse::absorberOf(nn::PadOp pad, OpOperand &use) {
  const SmallVector<int64_t> padding = spatialPadding(pad);
  auto absorber = dyn_cast<PadAbsorbingOpInterface>(use.getOwner());
  if (padding.empty() || !absorber || use.getOperandNumber() != 0 ||
      !absorber.canAbsorbPadding(padding, pad.getValue().convertToFloat()))
    return {};
  return absorber;
}
