//===- Plan.cpp - a function prepared for runs ---------------------------------------===//

#include "lib/Reference/Plan.h"

#include "qopt/Support/Text.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

namespace {

class Planner {
public:
  Planner(func::FuncOp function, EvalMode mode) : function(function) { plan.mode = mode; }

  llvm::Expected<Plan> run() {
    if (llvm::Error error = addInputs())
      return std::move(error);
    Block &body = function.getBody().front();
    for (Operation &op : body.without_terminator())
      if (llvm::Error error = addOp(op))
        return std::move(error);
    if (!missing.empty())
      return makeError("no " + evalModeName(plan.mode) + " evaluator for " +
                       joinList(missing, /*quote=*/false) + hintForMode());
    addOutputs(*body.getTerminator());
    findLastUses();
    return std::move(plan);
  }

private:
  func::FuncOp function;
  Plan plan;
  llvm::DenseMap<Value, unsigned> slots;
  llvm::DenseMap<Value, bool> constants;
  std::vector<std::string> missing;

  bool simulates() const { return plan.mode == EvalMode::Simulate; }

  std::string hintForMode() const {
    switch (plan.mode) {
    case EvalMode::Float:
      return "; float runs take modules before convert";
    case EvalMode::Simulate:
      return "; the simulation takes prepared modules, before convert";
    case EvalMode::Codes:
      return "; run convert first";
    }
    return {};
  }

  bool canRun(Operation &op, const EvaluatorRow &row) const {
    switch (plan.mode) {
    case EvalMode::Float:
      return row.inFloat;
    case EvalMode::Simulate:
      return row.inSimulate || (row.inFloat && isa<QuantizableOpInterface>(op));
    case EvalMode::Codes:
      break;
    }
    const bool floatLayer = isa<QuantizableOpInterface>(op) && !nn::computesOnCodes(&op);
    return floatLayer ? row.inFloat : row.inCodes;
  }

  unsigned newSlot(Value value) {
    slots[value] = plan.numSlots;
    return plan.numSlots++;
  }

  static TensorSpec specOf(std::string name, Type type) {
    return {std::move(name), llvm::to_vector(cast<RankedTensorType>(type).getShape())};
  }

  llvm::Error addInputs() {
    for (BlockArgument argument : function.getArguments()) {
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      if (!type || !type.getElementType().isF32())
        return makeError("@main: expected arguments of f32 tensors, got argument " +
                         Twine(argument.getArgNumber()) + " of another type");
      std::string name = nn::getValueName(argument);
      if (name.empty())
        name = ("arg" + Twine(argument.getArgNumber())).str();
      plan.inputs.push_back(specOf(name, type));
      plan.inputSlots.push_back(newSlot(argument));
    }
    return llvm::Error::success();
  }

  void addOutputs(Operation &terminator) {
    for (OpOperand &operand : terminator.getOpOperands()) {
      const unsigned index = operand.getOperandNumber();
      auto name = function.getResultAttrOfType<StringAttr>(index, nn::NNDialect::kNameAttr);
      std::string text = name ? name.str() : nn::getValueName(operand.get());
      if (text.empty())
        text = ("result" + Twine(index)).str();
      plan.outputs.push_back(specOf(text, operand.get().getType()));
      plan.outputSlots.push_back(slots.lookup(operand.get()));
    }
  }

  llvm::Error addOp(Operation &op) {
    OpPlan entry;
    entry.op = &op;
    entry.row = findEvaluator(&op);
    if (!entry.row || !canRun(op, *entry.row)) {
      std::string text = op.getName().getStringRef().str();
      if (auto name = op.getAttrOfType<StringAttr>(nn::NNDialect::kNameAttr))
        text += " '" + name.str() + "'";
      missing.push_back(std::move(text));
    }
    entry.isConstant = llvm::all_of(op.getOperands(), [&](Value v) { return constants.lookup(v); });
    for (Value operand : op.getOperands())
      entry.operandSlots.push_back(slots.lookup(operand));
    for (Value result : op.getResults()) {
      entry.resultSlots.push_back(newSlot(result));
      constants[result] = entry.isConstant;
    }
    if (llvm::Error error = addQuants(entry))
      return error;
    addNames(entry);
    auto quantizable = dyn_cast<QuantizableOpInterface>(op);
    entry.computesFloat = quantizable && quantizable.getQuantRule().result != ResultRule::SameAs &&
                          quantizable.getQuantRule().result != ResultRule::Shared;
    plan.ops.push_back(std::move(entry));
    return llvm::Error::success();
  }

  static bool isPoint(Operation *op) { return isa<quantize::ObserveOp, quantize::FakeQuantOp>(op); }

  /// The point that reads a value, or null. Behind a float op others may read the value too.
  static Operation *pointBehind(Value value) {
    const auto users = value.getUsers();
    const auto point = llvm::find_if(users, isPoint);
    return point == users.end() ? nullptr : *point;
  }

  /// The parameters behind symbol `name`; null for a point that is switched off.
  llvm::Expected<QuantPtr> resolve(Operation *op, FlatSymbolRefAttr name) {
    quantize::QParamsOp symbol = quantize::lookupQParams(op, name);
    if (!symbol)
      return makeError("no qopt.qparams named @" + name.getValue());
    if (!symbol.getFakeQuantEnabled())
      return QuantPtr();
    if (!symbol.isResolved())
      return makeError("observer @" + name.getValue() +
                       " has no scale yet; calibrate the module before simulating it");
    return quantOf(symbol);
  }

