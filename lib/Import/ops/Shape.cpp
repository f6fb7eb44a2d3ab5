//===- Shape.cpp - Reshape, Flatten, Transpose, Squeeze, Unsqueeze -------------------===//

#include "../NodeContext.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// The sizes of a value, the unknown batch as a symbol.
static SmallVector<SymInt> symbolicShape(NodeContext &node, Value value) {
  SmallVector<SymInt> result;
  for (const int64_t size : NodeContext::shapeOf(value))
    result.push_back(ShapedType::isDynamic(size) ? SymInt{node.graph().batchMultiple(value), true}
                                                 : SymInt{size, false});
  return result;
}

static LogicalResult importShape(NodeContext &node) {
  SmallVector<SymInt> sizes;
  if (const ConstantRef constant = node.constant(0)) {
    for (const int64_t size : constant->shape)
      sizes.push_back({size, false});
  } else {
    const FailureOr<Value> input = node.value(0);
    if (failed(input))
      return failure();
    sizes = symbolicShape(node, *input);
  }
  const int64_t rank = sizes.size();
  auto clamp = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const int64_t start = clamp(node.getInt("start", 0)), end = clamp(node.getInt("end", rank));
  std::vector<SymInt> part(sizes.begin() + start, sizes.begin() + std::max(start, end));
  const int64_t count = part.size();
  return node.bind(makeInts(node.node().outputs[0], {count}, std::move(part)));
}

//===-- Reshape ---------------------------------------------------------------------===//

/// Product of sizes; one of them may count batches.
static SymInt countElements(ArrayRef<SymInt> sizes) {
  SymInt result{1, false};
  for (const SymInt &size : sizes) {
    result.value *= size.value;
    result.timesBatch |= size.timesBatch;
  }
  return result;
}

/// nn.reshape's entries (0 keeps, -1 infers) for the sizes that ONNX asks for.
static FailureOr<SmallVector<int64_t>> reshapeEntries(NodeContext &node, Value input,
                                                      ArrayRef<SymInt> wanted) {
  const SmallVector<SymInt> from = symbolicShape(node, input);
  const bool allowZero = node.getInt("allowzero", 0) != 0;
  SmallVector<SymInt> to(wanted);
  std::optional<size_t> rest;
  for (size_t i = 0; i < to.size(); ++i) {
    if (to[i] == SymInt{0, false} && !allowZero && i < from.size())
      to[i] = from[i];
    else if (to[i] == SymInt{-1, false} && !rest)
      rest = i;
    else if (to[i].value < 1)
      return node.error() << "the shape has the entry " << to[i].value << " at " << i
                          << ", which does not fit the input " << input.getType();
  }
  if (rest) {
    to[*rest] = {1, false};
    const SymInt all = countElements(from), others = countElements(to);
    if (all.value % others.value != 0 || (others.timesBatch && !all.timesBatch))
      return node.error() << "the elements of " << input.getType()
                          << " do not divide into the shape asked for";
    to[*rest] = {all.value / others.value, all.timesBatch && !others.timesBatch};
  }
  if (!(countElements(from) == countElements(to)))
    return node.error() << "the shape asked for does not hold the elements of " << input.getType()
                        << " at every batch size; if the model was exported for one batch size, "
                           "fix it, as in --input-shape=x=1,...";
  SmallVector<int64_t> entries;
  for (auto [index, size] : llvm::enumerate(to)) {
    if (size.timesBatch && index > 0)
      return node.error() << "the free batch of " << input.getType() << " would move to dimension "
                          << index << "; fix it, as in --input-shape=x=1,...";
    entries.push_back(!size.timesBatch ? size.value : size == from[0] ? 0 : -1);
  }
  return entries;
}

/// Binds a reshape and keeps account of the batch in dimension 0.
static LogicalResult emitReshape(NodeContext &node, Value input, ArrayRef<int64_t> entries) {
  const SymInt before = countElements(symbolicShape(node, input));
  if (failed(node.emit<nn::ReshapeOp>(input, {node.i64s("shape", entries)})))
    return failure();
  const Value result = node.graph().lookup(node.node().outputs[0])->value;
  int64_t known = 1;
  for (const int64_t size : NodeContext::shapeOf(result))
    known *= ShapedType::isDynamic(size) ? 1 : size;
  node.graph().setBatchMultiple(result, before.value / known);
  return success();
}

static FailureOr<ConstantRef> shapeInput(NodeContext &node) {
  const ConstantRef shape = node.constant(1);
  if (!shape || !shape->isInt || shape->shape.size() != 1)
    return node.error() << "the shape '" << (node.hasInput(1) ? node.node().inputs[1] : "")
                        << "' is computed at run time, expected constants or sizes of the input";
  return shape;
}

static LogicalResult importReshape(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  const FailureOr<ConstantRef> shape = shapeInput(node);
  if (failed(input) || failed(shape))
    return failure();
  const FailureOr<SmallVector<int64_t>> entries = reshapeEntries(node, *input, (*shape)->ints);
  return failed(entries) ? failure() : emitReshape(node, *input, *entries);
}

static LogicalResult foldReshape(NodeContext &node) {
  const ConstantRef data = node.constant(0);
  FailureOr<SmallVector<int64_t>> wanted = node.ints(1, "the shape");
  if (failed(wanted))
    return failure();
  int64_t known = 1, rest = -1;
  for (size_t i = 0; i < wanted->size(); ++i) {
    if ((*wanted)[i] == 0 && i < data->shape.size())
      (*wanted)[i] = data->shape[i];
    if ((*wanted)[i] == -1)
      rest = i;
    else
      known *= (*wanted)[i];
  }
  if (rest >= 0 && known > 0)
    (*wanted)[rest] = data->size() / known;
  if (known * (rest >= 0 ? (*wanted)[rest] : 1) != data->size())
    return node.error() << "the constant '" << data->name << "' of " << data->size()
                        << " elements does not fit the shape asked for";
  return node.bind(reshapeConstant(*data, *wanted));
}

