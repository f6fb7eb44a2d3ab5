//===- UKernelToLLVM.cpp - plans as LLVM functions and constants --------------------===//

#include "Globals.h"
#include "Steps.h"
#include "TensorList.h"

#include "dialects/NN/NN.h"
#include "qopt/Lower/Passes.h"
#include "qrt/qrt.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace qopt::lower {
#define GEN_PASS_DEF_UKERNELTOLLVM
#include "qopt/Lower/Passes.h.inc"
} // namespace qopt::lower

namespace {

/// The functions of one plan.
struct EntryPoints {
  LLVM::LLVMFuncOp run, prepare;
};

/// Writes the entry functions of one plan.
class EntryWriter {
public:
  EntryWriter(ModuleOp module, const RuntimeTypes &types, Globals &globals, TensorList &tensors)
      : module(module), types(types), globals(globals), tensors(tensors),
        builder(module.getContext()) {}

  LLVM::LLVMFuncOp write(ukernel::ProgramOp program) {
    const std::string name = program.getSymName().str();
    program.setSymName(name + ".plan"); // erased later
    LLVM::LLVMFuncOp function = open(program, name, mostTensorsOfStep(program));
    for (Operation &op : program.getBody().front())
      writeOp(op);
    endStep();
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return function;
  }

  /// The function that fills the session's prepared memory, or null if there is none.
  LLVM::LLVMFuncOp writePrepare(ukernel::ProgramOp program, StringRef name) {
    if (program.getPreparedBytes() == 0)
      return {};
    LLVM::LLVMFuncOp function = open(program, (name + "_prepare").str(), 0);
    for (auto kernel : program.getBody().getOps<ukernel::KernelCall>())
      if (kernel.getPreparedAt()) {
        storeField(preparedPointer(kernel), {call::Out});
        writeCallOf((kernel.getKernel() + "_prepare").str(), kernel);
      }
    LLVM::ReturnOp::create(builder, loc, ValueRange());
    return function;
  }

private:
  /// Starts an entry function; the builder stands in it.
  LLVM::LLVMFuncOp open(ukernel::ProgramOp program, StringRef name, int64_t mostTensors) {
    loc = program.getLoc();
    builder.setInsertionPointToEnd(module.getBody());
    auto function = LLVM::LLVMFuncOp::create(builder, loc, name,
                                             LLVM::LLVMFunctionType::get(types.none, {types.ptr}),
                                             LLVM::Linkage::Internal);
    builder.setInsertionPointToStart(function.addEntryBlock(builder));
    begin(function.getArgument(0), mostTensors);
    return function;
  }

  Value constant(Type type, int64_t value) { return globals.constant(builder, type, value); }

  Value fieldAddress(Type type, Value base, ArrayRef<LLVM::GEPArg> path) {
    SmallVector<LLVM::GEPArg> indices{0};
    indices.append(path.begin(), path.end());
    return LLVM::GEPOp::create(builder, loc, types.ptr, type, base, indices);
  }
  Value loadField(Type type, int32_t index) {
    return LLVM::LoadOp::create(builder, loc, type, fieldAddress(types.frame, frame, {index}));
  }
  void storeField(Value value, ArrayRef<LLVM::GEPArg> path) {
    LLVM::StoreOp::create(builder, loc, value, fieldAddress(types.call, call, path));
  }

  /// What all calls have in common is stored once.
  void begin(Value frameArgument, int64_t mostTensors) {
    frame = frameArgument;
    call = LLVM::AllocaOp::create(builder, loc, types.ptr, types.call, constant(types.i64, 1));
    toldData = LLVM::AllocaOp::create(builder, loc, types.ptr, types.ptr,
                                      constant(types.i64, std::max<int64_t>(mostTensors, 1)));
    inputs = loadField(types.ptr, frame::Inputs);
    outputs = loadField(types.ptr, frame::Outputs);
    arena = loadField(types.ptr, frame::Arena);
    prepared = loadField(types.ptr, frame::Prepared);
    batch = loadField(types.i64, frame::Batch);
    storeField(loadField(types.ptr, frame::Scratch), {call::Scratch});
    storeField(batch, {call::Batch});
    storeField(loadField(types.i32, frame::Thread), {call::Thread});
    storeField(loadField(types.i32, frame::Threads), {call::Threads});
    pointers.clear();
    stepIsOpen = false;
    openStep = -1;
    nextStep = 0;
  }

