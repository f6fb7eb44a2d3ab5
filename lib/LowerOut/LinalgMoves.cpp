//===- LinalgMoves.cpp - movement of codes as tensor ops (N9) -------------------------===//
//
// Float tensors move in the same way.
//
//===-----------------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "Moves.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

/// reshape, flatten, squeeze, unsqueeze: the result's type says all.
template <typename OpTy> static Lowered lowerReshape(OpTy op, const LinalgContext &context) {
  if (context.resultShape().empty() || context.shapeOf(op.getInput()).empty())
    return context.refuse("a tensor of rank 0");
  return SmallVector<Value>{context.build.reshape(context.operands[0], context.resultShape())};
}

static Lowered lowerSlice(nn::SliceOp op, const LinalgContext &context) {
  const Value input = context.operands[0];
  const size_t rank = context.shapeOf(input).size();
  SmallVector<int64_t> offsets(rank, 0), strides(rank, 1);
  for (const auto [i, axis] : llvm::enumerate(op.getAxes())) {
    offsets[axis] = op.getStarts()[i];
    strides[axis] = op.getSteps()[i];
  }
  Sizes sizes = context.build.sizesLike(context.resultShape(), input);
  return SmallVector<Value>{context.build.slice(input, offsets, sizes, strides)};
}

static Lowered lowerSplit(nn::SplitOp op, const LinalgContext &context) {
  const Value input = context.operands[0];
  const size_t rank = context.shapeOf(input).size();
  const auto axis = static_cast<size_t>(op.getAxis());
  SmallVector<int64_t> offsets(rank, 0), strides(rank, 1);
  SmallVector<Value> parts;
  for (const int64_t size : op.getSizes()) {
    Sizes sizes = context.build.sizesOf(input);
    sizes[axis] = context.build.builder.getIndexAttr(size);
    parts.push_back(context.build.slice(input, offsets, sizes, strides));
    offsets[axis] += size;
  }
  return parts;
}

static Lowered lowerCat(nn::CatOp op, const LinalgContext &context) {
  LinalgBuilder &build = context.build;
  const ArrayRef<int64_t> shape = context.resultShape();
  const auto axis = static_cast<size_t>(op.getAxis());
  if (ShapedType::isDynamic(shape[axis]))
    return context.refuse("it joins along the unknown batch; fix the batch");
  SmallVector<int64_t> offsets(shape.size(), 0), strides(shape.size(), 1);
  Value result =
      build.empty(build.sizesLike(shape, context.operands),
                  cast<RankedTensorType>(context.operands[0].getType()).getElementType());
  for (const Value part : context.operands) {
    result = build.insert(part, result, offsets, strides);
    offsets[axis] += context.shapeOf(part)[axis];
  }
  return SmallVector<Value>{result};
}

static Lowered lowerPad(nn::PadOp op, const LinalgContext &context) {
  const std::optional<Codes> codes = codesOf(op.getInput().getType());
  if (!codes)
    return context.refuse("it is left in float");
  if (op.getLow()[0] + op.getHigh()[0] != 0 && ShapedType::isDynamic(context.resultShape()[0]))
    return context.refuse("it pads the unknown batch; fix the batch");
  return SmallVector<Value>{context.build.pad(context.operands[0], op.getLow(), op.getHigh(),
                                              codes->quantize(op.getValue().convertToFloat()))};
}

void lowerout::addLinalgMoves(LinalgTable &table) {
  table.op<nn::ReshapeOp>(lowerReshape<nn::ReshapeOp>);
  table.op<nn::FlattenOp>(lowerReshape<nn::FlattenOp>);
  table.op<nn::SqueezeOp>(lowerReshape<nn::SqueezeOp>);
  table.op<nn::UnsqueezeOp>(lowerReshape<nn::UnsqueezeOp>);
  table.op<nn::TransposeOp>(lowerTranspose<LinalgBuilder>);
  table.op<nn::SliceOp>(lowerSlice);
  table.op<nn::SplitOp>(lowerSplit);
  table.op<nn::CatOp>(lowerCat);
  table.op<nn::PadOp>(lowerPad);
  table.op<nn::DepthToSpaceOp>(lowerDepthToSpace<LinalgBuilder>);
}
