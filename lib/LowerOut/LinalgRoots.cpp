//===- LinalgRoots.cpp - convolutions and products as linalg --------------------------===//
//
// sum (qx - zx)(qw - zw) = sum qx w' - zx sum w' with w' = qw - zw: the products are a named op on
// i8, and what zx adds is a constant that goes into the bias. All of it wraps in i32, so it is
// exact wherever N4's sum fits. Padding holds zx and so adds nothing.
//
//===-----------------------------------------------------------------------------===//

#include "LinalgBuilder.h"
#include "RootParts.h"

#include "qopt/Support/Numerics.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

//===-- behind the accumulator (N6, N7, N10) ----------------------------------------===//

/// bias - zx * sum w', as i32 that wraps.
static std::vector<int32_t> correctedBias(const RootParts &root, ArrayRef<int64_t> weightSums) {
  std::vector<int32_t> result;
  for (int64_t c = 0; c < root.channels(); ++c)
    result.push_back(
        static_cast<int32_t>(static_cast<uint32_t>(root.bias[c]) -
                             static_cast<uint32_t>(root.in.zeroPoint * weightSums[c])));
  return result;
}

namespace {
/// The scalar part of the epilogue.
struct Epilogue {
  const RootParts &root;
  Value table; ///< or null
  int64_t channelLoop;

  /// `residual` is an i8 code or null.
  Value operator()(const ScalarBuilder &s, Value acc, Value multiplier, Value residual) const {
    const Value scaled = s.mul(s.toFloat(acc), multiplier);
    if (!root.out)
      return scaled;
    const Codes bounded = root.out->clampedBy(root.act);
    if (!root.mid && !residual)
      return s.narrow(s.roundToCode(scaled, bounded));
    const auto side = [&] {
      return s.mul(s.toFloat(s.centred(residual, root.residual->zeroPoint)),
                   s.f32(root.residual->scale / root.out->scale));
    };
    if (!root.mid)
      return s.narrow(s.roundToCode(s.add(scaled, side()), bounded));
    const Value middle = s.roundToCode(scaled, *root.mid);
    if (table)
      return s.lookUp(table, middle, root.tablePerChannel ? s.index(channelLoop) : Value());
    const Value main = s.mul(s.toFloat(s.centred(middle, root.mid->zeroPoint)),
                             s.f32(root.mid->scale / root.out->scale));
    return s.narrow(s.roundToCode(s.add(main, side()), bounded));
  }
};
} // namespace

/// From accumulators without bias to the layer's result.
static Value finish(const LinalgContext &context, const RootParts &root, Value accumulator,
                    Value residual, ArrayRef<int64_t> weightSums) {
  LinalgBuilder &build = context.build;
  const int64_t rank = cast<RankedTensorType>(accumulator.getType()).getRank();
  SmallVector<std::optional<int64_t>> all;
  for (int64_t i = 0; i < rank; ++i)
    all.push_back(i);
  const Value bias = build.constant({root.channels()}, correctedBias(root, weightSums));
  const Value multipliers = build.constant({root.channels()}, root.multipliers);
  SmallVector<Mapped> inputs{
      {accumulator, all}, {bias, {root.channelAxis}}, {multipliers, {root.channelAxis}}};
  if (residual)
    inputs.push_back({residual, all});
  Value table;
  if (!root.table.empty() && root.tablePerChannel)
    table = build.constant({root.channels(), 256}, root.table);
  else if (!root.table.empty())
    table = build.constant({256}, root.table);
  const Epilogue epilogue{root, table, root.channelAxis};
  return build.map(build.sizesOf(accumulator), root.out ? build.i8() : build.f32(), inputs,
                   [&](const ScalarBuilder &s, ValueRange in) {
                     return epilogue(s, s.add(in[0], in[1]), in[2], residual ? in[3] : Value());
                   });
}