  void writeOp(Operation &op) {
    if (auto kernel = dyn_cast<ukernel::KernelCall>(op))
      return writeCall(kernel);
    if (auto tensor = dyn_cast<ukernel::TensorOp>(op))
      return writeTensor(tensor);
    const Value buffer = op.getResult(0);
    if (auto input = dyn_cast<ukernel::InputOp>(op))
      pointers[buffer] = loadPointer(inputs, input.getIndex());
    else if (auto output = dyn_cast<ukernel::OutputOp>(op))
      pointers[buffer] = loadPointer(outputs, output.getIndex());
    else if (auto data = dyn_cast<ukernel::ConstantOp>(op))
      pointers[buffer] = globals.address(builder, globals.data(data.getValue()));
    else
      pointers[buffer] = arenaPointer(cast<ukernel::AllocOp>(op));
  }

  Value loadPointer(Value list, int64_t index) {
    const Value at = LLVM::GEPOp::create(builder, loc, types.ptr, types.ptr, list,
                                         ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(index)});
    return LLVM::LoadOp::create(builder, loc, types.ptr, at);
  }

  /// Offsets scale with the batch.
  Value arenaPointer(ukernel::AllocOp alloc) {
    const Value offset = LLVM::MulOp::create(
        builder, loc, batch, constant(types.i64, static_cast<int64_t>(*alloc.getOffset())));
    return LLVM::GEPOp::create(builder, loc, types.ptr, types.i8, arena,
                               ArrayRef<LLVM::GEPArg>{offset});
  }

  void writeCall(ukernel::KernelCall kernel) {
    endStep();
    stepIsOpen = true;
    openStep = nextStep++;
    for (const auto [index, input] : llvm::enumerate(kernel.getInputs()))
      storeField(pointers[input], {call::In, static_cast<int32_t>(index)});
    storeField(pointers[kernel.getOutput()], {call::Out});
    if (kernel.getPreparedAt())
      storeField(preparedPointer(kernel), {call::Prepared});
    writeCallOf(kernel.getKernel(), kernel);
  }

  Value preparedPointer(ukernel::KernelCall kernel) {
    const Value offset = constant(types.i64, static_cast<int64_t>(*kernel.getPreparedAt()));
    return LLVM::GEPOp::create(builder, loc, types.ptr, types.i8, prepared,
                               ArrayRef<LLVM::GEPArg>{offset});
  }

  /// Calls `symbol` with the parameter block of `kernel`, of which each has one.
  void writeCallOf(StringRef symbol, ukernel::KernelCall kernel) {
    LLVM::GlobalOp &block = blocks[kernel];
    if (!block)
      block = globals.params(kernel);
    LLVM::CallOp::create(builder, loc, declare(symbol, {types.ptr, types.ptr}),
                         ValueRange{globals.address(builder, block), call});
  }

  void writeTensor(ukernel::TensorOp tensor) {
    const Value buffer = pointers[tensor.getBuffer()];
    const Type element = tensor.getBuffer().getType().getElement();
    const Value data = LLVM::GEPOp::create(
        builder, loc, types.ptr, element, buffer,
        ArrayRef<LLVM::GEPArg>{constant(types.i64, static_cast<int64_t>(tensor.getOffset()))});
    const Value place = LLVM::GEPOp::create(builder, loc, types.ptr, types.ptr, toldData,
                                            ArrayRef<LLVM::GEPArg>{int32_t(told.size())});
    LLVM::StoreOp::create(builder, loc, data, place);
    told.push_back(tensors.indexOf(tensor));
    stepIsOpen = true;
  }

  /// A step ends in one barrier, which also tells the callback of the tensors that it made.
  void endStep() {
    if (!stepIsOpen)
      return;
    const Value count = constant(types.i32, static_cast<int64_t>(told.size()));
    const Value list = told.empty()
                           ? globals.null(builder)
                           : globals.address(builder, globals.data(builder.getI32TensorAttr(told)));
    LLVM::CallOp::create(
        builder, loc, declare("qrt_sync", {types.ptr, types.i32, types.i32, types.ptr, types.ptr}),
        ValueRange{frame, constant(types.i32, openStep), count, list, toldData});
    told.clear();
    stepIsOpen = false;
    openStep = -1;
  }

  LLVM::LLVMFuncOp declare(StringRef name, ArrayRef<Type> arguments) {
    if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
      return known;
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(module.getBody());
    auto function = LLVM::LLVMFuncOp::create(builder, loc, name,
                                             LLVM::LLVMFunctionType::get(types.none, arguments));
    function.setVisibility_(LLVM::Visibility::Hidden); // of the library in the same file
    function.setDsoLocal(true);
    return function;
  }

