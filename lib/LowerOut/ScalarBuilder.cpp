//===- ScalarBuilder.cpp - the rules of docs/Numerics.md as arith ops -----------------===//

#include "LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

Value ScalarBuilder::f32(float value) const {
  return arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(value));
}

Value ScalarBuilder::i32(int32_t value) const {
  return arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(value));
}

Value ScalarBuilder::index(int64_t loop) const {
  return linalg::IndexOp::create(builder, loc, loop);
}

Value ScalarBuilder::toIndex(Value integer) const {
  return arith::IndexCastOp::create(builder, loc, builder.getIndexType(), integer);
}

Value ScalarBuilder::widen(Value code) const {
  return code.getType().isInteger(32)
             ? code
             : Value(arith::ExtSIOp::create(builder, loc, builder.getI32Type(), code));
}

Value ScalarBuilder::centred(Value code, int32_t zeroPoint) const {
  return zeroPoint ? sub(widen(code), i32(zeroPoint)) : widen(code);
}

Value ScalarBuilder::toFloat(Value integer) const {
  return arith::SIToFPOp::create(builder, loc, builder.getF32Type(), integer);
}

Value ScalarBuilder::add(Value a, Value b) const {
  if (a.getType().isF32())
    return arith::AddFOp::create(builder, loc, a, b);
  return arith::AddIOp::create(builder, loc, a, b);
}

Value ScalarBuilder::sub(Value a, Value b) const {
  if (a.getType().isF32())
    return arith::SubFOp::create(builder, loc, a, b);
  return arith::SubIOp::create(builder, loc, a, b);
}

Value ScalarBuilder::mul(Value a, Value b) const {
  if (a.getType().isF32())
    return arith::MulFOp::create(builder, loc, a, b);
  return arith::MulIOp::create(builder, loc, a, b);
}

Value ScalarBuilder::div(Value a, Value b) const {
  return arith::DivFOp::create(builder, loc, a, b);
}

Value ScalarBuilder::zeroIfNaN(Value x) const {
  const Value isNaN = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::UNO, x, x);
  return arith::SelectOp::create(builder, loc, isNaN, f32(0.0f), x);
}

Value ScalarBuilder::roundToCode(Value x, const Codes &to) const {
  const Value low = f32(static_cast<float>(to.qmin - to.zeroPoint));
  const Value high = f32(static_cast<float>(to.qmax - to.zeroPoint));
  x = arith::MaximumFOp::create(builder, loc, x, low);
  x = arith::MinimumFOp::create(builder, loc, x, high);
  x = math::RoundEvenOp::create(builder, loc, x);
  const Value code = arith::FPToSIOp::create(builder, loc, builder.getI32Type(), x);
  return to.zeroPoint ? add(code, i32(to.zeroPoint)) : code;
}

Value ScalarBuilder::narrow(Value code) const {
  return arith::TruncIOp::create(builder, loc, builder.getIntegerType(8), code);
}

Value ScalarBuilder::lookUp(Value table, Value code, Value channel) const {
  SmallVector<Value> at;
  if (channel)
    at.push_back(channel);
  at.push_back(toIndex(add(widen(code), i32(128))));
  return tensor::ExtractOp::create(builder, loc, table, at);
}
