//===- Observers.cpp - the observers of a module and where they look ------------------------===//

#include "Observers.h"

#include "qopt/Reference/Constants.h"
#include "qopt/Support/Text.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

bool calibrate::isPoint(Operation *op) {
  return isa_and_present<quantize::ObserveOp, quantize::FakeQuantOp>(op);
}

bool Observer::isGiven() {
  return symbol.getFixed() || !symbol.getObserverEnabled() ||
         symbol.getSpec().getObserver() == "fixed";
}

/// The observer that `name` means, entered if it is new.
static FailureOr<Observer *> observerOf(Operation *op, FlatSymbolRefAttr name,
                                        Observers &observers) {
  quantize::QParamsOp symbol = quantize::lookupQParams(op, name);
  if (!symbol)
    return op->emitError("expected the name of a qopt.qparams, got ") << name;
  Observer &observer = observers[name.getAttr()];
  observer.symbol = symbol;
  return &observer;
}

static LogicalResult addPoint(Operation *op, Observers &observers) {
  FailureOr<Observer *> found =
      observerOf(op, op->getAttrOfType<FlatSymbolRefAttr>("qparams"), observers);
  if (failed(found))
    return failure();
  Observer &observer = **found;
  Value input = op->getOperand(0);
  // A second point on a constant sees the constant too.
  while (isPoint(input.getDefiningOp()))
    input = input.getDefiningOp()->getOperand(0);
  if (isConstant(input)) {
    observer.constants.push_back(input);
    return success();
  }
  observer.seesData = true;
  if (!observer.producer)
    observer.producer = input.getDefiningOp();
  return success();
}

FailureOr<Observers> calibrate::collectObservers(ModuleOp module) {
  Observers observers;
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || function.isExternal())
    return module.emitError("expected a function @main, the prepared network");
  for (Operation &op : function.getBody().front()) {
    if (isPoint(&op)) {
      if (failed(addPoint(&op, observers)))
        return failure();
      continue;
    }
    auto mid = op.getAttrOfType<FlatSymbolRefAttr>("mid");
    if (!mid || !isa<QuantizableOpInterface>(op))
      continue;
    FailureOr<Observer *> found = observerOf(&op, mid, observers);
    if (failed(found))
      return failure();
    (*found)->seesData = true;
    (*found)->producer = &op;
  }
  return observers;
}

ObserverKind calibrate::kindOf(quantize::SpecAttr spec) {
  const ObserverKind kind = parseObserverName(spec.getObserver()).value_or(ObserverKind::MinMax);
  return kind == ObserverKind::PerChannelMinMax ? ObserverKind::MinMax : kind;
}

ObserverState calibrate::makeState(quantize::SpecAttr spec) {
  switch (stateKindOf(kindOf(spec))) {
  case StateKind::Histogram:
    return ObserverState::histogram(
        static_cast<int>(spec.getOption("bins", Histogram::kDefaultBins)));
  case StateKind::MovingAverage:
    return ObserverState::movingAverage(
        static_cast<float>(spec.getOption("averaging_constant", 0.01)));
  default:
    return ObserverState::minMax();
  }
}

llvm::Expected<std::optional<ObserverState>> calibrate::loadState(quantize::QParamsOp symbol) {
  if (!symbol.getState())
    return std::nullopt;
  const std::string where = "observer @" + symbol.getSymName().str();
  ArrayRef<char> bytes;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(*symbol.getState())) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob)
      return makeError(where + ": the resource of its state is missing from the file; calibrate "
                               "again");
    bytes = blob->getData();
  } else if (auto dense = dyn_cast<DenseElementsAttr>(*symbol.getState());
             dense && !dense.isSplat()) {
    bytes = dense.getRawData();
  }
  llvm::Expected<ObserverState> state =
      ObserverState::deserialize(StringRef(bytes.data(), bytes.size()), where);
  if (!state)
    return state.takeError();
  return std::optional<ObserverState>(std::move(*state));
}

void calibrate::storeState(quantize::QParamsOp symbol, const ObserverState &state) {
  const std::string bytes = state.serialize();
  const auto type = RankedTensorType::get({static_cast<int64_t>(bytes.size())},
                                          IntegerType::get(symbol.getContext(), 8));
  symbol.setStateAttr(DenseResourceElementsAttr::get(
      type, symbol.getSymName().str() + ".state",
      HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<char>(bytes.data(), bytes.size()))));
}

FlatSymbolRefAttr calibrate::carriedSymbol(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isPoint(op))
      return op->getAttrOfType<FlatSymbolRefAttr>("qparams");
    auto quantizable = dyn_cast<QuantizableOpInterface>(op);
    if (!quantizable)
      return {};
    const ResultRule rule = quantizable.getQuantRule().result;
    if (rule != ResultRule::SameAs && rule != ResultRule::Shared)
      return {};
    value = op->getOperand(0);
  }
  return {};
}
