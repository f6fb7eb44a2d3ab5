//===- ConstantPool.cpp - constant data of the plans, each once ---------------------===//

#include "ConstantPool.h"

#include "dialects/NN/Parameter.h"
#include "dialects/UKernel/UKernel.h"

#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

template <typename T> ElementsAttr ConstantPool::intern(StringRef name, ArrayRef<T> data) {
  const ArrayRef<char> bytes(reinterpret_cast<const char *>(data.data()), data.size() * sizeof(T));
  const uint64_t hash = llvm::xxh3_64bits(
      ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  const Type element = std::is_same_v<T, float> ? Type(Float32Type::get(context))
                                                : Type(IntegerType::get(context, 8 * sizeof(T)));
  // Two hash values of DenseMap are reserved for its own use.
  SmallVector<ElementsAttr, 1> &same = known[hash >> 1];
  for (const ElementsAttr other : same) {
    SmallVector<char> storage;
    if (other.getElementType() == element && ukernel::rawBytes(other, storage) == bytes)
      return other;
  }
  const int64_t count = static_cast<int64_t>(data.size());
  same.push_back(nn::makeElements(context, name, {count}, data));
  return same.back();
}

ElementsAttr ConstantPool::get(StringRef name, ArrayRef<float> data) { return intern(name, data); }
ElementsAttr ConstantPool::get(StringRef name, ArrayRef<int32_t> data) {
  return intern(name, data);
}
ElementsAttr ConstantPool::get(StringRef name, ArrayRef<int8_t> data) { return intern(name, data); }
ElementsAttr ConstantPool::get(StringRef name, ArrayRef<uint8_t> data) {
  return intern(name, ArrayRef<int8_t>(reinterpret_cast<const int8_t *>(data.data()), data.size()));
}
