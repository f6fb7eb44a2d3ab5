//===- Run.cpp - run samples and record what observers see ------------------------------------===//

#include "Observers.h"
#include "Samples.h"

#include "qopt/Calibrate/Calibrator.h"
#include "qopt/Calibrate/Passes.h"
#include "qopt/Support/Progress.h"

namespace qopt::calibrate {
#define GEN_PASS_DEF_CALIBRATERUN
#include "qopt/Calibrate/Passes.h.inc"
} // namespace qopt::calibrate

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

static llvm::Error runSamples(Calibrator &calibrator, Samples &samples, int64_t batch) {
  // Groups of a fixed batch start at the same samples whatever `batch` is.
  const int64_t stride = std::max<int64_t>(1, batch / calibrator.step()) * calibrator.step();
  Progress progress("calibrate", samples.size(), "samples");
  for (int64_t begin = 0; begin < samples.size(); begin += stride) {
    const int64_t end = std::min(begin + stride, samples.size());
    llvm::Expected<SmallVector<Tensor>> inputs = samples.read(begin, end);
    if (!inputs)
      return inputs.takeError();
    if (llvm::Error error = calibrator.add(*inputs))
      return error;
    progress.update(end);
  }
  progress.finish();
  return llvm::Error::success();
}

namespace {
struct CalibrateRun : calibrate::impl::CalibrateRunBase<CalibrateRun> {
  using CalibrateRunBase::CalibrateRunBase;

  /// An empty message: the error was emitted where it arose.
  LogicalResult fail(llvm::Error error) {
    const std::string message = llvm::toString(std::move(error));
    return message.empty() ? failure() : getOperation().emitError() << message;
  }

  /// Where nothing but constants is observed (dynamic quantization, fixed parameters).
  LogicalResult runWithoutSamples(ModuleOp module) {
    FailureOr<Observers> observers = collectObservers(module);
    if (failed(observers))
      return failure();
    for (auto &[name, observer] : *observers)
      if (observer.seesData && !observer.isGiven())
        return module.emitError("observer @")
               << name.getValue() << " needs samples: give calibration data (an .npz or .npy file)";
    return success();
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    if (data.empty())
      return runWithoutSamples(module);
    if (batch < 1)
      return module.emitError("calibrate-run: expected a batch of at least 1, got ")
             << batch.getValue();
    llvm::Expected<Shard> part = Shard::parse(shard);
    if (!part)
      return fail(part.takeError());
    llvm::Expected<std::unique_ptr<Calibrator>> calibrator = Calibrator::create(module);
    if (!calibrator)
      return fail(calibrator.takeError());
    const std::string average = (*calibrator)->movingAverage();
    if (part->count > 1 && !average.empty())
      return module.emitError("observer @")
             << average << " is a moving average, whose result depends on the order of samples: "
             << "it cannot be sharded; calibrate without shards or configure another observer";
    llvm::Expected<Samples> input = Samples::open(data, (*calibrator)->inputs(), *part);
    if (!input)
      return fail(input.takeError());
    for (const std::string &note : input->notes())
      module.emitRemark() << note;
    if (llvm::Error error = runSamples(**calibrator, *input, batch))
      return fail(std::move(error));
    samples += input->size();
    this->observers += (*calibrator)->store();
    Shard{part->index, part->count, input->sizeOfAll()}.store(module);
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