/// Sums of the weights of each output channel, where channels lie outermost.
static SmallVector<int64_t> sumsByRow(const RootParts &root, ArrayRef<int32_t> weights) {
  const size_t depth = weights.size() / static_cast<size_t>(root.channels());
  SmallVector<int64_t> sums(root.channels(), 0);
  for (size_t i = 0; i < weights.size(); ++i)
    sums[i / depth] += weights[i];
  return sums;
}

//===-- convolutions ----------------------------------------------------------------===//

namespace {
/// A convolution of padded codes: weights OIHW, the channels of a group one after another.
struct ConvParts {
  ArrayRef<int32_t> weights;
  SmallVector<int64_t> weightShape;
  int64_t groups;
  ArrayRef<int64_t> stride, dilation;
};
} // namespace

/// The accumulators of a convolution without groups, or with one channel in each.
static Value convolve(LinalgBuilder &build, Value input, const ConvParts &conv,
                      const Sizes &resultSizes) {
  OpBuilder &builder = build.builder;
  const auto stride = build.numbers(conv.stride), dilation = build.numbers(conv.dilation);
  const auto emit = [&](auto tag, Value in, Value weight, Value init) {
    using OpTy = decltype(tag);
    return OpTy::create(builder, build.loc, TypeRange(init.getType()), ValueRange{in, weight},
                        ValueRange{init}, stride, dilation)
        ->getResult(0);
  };
  const ArrayRef<int64_t> shape = conv.weightShape;
  const int64_t groups = conv.groups;
  if (groups == 1)
    return emit(linalg::Conv2DNchwFchwOp(), input, build.smallestConstant(shape, conv.weights),
                build.filled(resultSizes, build.i32(), 0));
  if (groups == shape[0] && shape[1] == 1)
    return emit(linalg::DepthwiseConv2DNchwChwOp(), input,
                build.smallestConstant({shape[0], shape[2], shape[3]}, conv.weights),
                build.filled(resultSizes, build.i32(), 0));
  const auto in = cast<RankedTensorType>(input.getType()).getShape();
  const Value grouped = build.reshape(input, {in[0], groups, in[1] / groups, in[2], in[3]});
  const Value weight = build.smallestConstant(
      {groups, shape[0] / groups, shape[1], shape[2], shape[3]}, conv.weights);
  Sizes sizes = resultSizes;
  sizes[1] = builder.getIndexAttr(groups);
  sizes.insert(sizes.begin() + 2, builder.getIndexAttr(shape[0] / groups));
  const Value result =
      emit(linalg::Conv2DNgchwGfchwOp(), grouped, weight, build.filled(sizes, build.i32(), 0));
  const auto made = cast<RankedTensorType>(result.getType()).getShape();
  return build.reshape(result, {made[0], shape[0], made[3], made[4]});
}

static Lowered lowerConv2d(nn::Conv2dOp op, const LinalgContext &context) {
  FailureOr<RootParts> root = readRoot(op, context.refusals);
  if (failed(root))
    return failure();
  LinalgBuilder &build = context.build;
  const ArrayRef<int64_t> pads = op.getPadding();
  const Value input = build.pad(context.operands[0], {0, 0, pads[0], pads[1]},
                                {0, 0, pads[2], pads[3]}, root->in.zeroPoint);
  const ConvParts conv{root->weights, root->weightShape, static_cast<int64_t>(op.getGroups()),
                       op.getStride(), op.getDilation()};
  const Value accumulator =
      convolve(build, input, conv, build.sizesLike(context.resultShape(), input));
  return SmallVector<Value>{finish(context, *root, accumulator, context.converted(op.getResidual()),
                                   sumsByRow(*root, root->weights))};
}

