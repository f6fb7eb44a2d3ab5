//===- CallList.cpp - the calls of a program as data for audits ---------------------===//

#include "CallList.h"

#include "dialects/NN/NN.h"
#include "qrt/calls.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

// The types below repeat these structs; a change there must be repeated here.
static_assert(QRT_CALLS_VERSION == 1 && sizeof(qrt_call_desc) == 56 &&
              sizeof(qrt_variant_calls) == 16 && sizeof(qrt_call_list) == 16);

namespace {
class CallListWriter {
public:
  CallListWriter(Globals &globals, const RuntimeTypes &types) : globals(globals), types(types) {
    call = structOf({types.ptr, types.ptr, types.ptr, types.ptr,
                     LLVM::LLVMArrayType::get(types.ptr, QRT_MAX_INPUTS)});
    variant = structOf({types.i32, types.i32, types.ptr});
  }

  void write(ArrayRef<ukernel::ProgramOp> programs);

private:
  /// The globals that one entry points to.
  struct Entry {
    SmallVector<LLVM::GlobalOp, 4> fields;
    SmallVector<LLVM::GlobalOp, 3> constants; ///< by input; null where it is no constant
  };

  LLVM::LLVMStructType structOf(ArrayRef<Type> fields) const {
    return LLVM::LLVMStructType::getLiteral(types.ptr.getContext(), fields);
  }
  Value number(OpBuilder &builder, int64_t value) {
    return globals.constant(builder, types.i32, value);
  }
  Entry entryOf(ukernel::KernelCall kernel);
  LLVM::GlobalOp writeCalls(ArrayRef<Entry> entries, size_t index);

  Globals &globals;
  const RuntimeTypes &types;
  LLVM::LLVMStructType call, variant;
};
} // namespace

CallListWriter::Entry CallListWriter::entryOf(ukernel::KernelCall kernel) {
  auto name = kernel->getAttrOfType<StringAttr>(nn::NNDialect::kNameAttr);
  Entry entry{{globals.string(name ? name.getValue() : ""), globals.string(kernel.getKind()),
               globals.string(kernel.getKernel()), globals.params(kernel)},
              SmallVector<LLVM::GlobalOp, 3>(QRT_MAX_INPUTS)};
  for (const auto &[index, input] : llvm::enumerate(kernel.getInputs()))
    if (auto constant = input.getDefiningOp<ukernel::ConstantOp>())
      entry.constants[index] = globals.data(constant.getValue());
  return entry;
}

LLVM::GlobalOp CallListWriter::writeCalls(ArrayRef<Entry> entries, size_t index) {
  const Type list = LLVM::LLVMArrayType::get(call, entries.size());
  return globals.make("calls" + std::to_string(index), list, [&](OpBuilder &builder, Value value) {
    const auto put = [&](LLVM::GlobalOp global, ArrayRef<int64_t> position) {
      const Value address = global ? globals.address(builder, global) : globals.null(builder);
      value = globals.insert(builder, value, address, position);
    };
    for (const auto &[at, entry] : llvm::enumerate(entries)) {
      const auto row = static_cast<int64_t>(at);
      for (const auto &[field, global] : llvm::enumerate(entry.fields))
        put(global, {row, static_cast<int64_t>(field)});
      for (const auto &[input, global] : llvm::enumerate(entry.constants))
        put(global, {row, 4, static_cast<int64_t>(input)});
    }
    return value;
  });
}

void CallListWriter::write(ArrayRef<ukernel::ProgramOp> programs) {
  struct Variant {
    int64_t isa, count;
    LLVM::GlobalOp calls;
  };
  SmallVector<Variant> variants;
  for (ukernel::ProgramOp program : programs) {
    std::vector<Entry> entries;
    for (ukernel::KernelCall kernel : program.getBody().getOps<ukernel::KernelCall>())
      entries.push_back(entryOf(kernel));
    variants.push_back({qrt_isa_from_name(program.getIsa().str().c_str()),
                        static_cast<int64_t>(entries.size()),
                        writeCalls(entries, variants.size())});
  }
  const LLVM::GlobalOp lists = globals.make(
      "call_lists", LLVM::LLVMArrayType::get(variant, variants.size()),
      [&](OpBuilder &builder, Value value) {
        for (const auto &[index, entry] : llvm::enumerate(variants)) {
          const auto row = static_cast<int64_t>(index);
          value = globals.insert(builder, value, number(builder, entry.isa), {row, 0});
          value = globals.insert(builder, value, number(builder, entry.count), {row, 1});
          value = globals.insert(builder, value, globals.address(builder, entry.calls), {row, 2});
        }
        return value;
      });
  const auto count = static_cast<int64_t>(variants.size());
  globals.make(
      QRT_CALLS_SYMBOL, structOf({types.i32, types.i32, types.ptr}),
      [&](OpBuilder &builder, Value value) {
        value = globals.insert(builder, value, number(builder, QRT_CALLS_VERSION), 0);
        value = globals.insert(builder, value, number(builder, count), 1);
        return globals.insert(builder, value, globals.address(builder, lists), 2);
      },
      LLVM::Linkage::External);
}

void lower::writeCallList(ArrayRef<ukernel::ProgramOp> programs, Globals &globals,
                          const RuntimeTypes &types) {
  CallListWriter(globals, types).write(programs);
}
