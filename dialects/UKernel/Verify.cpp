//===- Verify.cpp - what must hold for a plan ---------------------------------------===//

#include "dialects/UKernel/Fields.h"
#include "dialects/UKernel/UKernel.h"
#include "qrt/kernel_table.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace qopt::ukernel;

LogicalResult ProgramOp::verify() {
  const std::string name = getIsa().str();
  if (qrt_isa_from_name(name.c_str()) >= 0)
    return success();
  auto error = emitOpError("[program_c1] unknown ISA '") << name << "'; expected one of ";
  for (int isa = 0; isa < QRT_ISA_COUNT; ++isa)
    error << (isa ? ", " : "") << qrt_isa_name(static_cast<qrt_isa>(isa));
  return error;
}

/// The number of elements of one sample: an unknown dimension 0 counts as 1.
static int64_t elementsPerSample(RankedTensorType type, int64_t fixedBatch) {
  int64_t count = 1;
  for (const int64_t size : type.getShape())
    count *= ShapedType::isDynamic(size) ? 1 : size;
  const bool batchCounted = type.getRank() > 0 && !type.isDynamicDim(0);
  return fixedBatch > 1 && batchCounted ? count / fixedBatch : count;
}

static LogicalResult verifyTensor(Operation *op, StringRef label, Type tensor, Value buffer) {
  const int64_t fixedBatch = cast<ProgramOp>(op->getParentOp()).getFixedBatch();
  const int64_t expected = elementsPerSample(cast<RankedTensorType>(tensor), fixedBatch);
  const int64_t actual = cast<BufferType>(buffer.getType()).getCount();
  if (expected == actual)
    return success();
  return op->emitOpError() << "[" << label << "] " << tensor << " has " << expected
                           << " elements a sample, the buffer " << actual;
}

template <typename OpTy> static LogicalResult verifyBorder(OpTy op, StringRef name) {
  int64_t position = 0;
  for (OpTy other : op->getBlock()->template getOps<OpTy>()) {
    if (other == op)
      break;
    ++position;
  }
  if (static_cast<int64_t>(op.getIndex()) != position)
    return op.emitOpError() << "[" << name << "_c2] expected index " << position << ", got "
                            << op.getIndex();
  return verifyTensor(op, (name + "_c1").str(), op.getTensor(), op.getBuffer());
}

LogicalResult InputOp::verify() { return verifyBorder(*this, "input"); }
LogicalResult OutputOp::verify() { return verifyBorder(*this, "output"); }

LogicalResult TensorOp::verify() {
  const auto type = cast<RankedTensorType>(getTensor());
  const ArrayRef<int64_t> strides = getStrides();
  if (static_cast<int64_t>(strides.size()) != type.getRank())
    return emitOpError("[tensor_c1] ")
           << type << " needs " << type.getRank() << " strides, got " << strides.size();
  const int64_t count = getBuffer().getType().getCount();
  // A fixed batch of 1 has no dimension that stands apart.
  const bool hasBatch =
      cast<ProgramOp>((*this)->getParentOp()).getFixedBatch() != 1 && type.getRank() > 0;
  if (hasBatch && strides[0] != count && strides[0] != 0)
    return emitOpError("[tensor_c2] samples lie ")
           << count << " elements apart in the buffer, got a stride of " << strides[0];
  int64_t first = getOffset(), last = getOffset();
  for (int64_t i = hasBatch; i < type.getRank(); ++i) {
    const int64_t reach = (type.getDimSize(i) - 1) * strides[i];
    (reach < 0 ? first : last) += reach;
  }
  if (first < 0 || last >= count)
    return emitOpError("[tensor_c2] a sample's elements lie at ")
           << first << " to " << last << ", outside of the " << count << " of the buffer";
  return success();
}

LogicalResult AllocOp::verify() {
  if (!getOffset())
    return success();
  const int64_t offset = *getOffset();
  auto program = cast<ProgramOp>((*this)->getParentOp());
  const int64_t end = offset + getBuffer().getType().getBytes();
  if (offset < 0 || offset % 64 != 0 ||
      end > static_cast<int64_t>(program.getArenaBytes().value_or(0)))
    return emitOpError("[alloc_c1] bytes ")
           << offset << " to " << end << " must start at a multiple of 64 and lie in the arena of "
           << program.getArenaBytes().value_or(0);
  return success();
}

