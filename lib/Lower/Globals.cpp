//===- Globals.cpp - the constants of a program -------------------------------------===//

#include "Globals.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

Globals::Globals(ModuleOp module, const RuntimeTypes &types)
    : module(module), types(types), loc(module.getLoc()) {}

/// The same bytes as i8 elements, so that LLVM writes them in one piece.
static ElementsAttr asBytes(ElementsAttr value) {
  SmallVector<char> storage;
  const ArrayRef<char> bytes = ukernel::rawBytes(value, storage);
  const auto type = RankedTensorType::get({static_cast<int64_t>(bytes.size())},
                                          IntegerType::get(value.getContext(), 8));
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return DenseElementsAttr::get(
      type, ArrayRef<int8_t>(reinterpret_cast<const int8_t *>(bytes.data()), bytes.size()));
}

LLVM::GlobalOp Globals::data(ElementsAttr value) {
  LLVM::GlobalOp &global = known[value];
  if (global)
    return global;
  const ElementsAttr bytes = asBytes(value);
  const Type type = LLVM::LLVMArrayType::get(types.i8, bytes.getNumElements());
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  global = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
                                  "data" + std::to_string(next++), bytes,
                                  /*alignment=*/64);
  return global;
}

LLVM::GlobalOp Globals::string(StringRef text) {
  LLVM::GlobalOp &global = strings[text];
  if (global)
    return global;
  const std::string terminated = text.str() + '\0';
  const Type type = LLVM::LLVMArrayType::get(types.i8, terminated.size());
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  global =
      LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, LLVM::Linkage::Internal,
                             "text" + std::to_string(next++), builder.getStringAttr(terminated));
  return global;
}

LLVM::GlobalOp Globals::make(StringRef name, Type type,
                             llvm::function_ref<Value(OpBuilder &, Value)> fill,
                             LLVM::Linkage linkage) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto global = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, linkage, name,
                                       Attribute(), /*alignment=*/0);
  builder.createBlock(&global.getInitializerRegion());
  const Value value = fill(builder, LLVM::UndefOp::create(builder, loc, type));
  LLVM::ReturnOp::create(builder, loc, value);
  return global;
}

Value Globals::address(OpBuilder &builder, LLVM::GlobalOp global) {
  return LLVM::AddressOfOp::create(builder, loc, global);
}
Value Globals::null(OpBuilder &builder) { return LLVM::ZeroOp::create(builder, loc, types.ptr); }
Value Globals::constant(OpBuilder &builder, Type type, int64_t value) {
  return LLVM::ConstantOp::create(builder, loc, type, builder.getIntegerAttr(type, value));
}
Value Globals::constant(OpBuilder &builder, float value) {
  return LLVM::ConstantOp::create(builder, loc, types.f32, builder.getF32FloatAttr(value));
}
Value Globals::insert(OpBuilder &builder, Value aggregate, Value value,
                      ArrayRef<int64_t> position) {
  return LLVM::InsertValueOp::create(builder, loc, aggregate, value, position);
}

Value Globals::fillField(OpBuilder &builder, Value block, int64_t index,
                         const ukernel::Field &field, Attribute value) {
  switch (field.kind) {
  case ukernel::FieldKind::I32:
    return insert(builder, block, constant(builder, types.i32, cast<IntegerAttr>(value).getInt()),
                  index);
  case ukernel::FieldKind::F32:
    return insert(builder, block,
                  LLVM::ConstantOp::create(builder, loc, types.f32, cast<FloatAttr>(value)), index);
  case ukernel::FieldKind::I32Array:
    for (const auto [i, element] : llvm::enumerate(cast<DenseI32ArrayAttr>(value).asArrayRef()))
      block = insert(builder, block, constant(builder, types.i32, element),
                     {index, static_cast<int64_t>(i)});
    return block;
  case ukernel::FieldKind::Pointer:
    return insert(builder, block,
                  value ? address(builder, data(cast<ElementsAttr>(value))) : null(builder), index);
  }
  llvm_unreachable("all field kinds are handled");
}

LLVM::GlobalOp Globals::params(ukernel::KernelCall call) {
  const ukernel::ParamsBlock &block = *ukernel::findParamsBlock(call.getKind());
  const DictionaryAttr values = call.getParams();
  LLVM::GlobalOp &made = blocks[call.getOperation()];
  if (made)
    return made;
  return made = make("params" + std::to_string(next++), types.paramsType(block),
                     [&](OpBuilder &builder, Value value) {
                       for (const auto &[index, field] : llvm::enumerate(block.fields))
                         value = fillField(builder, value, static_cast<int64_t>(index), field,
                                           values.get(field.name));
                       return value;
                     });
}
