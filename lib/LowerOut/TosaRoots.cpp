//===- TosaRoots.cpp - convolutions and products as TOSA ------------------------------===//
//
// TOSA is NHWC, takes zero points as operands and a bias, and wants windows that cover the padded
// input exactly: what the last window does not reach is cut off.
//
//===-----------------------------------------------------------------------------===//

#include "RootParts.h"
#include "TosaBuilder.h"
#include "Windows.h"

#include "qopt/Support/Numerics.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

//===-- behind the accumulator ------------------------------------------------------===//

/// The greatest magnitude of an accumulator times its multiplier, over the channels (N4).
static double reachOf(const RootParts &root, ArrayRef<double> sums) {
  const double input = root.in.reach();
  double reach = 0;
  for (int64_t c = 0; c < root.channels(); ++c)
    reach = std::max(reach, (sums[c] * input + std::abs(static_cast<double>(root.bias[c]))) *
                                static_cast<double>(root.multipliers[c]));
  return reach;
}

/// sum abs(w') of each output channel, which lie outermost or, for a transposed one, on axis 1.
static SmallVector<double> absoluteSums(const RootParts &root, bool channelsOnAxis1) {
  SmallVector<double> sums(root.channels(), 0.0);
  int64_t inner = 1;
  for (const int64_t size : ArrayRef(root.weightShape).drop_front(channelsOnAxis1 ? 2 : 1))
    inner *= size;
  for (size_t i = 0; i < root.weights.size(); ++i)
    sums[i / static_cast<size_t>(inner) % sums.size()] += std::abs(root.weights[i]);
  return sums;
}

/// N6, N7, N10 on accumulators whose channels lie last; the residual lies likewise.
static FailureOr<Value> finish(const TosaContext &context, const RootParts &root, Value accumulator,
                               Value residual, double reach) {
  TosaBuilder &build = context.build;
  const SmallVector<double> multipliers(root.multipliers.begin(), root.multipliers.end());
  if (!root.out) {
    SmallVector<int64_t> ones(build.shapeOf(accumulator).size(), 1);
    ones.back() = root.channels();
    return build.multiply(build.cast(accumulator, build.f32()),
                          build.constant(ones, root.multipliers), build.shapeOf(accumulator));
  }
  if (reach >= std::ldexp(1.0, 31))
    return context.refuse("its result could leave the i32 in which tosa.rescale computes");
  const Codes bounded = root.out->clampedBy(root.act);
  if (!root.mid && !residual)
    return build.toCodes(accumulator, multipliers, bounded);
  const SmallVector<double, 1> side{
      residual ? static_cast<double>(root.residual->scale / root.out->scale) : 1.0};
  const auto addResidual = [&](const ScaledTerm &main, double mainReach) {
    return addScaled(build, main, {residual, root.residual->zeroPoint, side},
                     mainReach + root.residual->reach() * side.front(), build.shapeOf(accumulator),
                     bounded);
  };
  if (!root.mid)
    return addResidual({accumulator, 0, multipliers}, reach);
  const Value middle = build.toCodes(accumulator, multipliers, *root.mid);
  if (root.tablePerChannel)
    return context.refuse("TOSA has no table for each channel behind a layer");
  if (!root.table.empty())
    return build.table(middle, root.table);
  const SmallVector<double, 1> main{static_cast<double>(root.mid->scale / root.out->scale)};
  return addResidual({middle, root.mid->zeroPoint, main}, root.mid->reach() * main.front());
}

//===-- weights ---------------------------------------------------------------------===//

/// Weights as TOSA takes them: signed codes and one zero point.
static LogicalResult tosaWeights(const TosaContext &context, const RootParts &root,
                                 std::vector<int8_t> &codes, int32_t &zeroPoint) {
  const auto fits = [](int32_t x) { return x == static_cast<int8_t>(x); };
  zeroPoint = llvm::all_of(root.weights, fits) ? 0 : root.weightZeroPoint.value_or(0);
  for (const int32_t weight : root.weights) {
    if (!fits(weight + zeroPoint))
      return context.refuse("its weights have a zero point for each channel, TOSA has one for all");
    codes.push_back(static_cast<int8_t>(weight + zeroPoint));
  }
  return success();
}

/// OIHW to OHWI.
static std::vector<int8_t> channelsLast(ArrayRef<int8_t> weights, ArrayRef<int64_t> shape) {
  std::vector<int8_t> result;
  for (int64_t o = 0; o < shape[0]; ++o)
    for (int64_t at = 0; at < shape[2] * shape[3]; ++at)
      for (int64_t i = 0; i < shape[1]; ++i)
        result.push_back(weights[(o * shape[1] + i) * shape[2] * shape[3] + at]);
  return result;
}

/// [C * M, 1, H, W] to [H, W, C, M].
static std::vector<int8_t> depthwiseLast(ArrayRef<int8_t> weights, ArrayRef<int64_t> shape) {
  std::vector<int8_t> result;
  for (int64_t at = 0; at < shape[2] * shape[3]; ++at)
    for (int64_t o = 0; o < shape[0]; ++o)
      result.push_back(weights[o * shape[2] * shape[3] + at]);
  return result;
}

