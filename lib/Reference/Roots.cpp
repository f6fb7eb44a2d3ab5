//===- Roots.cpp - conv2d, conv_transpose2d and linear seen as one --------------------===//

#include "lib/Reference/Roots.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

template <typename OpTy> static RootView viewOf(OpTy op, const OpContext &context) {
  RootView view;
  view.input = context.find(op.getInput());
  view.weight = &context.in(op.getWeightMutable().getOperandNumber());
  view.bias = context.find(op.getBias());
  view.act = op.getActAttr();
  view.table = op.getTableAttr();
  return view;
}

RootView reference::viewRoot(const OpContext &context) {
  RootView view;
  if (auto conv = dyn_cast<nn::Conv2dOp>(context.op)) {
    view = viewOf(conv, context);
    view.residual = context.find(conv.getResidual());
  } else if (auto transposed = dyn_cast<nn::ConvTranspose2dOp>(context.op)) {
    view = viewOf(transposed, context);
    view.transposed = true;
  } else {
    auto linear = cast<nn::LinearOp>(context.op);
    view = viewOf(linear, context);
    view.residual = context.find(linear.getResidual());
    view.channelAxis = view.input->data.rank() - 1;
  }
  const auto result = cast<RankedTensorType>(context.op->getResult(0).getType());
  view.channels = result.getDimSize(view.channelAxis);
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
