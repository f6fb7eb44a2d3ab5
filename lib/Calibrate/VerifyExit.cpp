//===- VerifyExit.cpp - what a calibrated module promises
//-----------------------------------------===//

#include "BiasFloor.h"

#include "qopt/Calibrate/Passes.h"
#include "qopt/Reference/Constants.h"

namespace qopt::calibrate {
#define GEN_PASS_DEF_CALIBRATEVERIFYEXIT
#include "qopt/Calibrate/Passes.h.inc"
} // namespace qopt::calibrate

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

static LogicalResult verifyObserver(Observer &observer) {
  quantize::QParamsOp symbol = observer.symbol;
  if (!symbol.isResolved())
    return symbol.emitError() << observer.where()
                              << " has no scale and zero point; run calibrate-compute-qparams";
  if (!symbol.getSpec().isPerChannel())
    return success();
  for (const Value constant : observer.constants) {
    const auto type = cast<RankedTensorType>(constant.getType());
    const auto axis = static_cast<int64_t>(*symbol.getAxis());
    const int64_t channels = axis < type.getRank() ? type.getDimSize(axis) : -1;
    if (channels != static_cast<int64_t>(symbol.getScales()->size()))
      return symbol.emitError() << observer.where() << " has " << symbol.getScales()->size()
                                << " scales, but constant \"" << constantName(constant) << "\" has "
                                << channels << " channels along axis " << axis;
  }
  return success();
}

static LogicalResult verifyBias(FusionRootOpInterface op) {
  FailureOr<WeightFloors> floors = weightFloors(op);
  if (failed(floors))
    return failure();
  for (auto [channel, floor] : llvm::enumerate(floors->floors))
    if ((*floors->weight.getScales())[channel] < floor)
      return op->emitError() << "'" << nn::getValueName(op->getResult(0))
                             << "': the bias of channel " << channel
                             << " does not fit i32 at input scale times weight scale (N5); run "
                                "calibrate-compute-qparams";
  return success();
}

namespace {
struct CalibrateVerifyExit : calibrate::impl::CalibrateVerifyExitBase<CalibrateVerifyExit> {
  using CalibrateVerifyExitBase::CalibrateVerifyExitBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<Observers> observers = collectObservers(module);
    bool valid = succeeded(observers);
    if (valid)
      for (auto &[name, observer] : *observers)
        valid &= succeeded(verifyObserver(observer));
    if (valid)
      module.walk([&](FusionRootOpInterface op) { valid &= succeeded(verifyBias(op)); });
    if (!valid)
      return signalPassFailure();
    module->setAttr(quantize::QOptDialect::kStageAttr,
                    StringAttr::get(&getContext(), "calibrated"));
  }
};
} // namespace