  ModuleOp module;
  const RuntimeTypes &types;
  Globals &globals;
  TensorList &tensors;
  OpBuilder builder;
  Location loc = UnknownLoc::get(builder.getContext());
  Value frame, call, inputs, outputs, arena, prepared, batch;
  DenseMap<Operation *, LLVM::GlobalOp> blocks;
  DenseMap<Value, Value> pointers;
  /// The tensors of the step that is being written, and memory for where they lie.
  SmallVector<int32_t> told;
  Value toldData;
  bool stepIsOpen = false;
  /// Its number among the plan's kernel calls; -1: tensors in front of the first.
  int64_t openStep = -1, nextStep = 0;
};

struct UKernelToLLVMPass : lower::impl::UKernelToLLVMBase<UKernelToLLVMPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<ukernel::ProgramOp> programs(module.getOps<ukernel::ProgramOp>());
    if (programs.empty()) {
      module.emitError("no ukernel.program to lower; run lower-to-ukernel first");
      return signalPassFailure();
    }
    for (ukernel::ProgramOp program : programs)
      if (failed(checkPlanned(program)) || failed(checkBorders(programs.front(), program)))
        return signalPassFailure();
    const RuntimeTypes types(&getContext());
    Globals globals(module, types);
    TensorList tensors;
    EntryWriter writer(module, types, globals, tensors);
    SmallVector<EntryPoints> entries;
    for (ukernel::ProgramOp program : programs) {
      const std::string symbol = program.getSymName().str();
      const LLVM::LLVMFuncOp run = writer.write(program);
      entries.push_back({run, writer.writePrepare(program, symbol)});
    }
    writeDescriptor(module, types, globals, programs, entries, tensors.all());
    for (ukernel::ProgramOp program : programs)
      program.erase();
    module->setAttrs(DictionaryAttr::get(&getContext()));
  }

