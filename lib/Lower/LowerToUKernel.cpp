//===- LowerToUKernel.cpp - @main becomes one plan per ISA --------------------------===//

#include "Lowering.h"

#include "qopt/Lower/Kernels.h"
#include "qopt/Lower/Passes.h"
#include "qopt/Support/Text.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace qopt::lower {
#define GEN_PASS_DEF_LOWERTOUKERNEL
#include "qopt/Lower/Passes.h.inc"
} // namespace qopt::lower

const LoweringTable &lower::loweringTable() {
  static const LoweringTable table = [] {
    LoweringTable made;
    addConvLowerings(made);
    addMatmulLowerings(made);
    addDynamicLowerings(made);
    addElementwiseLowerings(made);
    addBinaryLowerings(made);
    addPoolLowerings(made);
    addResizeLowerings(made);
    addMoveLowerings(made);
    addBorderLowerings(made);
    return made;
  }();
  return table;
}

const LoweringRow *LoweringTable::find(Operation *op) const {
  if (const LoweringRow *row = find(op->getName().getStringRef()))
    return row;
  static const LoweringRow tabulated{lowerTabulated, {"table"}};
  return isa<PointwiseOpInterface>(op) && op->hasAttr("table") ? &tabulated : nullptr;
}

std::optional<SmallVector<StringRef, 3>> qopt::kernelsOf(StringRef op) {
  const LoweringRow *row = loweringTable().find(op);
  return row ? std::optional(row->kernels) : std::nullopt;
}

/// Ops that need no lowering: constants are read where they are used.
static bool isPassive(Operation &op) { return isa<nn::ParameterOp, func::ReturnOp>(op); }

static LogicalResult checkOps(func::FuncOp main) {
  if (!main.getBody().hasOneBlock())
    return main.emitError("cannot be compiled: @main must have one block");
  llvm::SetVector<StringRef> missing;
  Operation *first = nullptr;
  for (Operation &op : main.getBody().front())
    if (!isPassive(op) && !loweringTable().find(&op)) {
      missing.insert(op.getName().getStringRef());
      first = first ? first : &op;
    }
  if (!first)
    return success();
  auto error = first->emitError("cannot be compiled: no kernels for ")
               << llvm::join(missing.getArrayRef(), ", ");
  if (llvm::any_of(missing, [](StringRef name) {
        return name == "qopt.observe" || name == "qopt.fake_quant";
      }))
    error << "; the module still has quantization points: run calibrate and convert first";
  else if (llvm::any_of(missing, [](StringRef name) {
             return !name.starts_with("nn.") && !name.starts_with("qopt.");
           }))
    error << "; lower ops of other dialects to nn first, or compile the module by their own way";
  return error;
}

/// The one size of dimension 0 of all inputs; 0: unknown.
static FailureOr<int64_t> batchOf(func::FuncOp main, int64_t wanted) {
  std::optional<int64_t> batch;
  for (const Type type : main.getArgumentTypes()) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || tensor.getRank() == 0)
      return main.emitError("cannot be compiled: input of type ")
             << type << ", expected a ranked tensor whose dimension 0 is the batch";
    const int64_t size = tensor.isDynamicDim(0) ? 0 : tensor.getDimSize(0);
    if (batch && *batch != size)
      return main.emitError("cannot be compiled: inputs with different batches in dimension 0");
    batch = size;
  }
  if (!batch)
    return main.emitError("cannot be compiled: @main has no inputs");
  if (wanted && *batch && wanted != *batch)
    return main.emitError("cannot be compiled for a batch of ")
           << wanted << ": the model is fixed to " << *batch;
  return *batch ? *batch : wanted;
}

/// Every tensor of the network with an unknown batch gets this one.
static void fixBatch(func::FuncOp main, int64_t batch) {
  const auto fix = [&](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || type.getRank() == 0 || !type.isDynamicDim(0))
      return;
    SmallVector<int64_t> shape(type.getShape());
    shape[0] = batch;
    value.setType(RankedTensorType::get(shape, type.getElementType()));
  };
  for (const Value argument : main.getArguments())
    fix(argument);
  for (Operation &op : main.getBody().front())
    for (const Value result : op.getResults())
      fix(result);
  Operation *exit = main.getBody().front().getTerminator();
  main.setFunctionType(FunctionType::get(
      main.getContext(), main.getBody().front().getArgumentTypes(), exit->getOperandTypes()));
}

static std::string borderName(DictionaryAttr attributes, StringRef kind, unsigned index) {
  if (attributes)
    if (auto name = attributes.getAs<StringAttr>(nn::NNDialect::kNameAttr))
      return name.str();
  return (kind + Twine(index)).str();
}

namespace {

/// Builds one plan.
class PlanBuilder {
public:
  PlanBuilder(func::FuncOp main, ukernel::ProgramOp program, const Lowering::Options &options,
              ConstantPool &pool)
      : main(main), program(program), lowering(program, options, pool) {}

