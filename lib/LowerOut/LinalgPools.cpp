//===- LinalgPools.cpp - pools and means as linalg (N9) -------------------------------===//

#include "LinalgBuilder.h"
#include "Windows.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

/// The accumulators of a pool: `OpTy` over windows of an i8 tensor.
template <typename OpTy>
static Value slide(const LinalgContext &context, Value input, ArrayRef<int64_t> kernel,
                   ArrayRef<int64_t> stride, ArrayRef<int64_t> dilation, Type element,
                   int32_t start) {
  LinalgBuilder &build = context.build;
  const Value init = build.filled(build.sizesLike(context.resultShape(), input), element, start);
  const Value window = tensor::EmptyOp::create(build.builder, build.loc, kernel, element);
  return OpTy::create(build.builder, build.loc, TypeRange(init.getType()),
                      ValueRange{input, window}, ValueRange{init}, build.numbers(stride),
                      build.numbers(dilation))
      ->getResult(0);
}

static Lowered lowerMaxPool(nn::MaxPool2dOp op, const LinalgContext &context) {
  const std::optional<Codes> codes = codesOf(op.getInput().getType());
  if (!codes)
    return context.refuse("it is left in float");
  const ArrayRef<int64_t> in = context.shapeOf(op.getInput()), out = context.resultShape();
  SmallVector<int64_t, 4> low{0, 0}, high{0, 0};
  for (int i = 0; i < 2; ++i) {
    const int64_t extent = (op.getKernel()[i] - 1) * op.getDilation()[i] + 1;
    low.push_back(op.getPadding()[i]);
    high.push_back(std::max<int64_t>(
        highPadding(in[2 + i], out[2 + i], extent, op.getStride()[i], low.back()), 0));
  }
  const Value input = context.build.pad(context.operands[0], low, high, codes->qmin);
  return SmallVector<Value>{slide<linalg::PoolingNchwMaxOp>(context, input, op.getKernel(),
                                                            op.getStride(), op.getDilation(),
                                                            context.build.i8(), codes->qmin)};
}

//===-- means -----------------------------------------------------------------------===//

/// Sums of q - z over sliding windows; padding holds z.
static Value slidingSums(const LinalgContext &context, const SlidingWindow &rows,
                         const SlidingWindow &columns, const Codes &in) {
  const Value input = context.build.pad(
      context.operands[0], {0, 0, rows.low, columns.low},
      {0, 0, std::max<int64_t>(rows.high, 0), std::max<int64_t>(columns.high, 0)}, in.zeroPoint);
  return slide<linalg::PoolingNchwSumOp>(
      context, input, {rows.kernel, columns.kernel}, {rows.stride, columns.stride}, {1, 1},
      context.build.i32(), static_cast<int32_t>(-in.zeroPoint * rows.kernel * columns.kernel));
}

/// Which inputs belong to which output, as 0 and 1: [outputs, inputs].
static Value membership(LinalgBuilder &build, const WindowAxis &axis, int64_t inputs) {
  const auto outputs = static_cast<int64_t>(axis.spans.size());
  std::vector<int8_t> members(outputs * inputs, 0);
  for (const auto [o, span] : llvm::enumerate(axis.spans))
    std::fill_n(members.begin() + o * inputs + span.begin, span.end - span.begin, int8_t(1));
  return build.constant({outputs, inputs}, members);
}

/// Sums over windows of different sizes: over all inputs, times membership of row and column.
static Value unevenSums(const LinalgContext &context, const WindowAxis &rows,
                        const WindowAxis &columns, const Codes &in) {
  LinalgBuilder &build = context.build;
  const ArrayRef<int64_t> shape = context.shapeOf(context.operands[0]);
  const Value init =
      build.filled(build.sizesLike(context.resultShape(), context.operands), build.i32(), 0);
  AffineExpr n, c, oh, ow, h, w;
  MLIRContext *mlir = build.builder.getContext();
  bindDims(mlir, n, c, oh, ow, h, w);
  const auto mapOf = [&](ArrayRef<AffineExpr> at) { return AffineMap::get(6, 0, at, mlir); };
  SmallVector<utils::IteratorType> loops(4, utils::IteratorType::parallel);
  loops.append(2, utils::IteratorType::reduction);
  return linalg::GenericOp::create(
             build.builder, build.loc, init.getType(),
             ValueRange{context.operands[0], membership(build, rows, shape[2]),
                        membership(build, columns, shape[3])},
             ValueRange{init},
             ArrayRef<AffineMap>{mapOf({n, c, h, w}), mapOf({oh, h}), mapOf({ow, w}),
                                 mapOf({n, c, oh, ow})},
             loops,
             [&](OpBuilder &inside, Location at, ValueRange values) {
               const ScalarBuilder s(inside, at);
               const Value member = s.mul(s.widen(values[1]), s.widen(values[2]));
               const Value term = s.mul(s.centred(values[0], in.zeroPoint), member);
               linalg::YieldOp::create(inside, at, s.add(values[3], term));
             })
      .getResult(0);
}

