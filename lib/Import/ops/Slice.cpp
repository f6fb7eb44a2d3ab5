//===- Slice.cpp - Slice, Gather, Concat, Split, Pad ---------------------------------===//

#include "../NodeContext.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

//===-- Slice -----------------------------------------------------------------------===//

namespace {
/// A resolved slice: bounds within the dimensions.
struct SliceParts {
  SmallVector<int64_t> axes, starts, ends, steps;
};
} // namespace

/// Resolves one bound of ONNX: negative ones count from the back, all are clamped to
/// [low, high].
static int64_t resolveBound(int64_t bound, int64_t size, int64_t low, int64_t high) {
  return std::clamp<int64_t>(bound < 0 ? bound + size : bound, low, high);
}

/// The slice of the node as four lists of one length, axes counted from the front.
static FailureOr<SliceParts> readLists(NodeContext &node, int64_t rank) {
  auto starts = node.attrOrInput("starts", 1), ends = node.attrOrInput("ends", 2);
  if (failed(starts) || failed(ends))
    return failure();
  const size_t count = starts->size();
  auto axes = node.attrOrInput("axes", 3, llvm::to_vector(llvm::seq<int64_t>(0, count)));
  auto steps = node.attrOrInput("steps", 4, SmallVector<int64_t>(count, 1));
  if (failed(axes) || failed(steps))
    return failure();
  if (ends->size() != count || axes->size() != count || steps->size() != count)
    return node.error() << "starts, ends, axes and steps must have one length";
  for (int64_t &entry : *axes) {
    const FailureOr<int64_t> axis = node.axis(entry, rank);
    if (failed(axis))
      return failure();
    entry = *axis;
  }
  return SliceParts{std::move(*axes), std::move(*starts), std::move(*ends), std::move(*steps)};
}

/// Resolves the bounds of entry `i`; false if the slice leaves the dimension whole.
static FailureOr<bool> resolveEntry(NodeContext &node, SliceParts &parts, size_t i, int64_t size) {
  int64_t &start = parts.starts[i], &end = parts.ends[i];
  if (parts.steps[i] < 1)
    return node.error() << "step " << parts.steps[i] << " along axis " << parts.axes[i]
                        << ": only positive steps are supported; reverse the data outside the "
                           "model";
  if (ShapedType::isDynamic(size)) {
    if (start == 0 && end >= std::numeric_limits<int32_t>::max() && parts.steps[i] == 1)
      return false;
    return node.error() << "the free batch cannot be sliced; fix it, as in "
                           "--input-shape=x=1,...";
  }
  start = resolveBound(start, size, 0, size);
  end = resolveBound(end, size, 0, size);
  if (start >= end)
    return node.error() << "the slice " << start << ":" << end << " of axis " << parts.axes[i]
                        << " (size " << size << ") is empty";
  return start != 0 || end != size || parts.steps[i] != 1;
}

static LogicalResult importSlice(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const ArrayRef<int64_t> shape = NodeContext::shapeOf(*input);
  FailureOr<SliceParts> all = readLists(node, shape.size());
  if (failed(all))
    return failure();
  SliceParts parts;
  for (size_t i = 0; i < all->axes.size(); ++i) {
    const FailureOr<bool> cuts = resolveEntry(node, *all, i, shape[all->axes[i]]);
    if (failed(cuts))
      return failure();
    if (!*cuts)
      continue;
    parts.axes.push_back(all->axes[i]);
    parts.starts.push_back(all->starts[i]);
    parts.ends.push_back(all->ends[i]);
    parts.steps.push_back(all->steps[i]);
  }
  if (parts.axes.empty())
    return node.bind(*input);
  return node.emit<nn::SliceOp>(*input,
                                {node.i64s("axes", parts.axes), node.i64s("starts", parts.starts),
                                 node.i64s("ends", parts.ends), node.i64s("steps", parts.steps)});
}

/// Of constants also backwards and empty: torch reverses pads that way.
static LogicalResult foldSlice(NodeContext &node) {
  const ConstantRef data = node.constant(0);
  const FailureOr<SliceParts> parts = readLists(node, data->shape.size());
  if (failed(parts))
    return failure();
  SmallVector<int64_t> starts(data->shape.size(), 0), steps(data->shape.size(), 1);
  SmallVector<int64_t> sizes(data->shape);
  for (size_t i = 0; i < parts->axes.size(); ++i) {
    const int64_t axis = parts->axes[i], size = data->shape[axis], step = parts->steps[i];
    if (step == 0)
      return node.error() << "the step along axis " << axis << " is 0";
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const int64_t start = resolveBound(parts->starts[i], size, low, high);
    const int64_t end = resolveBound(parts->ends[i], size, low, high);
    const int64_t span = step > 0 ? end - start : start - end, stride = std::abs(step);
    starts[axis] = start;
    steps[axis] = step;
    sizes[axis] = std::max<int64_t>((span + stride - 1) / stride, 0);
  }
  return node.bind(sliceConstant(*data, starts, sizes, steps));
}

