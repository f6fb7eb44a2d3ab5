//===- LinalgResize.cpp - nearest and bilinear resize as linalg (N18) -----------------===//

#include "LinalgBuilder.h"

#include "dialects/NN/Resample.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

/// A constant that counts along rows (dimension 2) or columns (3) of the result.
template <typename T> static Mapped along(LinalgBuilder &build, ArrayRef<T> data, int64_t dim) {
  return {build.constant({static_cast<int64_t>(data.size())}, data), {dim}};
}

/// Pixel (row, column) of the input's image at this place.
static Value pixel(const ScalarBuilder &s, Value input, Value row, Value column) {
  const SmallVector<Value> at{s.index(0), s.index(1), s.toIndex(row), s.toIndex(column)};
  return tensor::ExtractOp::create(s.builder, s.loc, input, at);
}

static Lowered lowerNearest(nn::ResizeNearestOp op, const LinalgContext &context) {
  const Value input = context.operands[0];
  LinalgBuilder &build = context.build;
  const nn::AxisSamples rows = nn::sampleRows(op), columns = nn::sampleColumns(op);
  return SmallVector<Value>{build.map(
      build.sizesLike(context.resultShape(), input),
      cast<RankedTensorType>(input.getType()).getElementType(),
      {along<int32_t>(build, rows.low, 2), along<int32_t>(build, columns.low, 3)},
      [&](const ScalarBuilder &s, ValueRange at) { return pixel(s, input, at[0], at[1]); })};
}

static Lowered lowerBilinear(nn::ResizeBilinearOp op, const LinalgContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType()),
                             out = codesOf(op.getResult().getType());
  if (!in || !out)
    return context.refuse("it is left in float");
  const Value input = context.operands[0];
  LinalgBuilder &build = context.build;
  const nn::AxisSamples rows = nn::sampleRows(op), columns = nn::sampleColumns(op);
  const float ratio = in->scale / out->scale;
  return SmallVector<Value>{
      build.map(build.sizesLike(context.resultShape(), input), build.i8(),
                {along<int32_t>(build, rows.low, 2), along<int32_t>(build, rows.high, 2),
                 along<float>(build, rows.weight, 2), along<int32_t>(build, columns.low, 3),
                 along<int32_t>(build, columns.high, 3), along<float>(build, columns.weight, 3)},
                [&](const ScalarBuilder &s, ValueRange at) {
                  const auto value = [&](Value row, Value column) {
                    return s.toFloat(s.centred(pixel(s, input, row, column), in->zeroPoint));
                  };
                  const auto between = [&](Value first, Value second, Value weight) {
                    return s.add(first, s.mul(s.sub(second, first), weight));
                  };
                  const Value top = between(value(at[0], at[3]), value(at[0], at[4]), at[5]);
                  const Value bottom = between(value(at[1], at[3]), value(at[1], at[4]), at[5]);
                  const Value real = between(top, bottom, at[2]);
                  return s.narrow(s.roundToCode(s.mul(real, s.f32(ratio)), *out));
                })};
}

void lowerout::addLinalgResize(LinalgTable &table) {
  table.op<nn::ResizeNearestOp>(lowerNearest);
  table.op<nn::ResizeBilinearOp>(lowerBilinear);
}
