//===- TosaMoves.cpp - movement of codes as TOSA (N9, N18), exact ---------------------===//

#include "Moves.h"
#include "TosaBuilder.h"

#include "dialects/NN/Resample.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

/// reshape, flatten, squeeze, unsqueeze: the result's type says all.
template <typename OpTy> static Lowered lowerReshape(OpTy op, const TosaContext &context) {
  return SmallVector<Value>{context.build.reshape(context.operands[0], context.resultShape())};
}

/// tosa.slice has no steps: every step-th element is the first of its row in [count, step].
static Value everyStep(TosaBuilder &build, Value tensor, int64_t axis, int64_t start, int64_t count,
                       int64_t step) {
  SmallVector<int64_t> shape(build.shapeOf(tensor)), offsets(shape.size(), 0);
  offsets[axis] = start;
  shape[axis] = (count - 1) * step + 1;
  tensor = build.slice(tensor, offsets, shape);
  if (step == 1)
    return tensor;
  SmallVector<int64_t> low(shape.size(), 0), high(shape.size(), 0);
  high[axis] = step - 1;
  tensor = build.pad(tensor, low, high, 0);
  shape[axis] = count;
  SmallVector<int64_t> rows(shape);
  rows.insert(rows.begin() + axis + 1, step);
  tensor = build.reshape(tensor, rows);
  rows[axis + 1] = 1;
  const SmallVector<int64_t> zeros(rows.size(), 0);
  return build.reshape(build.slice(tensor, zeros, rows), shape);
}

static Lowered lowerSlice(nn::SliceOp op, const TosaContext &context) {
  Value tensor = context.operands[0];
  if (!codesOf(op.getInput().getType()) &&
      llvm::any_of(op.getSteps(), [](int64_t step) { return step != 1; }))
    return context.refuse("it is left in float");
  for (const auto [i, axis] : llvm::enumerate(op.getAxes()))
    tensor = everyStep(context.build, tensor, axis, op.getStarts()[i], context.resultShape()[axis],
                       op.getSteps()[i]);
  return SmallVector<Value>{tensor};
}

static Lowered lowerSplit(nn::SplitOp op, const TosaContext &context) {
  const Value input = context.operands[0];
  SmallVector<int64_t> offsets(context.shapeOf(input).size(), 0), sizes(context.shapeOf(input));
  const auto axis = static_cast<size_t>(op.getAxis());
  SmallVector<Value> parts;
  for (const int64_t size : op.getSizes()) {
    sizes[axis] = size;
    parts.push_back(context.build.slice(input, offsets, sizes));
    offsets[axis] += size;
  }
  return parts;
}

static Lowered lowerCat(nn::CatOp op, const TosaContext &context) {
  return SmallVector<Value>{
      context.build.concat(llvm::to_vector(context.operands), static_cast<int64_t>(op.getAxis()))};
}

static Lowered lowerPad(nn::PadOp op, const TosaContext &context) {
  const std::optional<Codes> codes = codesOf(op.getInput().getType());
  if (!codes)
    return context.refuse("it is left in float");
  return SmallVector<Value>{context.build.pad(context.operands[0], op.getLow(), op.getHigh(),
                                              codes->quantize(op.getValue().convertToFloat()))};
}

static Lowered lowerNearest(nn::ResizeNearestOp op, const TosaContext &context) {
  const Value rows = context.build.gather(context.operands[0], 2, nn::sampleRows(op).low);
  return SmallVector<Value>{context.build.gather(rows, 3, nn::sampleColumns(op).low)};
}

static Lowered lowerBilinear(nn::ResizeBilinearOp op, const TosaContext &context) {
  return context.refuse("its weights are f32 (N18), those of tosa.resize fractions of integers");
}

void lowerout::addTosaMoves(TosaTable &table) {
  table.op<nn::ReshapeOp>(lowerReshape<nn::ReshapeOp>);
  table.op<nn::FlattenOp>(lowerReshape<nn::FlattenOp>);
  table.op<nn::SqueezeOp>(lowerReshape<nn::SqueezeOp>);
  table.op<nn::UnsqueezeOp>(lowerReshape<nn::UnsqueezeOp>);
  table.op<nn::TransposeOp>(lowerTranspose<TosaBuilder>);
  table.op<nn::SliceOp>(lowerSlice);
  table.op<nn::SplitOp>(lowerSplit);
  table.op<nn::CatOp>(lowerCat);
  table.op<nn::PadOp>(lowerPad);
  table.op<nn::DepthToSpaceOp>(lowerDepthToSpace<TosaBuilder>);
  table.op<nn::ResizeNearestOp>(lowerNearest);
  table.op<nn::ResizeBilinearOp>(lowerBilinear);
}
