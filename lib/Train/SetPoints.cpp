//===- SetPoints.cpp - switch observers and fake-quants on or off ------------------------===//

#include "Names.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Train/Passes.h"

#include <optional>

namespace qopt::train {
#define GEN_PASS_DEF_TRAINSETPOINTS
#include "qopt/Train/Passes.h.inc"
} // namespace qopt::train

using namespace mlir;
using namespace qopt;
using quantize::QParamsOp;

namespace {

struct SetPoints : train::impl::TrainSetPointsBase<SetPoints> {
  using TrainSetPointsBase::TrainSetPointsBase;

  /// on, off, or not given.
  FailureOr<std::optional<bool>> flagOf(StringRef option, StringRef word) {
    if (word.empty())
      return std::optional<bool>();
    if (word == "on" || word == "off")
      return std::optional<bool>(word == "on");
    return getOperation().emitError() << option << "=" << word << ": expected on or off";
  }

  void set(QParamsOp symbol, std::optional<bool> observerOn, std::optional<bool> fakeQuantOn) {
    const bool before[] = {symbol.getObserverEnabled(), symbol.getFakeQuantEnabled()};
    const bool after[] = {observerOn.value_or(before[0]), fakeQuantOn.value_or(before[1])};
    symbol.setObserverEnabled(after[0]);
    symbol.setFakeQuantEnabled(after[1]);
    changed += before[0] != after[0] || before[1] != after[1];
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    const FailureOr<std::optional<bool>> observerOn = flagOf("observer", observer);
    const FailureOr<std::optional<bool>> fakeQuantOn = flagOf("fake-quant", fakeQuant);
    if (failed(observerOn) || failed(fakeQuantOn))
      return failure();
    if (!*observerOn && !*fakeQuantOn)
      return module.emitError("train-set-points needs observer=on|off or fake-quant=on|off");
    llvm::Expected<train::Names> wanted = train::Names::parse(names);
    if (!wanted)
      return module.emitError() << llvm::toString(wanted.takeError());
    bool any = false;
    for (QParamsOp symbol : module.getOps<QParamsOp>()) {
      if (!wanted->match(symbol.getSymName()))
        continue;
      any = true;
      set(symbol, *observerOn, *fakeQuantOn);
    }
    if (any)
      return success();
    return module.emitError() << "names=" << names.getValue()
                              << " matches no qopt.qparams of this module";
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};

} // namespace
