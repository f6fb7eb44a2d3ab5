//===- Interpreter.cpp - runs a network op by op -------------------------------------===//

#include "qopt/Reference/Interpreter.h"

#include "lib/Reference/Plan.h"
#include "lib/Reference/SimQuant.h"

#include "qopt/Support/Text.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

StringRef qopt::evalModeName(EvalMode mode) {
  static constexpr StringLiteral names[] = {"float", "simulate", "codes"};
  return names[static_cast<unsigned>(mode)];
}

DType TensorQuant::codeDType() const {
  if (bits > 16)
    return DType::I32;
  if (bits > 8)
    return isSigned ? DType::I16 : DType::U16;
  return isSigned ? DType::I8 : DType::U8;
}

bool TensorQuant::operator==(const TensorQuant &other) const {
  return scales == other.scales && zeroPoints == other.zeroPoints && axis == other.axis &&
         bits == other.bits && isSigned == other.isSigned && qmin == other.qmin &&
         qmax == other.qmax;
}

struct Interpreter::Impl {
  Plan plan;
  std::vector<RuntimeValue> slots;

  llvm::Error checkInputs(ArrayRef<Tensor> inputs) const;
  llvm::Error setInputs(ArrayRef<Tensor> inputs);
  llvm::Error runOps(size_t first, bool keep, SmallVectorImpl<Tensor> &outputs,
                     const RunHooks &hooks);
  llvm::Error runOp(OpPlan &entry, const RunHooks &hooks);
  void report(OpPlan &entry, unsigned index, const RunHooks &hooks);
};

