//===- LLVMTypes.h - the structs of qrt.h as LLVM types -----------------------------===//

#ifndef QOPT_LIB_LOWER_LLVMTYPES_H
#define QOPT_LIB_LOWER_LLVMTYPES_H

#include "dialects/UKernel/Fields.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace qopt::lower {

/// LLVM types with the layout that the C compiler gives the structs of qrt.h.
struct RuntimeTypes {
  explicit RuntimeTypes(mlir::MLIRContext *context);

  mlir::LLVM::LLVMStructType paramsType(const ukernel::ParamsBlock &block) const;

  mlir::Type ptr, i8, i32, i64, f32, none;
  mlir::LLVM::LLVMStructType tensorDesc, frame, call, step, variant, program;
};

/// Field numbers of qrt_frame.
namespace frame {
enum : int32_t { Inputs, Outputs, Arena, Scratch, Prepared, Batch, Thread, Threads };
} // namespace frame

/// Field numbers of qrt_call.
namespace call {
enum : int32_t { In, Out, Scratch, Prepared, Batch, Thread, Threads };
} // namespace call

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_LLVMTYPES_H
