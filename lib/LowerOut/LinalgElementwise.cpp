//===- LinalgElementwise.cpp - borders, tables, add and mul as linalg -----------------===//

#include "LinalgBuilder.h"
#include "RootParts.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Numerics.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

//===-- constants and borders -------------------------------------------------------===//

/// A constant activation. Weights and biases are read by their layers; what is made for them here
/// is dead.
static Lowered lowerParameter(nn::ParameterOp op, const LinalgContext &context) {
  const std::optional<Codes> codes = codesOf(op.getType());
  if (!codes)
    return context.refuse("it is a constant in float");
  const std::vector<int8_t> bytes = signedBytes(op.getValue(), *codes);
  if (bytes.empty())
    return context.refuse("it holds no i8 codes");
  return SmallVector<Value>{context.build.constant(context.resultShape(), bytes)};
}

/// N2.
static Lowered lowerQuantize(quantize::QuantizeOp op, const LinalgContext &context) {
  const std::optional<Codes> out = codesOf(op.getResult().getType());
  if (!out)
    return context.refuse("expected one scale for all, on codes of 8 bits or fewer");
  return SmallVector<Value>{context.build.mapAll(
      context.operands[0], context.build.i8(), [&](const ScalarBuilder &s, ValueRange in) {
        return s.narrow(s.roundToCode(s.zeroIfNaN(s.div(in[0], s.f32(out->scale))), *out));
      })};
}

/// N3 of a code.
static Value dequantized(const ScalarBuilder &s, Value code, const Codes &from) {
  return s.mul(s.toFloat(s.centred(code, from.zeroPoint)), s.f32(from.scale));
}

static Lowered lowerDequantize(quantize::DequantizeOp op, const LinalgContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType());
  if (!in)
    return context.refuse("expected one scale for all, on codes of 8 bits or fewer");
  return SmallVector<Value>{context.build.mapAll(
      context.operands[0], context.build.f32(),
      [&](const ScalarBuilder &s, ValueRange codes) { return dequantized(s, codes[0], *in); })};
}

/// N10: N3, then N2.
static Lowered lowerRequantize(quantize::RequantizeOp op, const LinalgContext &context) {
  const std::optional<Codes> in = codesOf(op.getInput().getType()),
                             out = codesOf(op.getResult().getType());
  if (!in || !out)
    return context.refuse("expected one scale for all, on codes of 8 bits or fewer");
  return SmallVector<Value>{context.build.mapAll(
      context.operands[0], context.build.i8(), [&](const ScalarBuilder &s, ValueRange codes) {
        const Value real = dequantized(s, codes[0], *in);
        return s.narrow(s.roundToCode(s.div(real, s.f32(out->scale)), *out));
      })};
}

void lowerout::addLinalgBorders(LinalgTable &table) {
  table.op<nn::ParameterOp>(lowerParameter);
  table.op<quantize::QuantizeOp>(lowerQuantize);
  table.op<quantize::DequantizeOp>(lowerDequantize);
  table.op<quantize::RequantizeOp>(lowerRequantize);
}

//===-- functions of one tensor (N10) -----------------------------------------------===//

static Lowered lowerPointwise(PointwiseOpInterface op, const LinalgContext &context) {
  FailureOr<PointwiseTable> read = readTable(op, context.refusals);
  if (failed(read))
    return failure();
  const Value table = context.build.constant(read->shape, read->codes);
  const bool perChannel = read->perChannel();
  return SmallVector<Value>{context.build.mapAll(
      context.operands[0], context.build.i8(), [&](const ScalarBuilder &s, ValueRange at) {
        return s.lookUp(table, at[0], perChannel ? s.index(1) : Value());
      })};
}

//===-- functions of two tensors (N8) -----------------------------------------------===//

namespace {
/// The parameters of the two sides and of the bounded result.
struct Pair {
  Codes a, b, out;
};
} // namespace

/// A function of the pair's two codes, in f32 before it is rounded.
using PairFunction = Value (*)(const ScalarBuilder &s, const Pair &pair, Value a, Value b);

static Value scaledSide(const ScalarBuilder &s, Value code, const Codes &side, float ratio) {
  return s.mul(s.toFloat(s.centred(code, side.zeroPoint)), s.f32(ratio));
}

static Value addPair(const ScalarBuilder &s, const Pair &pair, Value a, Value b) {
  return s.add(scaledSide(s, a, pair.a, pair.a.scale / pair.out.scale),
               scaledSide(s, b, pair.b, pair.b.scale / pair.out.scale));
}

static Value subPair(const ScalarBuilder &s, const Pair &pair, Value a, Value b) {
  return s.add(scaledSide(s, a, pair.a, pair.a.scale / pair.out.scale),
               scaledSide(s, b, pair.b, -(pair.b.scale / pair.out.scale)));
}

static Value mulPair(const ScalarBuilder &s, const Pair &pair, Value a, Value b) {
  const float multiplier =
      numerics::requantizeMultiplier(pair.a.scale, pair.b.scale, pair.out.scale);
  return s.mul(s.toFloat(s.mul(s.centred(a, pair.a.zeroPoint), s.centred(b, pair.b.zeroPoint))),
               s.f32(multiplier));
}

template <typename OpTy, PairFunction function>
static Lowered lowerPair(OpTy op, const LinalgContext &context) {
  const std::optional<Codes> a = codesOf(op.getLhs().getType()), b = codesOf(op.getRhs().getType()),
                             out = codesOf(op.getResult().getType());
  if (!a || !b || !out)
    return context.refuse("it is left in float");
  const Pair pair{*a, *b, out->clampedBy(op.getActAttr())};
  const ArrayRef<int64_t> shape = context.resultShape();
  const Value lhs = context.operands[0], rhs = context.operands[1];
  return SmallVector<Value>{
      context.build.map(context.build.sizesLike(shape, context.operands), context.build.i8(),
                        {broadcastTo(lhs, shape), broadcastTo(rhs, shape)},
                        [&](const ScalarBuilder &s, ValueRange in) {
                          return s.narrow(s.roundToCode(function(s, pair, in[0], in[1]), pair.out));
                        })};
}

void lowerout::addLinalgElementwise(LinalgTable &table) {
  table.interface<PointwiseOpInterface>(lowerPointwise);
  table.op<nn::AddOp>(lowerPair<nn::AddOp, addPair>);
  table.op<nn::SubOp>(lowerPair<nn::SubOp, subPair>);
  table.op<nn::MulOp>(lowerPair<nn::MulOp, mulPair>);
}
