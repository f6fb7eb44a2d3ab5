//===- Constant.cpp - values known at import -----------------------------------------===//

#include "Constant.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace qopt;
using namespace qopt::importer;

static int64_t product(ArrayRef<int64_t> shape) {
  int64_t result = 1;
  for (const int64_t size : shape)
    result *= size;
  return result;
}

int64_t Constant::size() const { return product(shape); }

std::optional<SmallVector<int64_t>> Constant::knownInts() const {
  SmallVector<int64_t> result;
  for (const SymInt &entry : ints) {
    if (entry.timesBatch && entry.value != 0)
      return std::nullopt;
    result.push_back(entry.value);
  }
  if (!isInt)
    return std::nullopt;
  return result;
}

std::optional<SmallVector<double>> Constant::numbers() const {
  if (!isInt)
    return llvm::map_to_vector(floats.values<float>(), [](float v) { return double(v); });
  const std::optional<SmallVector<int64_t>> known = knownInts();
  if (!known)
    return std::nullopt;
  return llvm::map_to_vector(*known, [](int64_t v) { return double(v); });
}

std::optional<double> Constant::scalar() const {
  if (size() != 1)
    return std::nullopt;
  const auto all = numbers();
  return all ? std::optional<double>((*all)[0]) : std::nullopt;
}

ConstantRef importer::makeFloats(StringRef name, Tensor floats) {
  auto result = std::make_shared<Constant>();
  result->name = name.str();
  result->shape.assign(floats.shape().begin(), floats.shape().end());
  result->floats = std::move(floats);
  return result;
}

ConstantRef importer::makeInts(StringRef name, ArrayRef<int64_t> shape, std::vector<SymInt> ints) {
  auto result = std::make_shared<Constant>();
  result->name = name.str();
  result->shape.assign(shape.begin(), shape.end());
  result->isInt = true;
  result->ints = std::move(ints);
  return result;
}

Expected<ConstantRef> importer::makeConstant(StringRef name, const Tensor &data) {
  if (isFloat(data.dtype())) {
    ConstantRef result = makeFloats(name, data.toF32());
    if (data.dtype() != DType::F32)
      result->source = dtypeName(data.dtype()).str();
    return result;
  }
  Expected<Tensor> wide = data.toI64();
  if (!wide)
    return wide.takeError();
  std::vector<SymInt> ints;
  ints.reserve(data.numElements());
  for (const int64_t value : wide->values<int64_t>())
    ints.push_back({value, false});
  return makeInts(name, data.shape(), std::move(ints));
}

SmallVector<int64_t> importer::stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;)
    strides[i - 1] = strides[i] * shape[i];
  return strides;
}

IndexWalk::IndexWalk(ArrayRef<int64_t> shape)
    : shape(shape), index(shape.size(), 0), left(product(shape)) {}

void IndexWalk::next() {
  --left;
  for (size_t i = shape.size(); i-- > 0;) {
    if (++index[i] < shape[i])
      return;
    index[i] = 0;
  }
}

ConstantRef importer::reshapeConstant(const Constant &constant, ArrayRef<int64_t> shape) {
  auto result = std::make_shared<Constant>(constant);
  result->shape.assign(shape.begin(), shape.end());
  if (!constant.isInt)
    result->floats = constant.floats.reshaped(shape);
  return result;
}

/// Element `i` of the result is element `offsets(i)` of the constant.
template <typename Offset>
static ConstantRef gatherElements(const Constant &constant, ArrayRef<int64_t> shape,
                                  Offset offset) {
  auto result = std::make_shared<Constant>();
  result->name = constant.name;
  result->source = constant.source;
  result->isInt = constant.isInt;
  result->shape.assign(shape.begin(), shape.end());
  if (!constant.isInt)
    result->floats = Tensor::empty(DType::F32, shape);
  int64_t position = 0;
  for (IndexWalk walk(shape); !walk.done(); walk.next(), ++position) {
    const int64_t from = offset(*walk);
    if (constant.isInt)
      result->ints.push_back(constant.ints[from]);
    else
      result->floats.data<float>()[position] = constant.floats.data<float>()[from];
  }
  return result;
}

ConstantRef importer::transposeConstant(const Constant &constant, ArrayRef<int64_t> perm) {
  const SmallVector<int64_t> strides = stridesOf(constant.shape);
  const auto shape = map_to_vector(perm, [&](int64_t dim) { return constant.shape[dim]; });
  return gatherElements(constant, shape, [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (const auto [at, dim] : llvm::zip_equal(index, perm))
      from += at * strides[dim];
    return from;
  });
}

ConstantRef importer::sliceConstant(const Constant &constant, ArrayRef<int64_t> starts,
                                    ArrayRef<int64_t> sizes, ArrayRef<int64_t> steps) {
  const SmallVector<int64_t> strides = stridesOf(constant.shape);
  return gatherElements(constant, sizes, [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (size_t dim = 0; dim < index.size(); ++dim)
      from += (starts[dim] + index[dim] * steps[dim]) * strides[dim];
    return from;
  });
}
