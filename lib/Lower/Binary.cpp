//===- Binary.cpp - add, sub, mul, div with broadcasting (N8, N14) ------------------===//

#include "Codes.h"
#include "FloatAct.h"

#include "qopt/Support/Numerics.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace {

/// One operand as the kernel walks it: strides along the result's sample dimensions.
struct Walked {
  Value buffer;
  ElementsAttr data; ///< constant data in place of a buffer
  Sizes strides;
  int64_t batchStride = 0;
};

/// Both operands and the result of a binary call.
struct Binary {
  Walked a, b;
  View out;
  Loops loops;
};

} // namespace

/// Right-aligned broadcasting of `strides` over `dims` to the sizes of `result`.
static Sizes broadcastStrides(ArrayRef<int64_t> dims, ArrayRef<int64_t> strides,
                              ArrayRef<int64_t> result) {
  Sizes aligned(result.size(), 0);
  const size_t shift = result.size() - dims.size();
  for (size_t i = 0; i < dims.size(); ++i)
    aligned[shift + i] = dims[i] == 1 ? 0 : strides[i];
  return aligned;
}

/// A constant may have fewer dimensions than the result, or all of them and the batch's.
static FailureOr<Walked> walkConstant(nn::ParameterOp parameter, ArrayRef<int64_t> result,
                                      Lowering &lowering) {
  const auto type = cast<RankedTensorType>(parameter.getType());
  const View rows = denseView({}, type.getShape(), rowMajor(type.getRank()));
  ArrayRef<int64_t> dims = rows.dims, strides = rows.strides;
  Walked walked;
  walked.data = parameter.getValue();
  if (dims.size() > result.size()) { // dimension 0 lies along the batch
    walked.batchStride = dims[0] == 1 ? 0 : strides[0];
    dims = dims.drop_front();
    strides = strides.drop_front();
  }
  walked.strides = broadcastStrides(dims, strides, result);
  return walked;
}

static FailureOr<Walked> walk(Value operand, RankedTensorType resultType, ArrayRef<int64_t> result,
                              Lowering &lowering) {
  if (nn::ParameterOp parameter = nn::getParameter(operand))
    return walkConstant(parameter, result, lowering);
  const auto type = cast<RankedTensorType>(operand.getType());
  if (lowering.droppedDims() && type.getRank() != resultType.getRank())
    return lowering.error() << "cannot be compiled: broadcasting " << type << " to " << resultType
                            << " moves the batch; fix the batch to 1 to allow it";
  FailureOr<View> view = lowering.withoutOffset(operand);
  if (failed(view))
    return failure();
  Walked walked;
  walked.buffer = view->buffer;
  walked.batchStride = view->batchStride;
  walked.strides = broadcastStrides(view->dims, view->strides, result);
  return walked;
}

/// A constant first operand becomes a buffer; only the second may be data of the block.
static void intoBuffer(Walked &walked, Type elementType, Lowering &lowering) {
  if (walked.buffer)
    return;
  const auto type =
      ukernel::BufferType::get(elementType.getContext(), walked.data.getNumElements(), elementType);
  walked.buffer =
      ukernel::ConstantOp::create(lowering.getBuilder(), lowering.getLoc(), type, walked.data);
  walked.data = {};
}

/// The order of an operand of the result's shape, so that chains keep their layout.
static Order resultOrder(Operation *op, Lowering &lowering) {
  const Value result = op->getResult(0);
  for (const Value operand : op->getOperands()) {
    if (nn::getParameter(operand) || cast<ShapedType>(operand.getType()).getShape() !=
                                         cast<ShapedType>(result.getType()).getShape())
      continue;
    FailureOr<View> view = lowering.view(operand);
    if (succeeded(view))
      if (const std::optional<Order> order = memoryOrder(*view))
        if (!isa<ukernel::InputOp>(view->buffer.getDefiningOp()))
          return *order;
  }
  return lowering.naturalOrder(result.getType());
}