/// IOHW with the groups on I, to OIHW turned by 180 degrees.
static std::vector<int32_t> turnedWeights(const RootParts &root, int64_t groups) {
  const ArrayRef<int64_t> shape = root.weightShape;
  const int64_t in = shape[0] / groups, out = shape[1], kernel = shape[2] * shape[3];
  std::vector<int32_t> result(root.weights.size());
  for (int64_t g = 0; g < groups; ++g)
    for (int64_t i = 0; i < in; ++i)
      for (int64_t o = 0; o < out; ++o)
        for (int64_t k = 0; k < kernel; ++k)
          result[((g * out + o) * in + i) * kernel + kernel - 1 - k] =
              root.weights[((g * in + i) * out + o) * kernel + k];
  return result;
}

/// A transposed convolution is a convolution over the input with its pixels `stride` apart (zx
/// between them), with the weights turned.
static Lowered lowerConvTranspose2d(nn::ConvTranspose2dOp op, const LinalgContext &context) {
  FailureOr<RootParts> root = readRoot(op, context.refusals);
  if (failed(root))
    return failure();
  LinalgBuilder &build = context.build;
  const Value input = context.operands[0];
  const ArrayRef<int64_t> in = context.shapeOf(input), out = context.resultShape();
  SmallVector<int64_t, 4> spread(in), offsets{0, 0, 0, 0}, strides{1, 1, 1, 1};
  SmallVector<int64_t, 4> cut{0, 0, 0, 0};
  SmallVector<int64_t, 4> cutShape(in);
  for (int i = 0; i < 2; ++i) {
    // Window position o covers [o, o + extent) of a row in which input pixel p lies at
    // first + p * stride.
    const int64_t extent = (root->weightShape[2 + i] - 1) * op.getDilation()[i] + 1;
    const int64_t first = extent - 1 - op.getPadding()[i];
    strides[2 + i] = op.getStride()[i];
    offsets[2 + i] = std::max<int64_t>(first, 0);
    cut[2 + i] = std::max<int64_t>(-first, 0);
    cutShape[2 + i] = out[2 + i] + extent - 1;
    spread[2 + i] = std::max(offsets[2 + i] + (in[2 + i] - 1) * op.getStride()[i] + 1,
                             cut[2 + i] + cutShape[2 + i]);
  }
  const Value room = build.filled(build.sizesLike(spread, input), build.i8(), root->in.zeroPoint);
  const Value placed = build.insert(input, room, offsets, strides);
  const Value window = build.slice(placed, cut, build.sizesLike(cutShape, input), {1, 1, 1, 1});
  const auto groups = static_cast<int64_t>(op.getGroups());
  const std::vector<int32_t> weights = turnedWeights(*root, groups);
  const SmallVector<int64_t, 2> ones{1, 1};
  const ConvParts conv{
      weights,
      {root->channels(), root->weightShape[0] / groups, root->weightShape[2], root->weightShape[3]},
      groups,
      ones,
      op.getDilation()};
  const Value accumulator = convolve(build, window, conv, build.sizesLike(out, input));
  return SmallVector<Value>{
      finish(context, *root, accumulator, Value(), sumsByRow(*root, weights))};
}

//===-- linear ----------------------------------------------------------------------===//

static Lowered lowerLinear(nn::LinearOp op, const LinalgContext &context) {
  FailureOr<RootParts> root = readRoot(op, context.refusals);
  if (failed(root))
    return failure();
  LinalgBuilder &build = context.build;
  const int64_t out = root->weightShape[0], in = root->weightShape[1];
  std::vector<int32_t> turned(root->weights.size());
  for (int64_t o = 0; o < out; ++o)
    for (int64_t i = 0; i < in; ++i)
      turned[i * out + o] = root->weights[o * in + i];
  int64_t rows = 1;
  for (const int64_t size : context.shapeOf(op.getInput()).drop_back())
    rows = ShapedType::isDynamic(size) || ShapedType::isDynamic(rows) ? ShapedType::kDynamic
                                                                      : rows * size;
  const Value input = build.reshape(context.operands[0], {rows, in});
  Sizes sizes = build.sizesOf(input);
  sizes[1] = build.builder.getIndexAttr(out);
  const Value init = build.filled(sizes, build.i32(), 0);
  const Value product =
      linalg::MatmulOp::create(build.builder, build.loc, TypeRange(init.getType()),
                               ValueRange{input, build.smallestConstant({in, out}, turned)},
                               ValueRange{init})
          ->getResult(0);
  return SmallVector<Value>{finish(context, *root, build.reshape(product, context.resultShape()),
                                   context.converted(op.getResidual()),
                                   sumsByRow(*root, root->weights))};
}