Interpreter::Interpreter(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
Interpreter::~Interpreter() = default;

EvalMode Interpreter::mode() const { return impl->plan.mode; }
ArrayRef<TensorSpec> Interpreter::inputs() const { return impl->plan.inputs; }
ArrayRef<TensorSpec> Interpreter::outputs() const { return impl->plan.outputs; }

std::optional<int64_t> Interpreter::fixedBatch() const {
  for (const TensorSpec &spec : inputs())
    if (!spec.shape.empty() && !ShapedType::isDynamic(spec.shape[0]))
      return spec.shape[0];
  return std::nullopt;
}

llvm::Expected<std::unique_ptr<Interpreter>> Interpreter::create(ModuleOp module, EvalMode mode) {
  llvm::Expected<Plan> plan = makePlan(module, mode);
  if (!plan)
    return plan.takeError();
  auto impl = std::make_unique<Impl>();
  impl->plan = std::move(*plan);
  impl->slots.resize(impl->plan.numSlots);
  for (OpPlan &entry : impl->plan.ops)
    if (entry.isConstant)
      if (llvm::Error error = impl->runOp(entry, {}))
        return std::move(error);
  return std::unique_ptr<Interpreter>(new Interpreter(std::move(impl)));
}

llvm::Error Interpreter::Impl::checkInputs(ArrayRef<Tensor> inputs) const {
  if (inputs.size() != plan.inputs.size())
    return makeError("expected " + Twine(plan.inputs.size()) + " inputs, got " +
                     Twine(inputs.size()));
  std::optional<int64_t> batch;
  for (auto [tensor, spec] : llvm::zip_equal(inputs, plan.inputs)) {
    if (tensor.dtype() != DType::F32)
      return makeError("input '" + spec.name + "': expected f32, got " + dtypeName(tensor.dtype()));
    bool fits = tensor.rank() == static_cast<int64_t>(spec.shape.size());
    for (size_t i = 0; fits && i < spec.shape.size(); ++i)
      fits =
          ShapedType::isDynamic(spec.shape[i]) ? tensor.dim(i) > 0 : spec.shape[i] == tensor.dim(i);
    if (!fits)
      return makeError("input '" + spec.name + "': expected shape " + shapeText(spec.shape) +
                       ", got " + shapeText(tensor.shape()));
    if (spec.shape.empty() || !ShapedType::isDynamic(spec.shape[0]))
      continue;
    if (batch && *batch != tensor.dim(0))
      return makeError("input '" + spec.name + "': expected a batch of " + Twine(*batch) +
                       " as in the inputs before it, got " + Twine(tensor.dim(0)));
    batch = tensor.dim(0);
  }
  return llvm::Error::success();
}

/// Tells the observer of the run, and takes a replacement from it.
void Interpreter::Impl::report(OpPlan &entry, unsigned index, const RunHooks &hooks) {
  if (entry.reportNames[index].empty() || (!hooks.onValue && !hooks.replace))
    return;
  RuntimeValue &value = slots[entry.resultSlots[index]];
  const bool encode = plan.mode == EvalMode::Simulate && value.quant;
  auto record = [&](const Tensor &data) {
    return ValueRecord{entry.reportNames[index], entry.op->getResult(index), data,
                       value.quant.get(),        value.behindFloat,          value.exactFloat};
  };
  Tensor codes = encode ? sim::encode(value.data, *value.quant) : value.data;
  if (hooks.replace) {
    Tensor other = hooks.replace(record(codes));
    if (other) {
      assert(other.dtype() == codes.dtype() && other.shape() == codes.shape() &&
             "a replacement has the type and shape of the value");
      codes = other;
      value.data = encode ? sim::decode(codes, *value.quant) : codes;
    }
  }
  if (hooks.onValue)
    hooks.onValue(record(codes));
}

/// The column of the op's row that applies: an op that does not run on codes is evaluated in
/// f32 in every mode.
static Evaluator evaluatorFor(const OpContext &context, const EvaluatorRow &row) {
  const bool layer = isa<QuantizableOpInterface>(context.op);
  switch (context.mode) {
  case EvalMode::Float:
    return row.inFloat;
  case EvalMode::Simulate:
    return layer && !context.runsOnCodes() ? row.inFloat : row.inSimulate;
  case EvalMode::Codes:
    return layer && !context.resultQuant() && !context.givesFloat() ? row.inFloat : row.inCodes;
  }
  llvm_unreachable("all modes are handled");
}

llvm::Error Interpreter::Impl::runOp(OpPlan &entry, const RunHooks &hooks) {
  OpContext context(entry.op, plan.mode);
  bool behindFloat = false;
  for (unsigned slot : entry.operandSlots) {
    context.operands.push_back(&slots[slot]);
    behindFloat |= slots[slot].behindFloat;
  }
  context.results.resize(entry.resultSlots.size());
  context.resultQuants = entry.resultQuants;
  context.resultIsDerived = entry.resultIsDerived;
  context.pointQuant = entry.pointQuant;
  context.stateSlot = &entry.state;
  context.hooks = &hooks;
  if (llvm::Error error = evaluatorFor(context, *entry.row)(context))
    return error;
  auto layer = dyn_cast<QuantizableOpInterface>(entry.op);
  const bool exact = layer && context.givesFloat() && nn::givesDefinedFloat(entry.op) &&
                     (plan.mode == EvalMode::Codes || context.runsOnCodes()) &&
                     plan.mode != EvalMode::Float;
  const bool leftFloat = plan.mode == EvalMode::Simulate && layer && !isConfigured(layer);
  for (auto [index, slot] : llvm::enumerate(entry.resultSlots)) {
    slots[slot] = std::move(context.results[index]);
    if (leftFloat)
      slots[slot].quant = nullptr; // it moves floats
    slots[slot].exactFloat = exact;
    slots[slot].behindFloat = behindFloat || (entry.computesFloat && !slots[slot].quant && !exact);
  }
  for (unsigned index = 0; index < entry.resultSlots.size(); ++index)
    report(entry, index, hooks);
  return llvm::Error::success();
}

/// The ops from number `first` on; `keep` leaves dead values in their slots.
llvm::Error Interpreter::Impl::runOps(size_t first, bool keep, SmallVectorImpl<Tensor> &outputs,
                                      const RunHooks &hooks) {
  for (OpPlan &entry : llvm::MutableArrayRef(plan.ops).drop_front(first)) {
    if (entry.isConstant)
      continue;
    if (llvm::Error error = runOp(entry, hooks))
      return error;
    if (!keep)
      for (unsigned slot : entry.deadAfter)
        slots[slot] = {};
  }
  outputs.clear();
  for (unsigned slot : plan.outputSlots)
    outputs.push_back(slots[slot].data);
  return llvm::Error::success();
}

llvm::Error Interpreter::Impl::setInputs(ArrayRef<Tensor> inputs) {
  if (llvm::Error error = checkInputs(inputs))
    return error;
  for (auto [slot, tensor] : llvm::zip_equal(plan.inputSlots, inputs))
    slots[slot] = {tensor, nullptr};
  return llvm::Error::success();
}

llvm::Error Interpreter::run(ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &outputs,
                             const RunHooks &hooks) {
  if (llvm::Error error = impl->setInputs(inputs))
    return error;
  return impl->runOps(0, /*keep=*/false, outputs, hooks);
}

struct RunTrace::Values {
  std::vector<RuntimeValue> slots;
};

llvm::Error Interpreter::run(ArrayRef<Tensor> inputs, SmallVectorImpl<Tensor> &outputs,
                             RunTrace &trace) {
  if (llvm::Error error = impl->setInputs(inputs))
    return error;
  if (llvm::Error error = impl->runOps(0, /*keep=*/true, outputs, {}))
    return error;
  trace.values = std::make_shared<RunTrace::Values>(RunTrace::Values{impl->slots});
  return llvm::Error::success();
}

llvm::Error Interpreter::resume(const RunTrace &trace, size_t first,
                                SmallVectorImpl<Tensor> &outputs) {
  assert(trace.values->slots.size() == impl->slots.size() && "the trace is of another network");
  for (unsigned slot : impl->plan.inputSlots)
    impl->slots[slot] = trace.values->slots[slot];
  for (const OpPlan &entry : llvm::ArrayRef(impl->plan.ops).take_front(first))
    if (!entry.isConstant)
      for (unsigned slot : entry.resultSlots)
        impl->slots[slot] = trace.values->slots[slot];
  return impl->runOps(first, /*keep=*/false, outputs, {});
}
