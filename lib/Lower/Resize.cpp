//===- Resize.cpp - nearest and bilinear resize (N18) -------------------------------===//

#include "Codes.h"
#include "Lowering.h"

#include "dialects/NN/Resample.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

/// Fields and buffers that both modes share; `p` is emitted by the caller.
template <typename OpTy>
static LogicalResult emitResize(OpTy op, int32_t mode, const nn::AxisSamples &rows,
                                const nn::AxisSamples &cols, Lowering &lowering) {
  FailureOr<std::array<int32_t, 3>> in = lowering.imageDims(op.getInput());
  FailureOr<std::array<int32_t, 3>> out = lowering.imageDims(op.getResult());
  if (failed(in) || failed(out))
    return failure();
  FailureOr<View> from = lowering.dense(op.getInput());
  FailureOr<View> to = lowering.allocate(op.getResult());
  if (failed(from) || failed(to))
    return failure();
  qrt_resize2d_params p = {};
  p.mode = mode;
  p.element_bytes = onCodes(op) ? 1 : 4;
  p.channels = (*in)[0], p.in_h = (*in)[1], p.in_w = (*in)[2];
  p.out_h = (*out)[1], p.out_w = (*out)[2];
  p.multiplier = 1.0f;
  if (onCodes(op)) {
    const Codes a = codesOf(op.getInput().getType()), b = codesOf(op.getResult().getType());
    p.in_signed = a.isSigned, p.in_zero_point = a.zeroPoint;
    p.out_signed = b.isSigned, p.out_zero_point = b.zeroPoint;
    p.out_min = b.qmin, p.out_max = b.qmax;
    p.multiplier = a.scale / b.scale;
  }
  ConstantPool &pool = lowering.constants();
  PointerData pointers{{"row_low", pool.get("row_low", ArrayRef<int32_t>(rows.low))},
                       {"col_low", pool.get("col_low", ArrayRef<int32_t>(cols.low))}};
  if (mode == 1) {
    pointers.emplace_back("row_high", pool.get("row_high", ArrayRef<int32_t>(rows.high)));
    pointers.emplace_back("col_high", pool.get("col_high", ArrayRef<int32_t>(cols.high)));
    pointers.emplace_back("row_weight", pool.get("row_weight", ArrayRef<float>(rows.weight)));
    pointers.emplace_back("col_weight", pool.get("col_weight", ArrayRef<float>(cols.weight)));
  }
  return lowering.emit(p, from->buffer, to->buffer, std::move(pointers));
}

static LogicalResult lowerNearest(nn::ResizeNearestOp op, Lowering &lowering) {
  return emitResize(op, 0, sampleRows(op), sampleColumns(op), lowering);
}

static LogicalResult lowerBilinear(nn::ResizeBilinearOp op, Lowering &lowering) {
  return emitResize(op, 1, sampleRows(op), sampleColumns(op), lowering);
}

void lower::addResizeLowerings(LoweringTable &table) {
  table.add<nn::ResizeNearestOp>(lowerNearest, "resize2d");
  table.add<nn::ResizeBilinearOp>(lowerBilinear, "resize2d");
}
