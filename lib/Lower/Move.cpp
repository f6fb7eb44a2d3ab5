//===- Move.cpp - ops that move codes (N9): views where they can, copies where not --===//

#include "Codes.h"
#include "Lowering.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

/// Binds `result` to the elements of `from`, in logical order, under the result's shape.
static LogicalResult reshapeTo(View from, Value result, Lowering &lowering) {
  FailureOr<Sizes> dims = lowering.sampleDims(result.getType());
  if (failed(dims))
    return failure();
  if (from.elements() != denseView({}, *dims, rowMajor(dims->size())).elements())
    return lowering.error() << "cannot be compiled: it moves elements between samples; fix the "
                               "batch to 1 to allow it";
  if (const std::optional<View> view = reshaped(from, *dims)) {
    lowering.bind(result, *view);
    return success();
  }
  if (const std::optional<Sizes> parts = commonSplit(from.dims, *dims)) {
    FailureOr<View> to = lowering.allocate(result);
    if (failed(to))
      return failure();
    return lowering.copy(split(from, *parts), split(*to, *parts));
  }
  // The sizes share no divisors: by way of row-major memory.
  FailureOr<View> rows =
      lowering.allocate(bufferElement(result.getType()), from.dims, rowMajor(from.dims.size()));
  if (failed(rows) || failed(lowering.copy(from, *rows)))
    return failure();
  lowering.bind(result, denseView(rows->buffer, *dims, rowMajor(dims->size())));
  return success();
}

/// reshape, flatten, squeeze, unsqueeze: the result's shape says it all.
static LogicalResult lowerReshape(Operation *op, Lowering &lowering) {
  FailureOr<View> from = lowering.view(op->getOperand(0));
  if (failed(from))
    return failure();
  return reshapeTo(*from, op->getResult(0), lowering);
}

static LogicalResult lowerTranspose(nn::TransposeOp op, Lowering &lowering) {
  const ArrayRef<int64_t> perm = op.getPerm();
  const int64_t dropped = lowering.droppedDims();
  if (dropped && perm[0] != 0)
    return lowering.sampleAxis(0); // says that the batch cannot move
  FailureOr<View> from = lowering.view(op.getInput());
  if (failed(from))
    return failure();
  Sizes samplePerm;
  for (const int64_t dim : perm.drop_front(dropped))
    samplePerm.push_back(dim - dropped);
  lowering.bind(op.getResult(), transposed(*from, samplePerm));
  return success();
}

static LogicalResult lowerSlice(nn::SliceOp op, Lowering &lowering) {
  FailureOr<View> from = lowering.view(op.getInput());
  if (failed(from))
    return failure();
  View view = *from;
  for (size_t i = 0; i < op.getAxes().size(); ++i) {
    FailureOr<int64_t> axis = lowering.sampleAxis(op.getAxes()[i]);
    if (failed(axis))
      return failure();
    const int64_t start = op.getStarts()[i], end = op.getEnds()[i], step = op.getSteps()[i];
    view = sliced(view, *axis, start, (end - start + step - 1) / step, step);
  }
  lowering.bind(op.getResult(), view);
  return success();
}

static LogicalResult lowerSplit(nn::SplitOp op, Lowering &lowering) {
  FailureOr<int64_t> axis = lowering.sampleAxis(op.getAxis());
  FailureOr<View> from = lowering.view(op.getInput());
  if (failed(axis) || failed(from))
    return failure();
  int64_t start = 0;
  for (const auto &[output, size] : llvm::zip_equal(op.getOutputs(), op.getSizes())) {
    lowering.bind(output, sliced(*from, *axis, start, size));
    start += size;
  }
  return success();
}

static LogicalResult lowerCat(nn::CatOp op, Lowering &lowering) {
  FailureOr<int64_t> axis = lowering.sampleAxis(op.getAxis());
  FailureOr<View> to = lowering.allocate(op.getResult());
  if (failed(axis) || failed(to))
    return failure();
  int64_t start = 0;
  for (const Value input : op.getInputs()) {
    FailureOr<View> from = lowering.view(input);
    if (failed(from))
      return failure();
    const int64_t size = from->dims[*axis];
    if (failed(lowering.copy(*from, sliced(*to, *axis, start, size))))
      return failure();
    start += size;
  }
  return success();
}

static LogicalResult lowerPad(nn::PadOp op, Lowering &lowering) {
  const int64_t dropped = lowering.droppedDims();
  if (dropped && (op.getLow()[0] != 0 || op.getHigh()[0] != 0))
    return lowering.sampleAxis(0);
  FailureOr<View> from = lowering.view(op.getInput());
  FailureOr<View> to = lowering.allocate(op.getResult());
  if (failed(from) || failed(to))
    return failure();
  qrt_fill_params p = {};
  p.count = static_cast<int32_t>(to->elements());
  p.element_bytes = onCodes(op) ? 1 : 4;
  const float value = op.getValue().convertToFloat();
  if (onCodes(op))
    p.value = codesOf(op.getResult().getType()).quantize(value);
  else
    p.value_f32 = value;
  if (failed(lowering.emit(p, {}, to->buffer)))
    return failure();
  View body = *to;
  for (size_t i = 0; i < body.dims.size(); ++i)
    body = sliced(body, i, op.getLow()[i + dropped], from->dims[i]);
  return lowering.copy(*from, body);
}

/// [C, H, W] seen as blocks, their two factors moved behind rows and columns.
static LogicalResult lowerDepthToSpace(nn::DepthToSpaceOp op, Lowering &lowering) {
  FailureOr<std::array<int32_t, 3>> image = lowering.imageDims(op.getInput());
  FailureOr<View> from = lowering.view(op.getInput());
  if (failed(image) || failed(from))
    return failure();
  const int64_t block = op.getBlock(), channels = (*image)[0] / (block * block);
  const int64_t rows = (*image)[1], columns = (*image)[2];
  View image3 = *from;
  image3.dims.erase(image3.dims.begin(), image3.dims.end() - 3);
  image3.strides.erase(image3.strides.begin(), image3.strides.end() - 3);
  const Sizes shape = op.getColumnMajor() ? Sizes{channels, block, block, rows, columns}
                                          : Sizes{block, block, channels, rows, columns};
  // To [channels, rows, block row, columns, block column].
  const Sizes perm = op.getColumnMajor() ? Sizes{0, 3, 1, 4, 2} : Sizes{2, 3, 0, 4, 1};
  return reshapeTo(transposed(*reshaped(image3, shape), perm), op.getResult(), lowering);
}

void lower::addMoveLowerings(LoweringTable &table) {
  table.addAll<nn::ReshapeOp, nn::FlattenOp, nn::SqueezeOp, nn::UnsqueezeOp>(lowerReshape, "");
  table.add<nn::TransposeOp>(lowerTranspose, "");
  table.add<nn::SliceOp>(lowerSlice, "");
  table.add<nn::SplitOp>(lowerSplit, "");
  table.add<nn::CatOp>(lowerCat, "copy");
  table.add<nn::PadOp>(lowerPad, "fill copy");
  table.add<nn::DepthToSpaceOp>(lowerDepthToSpace, "copy");
}
