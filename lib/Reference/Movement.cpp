//===- Movement.cpp - reshape, transpose, slice, pad, cat, split, depth_to_space -------------===//
//
// All of them are one strided copy, of bytes for codes and of words for floats.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/Movement.h"

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

using Sizes = SmallVector<int64_t>;

static Sizes stridesOf(ArrayRef<int64_t> shape) {
  Sizes strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0; step *= shape[i])
    strides[i] = step;
  return strides;
}

namespace {
/// One side of a copy.
struct Side {
  int64_t offset = 0;
  Sizes strides;
};
} // namespace

template <typename T>
static void copyBox(const T *in, const Side &from, T *out, const Side &to, ArrayRef<int64_t> box) {
  int64_t count = 1;
  for (const int64_t size : box)
    count *= size;
  Sizes index(box.size());
  int64_t source = from.offset, target = to.offset;
  for (int64_t n = 0; n < count; ++n) {
    out[target] = in[source];
    for (size_t i = box.size(); i-- > 0;) {
      source += from.strides[i];
      target += to.strides[i];
      if (++index[i] < box[i])
        break;
      source -= from.strides[i] * box[i];
      target -= to.strides[i] * box[i];
      index[i] = 0;
    }
  }
}

static void copyBox(const Tensor &in, const Side &from, Tensor &out, const Side &to,
                    ArrayRef<int64_t> box) {
  if (dtypeSize(in.dtype()) == 1)
    copyBox(in.raw(), from, out.raw(), to, box);
  else
    copyBox(reinterpret_cast<const float *>(in.raw()), from, reinterpret_cast<float *>(out.raw()),
            to, box);
}

static llvm::Error keep(OpContext &context, Tensor result) {
  context.set(std::move(result), context.in(0).quant);
  return llvm::Error::success();
}

llvm::Error reference::evalReshape(OpContext &context) {
  const Tensor &input = context.data(0);
  Sizes shape(cast<RankedTensorType>(context.op->getResult(0).getType()).getShape());
  int64_t known = 1;
  for (const int64_t size : shape)
    known *= ShapedType::isDynamic(size) ? 1 : size;
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = known ? input.numElements() / known : 0;
  if (checkedNumElements(shape) != input.numElements())
    return context.error("cannot reshape this batch: the result's sizes do not divide it");
  return keep(context, input.reshaped(shape));
}

llvm::Error reference::evalTranspose(OpContext &context) {
  const Tensor &input = context.data(0);
  const Sizes strides = stridesOf(input.shape());
  Sizes shape;
  Side from;
  for (const int64_t dim : cast<nn::TransposeOp>(context.op).getPerm()) {
    shape.push_back(input.dim(dim));
    from.strides.push_back(strides[dim]);
  }
  Tensor result = Tensor::empty(input.dtype(), shape);
  copyBox(input, from, result, {0, stridesOf(shape)}, shape);
  return keep(context, std::move(result));
}

llvm::Error reference::evalSlice(OpContext &context) {
  auto op = cast<nn::SliceOp>(context.op);
  const Tensor &input = context.data(0);
  Sizes shape(input.shape());
  Side from{0, stridesOf(shape)};
  for (auto [axis, start, end, step] :
       llvm::zip_equal(op.getAxes(), op.getStarts(), op.getEnds(), op.getSteps())) {
    if (end > shape[axis])
      return context.error("slice end " + Twine(end) + " lies behind the size " +
                           Twine(shape[axis]) + " of axis " + Twine(axis));
    from.offset += start * from.strides[axis];
    from.strides[axis] *= step;
    shape[axis] = (end - start + step - 1) / step;
  }
  Tensor result = Tensor::empty(input.dtype(), shape);
  copyBox(input, from, result, {0, stridesOf(shape)}, shape);
  return keep(context, std::move(result));
}

