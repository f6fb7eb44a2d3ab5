//===- TosaBuilder.cpp - TOSA ops on codes --------------------------------------------===//

#include "TosaBuilder.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

static Type elementOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getElementType();
}

//===-- constants -------------------------------------------------------------------===//

template <typename T>
static Value makeConstant(TosaBuilder &build, ArrayRef<int64_t> shape, Type element,
                          ArrayRef<T> data) {
  const auto type = RankedTensorType::get(shape, element);
  return tosa::ConstOp::create(build.builder, build.loc, type, DenseElementsAttr::get(type, data));
}

Value TosaBuilder::constant(ArrayRef<int64_t> shape, ArrayRef<int8_t> data) {
  return makeConstant(*this, shape, i8(), data);
}
Value TosaBuilder::constant(ArrayRef<int64_t> shape, ArrayRef<int32_t> data) {
  return makeConstant(*this, shape, i32(), data);
}
Value TosaBuilder::constant(ArrayRef<int64_t> shape, ArrayRef<float> data) {
  return makeConstant(*this, shape, f32(), data);
}

Value TosaBuilder::zeroPoint(int32_t value) {
  return constant({1}, ArrayRef<int8_t>{static_cast<int8_t>(value)});
}

Value TosaBuilder::shape(ArrayRef<int64_t> sizes) {
  return tosa::ConstShapeOp::create(
      builder, loc, tosa::shapeType::get(builder.getContext(), static_cast<int>(sizes.size())),
      builder.getIndexTensorAttr(sizes));
}

//===-- movement --------------------------------------------------------------------===//

Value TosaBuilder::reshape(Value tensor, ArrayRef<int64_t> sizes) {
  if (shapeOf(tensor) == sizes)
    return tensor;
  return tosa::ReshapeOp::create(builder, loc, RankedTensorType::get(sizes, elementOf(tensor)),
                                 tensor, shape(sizes));
}

Value TosaBuilder::transpose(Value tensor, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> sizes;
  for (const int64_t dim : permutation)
    sizes.push_back(shapeOf(tensor)[dim]);
  return tosa::TransposeOp::create(builder, loc, RankedTensorType::get(sizes, elementOf(tensor)),
                                   tensor,
                                   SmallVector<int32_t>(permutation.begin(), permutation.end()));
}

Value TosaBuilder::slice(Value tensor, ArrayRef<int64_t> start, ArrayRef<int64_t> size) {
  if (shapeOf(tensor) == size)
    return tensor;
  return tosa::SliceOp::create(builder, loc, RankedTensorType::get(size, elementOf(tensor)), tensor,
                               shape(start), shape(size));
}

Value TosaBuilder::concat(ArrayRef<Value> parts, int64_t axis) {
  SmallVector<int64_t> sizes(shapeOf(parts.front()));
  sizes[axis] = 0;
  for (const Value part : parts)
    sizes[axis] += shapeOf(part)[axis];
  return tosa::ConcatOp::create(builder, loc,
                                RankedTensorType::get(sizes, elementOf(parts.front())), parts,
                                static_cast<uint32_t>(axis));
}

Value TosaBuilder::pad(Value tensor, ArrayRef<int64_t> low, ArrayRef<int64_t> high, int32_t code) {
  SmallVector<int64_t> sizes(shapeOf(tensor)), amounts;
  for (size_t i = 0; i < sizes.size(); ++i) {
    sizes[i] += low[i] + high[i];
    amounts.append({low[i], high[i]});
  }
  if (shapeOf(tensor) == ArrayRef(sizes))
    return tensor;
  return tosa::PadOp::create(builder, loc, RankedTensorType::get(sizes, elementOf(tensor)), tensor,
                             shape(amounts), zeroPoint(code));
}

Value TosaBuilder::fitWindows(Value input, ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                              SmallVectorImpl<int64_t> &pad) {
  SmallVector<int64_t> size(shapeOf(input));
  for (int i = 0; i < 2; ++i) {
    pad.append({low[i], std::max<int64_t>(high[i], 0)});
    size[1 + i] += std::min<int64_t>(high[i], 0);
  }
  return slice(input, {0, 0, 0, 0}, size);
}

Value TosaBuilder::gather(Value tensor, int64_t dim, ArrayRef<int32_t> indices) {
  const SmallVector<int64_t> sizes(shapeOf(tensor));
  const auto rank = static_cast<int64_t>(sizes.size());
  SmallVector<int64_t> forth{dim}, back(rank);
  int64_t rest = 1;
  for (int64_t i = 0; i < rank; ++i)
    if (i != dim) {
      forth.push_back(i);
      rest *= sizes[i];
    }
  for (int64_t i = 0; i < rank; ++i)
    back[forth[i]] = i;
  const auto count = static_cast<int64_t>(indices.size());
  const Value rows = reshape(transpose(tensor, forth), {1, sizes[dim], rest});
  const Value picked = tosa::GatherOp::create(
      builder, loc, RankedTensorType::get({1, count, rest}, elementOf(tensor)), rows,
      constant({1, count}, indices));
  SmallVector<int64_t> turned;
  for (const int64_t i : forth)
    turned.push_back(i == dim ? count : sizes[i]);
  return transpose(reshape(picked, turned), back);
}

//===-- rescale ---------------------------------------------------------------------===//