//===-- Gather ----------------------------------------------------------------------===//

/// One constant index takes a slice of size 1 out; the dimension goes unless the index is a
/// vector.
static LogicalResult importGather(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  const FailureOr<SmallVector<int64_t>> index = node.ints(1, "the index");
  if (failed(input) || failed(index))
    return failure();
  const ArrayRef<int64_t> shape = NodeContext::shapeOf(*input);
  const FailureOr<int64_t> axis = node.axis(node.getInt("axis", 0), shape.size());
  if (failed(axis))
    return failure();
  if (index->size() != 1)
    return node.error() << "only one constant index is supported, got " << index->size();
  if (ShapedType::isDynamic(shape[*axis]))
    return node.error() << "the free batch cannot be indexed";
  const int64_t at = (*index)[0] < 0 ? (*index)[0] + shape[*axis] : (*index)[0];
  if (at < 0 || at >= shape[*axis])
    return node.error() << "index " << (*index)[0] << " lies outside axis " << *axis << " of size "
                        << shape[*axis];
  const SmallVector<NamedAttribute> slice{node.i64s("axes", {*axis}), node.i64s("starts", {at}),
                                          node.i64s("ends", {at + 1}), node.i64s("steps", {1})};
  if (!node.constant(1)->shape.empty())
    return node.emit<nn::SliceOp>(*input, slice);
  const FailureOr<Value> part = node.emitHelper<nn::SliceOp>("slice", *input, slice);
  return failed(part) ? failure() : node.emit<nn::SqueezeOp>(*part, {node.i64s("axes", {*axis})});
}

/// Entries of a shape vector, or whole rows along an axis.
static LogicalResult foldGather(NodeContext &node) {
  const ConstantRef data = node.constant(0), indices = node.constant(1);
  const FailureOr<SmallVector<int64_t>> list = node.ints(1, "the index");
  const FailureOr<int64_t> axis = node.axis(node.getInt("axis", 0), data->shape.size());
  if (failed(list) || failed(axis))
    return failure();
  if (data->shape.size() != 1 || data->ints.empty())
    return node.error() << "gathering from constants is supported for shapes only";
  std::vector<SymInt> picked;
  for (const int64_t index : *list) {
    const int64_t at = index < 0 ? index + data->shape[0] : index;
    if (at < 0 || at >= data->shape[0])
      return node.error() << "index " << index << " lies outside the size " << data->shape[0];
    picked.push_back(data->ints[at]);
  }
  return node.bind(makeInts(node.node().outputs[0], indices->shape, std::move(picked)));
}

//===-- Concat, Split ---------------------------------------------------------------===//

static LogicalResult importConcat(NodeContext &node) {
  SmallVector<Value> operands;
  for (unsigned i = 0; i < node.numInputs(); ++i) {
    const FailureOr<Value> operand = node.value(i);
    if (failed(operand))
      return failure();
    operands.push_back(*operand);
  }
  if (operands.empty())
    return node.error() << "has no inputs";
  const FailureOr<int64_t> axis =
      node.axis(node.getInt("axis", 1), NodeContext::rankOf(operands[0]));
  if (failed(axis))
    return failure();
  if (operands.size() == 1)
    return node.bind(operands[0]);
  if (failed(node.emit<nn::CatOp>(operands, {node.i64("axis", *axis)})))
    return failure();
  if (*axis == 0) { // batches add up
    int64_t multiple = 0;
    for (const Value operand : operands)
      multiple += node.graph().batchMultiple(operand);
    node.graph().setBatchMultiple(node.graph().lookup(node.node().outputs[0])->value, multiple);
  }
  return success();
}

/// Of shape vectors only: weights are never concatenated.
static LogicalResult foldConcat(NodeContext &node) {
  std::vector<SymInt> all;
  for (unsigned i = 0; i < node.numInputs(); ++i) {
    const ConstantRef part = node.constant(i);
    if (!part || !part->isInt || part->shape.size() != 1 ||
        static_cast<int64_t>(part->ints.size()) != part->size())
      return importConcat(node);
    llvm::append_range(all, part->ints);
  }
  const int64_t count = all.size();
  return node.bind(makeInts(node.node().outputs[0], {count}, std::move(all)));
}