  LogicalResult build() {
    lowering.setCurrent(main);
    if (failed(makeInputs()))
      return failure();
    for (Operation &op : main.getBody().front()) {
      if (isPassive(op))
        continue;
      lowering.setCurrent(&op);
      if (failed(loweringTable().find(&op)->lower(&op, lowering)))
        return failure();
      lowering.nameResults();
    }
    lowering.setCurrent(main.getBody().front().getTerminator());
    if (failed(makeOutputs()))
      return failure();
    program.setScratchBytes(lowering.scratchBytes());
    program.setPreparedBytes(lowering.preparedBytes());
    return success();
  }

private:
  LogicalResult makeInputs() {
    OpBuilder &builder = lowering.getBuilder();
    for (const BlockArgument argument : main.getArguments()) {
      FailureOr<Sizes> dims = lowering.sampleDims(argument.getType());
      if (failed(dims))
        return failure();
      const unsigned index = argument.getArgNumber();
      const View shape = denseView({}, *dims, rowMajor(dims->size()));
      auto input = ukernel::InputOp::create(
          builder, main.getLoc(),
          ukernel::BufferType::get(main.getContext(), shape.elements(),
                                   bufferElement(argument.getType())),
          builder.getI64IntegerAttr(index),
          builder.getStringAttr(borderName(main.getArgAttrDict(index), "input", index)),
          TypeAttr::get(argument.getType()));
      lowering.bind(argument, denseView(input, *dims, rowMajor(dims->size())));
    }
    return success();
  }

  LogicalResult makeOutputs() {
    Operation *exit = main.getBody().front().getTerminator();
    for (OpOperand &operand : exit->getOpOperands())
      if (failed(makeOutput(operand.get(), operand.getOperandNumber())))
        return failure();
    return success();
  }

  /// A buffer of the plan that holds exactly this value becomes the caller's memory; else
  /// the value is copied there.
  LogicalResult makeOutput(Value value, unsigned index) {
    FailureOr<View> from = lowering.view(value);
    FailureOr<Sizes> dims = lowering.sampleDims(value.getType());
    if (failed(from) || failed(dims))
      return failure();
    auto alloc = from->buffer.getDefiningOp<ukernel::AllocOp>();
    OpBuilder builder = lowering.getBuilder();
    const auto type = ukernel::BufferType::get(main.getContext(), from->elements(),
                                               bufferElement(value.getType()));
    if (lastOutput) // outputs stand in order behind the inputs
      builder.setInsertionPointAfter(lastOutput);
    else
      setAfterInputs(builder);
    auto output = ukernel::OutputOp::create(
        builder, value.getLoc(), type, builder.getI64IntegerAttr(index),
        builder.getStringAttr(borderName(main.getResultAttrDict(index), "output", index)),
        TypeAttr::get(value.getType()));
    lastOutput = output;
    if (alloc && alloc.getBuffer().getType() == type && isDense(*from, rowMajor(dims->size()))) {
      alloc.getBuffer().replaceAllUsesWith(output.getBuffer());
      alloc.erase();
      lowering.rebind(from->buffer, output.getBuffer());
      return success();
    }
    return lowering.copy(*from, denseView(output, *dims, rowMajor(dims->size())));
  }

  void setAfterInputs(OpBuilder &builder) {
    Block &body = program.getBody().front();
    builder.setInsertionPointToStart(&body);
    for (ukernel::InputOp input : body.getOps<ukernel::InputOp>())
      builder.setInsertionPointAfter(input);
  }

  func::FuncOp main;
  ukernel::ProgramOp program;
  Lowering lowering;
  Operation *lastOutput = nullptr;
};

struct LowerToUKernelPass : lower::impl::LowerToUKernelBase<LowerToUKernelPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main) {
      module.emitError("cannot be compiled: the module has no function @main");
      return signalPassFailure();
    }
    if (failed(checkOps(main)) || failed(lowerAll(module, main)))
      return signalPassFailure();
    for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
      if (!isa<ukernel::ProgramOp>(op))
        op.erase();
  }

private:
  FailureOr<qrt_isa> parseIsa(ModuleOp module, const std::string &name) {
    const int isa = qrt_isa_from_name(name.c_str());
    if (isa >= 0)
      return static_cast<qrt_isa>(isa);
    SmallVector<StringRef> names;
    for (int i = 0; i < QRT_ISA_COUNT; ++i)
      names.push_back(qrt_isa_name(static_cast<qrt_isa>(i)));
    return module.emitError("unknown ISA '")
           << name << "'" << didYouMean(name, names) << "; expected some of " << joinList(names);
  }

  LogicalResult lowerAll(ModuleOp module, func::FuncOp main) {
    FailureOr<int64_t> batch = batchOf(main, fixedBatch);
    if (failed(batch))
      return failure();
    module->setAttr(kFingerprintAttr, StringAttr::get(&getContext(), moduleFingerprint(module)));
    if (*batch)
      fixBatch(main, *batch);
    llvm::Expected<std::unique_ptr<Tuner>> tuner = Tuner::create(tune, tuneCache);
    if (!tuner)
      return module.emitError(llvm::toString(tuner.takeError()));
    ConstantPool pool(&getContext());
    std::vector<std::string> names(isas.begin(), isas.end());
    if (names.empty())
      names.push_back("scalar");
    for (const std::string &name : names) {
      FailureOr<qrt_isa> isa = parseIsa(module, name);
      if (failed(isa))
        return failure();
      OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
      auto program = ukernel::ProgramOp::create(builder, main.getLoc(), "main_" + name, name,
                                                *batch, 0, 0, IntegerAttr());
      program.getBody().emplaceBlock();
      if (*tuner && !qrt_cpu_supports(*isa))
        module.emitRemark("not tuned for ")
            << name << ", which this machine does not have: kernels are chosen by estimate";
      PlanBuilder plan(main, program, {*isa, dnnl, *batch, tuner->get()}, pool);
      if (failed(plan.build()))
        return failure();
    }
    if (*tuner)
      if (llvm::Error error = (*tuner)->save())
        module.emitWarning("what was measured is not kept: ") << llvm::toString(std::move(error));
    return success();
  }
};

} // namespace
