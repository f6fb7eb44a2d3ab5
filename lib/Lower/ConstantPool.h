//===- ConstantPool.h - constant data of the plans, each once -----------------------===//
//
// The plans of several ISAs share biases, multipliers, tables and often packed weights.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWER_CONSTANTPOOL_H
#define QOPT_LIB_LOWER_CONSTANTPOOL_H

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

namespace qopt::lower {

class ConstantPool {
public:
  explicit ConstantPool(mlir::MLIRContext *context) : context(context) {}

  /// An attribute with a copy of `data`; equal data of one type gives one attribute. `name`
  /// names the resource, should it become one.
  mlir::ElementsAttr get(llvm::StringRef name, llvm::ArrayRef<float> data);
  mlir::ElementsAttr get(llvm::StringRef name, llvm::ArrayRef<int32_t> data);
  mlir::ElementsAttr get(llvm::StringRef name, llvm::ArrayRef<int8_t> data);
  mlir::ElementsAttr get(llvm::StringRef name, llvm::ArrayRef<uint8_t> data);

private:
  template <typename T> mlir::ElementsAttr intern(llvm::StringRef name, llvm::ArrayRef<T> data);

  mlir::MLIRContext *context;
  llvm::DenseMap<uint64_t, llvm::SmallVector<mlir::ElementsAttr, 1>> known; ///< by hash
};

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_CONSTANTPOOL_H
