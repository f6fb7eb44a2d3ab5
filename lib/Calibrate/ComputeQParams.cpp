//===- ComputeQParams.cpp - from statistics to scales and zero points ------------------===//

#include "BiasFloor.h"
#include "Ranges.h"
#include "Shard.h"

#include "qopt/Calibrate/Passes.h"

namespace qopt::calibrate {
#define GEN_PASS_DEF_CALIBRATECOMPUTEQPARAMS
#include "qopt/Calibrate/Passes.h.inc"
} // namespace qopt::calibrate

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

namespace {

/// Resolves the observers of a module, those that others follow from first.
class Resolver {
public:
  Resolver(Observers &observers, bool keepResolved)
      : observers(observers), keepResolved(keepResolved) {}

  LogicalResult run() {
    bool valid = true; // every observer's problem is reported
    for (auto &[name, observer] : observers)
      valid &= succeeded(resolve(observer));
    return success(valid);
  }

private:
  LogicalResult fail(Observer &observer, llvm::Error error) {
    return observer.symbol.emitError() << llvm::toString(std::move(error));
  }

  LogicalResult set(Observer &observer, llvm::Expected<Params> params) {
    if (!params)
      return fail(observer, params.takeError());
    observer.symbol.setQParams(params->scales, params->zeroPoints);
    return success();
  }

  LogicalResult resolve(Observer &observer) {
    if (!done.insert(observer.symbol).second)
      return success();
    const bool derives = observer.symbol.getDerivedFrom().has_value();
    // After training a derived symbol follows its source even where its own observer is off.
    const bool follows = keepResolved && derives;
    const bool kept = keepResolved && observer.symbol.isResolved();
    if (!follows && (kept || observer.isGiven()))
      return set(observer, givenParams(observer));
    if (derives) {
      FailureOr<bool> derived = derive(observer);
      if (failed(derived) || *derived)
        return derived;
    }
    return set(observer, observedParams(observer));
  }

  /// [N8] parameters that follow from those of the scalar op's input. False, and no longer
  /// derived, where they do not exist.
  FailureOr<bool> derive(Observer &observer) {
    quantize::QParamsOp symbol = observer.symbol;
    const FlatSymbolRefAttr source = symbol.getDerivedFromAttr();
    auto found = observers.find(source.getAttr());
    auto op = dyn_cast_if_present<DerivedResultOpInterface>(observer.producer);
    if (found == observers.end() || !op) {
      symbol.emitError() << observer.where() << " is derived from " << source
                         << ", but the value it observes comes from no scalar op on it; prepare "
                            "the module again";
      return failure();
    }
    if (failed(resolve(found->second)))
      return failure();
    quantize::QParamsOp input = found->second.symbol;
    if (!input.isResolved())
      return failure();
    const quantize::SpecAttr spec = symbol.getSpec();
    const auto params = op.deriveQParams(input.getScales()->front(), input.getZeroPoints()->front(),
                                         static_cast<int32_t>(spec.getQmin()),
                                         static_cast<int32_t>(spec.getQmax()));
    const bool moves = params && params->second != input.getZeroPoints()->front();
    if (!params || (spec.isSymmetric() && moves)) {
      symbol.removeDerivedFromAttr();
      return keepResolved && symbol.isResolved();
    }
    symbol.setQParams(params->first, params->second);
    return true;
  }

  Observers &observers;
  const bool keepResolved;
  llvm::DenseSet<Operation *> done;
};

struct CalibrateComputeQParams
    : calibrate::impl::CalibrateComputeQParamsBase<CalibrateComputeQParams> {
  using CalibrateComputeQParamsBase::CalibrateComputeQParamsBase;

  void runOnOperation() override {
    if (const std::optional<Shard> shard = Shard::of(getOperation())) {
      getOperation().emitError() << "holds the statistics of shard " << shard->text()
                                 << " only; merge all shards, and scales follow from the sum";
      return signalPassFailure();
    }
    FailureOr<Observers> observers = collectObservers(getOperation());
    if (failed(observers) || failed(Resolver(*observers, keepResolved).run()))
      return signalPassFailure();
    resolved += observers->size();
    const FailureOr<unsigned> count = raiseWeightScales(getOperation());
    if (failed(count))
      return signalPassFailure();
    raised += *count;
    for (auto &[name, observer] : *observers)
      recordObserved(observer);
  }
};
} // namespace