LogicalResult ConstantOp::verify() {
  SmallVector<char> storage;
  const size_t bytes = rawBytes(getValue(), storage).size();
  if (static_cast<int64_t>(bytes) != getBuffer().getType().getBytes())
    return emitOpError("[constant_c1] ")
           << bytes << " bytes of data do not fill " << getBuffer().getType();
  return success();
}

static bool fits(const Field &field, Attribute value) {
  switch (field.kind) {
  case FieldKind::I32:
    return isa<IntegerAttr>(value) && cast<IntegerAttr>(value).getType().isInteger(32);
  case FieldKind::F32:
    return isa<FloatAttr>(value) && cast<FloatAttr>(value).getType().isF32();
  case FieldKind::I32Array:
    return isa<DenseI32ArrayAttr>(value) && cast<DenseI32ArrayAttr>(value).size() == field.count;
  case FieldKind::Pointer:
    return isa<ElementsAttr>(value);
  }
  llvm_unreachable("all field kinds are handled");
}

static std::string describe(const Field &field) {
  switch (field.kind) {
  case FieldKind::I32:
    return "an i32";
  case FieldKind::F32:
    return "an f32";
  case FieldKind::I32Array:
    return ("array<i32> of " + Twine(field.count)).str();
  case FieldKind::Pointer:
    return "constant data";
  }
  llvm_unreachable("all field kinds are handled");
}

static LogicalResult verifyFields(Operation *op, const ParamsBlock &block, DictionaryAttr params) {
  size_t found = 0;
  for (const Field &field : block.fields) {
    const Attribute value = params.get(field.name);
    if (!value && field.kind == FieldKind::Pointer)
      continue;
    if (!value)
      return op->emitOpError() << "[call_c2] parameter '" << field.name << "' is missing";
    if (!fits(field, value))
      return op->emitOpError() << "[call_c2] parameter '" << field.name << "' expects "
                               << describe(field) << ", got " << value;
    ++found;
  }
  if (found == params.size())
    return success();
  for (const NamedAttribute entry : params)
    if (llvm::none_of(block.fields, [&](const Field &f) { return f.name == entry.getName(); }))
      return op->emitOpError() << "[call_c2] unknown parameter " << entry.getName() << " of kind "
                               << block.kind;
  llvm_unreachable("more entries than fields, yet all are known");
}

static LogicalResult verifyPrepared(KernelCall call, const qrt_kernel_row &row) {
  const std::optional<uint64_t> at = call.getPreparedAt();
  const uint64_t end = cast<ProgramOp>(call->getParentOp()).getPreparedBytes();
  if (row.prepare_symbol ? at && *at % 64 == 0 && *at < end : !at)
    return success();
  auto error = call->emitOpError("[call_c4] kernel '") << call.getKernel() << "' ";
  if (!row.prepare_symbol)
    return error << "prepares no weights, so it has no place for them";
  return error << "needs a place for its prepared weights: a multiple of 64 below the program's "
               << end << " bytes";
}

static LogicalResult verifyKernel(KernelCall call) {
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  auto program = cast<ProgramOp>(call->getParentOp());
  const int isa = qrt_isa_from_name(program.getIsa().str().c_str());
  for (size_t i = 0; i < count; ++i)
    if (call.getKernel() == rows[i].symbol && call.getKind() == rows[i].kind) {
      if (isa < 0 || qrt_isa_includes(static_cast<qrt_isa>(isa), rows[i].isa))
        return verifyPrepared(call, rows[i]);
      return call->emitOpError("[call_c3] kernel '")
             << call.getKernel() << "' needs the ISA " << qrt_isa_name(rows[i].isa)
             << ", the program is for " << program.getIsa();
    }
  return call->emitOpError("[call_c3] '")
         << call.getKernel() << "' is not a kernel of kind " << call.getKind();
}

LogicalResult qopt::ukernel::verifyKernelCall(Operation *op) {
  auto call = cast<KernelCall>(op);
  const auto [least, most] = call.getInputCounts();
  const int inputs = static_cast<int>(call.getInputs().size());
  if (inputs < least || inputs > most)
    return op->emitOpError("[call_c1] expected ")
           << least << " to " << most << " inputs, got " << inputs;
  const ParamsBlock *block = findParamsBlock(call.getKind());
  if (!block)
    return op->emitOpError("[call_c2] params.def has no block '") << call.getKind() << "'";
  if (failed(verifyFields(op, *block, call.getParams())))
    return failure();
  return verifyKernel(call);
}