static FailureOr<Binary> prepare(Operation *op, Lowering &lowering) {
  const Value result = op->getResult(0);
  FailureOr<Sizes> dims = lowering.sampleDims(result.getType());
  if (failed(dims))
    return failure();
  const auto type = cast<RankedTensorType>(result.getType());
  FailureOr<Walked> a = walk(op->getOperand(0), type, *dims, lowering);
  FailureOr<Walked> b = walk(op->getOperand(1), type, *dims, lowering);
  if (failed(a) || failed(b))
    return failure();
  intoBuffer(*a, bufferElement(op->getOperand(0).getType()), lowering);
  const Order order = resultOrder(op, lowering);
  FailureOr<View> out = lowering.allocate(result, order);
  if (failed(out))
    return failure();
  Binary binary{*a, *b, *out, {}};
  binary.loops = collapse(reordered(*dims, order),
                          {reordered(a->strides, order), reordered(b->strides, order)});
  return binary;
}

/// Fields that both blocks name alike.
template <typename Params>
static LogicalResult emitBinary(Params &p, const Binary &binary, Lowering &lowering) {
  if (!fillRight(p.dims, binary.loops.dims, 1) ||
      !fillRight(p.a_strides, binary.loops.strides[0], 0) ||
      !fillRight(p.b_strides, binary.loops.strides[1], 0))
    return lowering.error() << "cannot be compiled: broadcasting over more than 6 dimensions";
  p.a_batch_stride = static_cast<int32_t>(binary.a.batchStride);
  p.b_batch_stride = static_cast<int32_t>(binary.b.batchStride);
  SmallVector<Value, 2> inputs{binary.a.buffer};
  if (binary.b.buffer)
    inputs.push_back(binary.b.buffer);
  return lowering.emit(p, inputs, binary.out.buffer, {{"b_data", binary.b.data}});
}

static LogicalResult lowerOnCodes(Operation *op, int32_t number, nn::ActAttr act,
                                  Lowering &lowering) {
  FailureOr<Binary> binary = prepare(op, lowering);
  if (failed(binary))
    return failure();
  const Codes a = codesOf(op->getOperand(0).getType()), b = codesOf(op->getOperand(1).getType());
  const Codes out = codesOf(op->getResult(0).getType()).clampedBy(act);
  qrt_binary_params p = {};
  p.op = number;
  p.a_signed = a.isSigned, p.a_zero_point = a.zeroPoint;
  p.b_signed = b.isSigned, p.b_zero_point = b.zeroPoint;
  p.out_signed = out.isSigned, p.out_zero_point = out.zeroPoint;
  p.out_min = out.qmin, p.out_max = out.qmax;
  p.a_multiplier = number == 2 ? numerics::requantizeMultiplier(a.scale, b.scale, out.scale)
                               : a.scale / out.scale;
  p.b_multiplier = number == 2 ? 0.0f : b.scale / out.scale;
  return emitBinary(p, *binary, lowering);
}

static LogicalResult lowerFloat(Operation *op, int32_t number, nn::ActAttr act,
                                Lowering &lowering) {
  FailureOr<Binary> binary = prepare(op, lowering);
  if (failed(binary))
    return failure();
  qrt_f32_binary_params p = {};
  p.op = number;
  if (failed(emitBinary(p, *binary, lowering)))
    return failure();
  if (!act)
    return success();
  const View &out = binary->out;
  qrt_f32_unary_params clamp = {};
  clamp.count = static_cast<int32_t>(out.elements());
  clamp.channels = 1;
  setFloatAct(clamp, act);
  return lowering.emit(clamp, out.buffer, out.buffer);
}

template <typename OpTy, int32_t number>
static LogicalResult lowerBinary(OpTy op, Lowering &lowering) {
  return onCodes(op) ? lowerOnCodes(op, number, op.getActAttr(), lowering)
                     : lowerFloat(op, number, op.getActAttr(), lowering);
}

void lower::addBinaryLowerings(LoweringTable &table) {
  table.add<nn::AddOp>(lowerBinary<nn::AddOp, 0>, "binary f32_binary f32_unary");
  table.add<nn::SubOp>(lowerBinary<nn::SubOp, 1>, "binary f32_binary f32_unary");
  table.add<nn::MulOp>(lowerBinary<nn::MulOp, 2>, "binary f32_binary f32_unary");
  table.add<nn::DivOp>(lowerBinary<nn::DivOp, 3>, "f32_binary f32_unary");
}