/// sat(rne(f32(sum) * m) + zy), m by position where windows count differently.
static Value meanOf(LinalgBuilder &build, Value sums, ArrayRef<float> multipliers,
                    ArrayRef<int64_t> shape, const Codes &out) {
  if (llvm::all_equal(multipliers))
    return build.mapAll(sums, build.i8(), [&](const ScalarBuilder &s, ValueRange in) {
      return s.narrow(s.roundToCode(s.mul(s.toFloat(in[0]), s.f32(multipliers.front())), out));
    });
  const Value constant = build.constant(shape.drop_front(2), multipliers);
  return build.map(build.sizesOf(sums), build.i8(), {{sums, {0, 1, 2, 3}}, {constant, {2, 3}}},
                   [&](const ScalarBuilder &s, ValueRange in) {
                     return s.narrow(s.roundToCode(s.mul(s.toFloat(in[0]), in[1]), out));
                   });
}

template <typename OpTy> static Lowered lowerMeanPool(OpTy op, const LinalgContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType()),
                             out = codesOf(op.getResult().getType());
  if (!in || !out)
    return context.refuse("it is left in float");
  const WindowAxis rows = windowsOf(op, 0), columns = windowsOf(op, 1);
  const Value sums = rows.sliding && columns.sliding
                         ? slidingSums(context, *rows.sliding, *columns.sliding, *in)
                         : unevenSums(context, rows, columns, *in);
  return SmallVector<Value>{meanOf(context.build, sums, meanMultipliers(rows, columns, *in, *out),
                                   context.resultShape(), *out)};
}

static Lowered lowerReduceMean(nn::ReduceMeanOp op, const LinalgContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType()),
                             out = codesOf(op.getResult().getType());
  if (!in || !out)
    return context.refuse("it is left in float");
  LinalgBuilder &build = context.build;
  const ArrayRef<int64_t> shape = context.shapeOf(op.getInput());
  SmallVector<utils::IteratorType> loops;
  SmallVector<AffineExpr> kept;
  Sizes sizes;
  int64_t count = 1;
  for (const auto [dim, size] : llvm::enumerate(build.sizesOf(context.operands[0]))) {
    const bool reduced = llvm::is_contained(op.getAxes(), static_cast<int64_t>(dim));
    loops.push_back(reduced ? utils::IteratorType::reduction : utils::IteratorType::parallel);
    if (reduced) {
      count *= shape[dim];
      continue;
    }
    kept.push_back(build.builder.getAffineDimExpr(static_cast<unsigned>(dim)));
    sizes.push_back(size);
  }
  MLIRContext *mlir = build.builder.getContext();
  const auto rank = static_cast<unsigned>(shape.size());
  const Value init = build.filled(sizes, build.i32(), 0);
  const Value sums = linalg::GenericOp::create(
                         build.builder, build.loc, init.getType(), ValueRange{context.operands[0]},
                         ValueRange{init},
                         ArrayRef<AffineMap>{AffineMap::getMultiDimIdentityMap(rank, mlir),
                                             AffineMap::get(rank, 0, kept, mlir)},
                         loops,
                         [&](OpBuilder &inside, Location at, ValueRange values) {
                           const ScalarBuilder s(inside, at);
                           linalg::YieldOp::create(
                               inside, at, s.add(values[1], s.centred(values[0], in->zeroPoint)));
                         })
                         .getResult(0);
  const Value means = meanOf(build, sums, {meanMultiplier(count, *in, *out)}, {}, *out);
  return SmallVector<Value>{build.reshape(means, context.resultShape())};
}

void lowerout::addLinalgPools(LinalgTable &table) {
  table.op<nn::MaxPool2dOp>(lowerMaxPool);
  table.op<nn::AvgPool2dOp>(lowerMeanPool<nn::AvgPool2dOp>);
  table.op<nn::AdaptiveAvgPool2dOp>(lowerMeanPool<nn::AdaptiveAvgPool2dOp>);
  table.op<nn::ReduceMeanOp>(lowerReduceMean);
}
