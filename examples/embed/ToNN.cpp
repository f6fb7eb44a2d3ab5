//===- ToNN.cpp - acme-to-nn ----------------------------------------------------------===//
//
// The way to qopt's kernels: after convert (or in float) mix is a convolution with a window of one,
// rotate two slices and a cat. Types, points and tables stay what they are, so that not one code
// changes. A function of one number needs nothing: on codes it is a table.
//
//===----------------------------------------------------------------------------------===//

#include "Acme.h"

#include "dialects/NN/Parameter.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

using namespace mlir;
using namespace qopt;

namespace {

/// The parameter [O, C] as [O, C, 1, 1].
Value withWindow(OpBuilder &builder, nn::ParameterOp parameter) {
  const auto type = cast<RankedTensorType>(parameter.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.append({1, 1});
  const std::string name = nn::uniqueParameterName(parameter, parameter.getName());
  if (type.getElementType().isF32())
    return nn::createParameter(builder, parameter.getLoc(), name, shape,
                               *nn::getF32Data(parameter));
  return nn::createParameter(builder, parameter.getLoc(), name,
                             RankedTensorType::get(shape, type.getElementType()),
                             *nn::getI8Data(parameter));
}

LogicalResult lowerMix(acme::MixOp op) {
  nn::ParameterOp weight = nn::getParameter(op.getWeight());
  if (!weight)
    return op.emitOpError("expected a constant weight");
  OpBuilder builder(op);
  auto conv = nn::Conv2dOp::create(
      builder, op.getLoc(), op.getType(), op.getInput(), withWindow(builder, weight), op.getBias(),
      op.getResidual(), builder.getDenseI64ArrayAttr({1, 1}),
      builder.getDenseI64ArrayAttr({0, 0, 0, 0}), builder.getDenseI64ArrayAttr({1, 1}),
      builder.getI64IntegerAttr(1), op.getActAttr(), op.getMidAttr(), op.getTableAttr());
  conv->setDiscardableAttrs(llvm::to_vector(op->getDiscardableAttrs()));
  op.replaceAllUsesWith(conv.getResult());
  op.erase();
  if (weight.use_empty())
    weight.erase();
  return success();
}

/// Channels [from, to), named after the op's result.
Value channels(OpBuilder &builder, acme::RotateOp op, int64_t from, int64_t to, StringRef part) {
  Operation *slice = nn::createInferred<nn::SliceOp>(
      builder, op.getLoc(), op.getInput(),
      {builder.getNamedAttr("axes", builder.getDenseI64ArrayAttr({1})),
       builder.getNamedAttr("starts", builder.getDenseI64ArrayAttr({from})),
       builder.getNamedAttr("ends", builder.getDenseI64ArrayAttr({to})),
       builder.getNamedAttr("steps", builder.getDenseI64ArrayAttr({1}))});
  nn::setValueName(slice, nn::getValueName(op.getResult()) + part.str());
  return slice->getResult(0);
}

void lowerRotate(acme::RotateOp op) {
  OpBuilder builder(op);
  const int64_t count = cast<RankedTensorType>(op.getType()).getDimSize(1);
  const int64_t steps = static_cast<int64_t>(op.getSteps());
  const Value head = channels(builder, op, steps, count, ".head");
  const Value tail = channels(builder, op, 0, steps, ".tail");
  auto cat = nn::CatOp::create(builder, op.getLoc(), op.getType(), ValueRange{head, tail},
                               builder.getI64IntegerAttr(1));
  cat->setDiscardableAttrs(llvm::to_vector(op->getDiscardableAttrs()));
  op.replaceAllUsesWith(cat.getResult());
  op.erase();
}

struct ToNNPass : PassWrapper<ToNNPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ToNNPass)
  StringRef getArgument() const override { return "acme-to-nn"; }
  StringRef getDescription() const override { return "acme ops as nn ops, codes kept"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<nn::NNDialect>();
  }
  void runOnOperation() override {
    bool valid = true;
    getOperation().walk([&](acme::MixOp op) { valid &= succeeded(lowerMix(op)); });
    getOperation().walk([&](acme::RotateOp op) { lowerRotate(op); });
    if (!valid)
      signalPassFailure();
  }
};

} // namespace

void acme::registerPasses() {
  registerPass([] { return std::make_unique<ToNNPass>(); });
}
