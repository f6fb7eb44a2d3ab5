//===- Border.cpp - quantize and dequantize, with their change of layout (N2, N3) ---===//

#include "Codes.h"
#include "Lowering.h"

#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

/// Input strides in the order of the dense output; both blocks name the fields alike.
template <typename Params>
static LogicalResult setWalk(Params &p, const View &from, const View &to, Lowering &lowering) {
  const Order order = *memoryOrder(to);
  const Loops loops = collapse(reordered(to.dims, order), {reordered(from.strides, order)});
  if (!fillRight(p.dims, loops.dims, 1) || !fillRight(p.in_strides, loops.strides[0], 0))
    return lowering.error() << "cannot be compiled: a tensor of more than 6 dimensions";
  p.in_batch_stride = static_cast<int32_t>(from.batchStride);
  return success();
}

static LogicalResult lowerQuantize(quantize::QuantizeOp op, Lowering &lowering) {
  FailureOr<View> from = lowering.withoutOffset(op.getInput());
  FailureOr<View> to = lowering.allocate(op.getResult());
  if (failed(from) || failed(to))
    return failure();
  const Codes out = codesOf(op.getResult().getType());
  qrt_quantize_params p = {};
  if (failed(setWalk(p, *from, *to, lowering)))
    return failure();
  p.out_signed = out.isSigned, p.out_zero_point = out.zeroPoint;
  p.out_min = out.qmin, p.out_max = out.qmax;
  p.scale = out.scale;
  return lowering.emit(p, from->buffer, to->buffer);
}

/// Row-major where it leaves the network, so that no copy follows.
static LogicalResult lowerDequantize(quantize::DequantizeOp op, Lowering &lowering) {
  FailureOr<View> from = lowering.withoutOffset(op.getInput());
  if (failed(from))
    return failure();
  const bool leaves = llvm::any_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>);
  FailureOr<View> to =
      lowering.allocate(op.getResult(), leaves ? rowMajor(from->dims.size())
                                               : lowering.naturalOrder(op.getResult().getType()));
  if (failed(to))
    return failure();
  const Codes in = codesOf(op.getInput().getType());
  qrt_dequantize_params p = {};
  if (failed(setWalk(p, *from, *to, lowering)))
    return failure();
  p.in_signed = in.isSigned, p.in_zero_point = in.zeroPoint;
  p.scale = in.scale;
  return lowering.emit(p, from->buffer, to->buffer);
}

void lower::addBorderLowerings(LoweringTable &table) {
  table.add<quantize::QuantizeOp>(lowerQuantize, "quantize");
  table.add<quantize::DequantizeOp>(lowerDequantize, "dequantize");
}