  llvm::Error addQuants(OpPlan &entry) {
    for (Value result : entry.op->getResults())
      entry.resultQuants.push_back(plan.mode == EvalMode::Codes ? quantOf(result.getType())
                                                                : QuantPtr());
    if (plan.mode == EvalMode::Codes) {
      if (auto mid = entry.op->getAttrOfType<TypeAttr>("mid"))
        entry.pointQuant = quantOf(mid.getValue());
      return llvm::Error::success();
    }
    if (!simulates())
      return llvm::Error::success();
    auto own = entry.op->getAttrOfType<FlatSymbolRefAttr>(isPoint(entry.op) ? "qparams" : "mid");
    if (own) {
      llvm::Expected<QuantPtr> quant = resolve(entry.op, own);
      if (!quant)
        return quant.takeError();
      entry.pointQuant = *quant;
    }
    if (isPoint(entry.op) || entry.op->hasAttr(quantize::QOptDialect::kFloatResultAttr))
      return llvm::Error::success();
    for (auto [index, result] : llvm::enumerate(entry.op->getResults())) {
      Operation *point = pointBehind(result);
      if (!point)
        continue;
      auto name = point->getAttrOfType<FlatSymbolRefAttr>("qparams");
      llvm::Expected<QuantPtr> quant = resolve(point, name);
      if (!quant)
        return quant.takeError();
      entry.resultQuants[index] = *quant;
      entry.resultIsDerived = quantize::lookupQParams(point, name)->hasAttr("derived_from");
    }
    return llvm::Error::success();
  }

  /// Before convert: whether a point stands before the value, with only moved codes between.
  static bool hasCodes(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op || isPoint(op))
      return op != nullptr;
    auto layer = dyn_cast<QuantizableOpInterface>(op);
    if (!layer || !isConfigured(layer))
      return false;
    const ResultRule rule = layer.getQuantRule().result;
    return (rule == ResultRule::SameAs || rule == ResultRule::Shared) &&
           hasCodes(op->getOperand(0));
  }

  /// The name of a border op's result: its own, or that of the value it passes on. A second
  /// point on a value is told from the first by its symbol.
  static std::string borderName(Operation *op) {
    std::string own = nn::getValueName(op->getResult(0));
    if (!own.empty())
      return own;
    Value input = op->getOperand(0);
    Operation *before = input.getDefiningOp();
    const bool second = isa<quantize::RequantizeOp>(op) || (isPoint(op) && hasCodes(input));
    if (before && (isPoint(before) || isa<quantize::QuantizeOp>(before)))
      own = borderName(before);
    else
      own = nn::getValueName(input);
    if (!second)
      return own;
    auto symbol = op->getAttrOfType<FlatSymbolRefAttr>(
        isPoint(op) ? StringRef("qparams") : StringRef(quantize::QOptDialect::kObserverAttr));
    return own + "@" + (symbol ? symbol.getValue().str() : std::string("requantized"));
  }

  /// A point reads the value, and reports it (with codes) under its name.
  bool leftToBorder(Value value) const {
    if (simulates())
      return pointBehind(value) != nullptr && !hasCodes(value);
    return plan.mode == EvalMode::Codes && llvm::any_of(value.getUsers(), [](Operation *user) {
             return isa<quantize::QuantizeOp>(user);
           });
  }

  void addNames(OpPlan &entry) {
    const bool border =
        isPoint(entry.op) || isa<quantize::QuantizeOp, quantize::RequantizeOp>(entry.op);
    for (Value result : entry.op->getResults()) {
      std::string name;
      const bool hidden =
          entry.isConstant || leftToBorder(result) || (isPoint(entry.op) && !simulates());
      if (!hidden)
        name = border ? borderName(entry.op) : nn::getValueName(result);
      entry.reportNames.push_back(std::move(name));
    }
  }

  void findLastUses() {
    std::vector<int> last(plan.numSlots, -1);
    std::vector<unsigned> kept(plan.outputSlots.begin(), plan.outputSlots.end());
    for (auto [index, entry] : llvm::enumerate(plan.ops)) {
      for (unsigned slot : entry.operandSlots)
        last[slot] = static_cast<int>(index);
      for (unsigned slot : entry.resultSlots)
        last[slot] = std::max(last[slot], static_cast<int>(index));
      if (entry.isConstant)
        kept.insert(kept.end(), entry.resultSlots.begin(), entry.resultSlots.end());
    }
    for (unsigned slot : kept)
      last[slot] = -1;
    for (unsigned slot = 0; slot < plan.numSlots; ++slot)
      if (last[slot] >= 0)
        plan.ops[last[slot]].deadAfter.push_back(slot);
  }
};

} // namespace

llvm::Expected<Plan> reference::makePlan(ModuleOp module, EvalMode mode) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || function.isExternal() || !llvm::hasSingleElement(function.getBody()))
    return makeError("the module has no function @main with one block; a network is one function");
  return Planner(function, mode).run();
}
