//===- UKernel.h - the ukernel dialect ----------------------------------------------===//
//
// Calls of the runtime's kernels on buffers; see UKernelOps.td.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_UKERNEL_UKERNEL_H
#define QOPT_UKERNEL_UKERNEL_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace qopt::ukernel {

/// Verifier of every kernel call.
llvm::LogicalResult verifyKernelCall(mlir::Operation *op);

/// The bytes of an attribute of constant data; a splat's one element is repeated in
/// `storage`. Empty for a resource without data.
llvm::ArrayRef<char> rawBytes(mlir::ElementsAttr data, llvm::SmallVectorImpl<char> &storage);

} // namespace qopt::ukernel

#include "dialects/UKernel/UKernelOpsDialect.h.inc"
#include "dialects/UKernel/UKernelOpsInterfaces.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/UKernel/UKernelOpsTypes.h.inc"

#define GET_OP_CLASSES
#include "dialects/UKernel/UKernelOps.h.inc"

#endif // QOPT_UKERNEL_UKERNEL_H
