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

/// Element `i` of an i8 or u8 tensor.
static int64_t codeAt(const Tensor &codes, int64_t i) {
  return codes.dtype() == DType::I8 ? int64_t(codes.data<int8_t>()[i])
                                    : int64_t(codes.data<uint8_t>()[i]);
}

std::optional<SmallVector<int64_t>> Constant::knownInts() const {
  SmallVector<int64_t> result;
  if (codes) {
    for (int64_t i = 0; i < size(); ++i)
      result.push_back(codeAt(codes, i));
    return result;
  }
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

/// The integer type that the file stores, or 0 bits.
static CodeType storedType(DType dtype, unsigned bits) {
  switch (dtype) {
  case DType::I8:
    return {bits ? bits : 8, true};
  case DType::U8:
    return {bits ? bits : 8, false};
  case DType::I16:
    return {16, true};
  case DType::U16:
    return {16, false};
  case DType::I32:
    return {32, true};
  case DType::U32:
    return {32, false};
  default:
    return {};
  }
}

Expected<ConstantRef> importer::makeConstant(StringRef name, const Tensor &data, unsigned bits) {
  if (isFloat(data.dtype())) {
    ConstantRef result = makeFloats(name, data.toF32());
    if (data.dtype() != DType::F32)
      result->source = dtypeName(data.dtype()).str();
    return result;
  }
  const bool isCode = data.dtype() == DType::I8 || data.dtype() == DType::U8;
  constexpr int64_t kMostInts = 64; // no shape has more entries; weights need no second copy
  if (isCode && data.numElements() > kMostInts) {
    ConstantRef result = makeInts(name, data.shape(), {});
    result->codes = data;
    result->type = storedType(data.dtype(), bits);
    return result;
  }
  Expected<Tensor> wide = data.toI64();
  if (!wide)
    return wide.takeError();
  std::vector<SymInt> ints;
  ints.reserve(data.numElements());
  for (const int64_t value : wide->values<int64_t>())
    ints.push_back({value, false});
  ConstantRef result = makeInts(name, data.shape(), std::move(ints));
  result->type = storedType(data.dtype(), bits);
  if (isCode)
    result->codes = data;
  return result;
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

/// The dimension of `to` that indexes the same elements as `axis` of `from`, or -1.
static int64_t sameAxis(ArrayRef<int64_t> from, int64_t axis, ArrayRef<int64_t> to) {
  const int64_t inner = product(from.drop_front(axis + 1));
  for (size_t dim = 0; dim < to.size(); ++dim)
    if (to[dim] == from[axis] && product(to.drop_front(dim + 1)) == inner)
      return static_cast<int64_t>(dim);
  return -1;
}

/// The parameters with their axis elsewhere; none where no axis counts the same elements.
static QuantRef withAxis(const QuantRef &quant, int64_t axis) {
  if (!quant || !quant->isPerAxis() || quant->axis == axis)
    return quant;
  if (axis < 0)
    return nullptr;
  auto result = std::make_shared<QuantInfo>(*quant);
  result->axis = axis;
  return result;
}

ConstantRef importer::reshapeConstant(const Constant &constant, ArrayRef<int64_t> shape) {
  auto result = std::make_shared<Constant>(constant);
  result->shape.assign(shape.begin(), shape.end());
  if (!constant.isInt)
    result->floats = constant.floats.reshaped(shape);
  if (constant.codes)
    result->codes = constant.codes.reshaped(shape);
  if (constant.quant && constant.quant->isPerAxis())
    result->quant = withAxis(constant.quant, sameAxis(constant.shape, constant.quant->axis, shape));
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
  result->type = constant.type;
  const bool isCode = static_cast<bool>(constant.codes);
  if (!constant.isInt)
    result->floats = Tensor::empty(DType::F32, shape);
  if (isCode)
    result->codes = Tensor::empty(constant.codes.dtype(), shape);
  int64_t position = 0;
  for (IndexWalk walk(shape); !walk.done(); walk.next(), ++position) {
    const int64_t from = offset(*walk);
    if (isCode)
      reinterpret_cast<char *>(result->codes.raw())[position] =
          reinterpret_cast<const char *>(constant.codes.raw())[from];
    if (!constant.ints.empty())
      result->ints.push_back(constant.ints[from]);
    if (!constant.isInt)
      result->floats.data<float>()[position] = constant.floats.data<float>()[from];
    if (!constant.wideCodes.empty())
      result->wideCodes.push_back(constant.wideCodes[from]);
  }
  return result;
}

ConstantRef importer::transposeConstant(const Constant &constant, ArrayRef<int64_t> perm) {
  const SmallVector<int64_t> strides = stridesOf(constant.shape);
  const auto shape = map_to_vector(perm, [&](int64_t dim) { return constant.shape[dim]; });
  ConstantRef result = gatherElements(constant, shape, [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (const auto [at, dim] : llvm::zip_equal(index, perm))
      from += at * strides[dim];
    return from;
  });
  result->quant = constant.quant;
  if (constant.quant && constant.quant->isPerAxis())
    result->quant = withAxis(constant.quant, llvm::find(perm, constant.quant->axis) - perm.begin());
  return result;
}

ConstantRef importer::sliceConstant(const Constant &constant, ArrayRef<int64_t> starts,
                                    ArrayRef<int64_t> sizes, ArrayRef<int64_t> steps) {
  const SmallVector<int64_t> strides = stridesOf(constant.shape);
  ConstantRef result = gatherElements(constant, sizes, [&](ArrayRef<int64_t> index) {
    int64_t from = 0;
    for (size_t dim = 0; dim < index.size(); ++dim)
      from += (starts[dim] + index[dim] * steps[dim]) * strides[dim];
    return from;
  });
  if (constant.quant && !constant.quant->isPerAxis())
    result->quant = constant.quant;
  return result;
}
