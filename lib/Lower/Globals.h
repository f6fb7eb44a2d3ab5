//===- Globals.h - the constants of a program ---------------------------------------===//

#ifndef QOPT_LIB_LOWER_GLOBALS_H
#define QOPT_LIB_LOWER_GLOBALS_H

#include "LLVMTypes.h"
#include "dialects/UKernel/UKernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace qopt::lower {

/// Makes LLVM globals at the end of the module.
class Globals {
public:
  Globals(mlir::ModuleOp module, const RuntimeTypes &types);

  /// Bytes of constant data, 64-byte aligned; the same attribute gives the same global.
  mlir::LLVM::GlobalOp data(mlir::ElementsAttr value);
  /// A zero-terminated string.
  mlir::LLVM::GlobalOp string(llvm::StringRef text);
  /// The parameter block of a call, made once.
  mlir::LLVM::GlobalOp params(ukernel::KernelCall call);
  /// A global of `type` whose value `fill` computes from an undefined one.
  mlir::LLVM::GlobalOp make(llvm::StringRef name, mlir::Type type,
                            llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Value)> fill,
                            mlir::LLVM::Linkage linkage = mlir::LLVM::Linkage::Internal);

  /// Values in a global's initializer.
  mlir::Value address(mlir::OpBuilder &builder, mlir::LLVM::GlobalOp global);
  mlir::Value null(mlir::OpBuilder &builder);
  mlir::Value constant(mlir::OpBuilder &builder, mlir::Type type, int64_t value);
  mlir::Value constant(mlir::OpBuilder &builder, float value);
  mlir::Value insert(mlir::OpBuilder &builder, mlir::Value aggregate, mlir::Value value,
                     llvm::ArrayRef<int64_t> position);

private:
  mlir::Value fillField(mlir::OpBuilder &builder, mlir::Value block, int64_t index,
                        const ukernel::Field &field, mlir::Attribute value);

  mlir::ModuleOp module;
  const RuntimeTypes &types;
  mlir::Location loc;
  llvm::DenseMap<mlir::Attribute, mlir::LLVM::GlobalOp> known;
  llvm::StringMap<mlir::LLVM::GlobalOp> strings;
  llvm::DenseMap<mlir::Operation *, mlir::LLVM::GlobalOp> blocks;
  unsigned next = 0;
};

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_GLOBALS_H
