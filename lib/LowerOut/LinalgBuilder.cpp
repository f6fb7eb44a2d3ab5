//===- LinalgBuilder.cpp - linalg, arith, math and tensor ops on codes ----------------===//

#include "LinalgBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

//===-- constants -------------------------------------------------------------------===//

template <typename T>
static Value makeConstant(LinalgBuilder &build, ArrayRef<int64_t> shape, Type element,
                          ArrayRef<T> data) {
  const auto type = RankedTensorType::get(shape, element);
  return arith::ConstantOp::create(build.builder, build.loc, DenseElementsAttr::get(type, data));
}

Value LinalgBuilder::constant(ArrayRef<int64_t> shape, ArrayRef<int8_t> data) {
  return makeConstant(*this, shape, i8(), data);
}
Value LinalgBuilder::constant(ArrayRef<int64_t> shape, ArrayRef<int32_t> data) {
  return makeConstant(*this, shape, i32(), data);
}
Value LinalgBuilder::constant(ArrayRef<int64_t> shape, ArrayRef<float> data) {
  return makeConstant(*this, shape, f32(), data);
}

Value LinalgBuilder::smallestConstant(ArrayRef<int64_t> shape, ArrayRef<int32_t> data) {
  if (llvm::all_of(data, [](int32_t x) { return x == static_cast<int8_t>(x); })) {
    const std::vector<int8_t> narrow(data.begin(), data.end());
    return constant(shape, narrow);
  }
  const std::vector<int16_t> narrow(data.begin(), data.end());
  return makeConstant<int16_t>(*this, shape, builder.getIntegerType(16), narrow);
}

Value LinalgBuilder::scalar(Type type, int32_t value) {
  return arith::ConstantOp::create(builder, loc, builder.getIntegerAttr(type, value));
}

DenseIntElementsAttr LinalgBuilder::numbers(ArrayRef<int64_t> values) {
  return builder.getI64TensorAttr(values);
}

//===-- sizes -----------------------------------------------------------------------===//

Sizes LinalgBuilder::sizesOf(Value tensor) { return tensor::getMixedSizes(builder, loc, tensor); }

Sizes LinalgBuilder::sizesLike(ArrayRef<int64_t> shape, ValueRange like) {
  Sizes sizes;
  for (const auto [dim, size] : llvm::enumerate(shape)) {
    if (!ShapedType::isDynamic(size)) {
      sizes.push_back(builder.getIndexAttr(size));
      continue;
    }
    for (const Value value : like) {
      const auto type = cast<RankedTensorType>(value.getType());
      if (type.getRank() != static_cast<int64_t>(shape.size()) || !type.isDynamicDim(dim))
        continue;
      sizes.push_back(tensor::getMixedSize(builder, loc, value, static_cast<int64_t>(dim)));
      break;
    }
  }
  assert(sizes.size() == shape.size() && "no operand tells an unknown size");
  return sizes;
}

Value LinalgBuilder::empty(const Sizes &sizes, Type element) {
  return tensor::EmptyOp::create(builder, loc, sizes, element);
}

Value LinalgBuilder::filled(const Sizes &sizes, Type element, int32_t value) {
  return linalg::FillOp::create(builder, loc, ValueRange{scalar(element, value)},
                                ValueRange{empty(sizes, element)})
      .getResult(0);
}

//===-- elementwise -----------------------------------------------------------------===//

Value LinalgBuilder::map(const Sizes &sizes, Type element, ArrayRef<Mapped> operands, Body body) {
  const auto rank = static_cast<unsigned>(sizes.size());
  SmallVector<AffineMap> maps;
  SmallVector<Value> inputs;
  for (const Mapped &operand : operands) {
    SmallVector<AffineExpr> at;
    for (const std::optional<int64_t> &dim : operand.dims)
      at.push_back(dim ? builder.getAffineDimExpr(static_cast<unsigned>(*dim))
                       : builder.getAffineConstantExpr(0));
    maps.push_back(AffineMap::get(rank, 0, at, builder.getContext()));
    inputs.push_back(operand.value);
  }
  maps.push_back(builder.getMultiDimIdentityMap(rank));
  const Value init = empty(sizes, element);
  const SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, init.getType(), inputs, ValueRange{init}, maps, loops,
      [&](OpBuilder &inner, Location at, ValueRange arguments) {
        const ScalarBuilder scalars(inner, at);
        linalg::YieldOp::create(inner, at, body(scalars, arguments.drop_back()));
      });
  return generic.getResult(0);
}

Value LinalgBuilder::mapAll(Value operand, Type element, Body body) {
  SmallVector<std::optional<int64_t>> dims;
  for (int64_t i = 0; i < cast<RankedTensorType>(operand.getType()).getRank(); ++i)
    dims.push_back(i);
  return map(sizesOf(operand), element, {{operand, dims}}, body);
}