static LogicalResult importFlatten(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const int64_t rank = NodeContext::rankOf(*input);
  int64_t axis = node.getInt("axis", 1);
  axis = axis < 0 ? axis + rank : axis;
  if (axis < 0 || axis > rank)
    return node.error() << "axis " << axis << " lies outside the rank " << rank;
  if (axis == 1)
    return node.emit<nn::FlattenOp>(*input, {node.i64("axis", 1)});
  // ONNX makes a matrix; nn.flatten keeps what is in front of the axis.
  const SmallVector<SymInt> sizes = symbolicShape(node, *input);
  const SymInt wanted[] = {countElements(ArrayRef(sizes).take_front(axis)),
                           countElements(ArrayRef(sizes).drop_front(axis))};
  const FailureOr<SmallVector<int64_t>> entries = reshapeEntries(node, *input, wanted);
  return failed(entries) ? failure() : emitReshape(node, *input, *entries);
}

//===-- Transpose, Squeeze, Unsqueeze -----------------------------------------------===//

static FailureOr<SmallVector<int64_t>> readPerm(NodeContext &node, int64_t rank) {
  SmallVector<int64_t> perm = node.getInts("perm");
  if (perm.empty())
    for (int64_t i = rank; i-- > 0;)
      perm.push_back(i);
  SmallVector<int64_t> sorted(perm);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank)))
    return node.error() << "perm is no permutation of the " << rank << " dimensions";
  return perm;
}

static LogicalResult importTranspose(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const FailureOr<SmallVector<int64_t>> perm = readPerm(node, NodeContext::rankOf(*input));
  return failed(perm) ? failure() : node.emit<nn::TransposeOp>(*input, {node.i64s("perm", *perm)});
}

static LogicalResult foldTranspose(NodeContext &node) {
  const ConstantRef data = node.constant(0);
  const FailureOr<SmallVector<int64_t>> perm = readPerm(node, data->shape.size());
  return failed(perm) ? failure() : node.bind(transposeConstant(*data, *perm));
}

/// Axes of Squeeze; without any, all known sizes of 1.
static FailureOr<SmallVector<int64_t>> squeezeAxes(NodeContext &node, ArrayRef<int64_t> shape) {
  const FailureOr<SmallVector<int64_t>> given = node.attrOrInput("axes", 1);
  if (failed(given))
    return failure();
  if (!given->empty())
    return node.axes(*given, shape.size());
  SmallVector<int64_t> ones;
  for (auto [index, size] : llvm::enumerate(shape))
    if (size == 1)
      ones.push_back(index);
  return ones;
}

static LogicalResult importSqueeze(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const auto axes = squeezeAxes(node, NodeContext::shapeOf(*input));
  return failed(axes) ? failure() : node.emit<nn::SqueezeOp>(*input, {node.i64s("axes", *axes)});
}

static LogicalResult foldSqueeze(NodeContext &node) {
  const ConstantRef data = node.constant(0);
  const auto axes = squeezeAxes(node, data->shape);
  if (failed(axes))
    return failure();
  SmallVector<int64_t> shape;
  for (auto [index, size] : llvm::enumerate(data->shape)) {
    const bool removed = llvm::is_contained(*axes, static_cast<int64_t>(index));
    if (removed && size != 1)
      return node.error() << "axis " << index << " has size " << size << ", expected 1";
    if (!removed)
      shape.push_back(size);
  }
  return node.bind(reshapeConstant(*data, shape));
}

static FailureOr<SmallVector<int64_t>> unsqueezeAxes(NodeContext &node, int64_t rank) {
  const FailureOr<SmallVector<int64_t>> given = node.attrOrInput("axes", 1);
  if (failed(given))
    return failure();
  FailureOr<SmallVector<int64_t>> axes = node.axes(*given, rank + given->size());
  if (succeeded(axes) && std::adjacent_find(axes->begin(), axes->end()) != axes->end())
    return node.error() << "the axes must be distinct";
  return axes;
}

static LogicalResult importUnsqueeze(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const auto axes = unsqueezeAxes(node, NodeContext::rankOf(*input));
  return failed(axes) ? failure() : node.emit<nn::UnsqueezeOp>(*input, {node.i64s("axes", *axes)});
}

static LogicalResult foldUnsqueeze(NodeContext &node) {
  const ConstantRef data = node.constant(0);
  const auto axes = unsqueezeAxes(node, data->shape.size());
  if (failed(axes))
    return failure();
  SmallVector<int64_t> shape(data->shape);
  for (const int64_t axis : *axes)
    shape.insert(shape.begin() + axis, 1);
  return node.bind(reshapeConstant(*data, shape));
}

llvm::ArrayRef<OpRow> importer::shapeRows() {
  static constexpr OpRow rows[] = {
      {"Shape", 1, kLastOpset, importShape, "", importShape},
      {"Reshape", 5, kLastOpset, importReshape, "reshape", foldReshape},
      {"Flatten", 1, kLastOpset, importFlatten, "flatten"},
      {"Transpose", 1, kLastOpset, importTranspose, "transpose", foldTranspose},
      {"Squeeze", 1, kLastOpset, importSqueeze, "squeeze", foldSqueeze},
      {"Unsqueeze", 1, kLastOpset, importUnsqueeze, "unsqueeze", foldUnsqueeze},
  };
  return rows;
}
