//===- Roots.cpp - what multiplies by a weight, seen as one ---------------------------===//

#include "lib/Reference/Roots.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

RootView reference::viewRoot(const OpContext &context) {
  auto op = cast<FusionRootOpInterface>(context.op);
  RootView view;
  view.input = &context.in(0);
  view.weight = &context.in(op.getWeightOperand().getOperandNumber());
  view.bias = context.find(op.getBiasValue());
  view.residual = context.find(op.getResidualValue());
  view.act = dyn_cast_if_present<nn::ActAttr>(op.getFusedActivation());
  view.table = context.op->getAttrOfType<ElementsAttr>("table");
  view.transposed = isa<nn::ConvTranspose2dOp>(context.op);
  view.foreign = isa<EvaluableOpInterface>(context.op);
  view.channelAxis = op.getResultChannelAxis();
  view.channels = cast<RankedTensorType>(op->getResult(0).getType()).getDimSize(view.channelAxis);
  return view;
}

std::optional<ConvGeometry> reference::rootGeometry(const OpContext &context) {
  const SmallVector<int64_t> out = context.resultShape();
  if (auto conv = dyn_cast<nn::Conv2dOp>(context.op))
    return geometryOf(conv, context.data(0).shape(), out);
  if (auto transposed = dyn_cast<nn::ConvTranspose2dOp>(context.op))
    return geometryOf(transposed, context.data(0).shape(), out);
  return std::nullopt;
}
