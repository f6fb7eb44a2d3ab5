//===- Fold.cpp - arithmetic of constants --------------------------------------------===//

#include "Fold.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// Numpy's shape of two operands, or nothing.
static std::optional<SmallVector<int64_t>> broadcastShape(ArrayRef<int64_t> a,
                                                          ArrayRef<int64_t> b) {
  SmallVector<int64_t> result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    const int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1)
      return std::nullopt;
    result[result.size() - 1 - i] = left == 1 ? right : left;
  }
  return result;
}

/// Position in `shape` of an index into the broadcast result.
static int64_t positionIn(ArrayRef<int64_t> shape, ArrayRef<int64_t> index) {
  const SmallVector<int64_t> strides = stridesOf(shape);
  int64_t position = 0;
  for (size_t i = 0; i < shape.size(); ++i)
    position += (shape[i] == 1 ? 0 : index[index.size() - shape.size() + i]) * strides[i];
  return position;
}

/// Integer arithmetic where at most one factor of a product depends on the batch.
static std::optional<SymInt> combine(StringRef op, SymInt a, SymInt b) {
  const bool sameKind = a.timesBatch == b.timesBatch || a.value == 0 || b.value == 0;
  const bool either = (a.timesBatch && a.value != 0) || (b.timesBatch && b.value != 0);
  if (op == "Add" || op == "Sub")
    return sameKind ? std::optional<SymInt>(
                          {op == "Add" ? a.value + b.value : a.value - b.value, either})
                    : std::nullopt;
  if (op == "Mul")
    return a.timesBatch && b.timesBatch ? std::nullopt
                                        : std::optional<SymInt>({a.value * b.value, either});
  if (b.value == 0 || (b.timesBatch && !a.timesBatch) || a.value == INT64_MIN)
    return std::nullopt;
  if (a.timesBatch && a.value % b.value != 0)
    return std::nullopt;
  return SymInt{a.value / b.value, a.timesBatch && !b.timesBatch};
}

static float combine(StringRef op, float a, float b) {
  return op == "Add" ? a + b : op == "Sub" ? a - b : op == "Mul" ? a * b : a / b;
}

LogicalResult importer::foldBinary(NodeContext &node) {
  const ConstantRef a = node.constant(0), b = node.constant(1);
  if (!a || !b || a->isInt != b->isInt ||
      (a->isInt && (static_cast<int64_t>(a->ints.size()) != a->size() ||
                    static_cast<int64_t>(b->ints.size()) != b->size())))
    return node.error() << "expected two constants of one element type";
  const auto shape = broadcastShape(a->shape, b->shape);
  if (!shape)
    return node.error() << "shapes do not broadcast";
  const std::string &name = node.node().outputs[0];
  std::vector<SymInt> ints;
  Tensor floats = a->isInt ? Tensor() : Tensor::empty(DType::F32, *shape);
  int64_t position = 0;
  for (IndexWalk walk(*shape); !walk.done(); walk.next(), ++position) {
    const int64_t i = positionIn(a->shape, *walk), j = positionIn(b->shape, *walk);
    if (!a->isInt) {
      floats.data<float>()[position] =
          combine(node.node().op, a->floats.data<float>()[i], b->floats.data<float>()[j]);
      continue;
    }
    const std::optional<SymInt> result = combine(node.node().op, a->ints[i], b->ints[j]);
    if (!result)
      return node.error() << "this shape arithmetic cannot be done with a free batch size; fix "
                             "it, as in --input-shape=x=1,...";
    ints.push_back(*result);
  }
  return node.bind(a->isInt ? makeInts(name, *shape, std::move(ints))
                            : makeFloats(name, std::move(floats)));
}