namespace {
/// multiplier * 2^-shift, multiplier in [2^30, 2^31) and shift in [2, 62] where that is possible.
struct FixedPoint {
  int32_t multiplier;
  int8_t shift;
};
} // namespace

/// An f32 has 24 bits, so its multiplier is exact; those below 2^-31 lose bits that no product
/// shows.
static FixedPoint fixedPoint(double m) {
  int exponent = 0;
  auto multiplier = static_cast<int64_t>(std::nearbyint(std::ldexp(std::frexp(m, &exponent), 31)));
  int shift = 31 - exponent;
  if (multiplier == int64_t(1) << 31) {
    multiplier >>= 1;
    --shift;
  }
  if (shift > 62) {
    multiplier = shift > 93 ? 0 : multiplier >> (shift - 62);
    shift = 62;
  }
  assert(shift >= 2 && "the caller keeps products within i32");
  return {static_cast<int32_t>(multiplier), static_cast<int8_t>(shift)};
}

Value TosaBuilder::rescale(Value tensor, ArrayRef<double> multipliers, int32_t inZero, Type element,
                           int32_t outZero) {
  const bool perChannel = multipliers.size() > 1 && !llvm::all_equal(multipliers);
  SmallVector<int32_t> scaled;
  SmallVector<int8_t> shifts;
  for (const double m : perChannel ? multipliers : multipliers.take_front()) {
    const FixedPoint fixed = fixedPoint(m);
    scaled.push_back(fixed.multiplier);
    shifts.push_back(fixed.shift);
  }
  const auto count = static_cast<int64_t>(scaled.size());
  const auto zeroOf = [&](Type type, int32_t zero) {
    return type.isInteger(8) ? zeroPoint(zero) : constant({1}, ArrayRef<int32_t>{zero});
  };
  return tosa::RescaleOp::create(builder, loc, RankedTensorType::get(shapeOf(tensor), element),
                                 tensor, constant({count}, scaled), constant({count}, shifts),
                                 zeroOf(elementOf(tensor), inZero), zeroOf(element, outZero),
                                 /*scale32=*/true, tosa::RoundingMode::SINGLE_ROUND, perChannel,
                                 /*input_unsigned=*/false, /*output_unsigned=*/false);
}

Value TosaBuilder::centred(Value codes, int32_t zero) {
  return rescale(codes, {1.0}, zero, i32(), 0);
}

Value TosaBuilder::toCodes(Value tensor, ArrayRef<double> multipliers, const Codes &to) {
  // From 512 on every number but 0 saturates, so a greater one changes nothing.
  const SmallVector<double> bounded =
      llvm::map_to_vector(multipliers, [](double m) { return std::min(m, 512.0); });
  const Value codes = rescale(tensor, bounded, 0, i8(), to.zeroPoint);
  if (to.qmin <= -128 && to.qmax >= 127)
    return codes;
  return tosa::ClampOp::create(builder, loc, codes.getType(), codes,
                               builder.getIntegerAttr(i8(), to.qmin),
                               builder.getIntegerAttr(i8(), to.qmax));
}

Value lowerout::addScaled(TosaBuilder &build, const ScaledTerm &a, const ScaledTerm &b,
                          double reach, ArrayRef<int64_t> shape, const Codes &to) {
  const int bits = std::min(30 - static_cast<int>(std::ceil(std::log2(std::max(reach, 1.0)))), 24);
  const auto scaled = [&](const ScaledTerm &term) {
    SmallVector<double> multipliers;
    for (const double m : term.multipliers)
      multipliers.push_back(std::ldexp(m, bits));
    return build.rescale(term.tensor, multipliers, term.zeroPoint, build.i32(), 0);
  };
  const Value left = scaled(a), right = scaled(b);
  const Value sum = b.negative ? build.binary<tosa::SubOp>(left, right, shape)
                               : build.binary<tosa::AddOp>(left, right, shape);
  return build.toCodes(sum, {std::ldexp(1.0, -bits)}, to);
}

//===-- elementwise -----------------------------------------------------------------===//

Value TosaBuilder::table(Value codes, ArrayRef<int8_t> entries) {
  return tosa::TableOp::create(builder, loc, codes.getType(), codes, constant({256}, entries));
}

Value TosaBuilder::cast(Value tensor, Type element) {
  return tosa::CastOp::create(builder, loc, RankedTensorType::get(shapeOf(tensor), element),
                              tensor);
}

Value TosaBuilder::clamp(Value tensor, float low, float high) {
  return tosa::ClampOp::create(builder, loc, tensor.getType(), tensor, builder.getF32FloatAttr(low),
                               builder.getF32FloatAttr(high));
}

Value TosaBuilder::withRank(Value tensor, size_t rank) {
  SmallVector<int64_t> sizes(rank - shapeOf(tensor).size(), 1);
  llvm::append_range(sizes, shapeOf(tensor));
  return reshape(tensor, sizes);
}

Value TosaBuilder::multiply(Value a, Value b, ArrayRef<int64_t> sizes) {
  return tosa::MulOp::create(builder, loc, RankedTensorType::get(sizes, elementOf(a)),
                             withRank(a, sizes.size()), withRank(b, sizes.size()), zeroPoint(0));
}

Value TosaBuilder::multiplyBy(Value tensor, float factor) {
  const SmallVector<int64_t> ones(shapeOf(tensor).size(), 1);
  return multiply(tensor, constant(ones, ArrayRef<float>{factor}), shapeOf(tensor));
}