/// Part sizes: attribute before opset 13, then input; else equal parts (num_outputs from
/// opset 18 on), the last one smaller.
static FailureOr<SmallVector<int64_t>> splitSizes(NodeContext &node, int64_t size) {
  FailureOr<SmallVector<int64_t>> sizes = node.attrOrInput("split", 1);
  if (failed(sizes) || !sizes->empty())
    return sizes;
  const int64_t outputs = node.node().outputs.size();
  const int64_t count = node.getInt("num_outputs", outputs);
  if (count < 1 || count != outputs)
    return node.error() << "num_outputs is " << count << ", the node has " << outputs;
  const int64_t part = (size + count - 1) / count;
  for (int64_t left = size; left > 0; left -= part)
    sizes->push_back(std::min(part, left));
  if (static_cast<int64_t>(sizes->size()) != count)
    return node.error() << "size " << size << " does not split into " << count << " parts";
  return sizes;
}

static LogicalResult importSplit(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const ArrayRef<int64_t> shape = NodeContext::shapeOf(*input);
  const FailureOr<int64_t> axis = node.axis(node.getInt("axis", 0), shape.size());
  if (failed(axis))
    return failure();
  if (ShapedType::isDynamic(shape[*axis]))
    return node.error() << "the free batch cannot be split";
  const FailureOr<SmallVector<int64_t>> sizes = splitSizes(node, shape[*axis]);
  if (failed(sizes))
    return failure();
  if (sizes->size() == 1)
    return node.bind(*input);
  auto op = node.create<nn::SplitOp>(*input, {node.i64("axis", *axis), node.i64s("sizes", *sizes)},
                                     sizes->size());
  return op ? node.bindOp(op) : failure();
}

//===-- Pad -------------------------------------------------------------------------===//

static FailureOr<double> padValue(NodeContext &node) {
  if (!node.hasInput(2))
    return node.getFloat("value", 0.0);
  const ConstantRef constant = node.constant(2);
  const std::optional<double> value = constant ? constant->scalar() : std::nullopt;
  if (!value)
    return node.error() << "the pad value is computed at run time, expected a constant scalar";
  // Of codes it is a code.
  const QuantRef codes = node.graph().lookup(node.node().inputs[0])->codes;
  return codes ? (*value - codes->zeroPoints[0]) * codes->scales[0] : *value;
}

static LogicalResult importPad(NodeContext &node) {
  const std::string mode = node.getString("mode", "constant");
  if (mode != "constant")
    return node.error() << "mode '" << mode
                        << "' is not supported, expected constant; replace it in the model "
                           "(torch: padding_mode='zeros')";
  const FailureOr<Value> input = node.value(0);
  const FailureOr<SmallVector<int64_t>> pads = node.attrOrInput("pads", 1);
  const FailureOr<double> value = padValue(node);
  if (failed(input) || failed(pads) || failed(value))
    return failure();
  const int64_t rank = NodeContext::rankOf(*input);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.hasInput(3)) {
    const FailureOr<SmallVector<int64_t>> given = node.ints(3, "axes");
    if (failed(given))
      return failure();
    axes.clear();
    for (const int64_t entry : *given) { // in the order given: pads are
      const FailureOr<int64_t> axis = node.axis(entry, rank);
      if (failed(axis))
        return failure();
      axes.push_back(*axis);
    }
  }
  if (pads->size() != 2 * axes.size())
    return node.error() << "expected " << 2 * axes.size() << " pads, got " << pads->size();
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    low[axes[i]] = (*pads)[i];
    high[axes[i]] = (*pads)[axes.size() + i];
  }
  if (llvm::any_of(*pads, [](int64_t p) { return p < 0; }))
    return node.error() << "negative pads (a crop) are not supported; use Slice";
  const ArrayRef<int64_t> shape = NodeContext::shapeOf(*input);
  if (rank > 0 && ShapedType::isDynamic(shape[0]) && (low[0] || high[0]))
    return node.error() << "the free batch cannot be padded";
  if (llvm::all_of(*pads, [](int64_t p) { return p == 0; }))
    return node.bind(*input);
  return node.emit<nn::PadOp>(*input, {node.i64s("low", low), node.i64s("high", high),
                                       node.f32("value", static_cast<float>(*value))});
}

llvm::ArrayRef<OpRow> importer::sliceRows() {
  static constexpr OpRow rows[] = {
      {"Slice", 1, kLastOpset, importSlice, "slice", foldSlice},
      {"Gather", 1, kLastOpset, importGather, "slice squeeze", foldGather},
      {"Concat", 4, kLastOpset, importConcat, "cat", foldConcat},
      {"Split", 2, kLastOpset, importSplit, "split"},
      {"Pad", 2, kLastOpset, importPad, "pad"},
  };
  return rows;
}
