//===- Run.cpp - run samples and record what observers see ------------------------------------===//

#include "Observers.h"
#include "Samples.h"

#include "qopt/Calibrate/Passes.h"
#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

#include <cmath>
#include <cstring>

namespace qopt::calibrate {
#define GEN_PASS_DEF_CALIBRATERUN
#include "qopt/Calibrate/Passes.h.inc"
} // namespace qopt::calibrate

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

namespace {

/// One observer during the run.
struct Recording {
  Observer *observer;
  ObserverState state;
  /// Moving averages take one step per batch: its extremes, and a NaN or infinity if seen.
  float least = INFINITY, greatest = -INFINITY, bad = 0.0f;
};

class Recorder {
public:
  explicit Recorder(Observers &observers) {
    for (auto &[name, observer] : observers)
      if (observer.seesData && !observer.isGiven())
        recordings.try_emplace(name.getValue(),
                               Recording{&observer, makeState(observer.symbol.getSpec())});
  }

  /// Only the first `samples` rows count: the others fill a fixed batch.
  void record(const PointRecord &point, int64_t samples) {
    const auto found = recordings.find(point.symbol);
    if (found == recordings.end())
      return;
    const bool filled = point.data.rank() > 0 && point.data.dim(0) > samples;
    const Tensor data = filled ? point.data.slice(0, samples) : point.data;
    Recording &recording = found->second;
    if (recording.state.kind() != StateKind::MovingAverage)
      return recording.state.update(data.values<float>());
    for (const float value : data.values<float>()) {
      if (!std::isfinite(value)) {
        recording.bad = value;
        continue;
      }
      recording.least = std::min(recording.least, value);
      recording.greatest = std::max(recording.greatest, value);
    }
  }

  void endBatch() {
    for (auto &[name, recording] : recordings) {
      if (recording.state.kind() != StateKind::MovingAverage)
        continue;
      SmallVector<float, 3> seen{recording.least, recording.greatest};
      if (recording.bad != 0.0f)
        seen.push_back(recording.bad);
      recording.state.update(seen);
      recording.least = INFINITY;
      recording.greatest = -INFINITY;
      recording.bad = 0.0f;
    }
  }

  unsigned store() {
    for (auto &[name, recording] : recordings)
      storeState(recording.observer->symbol, recording.state);
    return recordings.size();
  }

  /// The name of a moving average, or an empty string.
  std::string movingAverage() const {
    for (const auto &[name, recording] : recordings)
      if (recording.state.kind() == StateKind::MovingAverage)
        return name.str();
    return {};
  }

private:
  llvm::MapVector<StringRef, Recording> recordings;
};

} // namespace

/// Rows [begin, end) of a batch, the last one repeated up to `size` rows.
static Tensor rowsOf(const Tensor &batch, int64_t begin, int64_t end, int64_t size) {
  if (end - begin == size)
    return batch.slice(begin, end);
  std::vector<int64_t> shape = batch.shape().vec();
  shape[0] = size;
  Tensor filled = Tensor::empty(batch.dtype(), shape);
  const int64_t bytes = batch.bytes() / batch.dim(0);
  for (int64_t i = 0; i < size; ++i)
    std::memcpy(filled.raw() + i * bytes, batch.raw() + std::min(begin + i, end - 1) * bytes,
                bytes);
  return filled;
}

/// Runs a batch in steps of `step` samples: one, unless the network fixes its batch.
static llvm::Error runBatch(Interpreter &network, ArrayRef<Tensor> batch, int64_t step,
                            Recorder &recorder) {
  const int64_t samples = batch.front().dim(0);
  for (int64_t begin = 0; begin < samples; begin += step) {
    const int64_t end = std::min(begin + step, samples);
    SmallVector<Tensor> inputs, outputs;
    for (const Tensor &tensor : batch)
      inputs.push_back(rowsOf(tensor, begin, end, step));
    RunHooks hooks;
    hooks.onPoint = [&](const PointRecord &point) {
      recorder.record(point, end - begin);
      return llvm::Error::success();
    };
    if (llvm::Error error = network.run(inputs, outputs, hooks))
      return error;
  }
  recorder.endBatch();
  return llvm::Error::success();
}

static llvm::Error runSamples(Interpreter &network, Samples &samples, int64_t batch,
                              Recorder &recorder) {
  const int64_t step = network.fixedBatch().value_or(1);
  // Groups of a fixed batch start at the same samples whatever `batch` is.
  const int64_t stride = std::max<int64_t>(1, batch / step) * step;
  Progress progress("calibrate", samples.size(), "samples");
  for (int64_t begin = 0; begin < samples.size(); begin += stride) {
    const int64_t end = std::min(begin + stride, samples.size());
    llvm::Expected<SmallVector<Tensor>> inputs = samples.read(begin, end);
    if (!inputs)
      return inputs.takeError();
    if (llvm::Error error = runBatch(network, *inputs, step, recorder))
      return error;
    progress.update(end);
  }
  progress.finish();
  return llvm::Error::success();
}

/// Activations have one scale.
static LogicalResult checkPerTensor(Observers &observers) {
  for (auto &[name, observer] : observers)
    if (observer.seesData && observer.symbol.getSpec().isPerChannel())
      return observer.symbol.emitError()
             << observer.where()
             << " is per channel, but it observes an activation, which is quantized per tensor "
                "(N1); configure per_tensor for it";
  return success();
}

namespace {
struct CalibrateRun : calibrate::impl::CalibrateRunBase<CalibrateRun> {
  using CalibrateRunBase::CalibrateRunBase;

  LogicalResult fail(llvm::Error error) {
    return getOperation().emitError() << llvm::toString(std::move(error));
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    if (data.empty())
      return module.emitError("calibrate-run needs samples: data=FILE.npz");
    if (batch < 1)
      return module.emitError("calibrate-run: expected a batch of at least 1, got ")
             << batch.getValue();
    llvm::Expected<Shard> part = Shard::parse(shard);
    if (!part)
      return fail(part.takeError());
    FailureOr<Observers> found = collectObservers(module);
    if (failed(found) || failed(checkPerTensor(*found)))
      return failure();
    Recorder recorder(*found);
    const std::string average = recorder.movingAverage();
    if (part->count > 1 && !average.empty())
      return module.emitError("observer @")
             << average << " is a moving average, whose result depends on the order of samples: "
             << "it cannot be sharded; calibrate without shards or configure another observer";
    llvm::Expected<std::unique_ptr<Interpreter>> network =
        Interpreter::create(module, EvalMode::Float);
    if (!network)
      return fail(network.takeError());
    llvm::Expected<Samples> input = Samples::open(data, (*network)->inputs(), *part);
    if (!input)
      return fail(input.takeError());
    for (const std::string &note : input->notes())
      module.emitRemark() << note;
    if (llvm::Error error = runSamples(**network, *input, batch, recorder))
      return fail(std::move(error));
    samples += input->size();
    this->observers += recorder.store();
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
