//===- InsertObservers.cpp - the plan becomes symbols and points -----------------------===//

#include "Plan.h"
#include "qopt/Prepare/Passes.h"

#include "llvm/ADT/StringSet.h"

#include <cmath>

namespace qopt::prepare {
#define GEN_PASS_DEF_PREPAREINSERTOBSERVERS
#include "qopt/Prepare/Passes.h.inc"
} // namespace qopt::prepare

using namespace mlir;
using namespace qopt;
using namespace qopt::prepare;
using quantize::ObserveOp;
using quantize::QParamsOp;
using quantize::SpecAttr;

namespace {

/// Makes symbols and points in one function.
class Inserter {
public:
  Inserter(ModuleOp module, func::FuncOp function, const Plan &plan)
      : module(module), function(function), plan(plan), symbols(module.getBodyRegion()) {
    for (auto named : module.getOps<SymbolOpInterface>())
      taken.insert(named.getName());
    symbols.setInsertionPoint(function);
  }

  void run();

  int64_t numActivations = 0, numWeights = 0, numMids = 0, numRequantized = 0;

private:
  FlatSymbolRefAttr makeSymbol(StringRef name, SpecAttr spec, StringRef rule, Location loc);
  FlatSymbolRefAttr symbolOf(Value leader);
  void addPoint(const Point &point);
  void addRequantized(OpOperand &operand);
  void addWeights(QuantizableOpInterface op);
  void addMid(QuantizableOpInterface op);
  void includePadValue(nn::PadOp pad);

  ModuleOp module;
  func::FuncOp function;
  const Plan &plan;
  OpBuilder symbols;
  llvm::StringSet<> taken;
  Operation *lastInputPoint = nullptr;
  llvm::MapVector<Value, FlatSymbolRefAttr> symbolOfLeader;
  llvm::MapVector<std::pair<Value, Attribute>, Value> weightPoints, sharedPoints;
};

} // namespace

FlatSymbolRefAttr Inserter::makeSymbol(StringRef name, SpecAttr spec, StringRef rule,
                                       Location loc) {
  std::string unique = name.str();
  for (unsigned suffix = 1; !taken.insert(unique).second; ++suffix)
    unique = (name + "." + Twine(suffix)).str();
  const NamedAttribute attributes[] = {
      symbols.getNamedAttr("sym_name", symbols.getStringAttr(unique)),
      symbols.getNamedAttr("spec", spec),
      symbols.getNamedAttr("rule", symbols.getStringAttr(rule))};
  QParamsOp::create(symbols, loc, TypeRange(), ValueRange(), attributes);
  return FlatSymbolRefAttr::get(module.getContext(), unique);
}

/// The symbol of a value or group; made when first asked for.
FlatSymbolRefAttr Inserter::symbolOf(Value leader) {
  FlatSymbolRefAttr &symbol = symbolOfLeader[leader];
  if (symbol)
    return symbol;
  const Point &point = plan.points.find(leader)->second;
  const std::string name = nameOf(leader);
  if (point.fixedByName)
    return symbol = FlatSymbolRefAttr::get(module.getContext(), name);
  const FlatSymbolRefAttr made = makeSymbol(name, point.spec, point.rule, leader.getLoc());
  auto qparams = quantize::lookupQParams(module, made);
  if (point.known) {
    qparams.setQParams({point.known->scale}, {point.known->zeroPoint});
    qparams.setFixed(true);
  }
  if (point.derivedFrom)
    qparams.setDerivedFromAttr(symbolOf(plan.leaderOf(point.derivedFrom)));
  return symbolOfLeader[leader] = made;
}

/// Puts the point behind the value. What is float beside it reads the value as it was: of an
/// op on codes there is none but the codes.
void Inserter::addPoint(const Point &point) {
  const FlatSymbolRefAttr symbol = symbolOf(plan.leaderOf(point.value));
  Value value = point.value;
  OpBuilder builder(module.getContext());
  if (isa<BlockArgument>(value) && lastInputPoint)
    builder.setInsertionPointAfter(lastInputPoint);
  else
    builder.setInsertionPointAfterValue(value);
  auto observe = ObserveOp::create(builder, value.getLoc(), value.getType(), value, symbol);
  if (isa<BlockArgument>(value))
    lastInputPoint = observe;
  value.replaceUsesWithIf(observe.getResult(), [&](OpOperand &use) {
    return use.getOwner() != observe && (!point.border || readsCodes(use));
  });
  ++numActivations;
}

/// A second point, with the group's parameters, for one operand of a cat (N10).
void Inserter::addRequantized(OpOperand &operand) {
  Operation *cat = operand.getOwner();
  const FlatSymbolRefAttr symbol = symbolOf(plan.leaderOf(cat->getResult(0)));
  Value &point = sharedPoints[{operand.get(), symbol}];
  if (!point) {
    OpBuilder builder(module.getContext());
    builder.setInsertionPointAfterValue(operand.get());
    point =
        ObserveOp::create(builder, cat->getLoc(), operand.get().getType(), operand.get(), symbol);
    ++numRequantized;
  }
  operand.set(point);
}

