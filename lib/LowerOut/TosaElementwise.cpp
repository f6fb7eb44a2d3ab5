//===- TosaElementwise.cpp - borders, tables, add and mul as TOSA ---------------------===//

#include "RootParts.h"
#include "TosaBuilder.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Numerics.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

//===-- constants and borders -------------------------------------------------------===//

static Lowered lowerParameter(nn::ParameterOp op, const TosaContext &context) {
  const std::optional<Codes> codes = codesOf(op.getType());
  const std::vector<int8_t> bytes =
      codes ? signedBytes(op.getValue(), *codes) : std::vector<int8_t>();
  if (bytes.empty())
    return context.refuse("it holds no codes of 8 bits or fewer");
  return SmallVector<Value>{context.build.constant(context.resultShape(), bytes)};
}

/// N2 but for the division, which TOSA does not have: x * (1 / s) differs on near ties. NaN is as
/// the target has it.
static Lowered lowerQuantize(quantize::QuantizeOp op, const TosaContext &context) {
  const std::optional<Codes> out = codesOf(op.getResult().getType());
  if (!out)
    return context.refuse("expected one scale for all, on codes of 8 bits or fewer");
  TosaBuilder &build = context.build;
  const auto low = static_cast<float>(out->qmin - out->zeroPoint);
  const auto high = static_cast<float>(out->qmax - out->zeroPoint);
  const Value scaled = build.multiplyBy(context.operands[0], 1.0f / out->scale);
  const Value rounded = build.cast(build.clamp(scaled, low, high), build.i32());
  return SmallVector<Value>{build.rescale(rounded, {1.0}, 0, build.i8(), out->zeroPoint)};
}

/// N3, exact.
static Lowered lowerDequantize(quantize::DequantizeOp op, const TosaContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType());
  if (!in)
    return context.refuse("expected one scale for all, on codes of 8 bits or fewer");
  TosaBuilder &build = context.build;
  const Value centred = build.centred(context.operands[0], in->zeroPoint);
  return SmallVector<Value>{build.multiplyBy(build.cast(centred, build.f32()), in->scale)};
}

/// N10 as a table: exact.
static Lowered lowerRequantize(quantize::RequantizeOp op, const TosaContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType()),
                             out = codesOf(op.getResult().getType());
  if (!in || !out)
    return context.refuse("expected one scale for all, on codes of 8 bits or fewer");
  std::vector<int8_t> table;
  for (int32_t code = -128; code < 128; ++code)
    table.push_back(
        static_cast<int8_t>(out->quantize(numerics::dequantize(code, in->scale, in->zeroPoint))));
  return SmallVector<Value>{context.build.table(context.operands[0], table)};
}

void lowerout::addTosaBorders(TosaTable &table) {
  table.op<nn::ParameterOp>(lowerParameter);
  table.op<quantize::QuantizeOp>(lowerQuantize);
  table.op<quantize::DequantizeOp>(lowerDequantize);
  table.op<quantize::RequantizeOp>(lowerRequantize);
}

//===-- functions of one tensor (N10), exact ----------------------------------------===//

/// Tables by channel lie one behind the other; an element's place is its channel * 256 + code +
/// 128.
static Value lookUpByChannel(TosaBuilder &build, Value codes, ArrayRef<int8_t> tables) {
  const SmallVector<int64_t> shape(build.shapeOf(codes));
  SmallVector<int64_t> along(shape.size(), 1);
  along[1] = shape[1];
  std::vector<int32_t> starts;
  for (int64_t c = 0; c < shape[1]; ++c)
    starts.push_back(static_cast<int32_t>(c * 256 + 128));
  const Value places = build.binary<tosa::AddOp>(build.cast(codes, build.i32()),
                                                 build.constant(along, starts), shape);
  int64_t count = 1;
  for (const int64_t size : shape)
    count *= size;
  const auto entries = static_cast<int64_t>(tables.size());
  const Value found = tosa::GatherOp::create(
      build.builder, build.loc, RankedTensorType::get({1, count, 1}, build.i8()),
      build.constant({1, entries, 1}, tables), build.reshape(places, {1, count}));
  return build.reshape(found, shape);
}

static Lowered lowerPointwise(PointwiseOpInterface op, const TosaContext &context) {
  FailureOr<PointwiseTable> read = readTable(op, context.refusals);
  if (failed(read))
    return failure();
  return SmallVector<Value>{read->perChannel()
                                ? lookUpByChannel(context.build, context.operands[0], read->codes)
                                : context.build.table(context.operands[0], read->codes)};
}

//===-- functions of two tensors (N8) -----------------------------------------------===//

template <typename OpTy, bool negative>
static Lowered lowerSum(OpTy op, const TosaContext &context) {
  const std::optional<Codes> a = codesOf(op.getLhs().getType()), b = codesOf(op.getRhs().getType()),
                             out = codesOf(op.getResult().getType());
  if (!a || !b || !out)
    return context.refuse("it is left in float");
  const SmallVector<double, 1> left{static_cast<double>(a->scale / out->scale)};
  const SmallVector<double, 1> right{static_cast<double>(b->scale / out->scale)};
  return SmallVector<Value>{addScaled(context.build, {context.operands[0], a->zeroPoint, left},
                                      {context.operands[1], b->zeroPoint, right, negative},
                                      a->reach() * left.front() + b->reach() * right.front(),
                                      context.resultShape(), out->clampedBy(op.getActAttr()))};
}

static Lowered lowerMul(nn::MulOp op, const TosaContext &context) {
  const std::optional<Codes> a = codesOf(op.getLhs().getType()), b = codesOf(op.getRhs().getType()),
                             out = codesOf(op.getResult().getType());
  if (!a || !b || !out)
    return context.refuse("it is left in float");
  TosaBuilder &build = context.build;
  const Value product =
      build.multiply(build.centred(context.operands[0], a->zeroPoint),
                     build.centred(context.operands[1], b->zeroPoint), context.resultShape());
  const double m = numerics::requantizeMultiplier(a->scale, b->scale, out->scale);
  return SmallVector<Value>{build.toCodes(product, {m}, out->clampedBy(op.getActAttr()))};
}

void lowerout::addTosaElementwise(TosaTable &table) {
  table.interface<PointwiseOpInterface>(lowerPointwise);
  table.op<nn::AddOp>(lowerSum<nn::AddOp, false>);
  table.op<nn::SubOp>(lowerSum<nn::SubOp, true>);
  table.op<nn::MulOp>(lowerMul);
}
