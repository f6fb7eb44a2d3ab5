//===- Tensor.cpp - host arrays ----------------------------------------------------===//
//
// Allocation, conversion and views. See Tensor.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Tensor.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace qopt {

size_t dtypeSize(DType dtype) {
  switch (dtype) {
  case DType::F64:
  case DType::I64:
  case DType::U64:
    return 8;
  case DType::F32:
  case DType::I32:
  case DType::U32:
    return 4;
  case DType::F16:
  case DType::BF16:
  case DType::I16:
  case DType::U16:
    return 2;
  case DType::I8:
  case DType::U8:
  case DType::Bool:
    return 1;
  }
  llvm_unreachable("unknown dtype");
}

llvm::StringRef dtypeName(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return "f32";
  case DType::F64:
    return "f64";
  case DType::F16:
    return "f16";
  case DType::BF16:
    return "bf16";
  case DType::I8:
    return "i8";
  case DType::U8:
    return "u8";
  case DType::I16:
    return "i16";
  case DType::U16:
    return "u16";
  case DType::I32:
    return "i32";
  case DType::U32:
    return "u32";
  case DType::I64:
    return "i64";
  case DType::U64:
    return "u64";
  case DType::Bool:
    return "bool";
  }
  llvm_unreachable("unknown dtype");
}

bool isFloat(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F64 || dtype == DType::F16 || dtype == DType::BF16;
}

std::optional<int64_t> checkedNumElements(llvm::ArrayRef<int64_t> shape) {
  int64_t product = 1;
  bool overflow = false;
  bool hasZero = false;
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    if (size == 0)
      hasZero = true;
    else
      overflow |= llvm::MulOverflow(product, size, product);
  }
  // An empty array is empty whatever its other sizes are.
  if (hasZero)
    return 0;
  if (overflow)
    return std::nullopt;
  return product;
}

std::optional<int64_t> checkedNumBytes(DType dtype, llvm::ArrayRef<int64_t> shape) {
  const std::optional<int64_t> elements = checkedNumElements(shape);
  int64_t bytes = 0;
  if (!elements || llvm::MulOverflow(*elements, static_cast<int64_t>(dtypeSize(dtype)), bytes))
    return std::nullopt;
  return bytes;
}

static std::shared_ptr<uint8_t[]> allocate(int64_t bytes) {
  constexpr size_t alignment = 64;
  const size_t rounded = llvm::alignTo(std::max<int64_t>(bytes, 1), alignment);
  auto *memory = static_cast<uint8_t *>(std::aligned_alloc(alignment, rounded));
  if (!memory)
    return nullptr;
  return std::shared_ptr<uint8_t[]>(memory, [](uint8_t *p) { std::free(p); });
}

llvm::Expected<Tensor> Tensor::create(DType dtype, llvm::ArrayRef<int64_t> shape) {
  for (int64_t size : shape)
    if (size < 0)
      return makeError("negative size in shape " + shapeText(shape));
  const std::optional<int64_t> elements = checkedNumElements(shape);
  const std::optional<int64_t> bytes = checkedNumBytes(dtype, shape);
  if (!bytes || *bytes > INT64_MAX - 64)
    return makeError("an array of shape " + shapeText(shape) + " and type " + dtypeName(dtype) +
                     " is larger than the address space");
  Tensor result;
  result.buffer = allocate(*bytes);
  if (!result.buffer)
    return makeError("not enough memory for an array of shape " + shapeText(shape) + " and type " +
                     dtypeName(dtype) + " (" + byteSizeText(*bytes) + ")");
  result.sizes.assign(shape.begin(), shape.end());
  result.elements = *elements;
  result.elementType = dtype;
  return result;
}

Tensor Tensor::empty(DType dtype, llvm::ArrayRef<int64_t> shape) {
  llvm::Expected<Tensor> result = create(dtype, shape);
  if (!result)
    llvm::report_fatal_error(result.takeError(), /*gen_crash_diag=*/false);
  return std::move(*result);
}

Tensor Tensor::zeros(DType dtype, llvm::ArrayRef<int64_t> shape) {
  Tensor result = empty(dtype, shape);
  std::memset(result.raw(), 0, result.bytes());
  return result;
}