private:
  LogicalResult checkPlanned(ukernel::ProgramOp program) {
    for (auto alloc : program.getBody().getOps<ukernel::AllocOp>())
      if (!alloc.getOffset())
        return alloc.emitOpError("has no place in the arena; run lower-plan-memory first");
    return success();
  }

  template <typename OpTy> static SmallVector<Described> borders(ukernel::ProgramOp program) {
    SmallVector<Described> list;
    for (OpTy op : program.getBody().getOps<OpTy>()) {
      const auto type = cast<RankedTensorType>(op.getTensor());
      list.push_back({op.getName(), type, rowStrides(type)});
    }
    return list;
  }

  LogicalResult checkBorders(ukernel::ProgramOp first, ukernel::ProgramOp other) {
    if (borders<ukernel::InputOp>(first) == borders<ukernel::InputOp>(other) &&
        borders<ukernel::OutputOp>(first) == borders<ukernel::OutputOp>(other) &&
        first.getFixedBatch() == other.getFixedBatch())
      return success();
    return other.emitOpError("has other inputs, outputs or batch than ") << first.getSymNameAttr();
  }

  Value describe(OpBuilder &builder, Globals &globals, const RuntimeTypes &types, Value list,
                 int64_t at, const Described &entry) {
    const auto put = [&](Value value, ArrayRef<int64_t> field) {
      SmallVector<int64_t> position{at};
      position.append(field.begin(), field.end());
      list = globals.insert(builder, list, value, position);
    };
    const auto number = [&](Type type, int64_t value) {
      return globals.constant(builder, type, value);
    };
    const auto quantized =
        dyn_cast_or_null<quant::UniformQuantizedType>(nn::getQuantizedElementType(entry.type));
    const int32_t dtype = !quantized             ? QRT_DTYPE_F32
                          : quantized.isSigned() ? QRT_DTYPE_S8
                                                 : QRT_DTYPE_U8;
    put(globals.address(builder, globals.string(entry.name)), {0});
    put(number(types.i32, dtype), {1});
    put(number(types.i32, entry.type.getRank()), {2});
    for (int64_t i = 0; i < QRT_MAX_RANK; ++i) {
      const bool counts = i < entry.type.getRank();
      const int64_t size = counts ? entry.type.getDimSize(i) : 0;
      put(number(types.i64, ShapedType::isDynamic(size) ? -1 : size), {3, i});
      put(number(types.i64, counts ? entry.strides[i] : 0), {4, i});
    }
    put(number(types.i32, quantized ? quantized.getZeroPoint() : 0), {5});
    put(globals.constant(builder, quantized ? static_cast<float>(quantized.getScale()) : 0.0f),
        {6});
    return list;
  }

  /// A list of tensor descriptors; an empty one still has an address.
  LLVM::GlobalOp writeList(Globals &globals, const RuntimeTypes &types, StringRef listName,
                           ArrayRef<Described> entries) {
    const Type type = LLVM::LLVMArrayType::get(types.tensorDesc, entries.size());
    return globals.make(listName, type, [&](OpBuilder &builder, Value list) {
      for (const auto &[index, entry] : llvm::enumerate(entries))
        list = describe(builder, globals, types, list, static_cast<int64_t>(index), entry);
      return list;
    });
  }

  LLVM::GlobalOp writeVariants(Globals &globals, const RuntimeTypes &types,
                               ArrayRef<ukernel::ProgramOp> programs,
                               ArrayRef<EntryPoints> entries) {
    SmallVector<StepList> steps;
    for (ukernel::ProgramOp program : programs)
      steps.push_back(writeSteps(program, types, globals));
    const Type type = LLVM::LLVMArrayType::get(types.variant, programs.size());
    return globals.make("variants", type, [&](OpBuilder &builder, Value list) {
      for (size_t i = 0; i < programs.size(); ++i) {
        ukernel::ProgramOp program = programs[i];
        const int64_t at = static_cast<int64_t>(i);
        const int64_t fields[] = {qrt_isa_from_name(program.getIsa().str().c_str()), steps[i].count,
                                  static_cast<int64_t>(program.getArenaBytes().value_or(0)),
                                  static_cast<int64_t>(program.getScratchBytes())};
        const Type fieldTypes[] = {types.i32, types.i32, types.i64, types.i64};
        for (int64_t f = 0; f < 4; ++f)
          list = globals.insert(builder, list, globals.constant(builder, fieldTypes[f], fields[f]),
                                {at, f});
        const Value entry = LLVM::AddressOfOp::create(builder, program.getLoc(), entries[i].run);
        list = globals.insert(builder, list, entry, {at, 4});
        const int64_t bytes = static_cast<int64_t>(program.getPreparedBytes());
        list = globals.insert(builder, list, globals.constant(builder, types.i64, bytes), {at, 5});
        const Value prepare =
            entries[i].prepare
                ? Value(LLVM::AddressOfOp::create(builder, program.getLoc(), entries[i].prepare))
                : globals.null(builder);
        list = globals.insert(builder, list, prepare, {at, 6});
        list = globals.insert(builder, list, globals.address(builder, steps[i].list), {at, 7});
      }
      return list;
    });
  }

  void writeDescriptor(ModuleOp module, const RuntimeTypes &types, Globals &globals,
                       ArrayRef<ukernel::ProgramOp> programs, ArrayRef<EntryPoints> entries,
                       ArrayRef<Described> tensors) {
    ukernel::ProgramOp first = programs.front();
    const SmallVector<Described> inputs = borders<ukernel::InputOp>(first);
    const SmallVector<Described> outputs = borders<ukernel::OutputOp>(first);
    auto hash = module->getAttrOfType<StringAttr>(kFingerprintAttr);
    const std::array<LLVM::GlobalOp, 6> parts = {
        globals.string(name.empty() ? StringRef("program") : StringRef(name)),
        globals.string(hash ? hash.getValue() : ""),
        writeList(globals, types, "inputs", inputs),
        writeList(globals, types, "outputs", outputs),
        writeList(globals, types, "tensors", tensors),
        writeVariants(globals, types, programs, entries)};
    const int64_t counts[] = {
        QRT_ABI_VERSION, static_cast<int64_t>(inputs.size()), static_cast<int64_t>(outputs.size()),
        static_cast<int64_t>(tensors.size()), static_cast<int64_t>(programs.size())};
    globals.make(
        QRT_PROGRAM_SYMBOL, types.program,
        [&](OpBuilder &builder, Value value) {
          for (int64_t i = 0; i < 5; ++i)
            value =
                globals.insert(builder, value, globals.constant(builder, types.i32, counts[i]), i);
          value = globals.insert(
              builder, value,
              globals.constant(builder, types.i64, static_cast<int64_t>(first.getFixedBatch())), 5);
          for (int64_t i = 0; i < 6; ++i)
            value = globals.insert(builder, value, globals.address(builder, parts[i]), 6 + i);
          return value;
        },
        LLVM::Linkage::External);
  }
};

} // namespace
