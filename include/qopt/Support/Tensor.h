//===- Tensor.h - host arrays ------------------------------------------------------===//
//
// The n-dimensional host array that importers, evaluators, calibration and the file
// readers exchange. Row-major and dense, so that data pointers can go to kernels as
// they are. Copies share the buffer; nothing copies on write, so writing through
// one copy shows in all of them (use clone() for a private one).
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_TENSOR_H
#define QOPT_SUPPORT_TENSOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <vector>

namespace qopt {

/// Element types of host arrays. F16 and BF16 are storage only: convert with toF32().
enum class DType : uint8_t { F32, F64, F16, BF16, I8, U8, I16, U16, I32, U32, I64, U64, Bool };

/// Size of one element in bytes.
size_t dtypeSize(DType dtype);

/// "f32", "u8", "bool", ...: as error messages print it.
llvm::StringRef dtypeName(DType dtype);

/// True for the floating-point types.
bool isFloat(DType dtype);

/// The C++ type `T` may view elements of type `dtype` (uint16_t also views F16 and BF16
/// bit patterns, uint8_t also views Bool).
template <typename T> bool dtypeMatches(DType dtype) {
  if constexpr (std::is_same_v<T, float>)
    return dtype == DType::F32;
  else if constexpr (std::is_same_v<T, double>)
    return dtype == DType::F64;
  else if constexpr (std::is_same_v<T, bool>)
    return dtype == DType::Bool;
  else if constexpr (std::is_same_v<T, int8_t>)
    return dtype == DType::I8;
  else if constexpr (std::is_same_v<T, uint8_t>)
    return dtype == DType::U8 || dtype == DType::Bool;
  else if constexpr (std::is_same_v<T, int16_t>)
    return dtype == DType::I16;
  else if constexpr (std::is_same_v<T, uint16_t>)
    return dtype == DType::U16 || dtype == DType::F16 || dtype == DType::BF16;
  else if constexpr (std::is_same_v<T, int32_t>)
    return dtype == DType::I32;
  else if constexpr (std::is_same_v<T, uint32_t>)
    return dtype == DType::U32;
  else if constexpr (std::is_same_v<T, int64_t>)
    return dtype == DType::I64;
  else if constexpr (std::is_same_v<T, uint64_t>)
    return dtype == DType::U64;
  else
    return false;
}

/// Number of elements, or nothing when a size is negative or the product leaves int64.
std::optional<int64_t> checkedNumElements(llvm::ArrayRef<int64_t> shape);

/// Number of bytes, or nothing as above.
std::optional<int64_t> checkedNumBytes(DType dtype, llvm::ArrayRef<int64_t> shape);

class Tensor {
public:
  /// No array at all; only operator bool, assignment and destruction are defined.
  Tensor() = default;

  explicit operator bool() const { return buffer != nullptr; }

  /// Uninitialised array for a shape the program computed itself; stops with a message
  /// when the size overflows or memory runs out. For shapes read from a file use create.
  static Tensor empty(DType dtype, llvm::ArrayRef<int64_t> shape);

  /// Uninitialised array for an untrusted shape. Errors: negative sizes, a size that
  /// overflows, not enough memory.
  static llvm::Expected<Tensor> create(DType dtype, llvm::ArrayRef<int64_t> shape);

  /// Array with all elements equal to `value`, which must be representable.
  template <typename T> static Tensor full(DType dtype, llvm::ArrayRef<int64_t> shape, T value) {
    Tensor result = empty(dtype, shape);
    T *out = result.data<T>();
    for (int64_t i = 0, e = result.numElements(); i < e; ++i)
      out[i] = value;
    return result;
  }

  /// Array of zero bytes.
  static Tensor zeros(DType dtype, llvm::ArrayRef<int64_t> shape);

  /// Copy of `values`, which must hold as many elements as `shape` says.
  template <typename T>
  static Tensor from(DType dtype, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<T> values) {
    Tensor result = empty(dtype, shape);
    assert(result.numElements() == static_cast<int64_t>(values.size()) && "values do not fit");
    std::copy(values.begin(), values.end(), result.data<T>());
    return result;
  }

  DType dtype() const { return elementType; }
  llvm::ArrayRef<int64_t> shape() const { return sizes; }
  int64_t rank() const { return static_cast<int64_t>(sizes.size()); }
  int64_t dim(int64_t axis) const {
    assert(axis >= 0 && axis < rank() && "axis out of range");
    return sizes[axis];
  }
  int64_t numElements() const { return elements; }
  int64_t bytes() const { return elements * static_cast<int64_t>(dtypeSize(elementType)); }

  /// The elements; `T` must match the dtype (see dtypeMatches). 64-byte aligned unless
  /// the tensor is a slice.
  template <typename T> T *data() {
    assert(buffer && dtypeMatches<T>(elementType) && "element type does not match");
    return reinterpret_cast<T *>(buffer.get());
  }
  template <typename T> const T *data() const {
    assert(buffer && dtypeMatches<T>(elementType) && "element type does not match");
    return reinterpret_cast<const T *>(buffer.get());
  }
  uint8_t *raw() { return buffer.get(); }
  const uint8_t *raw() const { return buffer.get(); }

  template <typename T> llvm::MutableArrayRef<T> values() {
    return {data<T>(), static_cast<size_t>(elements)};
  }
  template <typename T> llvm::ArrayRef<T> values() const {
    return {data<T>(), static_cast<size_t>(elements)};
  }

  /// The elements as f32, rounded once (integers beyond 2^24 and f64 round to nearest).
  /// An f32 tensor comes back sharing its buffer.
  Tensor toF32() const;

  /// The elements as int64 (labels, shapes, indices). Error: a float dtype, or a u64
  /// value beyond int64.
  llvm::Expected<Tensor> toI64() const;

  /// Same elements and buffer under another shape with the same number of elements.
  Tensor reshaped(llvm::ArrayRef<int64_t> shape) const;

  /// Rows [begin, end) along axis 0, sharing the buffer. Rank must be at least 1.
  Tensor slice(int64_t begin, int64_t end) const;

  /// A private copy of the elements (64-byte aligned).
  Tensor clone() const;

  /// True when dtype, shape and every byte are equal.
  bool equals(const Tensor &other) const;

private:
  std::shared_ptr<uint8_t[]> buffer;
  std::vector<int64_t> sizes;
  int64_t elements = 0;
  DType elementType = DType::F32;
};

/// IEEE half precision and bfloat16 bit patterns to f32 and back (round half to even).
float halfToFloat(uint16_t bits);
uint16_t floatToHalf(float value);
float bfloat16ToFloat(uint16_t bits);

} // namespace qopt

#endif // QOPT_SUPPORT_TENSOR_H