/// One point per weight, spec and axis; users that want another quantization of the same
/// parameter get a copy of it, so that no value is observed twice.
void Inserter::addWeights(QuantizableOpInterface op) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.getOperandRole(operand.getOperandNumber()) != OperandRole::Weight)
      continue;
    Value constant = operand.get();
    if (!isConstant(constant))
      continue; // stands behind its point already
    QParamsOp fixed = fixedParams(module, constant);
    // Those along the channels of another layer that shares the weight are that layer's.
    if (fixed && fixed.getSpec().isPerChannel() &&
        static_cast<int64_t>(fixed.getAxis().value_or(0)) != op.getQuantRule().weightAxis)
      fixed = {};
    const SpecAttr spec = fixed ? fixed.getSpec() : configOf(op).getWeight();
    const int64_t axis = spec.isPerChannel() ? op.getQuantRule().weightAxis : -1;
    Builder attributes(module.getContext());
    const Attribute key = attributes.getArrayAttr({spec, attributes.getI64IntegerAttr(axis)});
    Value &point = weightPoints[{constant, key}];
    if (!point) {
      OpBuilder builder(module.getContext());
      builder.setInsertionPointAfterValue(constant);
      nn::ParameterOp parameter = nn::getParameter(constant);
      if (parameter && llvm::any_of(parameter->getUsers(), isPoint)) {
        auto copy = cast<nn::ParameterOp>(builder.clone(*parameter));
        copy.setName(nn::uniqueParameterName(function, parameter.getName()));
        constant = copy;
      }
      const FlatSymbolRefAttr symbol =
          fixed ? FlatSymbolRefAttr::get(fixed.getSymNameAttr())
                : makeSymbol(nameOf(constant), spec, configOf(op).getRule(), constant.getLoc());
      if (axis >= 0)
        quantize::lookupQParams(module, symbol).setAxis(axis);
      point = ObserveOp::create(builder, constant.getLoc(), constant.getType(), constant, symbol);
      ++numWeights;
    }
    operand.set(point);
  }
}

/// The one point inside a group: between the accumulator and a residual or a table (N7, N10).
void Inserter::addMid(QuantizableOpInterface op) {
  const quantize::QConfigAttr config = configOf(op);
  if (!hasMidResidual(op) && !tabulatedAct(op))
    return;
  op->setAttr("mid", makeSymbol(nameOf(op->getResult(0)) + ".mid", config.getActivation(),
                                config.getRule(), op.getLoc()));
  ++numMids;
}

/// The value that a pad writes belongs to the range of its input's observer (N9).
void Inserter::includePadValue(nn::PadOp pad) {
  const double value = pad.getValue().convertToDouble();
  const Value source = sourceOf(pad.getInput(), /*throughPoints=*/true);
  const auto symbol = symbolOfLeader.find(plan.leaderOf(source));
  if (value == 0.0 || symbol == symbolOfLeader.end())
    return;
  auto qparams = quantize::lookupQParams(module, symbol->second);
  if (qparams.getFixed())
    return;
  // Zero is always in the range, so the farthest value on each side is enough.
  const SpecAttr spec = qparams.getSpec();
  const StringRef key = value > 0.0 ? "include" : "include_low";
  if (std::fabs(spec.getOption(key, 0.0)) >= std::fabs(value))
    return;
  NamedAttrList options(spec.getOptions());
  options.set(key, FloatAttr::get(Float64Type::get(module.getContext()), value));
  qparams.setSpecAttr(SpecAttr::get(module.getContext(), spec.getBits(), spec.getIsSigned(),
                                    spec.getQmin(), spec.getQmax(), spec.getScheme(),
                                    spec.getGranularity(), spec.getObserver(),
                                    options.getDictionary(module.getContext())));
}

void Inserter::run() {
  // Activations first: their symbols bear the names of their values.
  for (const auto &[value, point] : plan.points)
    symbolOf(plan.leaderOf(value));
  for (const auto &[value, point] : plan.points)
    if (!shares(value.getDefiningOp()))
      addPoint(point);
  for (OpOperand *operand : plan.requantized)
    addRequantized(*operand);
  function.walk([&](QuantizableOpInterface op) {
    if (!onCodes(op))
      return;
    addWeights(op);
    addMid(op);
    if (auto pad = dyn_cast<nn::PadOp>(op.getOperation()))
      includePadValue(pad);
  });
}

namespace {

struct InsertObserversPass : prepare::impl::PrepareInsertObserversBase<InsertObserversPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    for (func::FuncOp function : llvm::to_vector(module.getOps<func::FuncOp>())) {
      if (function.isExternal())
        continue;
      const WalkResult found = function.walk([](Operation *op) {
        return isPoint(op) ? WalkResult::interrupt() : WalkResult::advance();
      });
      if (found.wasInterrupted()) {
        emitError(function.getLoc())
            << "@" << function.getName()
            << " has quantization points already; prepare the module that qconfig wrote";
        return signalPassFailure();
      }
      Plan plan(function);
      if (failed(plan.make()))
        return signalPassFailure();
      Inserter inserter(module, function, plan);
      inserter.run();
      activations += inserter.numActivations;
      weights += inserter.numWeights;
      mids += inserter.numMids;
      requantized += inserter.numRequantized;
      groups += plan.numGroups();
    }
    dropUnusedFixed();
  }

  /// Parameters fixed by name for a value that stays float have no effect: say so.
  void dropUnusedFixed() {
    ModuleOp module = getOperation();
    const llvm::DenseSet<StringAttr> used = usedSymbols(module);
    for (QParamsOp qparams : llvm::make_early_inc_range(module.getOps<QParamsOp>())) {
      if (used.contains(qparams.getSymNameAttr()))
        continue;
      emitWarning(qparams.getLoc())
          << qparams.getRule().value_or("fixed parameters") << " of '" << qparams.getSymName()
          << "' have no effect: no op on codes makes or reads that value, or its group has "
             "parameters already";
      qparams.erase();
    }
  }
};

} // namespace
