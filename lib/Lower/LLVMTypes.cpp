//===- LLVMTypes.cpp - the structs of qrt.h as LLVM types ---------------------------===//

#include "LLVMTypes.h"

#include "qrt/qrt.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

// The types below repeat these structs; a change there must be repeated here.
static_assert(QRT_ABI_VERSION == 4 && QRT_MAX_RANK == 8 && QRT_MAX_INPUTS == 3);
static_assert(sizeof(qrt_tensor_desc) == 152 && sizeof(qrt_frame) == 64 && sizeof(qrt_call) == 64 &&
              sizeof(qrt_variant) == 56 && sizeof(qrt_step_desc) == 48 &&
              sizeof(qrt_program) == 80);

RuntimeTypes::RuntimeTypes(MLIRContext *context)
    : ptr(LLVM::LLVMPointerType::get(context)), i8(IntegerType::get(context, 8)),
      i32(IntegerType::get(context, 32)), i64(IntegerType::get(context, 64)),
      f32(Float32Type::get(context)), none(LLVM::LLVMVoidType::get(context)) {
  const auto make = [&](ArrayRef<Type> fields) {
    return LLVM::LLVMStructType::getLiteral(context, fields);
  };
  const Type sizes = LLVM::LLVMArrayType::get(i64, QRT_MAX_RANK);
  tensorDesc = make({ptr, i32, i32, sizes, sizes, i32, f32});
  frame = make({ptr, ptr, ptr, ptr, ptr, i64, i32, i32, ptr});
  call = make({LLVM::LLVMArrayType::get(ptr, QRT_MAX_INPUTS), ptr, ptr, ptr, i64, i32, i32});
  step = make({ptr, ptr, ptr, i64, i64, i64});
  variant = make({i32, i32, i64, i64, ptr, i64, ptr, ptr});
  program = make({i32, i32, i32, i32, i32, i64, ptr, ptr, ptr, ptr, ptr, ptr});
}

LLVM::LLVMStructType RuntimeTypes::paramsType(const ukernel::ParamsBlock &block) const {
  SmallVector<Type> fields;
  for (const ukernel::Field &field : block.fields) {
    switch (field.kind) {
    case ukernel::FieldKind::I32:
      fields.push_back(i32);
      break;
    case ukernel::FieldKind::F32:
      fields.push_back(f32);
      break;
    case ukernel::FieldKind::I32Array:
      fields.push_back(LLVM::LLVMArrayType::get(i32, field.count));
      break;
    case ukernel::FieldKind::Pointer:
      fields.push_back(ptr);
      break;
    }
  }
  return LLVM::LLVMStructType::getLiteral(ptr.getContext(), fields);
}