//===-- convolutions ----------------------------------------------------------------===//

namespace {
/// What all parts of a grouped convolution share.
struct ConvParts {
  SmallVector<int64_t, 4> pad; // top, bottom, left, right
  ArrayRef<int64_t> stride, dilation;
  int32_t inputZero, weightZero;
  SmallVector<int64_t, 4> resultShape; // NHWC
};
} // namespace

template <typename OpTy>
static Value emitConv(TosaBuilder &build, Value input, Value weight, ArrayRef<int32_t> bias,
                      const ConvParts &conv) {
  SmallVector<int64_t, 4> shape = conv.resultShape;
  shape.back() = static_cast<int64_t>(bias.size());
  return OpTy::create(build.builder, build.loc, RankedTensorType::get(shape, build.i32()), input,
                      weight, build.constant({shape.back()}, bias), build.zeroPoint(conv.inputZero),
                      build.zeroPoint(conv.weightZero), conv.pad, conv.stride, conv.dilation,
                      build.i32());
}

/// One convolution for each group, joined.
static Value groupedConv(TosaBuilder &build, Value input, ArrayRef<int8_t> weights,
                         ArrayRef<int32_t> bias, ArrayRef<int64_t> shape, int64_t groups,
                         const ConvParts &conv) {
  const int64_t out = shape[0] / groups, in = shape[1];
  SmallVector<int64_t> size(build.shapeOf(input)), start(4, 0);
  size.back() = in;
  SmallVector<Value> parts;
  for (int64_t g = 0; g < groups; ++g) {
    start.back() = g * in;
    const size_t count = out * in * shape[2] * shape[3];
    const Value weight =
        build.constant({out, shape[2], shape[3], in}, channelsLast(weights.slice(g * count, count),
                                                                   {out, in, shape[2], shape[3]}));
    parts.push_back(emitConv<tosa::Conv2DOp>(build, build.slice(input, start, size), weight,
                                             bias.slice(g * out, out), conv));
  }
  return groups == 1 ? parts.front() : build.concat(parts, 3);
}

static Lowered lowerConv2d(nn::Conv2dOp op, const TosaContext &context) {
  FailureOr<RootParts> root = readRoot(op, context.refusals);
  ConvParts conv;
  std::vector<int8_t> weights;
  if (failed(root) || failed(tosaWeights(context, *root, weights, conv.weightZero)))
    return failure();
  TosaBuilder &build = context.build;
  const ArrayRef<int64_t> shape = root->weightShape, out = context.resultShape();
  conv.stride = op.getStride(), conv.dilation = op.getDilation();
  conv.inputZero = root->in.zeroPoint;
  conv.resultShape = {out[0], out[2], out[3], out[1]};
  SmallVector<int64_t, 2> high;
  for (int i = 0; i < 2; ++i)
    high.push_back(highPadding(context.shapeOf(op.getInput())[2 + i], out[2 + i],
                               (shape[2 + i] - 1) * conv.dilation[i] + 1, conv.stride[i],
                               op.getPadding()[i]));
  const Value input = build.fitWindows(build.toNhwc(context.operands[0]),
                                       op.getPadding().take_front(2), high, conv.pad);
  const auto groups = static_cast<int64_t>(op.getGroups());
  const bool depthwise = groups > 1 && shape[1] == 1;
  const Value accumulator =
      depthwise ? emitConv<tosa::DepthwiseConv2DOp>(
                      build, input,
                      build.constant({shape[2], shape[3], groups, shape[0] / groups},
                                     depthwiseLast(weights, shape)),
                      root->bias, conv)
                : groupedConv(build, input, weights, root->bias, shape, groups, conv);
  const Value residual = context.converted(op.getResidual());
  FailureOr<Value> codes =
      finish(context, *root, accumulator, residual ? build.toNhwc(residual) : Value(),
             reachOf(*root, absoluteSums(*root, false)));
  if (failed(codes))
    return failure();
  return SmallVector<Value>{build.toNchw(*codes)};
}

