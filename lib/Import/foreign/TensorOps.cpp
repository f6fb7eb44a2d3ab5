//===- TensorOps.cpp - how ops that move elements are read ----------------------------===//

#include "Reader.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// An empty tensor is only a place for results.
static std::string readEmpty(Reader &, Operation &) { return {}; }

static std::string readAlias(Reader &reader, Operation &op) {
  reader.bind(op.getResult(0), reader.nameOf(op.getOperand(0)));
  return {};
}

static std::string readReshape(Reader &reader, Operation &op) {
  if (op.getOperand(0).getDefiningOp<linalg::BroadcastOp>())
    return "reshapes a broadcast value; put the reshape in front of the broadcast";
  reader.reshape(reader.nameOf(op.getOperand(0)), op.getOperand(0).getType(),
                 op.getResult(0).getType(), reader.nameOf(op.getResult(0)));
  return {};
}

static std::string readPad(Reader &reader, Operation &operation) {
  auto op = cast<tensor::PadOp>(operation);
  const Value padding = op.getConstantPaddingValue();
  const std::optional<double> value = padding ? numberOf(padding) : std::nullopt;
  if (!value)
    return "pads with a value that is no constant";
  const ArrayRef<int64_t> low = op.getStaticLow(), high = op.getStaticHigh();
  SmallVector<int64_t> pads(low);
  llvm::append_range(pads, high);
  if (llvm::any_of(pads, [](int64_t p) { return ShapedType::isDynamic(p); }))
    return "pads by sizes that are no constants";
  reader.add(
      "Pad",
      {reader.nameOf(op.getSource()), reader.ints(pads), reader.scalar(static_cast<float>(*value))},
      reader.nameOf(op.getResult()));
  return {};
}

/// The whole batch: its size is asked of a tensor, not computed.
static bool takesBatch(tensor::ExtractSliceOp op, size_t axis) {
  auto size = dyn_cast<Value>(op.getMixedSizes()[axis]);
  auto dim = size ? size.getDefiningOp<tensor::DimOp>() : nullptr;
  return dim && dim.getConstantIndex() == static_cast<int64_t>(axis) &&
         (dim.getSource() == op.getSource() || isa<BlockArgument>(dim.getSource()));
}

static std::string readSlice(Reader &reader, Operation &operation) {
  auto op = cast<tensor::ExtractSliceOp>(operation);
  if (op.getType().getRank() != op.getSourceType().getRank())
    return "drops dimensions; use tensor.collapse_shape behind the slice";
  SmallVector<int64_t> starts, ends, axes, steps;
  for (auto [axis, start, size, step] :
       llvm::enumerate(op.getStaticOffsets(), op.getStaticSizes(), op.getStaticStrides())) {
    if (ShapedType::isDynamic(size) && ShapedType::isDynamic(op.getSourceType().getDimSize(axis)) &&
        start == 0 && step == 1 && takesBatch(op, axis))
      continue; // the whole batch
    if (ShapedType::isDynamic(start) || ShapedType::isDynamic(size) || ShapedType::isDynamic(step))
      return "slices by sizes that are no constants";
    starts.push_back(start);
    ends.push_back(start + (size - 1) * step + 1);
    axes.push_back(static_cast<int64_t>(axis));
    steps.push_back(step);
  }
  reader.add("Slice",
             {reader.nameOf(op.getSource()), reader.ints(starts), reader.ints(ends),
              reader.ints(axes), reader.ints(steps)},
             reader.nameOf(op.getResult()));
  return {};
}

static std::string readConcat(Reader &reader, Operation &operation) {
  auto op = cast<tensor::ConcatOp>(operation);
  setInt(reader.add("Concat", reader.namesOf(op.getInputs()), reader.nameOf(op.getResult())),
         "axis", static_cast<int64_t>(op.getDim()));
  return {};
}

llvm::ArrayRef<ReadEntry> importer::tensorRows() {
  static constexpr ReadEntry rows[] = {
      {"tensor.empty", readEmpty},
      {"tensor.cast", readAlias},
      {"tensor.expand_shape", readReshape},
      {"tensor.collapse_shape", readReshape},
      {"tensor.pad", readPad},
      {"tensor.extract_slice", readSlice},
      {"tensor.concat", readConcat},
  };
  return rows;
}