Mapped lowerout::broadcastTo(Value value, ArrayRef<int64_t> resultShape) {
  Mapped mapped{value, {}};
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
  const size_t missing = resultShape.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i) {
    const bool repeated = shape[i] == 1 && resultShape[i + missing] != 1;
    mapped.dims.push_back(repeated ? std::optional<int64_t>() : static_cast<int64_t>(i + missing));
  }
  return mapped;
}

//===-- movement --------------------------------------------------------------------===//

Value LinalgBuilder::pad(Value tensor, ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                         int32_t code) {
  const auto isZero = [](int64_t size) { return size == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return tensor;
  const auto mixed = [&](ArrayRef<int64_t> values) {
    return llvm::map_to_vector(
        values, [&](int64_t size) { return OpFoldResult(builder.getIndexAttr(size)); });
  };
  return tensor::PadOp::create(builder, loc, Type(), tensor, mixed(low), mixed(high),
                               scalar(i8(), code));
}

/// The sizes of `shape`, whose one unknown size is what remains of all elements of `tensor`.
static Sizes remainingSizes(LinalgBuilder &build, Value tensor, ArrayRef<int64_t> shape) {
  OpBuilder &builder = build.builder;
  Sizes result;
  for (const int64_t size : shape) {
    if (!ShapedType::isDynamic(size)) {
      result.push_back(builder.getIndexAttr(size));
      continue;
    }
    int64_t fixedFrom = 1, fixedTo = 1;
    Value unknown;
    for (const auto [dim, from] :
         llvm::enumerate(cast<RankedTensorType>(tensor.getType()).getShape()))
      if (ShapedType::isDynamic(from))
        unknown = tensor::DimOp::create(builder, build.loc, tensor, static_cast<int64_t>(dim));
      else
        fixedFrom *= from;
    for (const int64_t to : shape)
      fixedTo *= ShapedType::isDynamic(to) ? 1 : to;
    const auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(builder, build.loc, value);
    };
    if (fixedFrom != fixedTo) {
      unknown = arith::MulIOp::create(builder, build.loc, unknown, constant(fixedFrom));
      unknown = arith::DivUIOp::create(builder, build.loc, unknown, constant(fixedTo));
    }
    result.push_back(unknown);
  }
  return result;
}

Value LinalgBuilder::reshape(Value tensor, ArrayRef<int64_t> shape) {
  const auto from = cast<RankedTensorType>(tensor.getType());
  const auto to = RankedTensorType::get(shape, from.getElementType());
  assert(from.getRank() && to.getRank() && "rank 0 has no dimension to merge");
  if (from == to)
    return tensor;
  const auto groups =
      from.getRank() == to.getRank() ? std::nullopt : getReassociationIndicesForReshape(from, to);
  if (groups && from.getRank() > to.getRank())
    return tensor::CollapseShapeOp::create(builder, loc, to, tensor, *groups);
  if (groups)
    return tensor::ExpandShapeOp::create(builder, loc, to, tensor, *groups,
                                         remainingSizes(*this, tensor, shape));
  // Neither merges nor splits: by way of one dimension.
  const Sizes sizes = remainingSizes(*this, tensor, shape);
  ReassociationIndices all;
  for (int64_t i = 0; i < from.getRank(); ++i)
    all.push_back(i);
  if (from.getRank() != 1)
    tensor =
        tensor::CollapseShapeOp::create(builder, loc, tensor, ArrayRef<ReassociationIndices>{all});
  all.clear();
  for (int64_t i = 0; i < to.getRank(); ++i)
    all.push_back(i);
  return tensor::ExpandShapeOp::create(builder, loc, to, tensor,
                                       ArrayRef<ReassociationIndices>{all}, sizes);
}

Value LinalgBuilder::transpose(Value tensor, ArrayRef<int64_t> permutation) {
  Sizes from = sizesOf(tensor), to;
  for (const int64_t dim : permutation)
    to.push_back(from[dim]);
  const Value init = empty(to, cast<RankedTensorType>(tensor.getType()).getElementType());
  return linalg::TransposeOp::create(builder, loc, tensor, init, permutation)->getResult(0);
}

static SmallVector<OpFoldResult> indices(OpBuilder &builder, ArrayRef<int64_t> values) {
  return llvm::map_to_vector(
      values, [&](int64_t value) { return OpFoldResult(builder.getIndexAttr(value)); });
}

Value LinalgBuilder::slice(Value tensor, ArrayRef<int64_t> offsets, const Sizes &sizes,
                           ArrayRef<int64_t> strides) {
  return tensor::ExtractSliceOp::create(builder, loc, tensor, indices(builder, offsets), sizes,
                                        indices(builder, strides));
}

Value LinalgBuilder::insert(Value part, Value into, ArrayRef<int64_t> offsets,
                            ArrayRef<int64_t> strides) {
  return tensor::InsertSliceOp::create(builder, loc, part, into, indices(builder, offsets),
                                       sizesOf(part), indices(builder, strides));
}
