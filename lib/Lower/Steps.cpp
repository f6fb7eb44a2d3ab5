//===- Steps.cpp - descriptors of a plan's steps ------------------------------------===//

#include "Steps.h"

#include "dialects/NN/NN.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

static int64_t bytesOf(ElementsAttr data) {
  const auto type = cast<ShapedType>(data.getType());
  return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
}

/// The packed weights alone where there are some: what is beside them has gone into them.
static int64_t weightBytes(ukernel::KernelCall call) {
  if (auto packed = call.getParams().getAs<ElementsAttr>("packed"))
    return bytesOf(packed);
  int64_t bytes = 0;
  for (const NamedAttribute &entry : call.getParams())
    if (auto data = dyn_cast<ElementsAttr>(entry.getValue()))
      bytes += isa<DenseArrayAttr>(entry.getValue()) ? 0 : bytesOf(data);
  return bytes;
}

static int64_t dataBytes(ukernel::KernelCall call) {
  int64_t bytes = 0;
  for (const Value buffer : call->getOperands())
    bytes += cast<ukernel::BufferType>(buffer.getType()).getBytes();
  return bytes;
}

template <typename AttrTy> static AttrTy attribute(Operation *op, StringRef name) {
  return op->getAttrOfType<AttrTy>(name);
}

StepList lower::writeSteps(ukernel::ProgramOp program, const RuntimeTypes &types,
                           Globals &globals) {
  SmallVector<ukernel::KernelCall> calls;
  for (Operation &op : program.getBody().front())
    if (auto call = dyn_cast<ukernel::KernelCall>(op))
      calls.push_back(call);
  const auto text = [&](Operation *op, StringRef name) {
    auto found = attribute<StringAttr>(op, name);
    return globals.string(found                 ? found.getValue()
                          : name == kReasonAttr ? StringRef("first of its kind")
                                                : StringRef());
  };
  const Type type = LLVM::LLVMArrayType::get(types.step, calls.size());
  auto list =
      globals.make(("steps_" + program.getIsa()).str(), type, [&](OpBuilder &builder, Value value) {
        for (const auto &[index, call] : llvm::enumerate(calls)) {
          const int64_t at = static_cast<int64_t>(index);
          const LLVM::GlobalOp words[] = {text(call, nn::NNDialect::kNameAttr),
                                          globals.string(call.getKernel()),
                                          text(call, kReasonAttr)};
          for (int64_t i = 0; i < 3; ++i)
            value = globals.insert(builder, value, globals.address(builder, words[i]), {at, i});
          auto macs = attribute<IntegerAttr>(call, kMacsAttr);
          const int64_t numbers[] = {macs ? macs.getInt() : 0, dataBytes(call), weightBytes(call)};
          for (int64_t i = 0; i < 3; ++i)
            value = globals.insert(builder, value, globals.constant(builder, types.i64, numbers[i]),
                                   {at, 3 + i});
        }
        return value;
      });
  return {list, static_cast<int64_t>(calls.size())};
}
