//===- TosaPools.cpp - pools and means as TOSA (N9) -----------------------------------===//
//
// tosa.avg_pool2d divides and rounds before it could requantize, so means are sums in i32 and one
// rescale, by position where windows count different numbers of values.
//
//===-----------------------------------------------------------------------------===//

#include "TosaBuilder.h"
#include "Windows.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

static Lowered lowerMaxPool(nn::MaxPool2dOp op, const TosaContext &context) {
  const std::optional<Codes> codes = codesOf(op.getInput().getType());
  if (!codes)
    return context.refuse("it is left in float");
  if (llvm::any_of(op.getDilation(), [](int64_t d) { return d != 1; }))
    return context.refuse("tosa.max_pool2d has no dilation");
  TosaBuilder &build = context.build;
  const ArrayRef<int64_t> in = context.shapeOf(op.getInput()), out = context.resultShape();
  SmallVector<int64_t, 2> high;
  for (int i = 0; i < 2; ++i)
    high.push_back(highPadding(in[2 + i], out[2 + i], op.getKernel()[i], op.getStride()[i],
                               op.getPadding()[i]));
  SmallVector<int64_t, 4> pad;
  const Value input =
      build.fitWindows(build.toNhwc(context.operands[0]), op.getPadding().take_front(2), high, pad);
  const Value pooled = tosa::MaxPool2dOp::create(
      build.builder, build.loc, RankedTensorType::get({out[0], out[2], out[3], out[1]}, build.i8()),
      input, op.getKernel(), op.getStride(), pad);
  return SmallVector<Value>{build.toNchw(pooled)};
}

//===-- means -----------------------------------------------------------------------===//

/// Sums of q - z over sliding windows, NCHW: a depthwise convolution with ones.
static Value slidingSums(const TosaContext &context, const SlidingWindow &rows,
                         const SlidingWindow &columns, const Codes &in) {
  TosaBuilder &build = context.build;
  const ArrayRef<int64_t> out = context.resultShape();
  const int64_t channels = out[1];
  SmallVector<int64_t, 4> pad;
  const Value input = build.fitWindows(build.toNhwc(context.operands[0]), {rows.low, columns.low},
                                       {rows.high, columns.high}, pad);
  const std::vector<int8_t> ones(rows.kernel * columns.kernel * channels, 1);
  const std::vector<int32_t> noBias(channels, 0);
  const Value sums = tosa::DepthwiseConv2DOp::create(
      build.builder, build.loc,
      RankedTensorType::get({out[0], out[2], out[3], channels}, build.i32()), input,
      build.constant({rows.kernel, columns.kernel, channels, 1}, ones),
      build.constant({channels}, noBias), build.zeroPoint(in.zeroPoint), build.zeroPoint(0), pad,
      ArrayRef<int64_t>{rows.stride, columns.stride}, ArrayRef<int64_t>{1, 1}, build.i32());
  return build.toNchw(sums);
}

/// Sums over windows of different sizes: pixels times which pixel belongs to which window.
static Value unevenSums(const TosaContext &context, const WindowAxis &rows,
                        const WindowAxis &columns, const Codes &in) {
  TosaBuilder &build = context.build;
  const ArrayRef<int64_t> shape = context.shapeOf(context.operands[0]), out = context.resultShape();
  const int64_t pixels = shape[2] * shape[3], windows = out[2] * out[3];
  std::vector<int8_t> members(pixels * windows, 0);
  for (const auto [o, row] : llvm::enumerate(rows.spans))
    for (const auto [p, column] : llvm::enumerate(columns.spans))
      for (int64_t h = row.begin; h < row.end; ++h)
        for (int64_t w = column.begin; w < column.end; ++w)
          members[(h * shape[3] + w) * windows + o * out[3] + p] = 1;
  const Value sums =
      tosa::MatMulOp::create(build.builder, build.loc,
                             RankedTensorType::get({1, shape[0] * shape[1], windows}, build.i32()),
                             build.reshape(context.operands[0], {1, shape[0] * shape[1], pixels}),
                             build.constant({1, pixels, windows}, members),
                             build.zeroPoint(in.zeroPoint), build.zeroPoint(0));
  return build.reshape(sums, out);
}

template <typename OpTy> static Lowered lowerMeanPool(OpTy op, const TosaContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType()),
                             out = codesOf(op.getResult().getType());
  if (!in || !out)
    return context.refuse("it is left in float");
  TosaBuilder &build = context.build;
  const WindowAxis rows = windowsOf(op, 0), columns = windowsOf(op, 1);
  const Value sums = rows.sliding && columns.sliding
                         ? slidingSums(context, *rows.sliding, *columns.sliding, *in)
                         : unevenSums(context, rows, columns, *in);
  const std::vector<float> factors = meanMultipliers(rows, columns, *in, *out);
  const SmallVector<double> multipliers(factors.begin(), factors.end());
  const ArrayRef<int64_t> shape = context.resultShape();
  // A multiplier by position stands on the last dimension.
  const Value lines = build.reshape(sums, {shape[0], shape[1], shape[2] * shape[3]});
  return SmallVector<Value>{build.reshape(build.toCodes(lines, multipliers, *out), shape)};
}

static Lowered lowerReduceMean(nn::ReduceMeanOp op, const TosaContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType()),
                             out = codesOf(op.getResult().getType());
  if (!in || !out)
    return context.refuse("it is left in float");
  TosaBuilder &build = context.build;
  Value sums = build.centred(context.operands[0], in->zeroPoint);
  int64_t count = 1;
  for (const int64_t axis : op.getAxes()) {
    count *= build.shapeOf(sums)[axis];
    SmallVector<int64_t> shape(build.shapeOf(sums));
    shape[axis] = 1;
    sums = tosa::ReduceSumOp::create(build.builder, build.loc,
                                     RankedTensorType::get(shape, build.i32()), sums,
                                     static_cast<uint32_t>(axis));
  }
  const double m = meanMultiplier(count, *in, *out);
  return SmallVector<Value>{build.reshape(build.toCodes(sums, {m}, *out), context.resultShape())};
}

void lowerout::addTosaPools(TosaTable &table) {
  table.op<nn::MaxPool2dOp>(lowerMaxPool);
  table.op<nn::AvgPool2dOp>(lowerMeanPool<nn::AvgPool2dOp>);
  table.op<nn::AdaptiveAvgPool2dOp>(lowerMeanPool<nn::AdaptiveAvgPool2dOp>);
  table.op<nn::ReduceMeanOp>(lowerReduceMean);
}