float halfToFloat(uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  float magnitude;
  if (exponent == 31)
    magnitude = mantissa ? std::nanf("") : INFINITY;
  else if (exponent == 0)
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  else
    magnitude = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

uint16_t floatToHalf(float value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (value != value)
    return sign | 0x7e00;
  const float magnitude = std::fabs(value);
  // Half of the way from the greatest half (65504) to the next step rounds to infinity.
  if (magnitude >= 65520.0f)
    return sign | 0x7c00;
  if (magnitude < 0x1p-14f)
    return sign | static_cast<uint16_t>(std::nearbyint(magnitude * 0x1p24f));
  int exponent = 0;
  const float fraction = std::frexp(magnitude, &exponent); // in [0.5, 1)
  const auto mantissa = static_cast<uint16_t>(std::nearbyint(fraction * 2048.0f));
  // A mantissa that rounded up to 2048 carries into the exponent by the addition.
  return sign | static_cast<uint16_t>(((exponent + 14) << 10) + (mantissa - 1024));
}

float bfloat16ToFloat(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof(value));
  return value;
}

template <typename T, typename Out> static void convertElements(const Tensor &from, Out *out) {
  const T *in = from.data<T>();
  for (int64_t i = 0, e = from.numElements(); i < e; ++i)
    out[i] = static_cast<Out>(in[i]);
}

template <typename Function>
static void convertBits(const Tensor &from, float *out, Function function) {
  const uint16_t *in = from.data<uint16_t>();
  for (int64_t i = 0, e = from.numElements(); i < e; ++i)
    out[i] = function(in[i]);
}

template <typename Out> static void convertIntegers(const Tensor &from, Out *out) {
  switch (from.dtype()) {
  case DType::I8:
    return convertElements<int8_t>(from, out);
  case DType::U8:
  case DType::Bool:
    return convertElements<uint8_t>(from, out);
  case DType::I16:
    return convertElements<int16_t>(from, out);
  case DType::U16:
    return convertElements<uint16_t>(from, out);
  case DType::I32:
    return convertElements<int32_t>(from, out);
  case DType::U32:
    return convertElements<uint32_t>(from, out);
  case DType::I64:
    return convertElements<int64_t>(from, out);
  case DType::U64:
    return convertElements<uint64_t>(from, out);
  default:
    llvm_unreachable("float dtypes are handled before");
  }
}

Tensor Tensor::toF32() const {
  if (elementType == DType::F32)
    return *this;
  Tensor result = empty(DType::F32, sizes);
  float *out = result.data<float>();
  if (elementType == DType::F64)
    convertElements<double>(*this, out);
  else if (elementType == DType::F16)
    convertBits(*this, out, halfToFloat);
  else if (elementType == DType::BF16)
    convertBits(*this, out, bfloat16ToFloat);
  else
    convertIntegers(*this, out);
  return result;
}

llvm::Expected<Tensor> Tensor::toI64() const {
  if (elementType == DType::I64)
    return *this;
  if (isFloat(elementType))
    return makeError("expected an integer dtype, got " + dtypeName(elementType));
  if (elementType == DType::U64)
    for (uint64_t value : values<uint64_t>())
      if (value > static_cast<uint64_t>(INT64_MAX))
        return makeError("the u64 value " + std::to_string(value) + " does not fit i64");
  Tensor result = empty(DType::I64, sizes);
  convertIntegers(*this, result.data<int64_t>());
  return result;
}

Tensor Tensor::reshaped(llvm::ArrayRef<int64_t> shape) const {
  assert(checkedNumElements(shape) == elements && "another number of elements");
  Tensor result = *this;
  result.sizes.assign(shape.begin(), shape.end());
  return result;
}

Tensor Tensor::slice(int64_t begin, int64_t end) const {
  assert(rank() >= 1 && begin >= 0 && begin <= end && end <= sizes[0] && "rows out of range");
  Tensor result = *this;
  result.sizes[0] = end - begin;
  if (sizes[0] == 0)
    return result;
  const int64_t row = elements / sizes[0];
  const int64_t offset = begin * row * static_cast<int64_t>(dtypeSize(elementType));
  result.buffer = std::shared_ptr<uint8_t[]>(buffer, buffer.get() + offset);
  result.elements = (end - begin) * row;
  return result;
}

Tensor Tensor::clone() const {
  Tensor result = empty(elementType, sizes);
  std::memcpy(result.raw(), raw(), bytes());
  return result;
}

bool Tensor::equals(const Tensor &other) const {
  if (!buffer || !other.buffer)
    return !buffer && !other.buffer;
  return elementType == other.elementType && sizes == other.sizes &&
         std::memcmp(raw(), other.raw(), bytes()) == 0;
}

} // namespace qopt