static Lowered lowerConvTranspose2d(nn::ConvTranspose2dOp op, const TosaContext &context) {
  FailureOr<RootParts> root = readRoot(op, context.refusals);
  std::vector<int8_t> weights;
  int32_t weightZero = 0;
  if (failed(root) || failed(tosaWeights(context, *root, weights, weightZero)))
    return failure();
  if (op.getGroups() != 1 || llvm::any_of(op.getDilation(), [](int64_t d) { return d != 1; }))
    return context.refuse("tosa.transpose_conv2d has no groups and no dilation");
  TosaBuilder &build = context.build;
  const ArrayRef<int64_t> shape = root->weightShape, out = context.resultShape();
  SmallVector<int64_t, 4> pad;
  for (int i = 0; i < 2; ++i)
    pad.append({-op.getPadding()[i], op.getOutputPadding()[i] - op.getPadding()[i + 2]});
  // IOHW to OHWI.
  std::vector<int8_t> turned;
  const int64_t kernel = shape[2] * shape[3];
  for (int64_t o = 0; o < shape[1]; ++o)
    for (int64_t at = 0; at < kernel; ++at)
      for (int64_t i = 0; i < shape[0]; ++i)
        turned.push_back(weights[(i * shape[1] + o) * kernel + at]);
  const Value accumulator = tosa::TransposeConv2DOp::create(
      build.builder, build.loc,
      RankedTensorType::get({out[0], out[2], out[3], out[1]}, build.i32()),
      build.toNhwc(context.operands[0]),
      build.constant({shape[1], shape[2], shape[3], shape[0]}, turned),
      build.constant({out[1]}, root->bias), build.zeroPoint(root->in.zeroPoint),
      build.zeroPoint(weightZero), pad, op.getStride(), build.i32());
  FailureOr<Value> codes =
      finish(context, *root, accumulator, Value(), reachOf(*root, absoluteSums(*root, true)));
  if (failed(codes))
    return failure();
  return SmallVector<Value>{build.toNchw(*codes)};
}

//===-- linear, matmul --------------------------------------------------------------===//

/// A convolution of one pixel, whose bias and channels lie as a linear layer's.
static Lowered lowerLinear(nn::LinearOp op, const TosaContext &context) {
  FailureOr<RootParts> root = readRoot(op, context.refusals);
  ConvParts conv;
  std::vector<int8_t> weights;
  if (failed(root) || failed(tosaWeights(context, *root, weights, conv.weightZero)))
    return failure();
  TosaBuilder &build = context.build;
  const int64_t out = root->weightShape[0], in = root->weightShape[1];
  const int64_t rows =
      RankedTensorType::get(context.resultShape(), build.i8()).getNumElements() / out;
  const SmallVector<int64_t, 2> ones{1, 1};
  conv.pad = {0, 0, 0, 0};
  conv.stride = ones, conv.dilation = ones;
  conv.inputZero = root->in.zeroPoint;
  conv.resultShape = {rows, 1, 1, out};
  const Value accumulator =
      emitConv<tosa::Conv2DOp>(build, build.reshape(context.operands[0], {rows, 1, 1, in}),
                               build.constant({out, 1, 1, in}, weights), root->bias, conv);
  Value residual = context.converted(op.getResidual());
  if (residual)
    residual = build.reshape(residual, conv.resultShape);
  FailureOr<Value> codes =
      finish(context, *root, accumulator, residual, reachOf(*root, absoluteSums(*root, false)));
  if (failed(codes))
    return failure();
  return SmallVector<Value>{build.reshape(*codes, context.resultShape())};
}

/// All leading dimensions as one.
static Value asBatches(TosaBuilder &build, Value tensor) {
  const ArrayRef<int64_t> shape = build.shapeOf(tensor);
  int64_t batches = 1;
  for (const int64_t size : shape.drop_back(2))
    batches *= size;
  return build.reshape(tensor, {batches, shape[shape.size() - 2], shape.back()});
}

static Lowered lowerMatmul(nn::MatmulOp op, const TosaContext &context) {
  const std::optional<Codes> a = codesOf(op.getLhs().getType()), b = codesOf(op.getRhs().getType()),
                             out = codesOf(op.getResult().getType());
  if (!a || !b || !out)
    return context.refuse("it is left in float");
  TosaBuilder &build = context.build;
  const Value lhs = asBatches(build, context.operands[0]);
  Value rhs = asBatches(build, context.operands[1]);
  if (build.shapeOf(lhs)[0] != build.shapeOf(rhs)[0])
    return context.refuse("tosa.matmul does not repeat an operand over the batch");
  if (op.getTransposeB())
    rhs = build.transpose(rhs, {0, 2, 1});
  const SmallVector<int64_t> shape{build.shapeOf(lhs)[0], build.shapeOf(lhs)[1],
                                   build.shapeOf(rhs)[2]};
  const Value product = tosa::MatMulOp::create(
      build.builder, build.loc, RankedTensorType::get(shape, build.i32()), lhs, rhs,
      build.zeroPoint(a->zeroPoint), build.zeroPoint(b->zeroPoint));
  const double m = numerics::requantizeMultiplier(a->scale, b->scale, out->scale);
  const auto depth = static_cast<double>(build.shapeOf(lhs)[2]);
  if (depth * a->reach() * b->reach() * m >= std::ldexp(1.0, 31))
    return context.refuse("its result could leave the i32 in which tosa.rescale computes");
  return SmallVector<Value>{
      build.reshape(build.toCodes(product, {m}, *out), context.resultShape())};
}

void lowerout::addTosaRoots(TosaTable &table) {
  table.op<nn::Conv2dOp>(lowerConv2d);
  table.op<nn::ConvTranspose2dOp>(lowerConvTranspose2d);
  table.op<nn::LinearOp>(lowerLinear);
  table.op<nn::MatmulOp>(lowerMatmul);
}