//===-- matmul ----------------------------------------------------------------------===//

/// sum (qa - za)(qb - zb) with the batches broadcast; both operands vary, so nothing is constant.
static Value multiply(nn::MatmulOp op, const LinalgContext &context, const Codes &a,
                      const Codes &b) {
  LinalgBuilder &build = context.build;
  const ArrayRef<int64_t> shape = context.resultShape();
  const auto rank = static_cast<int64_t>(shape.size());
  Mapped lhs = broadcastTo(context.operands[0], shape),
         rhs = broadcastTo(context.operands[1], shape);
  const int64_t row = rank - 2, column = rank - 1, inner = rank;
  lhs.dims[lhs.dims.size() - 2] = row, lhs.dims.back() = inner;
  rhs.dims[rhs.dims.size() - 2] = op.getTransposeB() ? column : inner;
  rhs.dims.back() = op.getTransposeB() ? inner : column;
  SmallVector<AffineMap> maps;
  for (const Mapped *operand : {&lhs, &rhs}) {
    SmallVector<AffineExpr> at;
    for (const std::optional<int64_t> &dim : operand->dims)
      at.push_back(dim ? build.builder.getAffineDimExpr(static_cast<unsigned>(*dim))
                       : build.builder.getAffineConstantExpr(0));
    maps.push_back(AffineMap::get(rank + 1, 0, at, build.builder.getContext()));
  }
  maps.push_back(
      AffineMap::getMultiDimIdentityMap(rank + 1, build.builder.getContext()).dropResult(inner));
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  loops.push_back(utils::IteratorType::reduction);
  Sizes sizes = build.sizesLike(shape, context.operands);
  const Value init = build.filled(sizes, build.i32(), 0);
  return linalg::GenericOp::create(build.builder, build.loc, init.getType(),
                                   ValueRange{lhs.value, rhs.value}, ValueRange{init}, maps, loops,
                                   [&](OpBuilder &inside, Location at, ValueRange in) {
                                     const ScalarBuilder s(inside, at);
                                     const Value product = s.mul(s.centred(in[0], a.zeroPoint),
                                                                 s.centred(in[1], b.zeroPoint));
                                     linalg::YieldOp::create(inside, at, s.add(in[2], product));
                                   })
      .getResult(0);
}

static Lowered lowerMatmul(nn::MatmulOp op, const LinalgContext &context) {
  const std::optional<Codes> a = codesOf(op.getLhs().getType()), b = codesOf(op.getRhs().getType()),
                             out = codesOf(op.getResult().getType());
  if (!a || !b || !out)
    return context.refuse("it is left in float");
  const float multiplier = numerics::requantizeMultiplier(a->scale, b->scale, out->scale);
  return SmallVector<Value>{context.build.mapAll(
      multiply(op, context, *a, *b), context.build.i8(),
      [&](const ScalarBuilder &s, ValueRange in) {
        return s.narrow(s.roundToCode(s.mul(s.toFloat(in[0]), s.f32(multiplier)), *out));
      })};
}

void lowerout::addLinalgRoots(LinalgTable &table) {
  table.op<nn::Conv2dOp>(lowerConv2d);
  table.op<nn::ConvTranspose2dOp>(lowerConvTranspose2d);
  table.op<nn::LinearOp>(lowerLinear);
  table.op<nn::MatmulOp>(lowerMatmul);
}
