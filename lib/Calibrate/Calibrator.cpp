//===- Calibrator.cpp - observers of a module see batches in memory ------------------------===//

#include "qopt/Calibrate/Calibrator.h"
#include "Observers.h"
#include "Samples.h"

#include "qopt/Support/Text.h"

#include <cmath>

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

/// Runs a batch in steps of `step` samples: one, unless the network fixes its batch.
static llvm::Error runBatch(Interpreter &network, ArrayRef<Tensor> batch, int64_t step,
                            Recorder &recorder) {
  const int64_t samples = batch.front().dim(0);
  for (int64_t begin = 0; begin < samples; begin += step) {
    const int64_t end = std::min(begin + step, samples);
    SmallVector<Tensor> inputs, outputs;
    for (const Tensor &tensor : batch)
      inputs.push_back(fillRows(tensor.slice(begin, end), step));
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

struct Calibrator::Impl {
  Impl(Observers found, std::unique_ptr<Interpreter> network)
      : observers(std::move(found)), recorder(observers), network(std::move(network)) {}

  Observers observers;
  Recorder recorder;
  std::unique_ptr<Interpreter> network;
};

Calibrator::Calibrator(std::unique_ptr<Impl> impl) : impl(std::move(impl)) {}
Calibrator::~Calibrator() = default;

llvm::Expected<std::unique_ptr<Calibrator>> Calibrator::create(ModuleOp module) {
  FailureOr<Observers> found = collectObservers(module);
  if (failed(found) || failed(checkPerTensor(*found)))
    return makeError("");
  llvm::Expected<std::unique_ptr<Interpreter>> network =
      Interpreter::create(module, EvalMode::Float);
  if (!network)
    return network.takeError();
  return std::unique_ptr<Calibrator>(
      new Calibrator(std::make_unique<Impl>(std::move(*found), std::move(*network))));
}

ArrayRef<TensorSpec> Calibrator::inputs() const { return impl->network->inputs(); }
int64_t Calibrator::step() const { return impl->network->fixedBatch().value_or(1); }
std::string Calibrator::movingAverage() const { return impl->recorder.movingAverage(); }

llvm::Error Calibrator::add(ArrayRef<Tensor> batch) {
  return runBatch(*impl->network, batch, step(), impl->recorder);
}

unsigned Calibrator::store() { return impl->recorder.store(); }