/// Fills with the pad value as the mode holds it: real, real on the grid, or its code.
static void fill(const OpContext &context, Tensor &result, float value) {
  const QuantPtr &quant = context.in(0).quant;
  if (context.mode == EvalMode::Codes && quant) {
    const int32_t code =
        numerics::quantize(value, quant->scale(), quant->zeroPoint(), quant->qmin, quant->qmax);
    std::fill_n(result.raw(), result.bytes(), static_cast<uint8_t>(code));
    return;
  }
  if (quant) {
    const sim::Grid grid(*quant);
    value = grid.real(grid.quantize(value));
  }
  std::fill_n(result.data<float>(), result.numElements(), value);
}

llvm::Error reference::evalPad(OpContext &context) {
  auto op = cast<nn::PadOp>(context.op);
  const Tensor &input = context.data(0);
  Sizes shape(input.shape());
  for (size_t i = 0; i < shape.size(); ++i)
    shape[i] += op.getLow()[i] + op.getHigh()[i];
  Tensor result = Tensor::empty(input.dtype(), shape);
  fill(context, result, op.getValue().convertToFloat());
  Side to{0, stridesOf(shape)};
  for (size_t i = 0; i < shape.size(); ++i)
    to.offset += op.getLow()[i] * to.strides[i];
  copyBox(input, {0, stridesOf(input.shape())}, result, to, input.shape());
  return keep(context, std::move(result));
}

llvm::Error reference::evalDepthToSpace(OpContext &context) {
  auto op = cast<nn::DepthToSpaceOp>(context.op);
  const Tensor &input = context.data(0);
  const auto block = static_cast<int64_t>(op.getBlock());
  const int64_t n = input.dim(0), c = input.dim(1) / (block * block), h = input.dim(2),
                w = input.dim(3);
  // The result as [n, c, h, block row, w, block column].
  const Sizes box{n, c, h, block, w, block};
  const int64_t pixels = h * w;
  const bool columnMajor = op.getColumnMajor();
  const int64_t channel = columnMajor ? block * block * pixels : pixels;
  const int64_t blockColumn = columnMajor ? pixels : c * pixels;
  const Side from{0, {input.dim(1) * pixels, channel, w, block * blockColumn, 1, blockColumn}};
  const Sizes shape{n, c, h * block, w * block};
  Tensor result = Tensor::empty(input.dtype(), shape);
  copyBox(input, from, result, {0, stridesOf(box)}, box);
  return keep(context, std::move(result));
}

llvm::Error reference::evalCat(OpContext &context) {
  const auto axis = static_cast<int64_t>(cast<nn::CatOp>(context.op).getAxis());
  Sizes shape(context.data(0).shape());
  QuantPtr quant = context.in(0).quant;
  for (const RuntimeValue *operand : ArrayRef(context.operands).drop_front()) {
    shape[axis] += operand->data.dim(axis);
    // Operands on different grids (an unshared simulation) make a float result.
    if (!quant || !operand->quant || *operand->quant != *quant)
      quant = nullptr;
  }
  Tensor result = Tensor::empty(context.data(0).dtype(), shape);
  Side to{0, stridesOf(shape)};
  for (const RuntimeValue *operand : context.operands) {
    copyBox(operand->data, {0, stridesOf(operand->data.shape())}, result, to,
            operand->data.shape());
    to.offset += operand->data.dim(axis) * to.strides[axis];
  }
  context.set(std::move(result), quant);
  return llvm::Error::success();
}

llvm::Error reference::evalSplit(OpContext &context) {
  auto op = cast<nn::SplitOp>(context.op);
  const auto axis = static_cast<int64_t>(op.getAxis());
  const Tensor &input = context.data(0);
  Side from{0, stridesOf(input.shape())};
  for (auto [index, size] : llvm::enumerate(op.getSizes())) {
    Sizes shape(input.shape());
    shape[axis] = size;
    Tensor part = Tensor::empty(input.dtype(), shape);
    copyBox(input, from, part, {0, stridesOf(shape)}, shape);
    from.offset += size * from.strides[axis];
    context.set(std::move(part), context.in(0).quant, index);
  }
  return llvm::Error::success();
}
