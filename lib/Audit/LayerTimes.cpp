//===- LayerTimes.cpp - where a program's time goes ---------------------------------===//

#include "LayerTimes.h"

#include "qopt/Support/Text.h"

#include <chrono>
#include <random>

using namespace qopt;
using namespace qopt::audit;

namespace {
using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Hears of each named value; the time of the callback itself does not count.
struct Listener {
  llvm::StringMap<double> best;
  Clock::time_point last;

  static void hear(void *user, const qrt_tensor_desc *tensor, const void *, int64_t) {
    Listener &listener = *static_cast<Listener *>(user);
    const double time = millisecondsSince(listener.last);
    const auto [entry, isNew] = listener.best.try_emplace(tensor->name, time);
    if (!isNew)
      entry->second = std::min(entry->second, time);
    listener.last = Clock::now();
  }
};

/// Arrays for one call.
class Arrays {
public:
  explicit Arrays(const Program &program) : batch(std::max<int64_t>(program.fixedBatch(), 1)) {
    std::mt19937 random(0);
    std::normal_distribution<float> normal;
    for (const ProgramTensor &input : program.inputs()) {
      add(input);
      if (input.dtype == DType::F32)
        for (float &value : tensors.back().values<float>())
          value = normal(random);
      in.push_back(tensors.back().raw());
    }
    for (const ProgramTensor &output : program.outputs()) {
      add(output);
      out.push_back(tensors.back().raw());
    }
  }

  int64_t batch;
  llvm::SmallVector<const void *> in;
  llvm::SmallVector<void *> out;

private:
  void add(const ProgramTensor &tensor) {
    std::vector<int64_t> shape = tensor.shape;
    for (int64_t &size : shape)
      size = size < 0 ? batch : size;
    tensors.push_back(Tensor::zeros(tensor.dtype, shape));
  }
  std::vector<Tensor> tensors;
};
} // namespace

/// Calls until the time is up, three times at least; the milliseconds of the fastest.
static llvm::Expected<double> repeat(qrt_session *session, const Arrays &arrays, double seconds,
                                     Listener *listener) {
  double best = 1e30;
  const Clock::time_point start = Clock::now();
  for (int run = 0; run < 3 || millisecondsSince(start) < 1e3 * seconds; ++run) {
    const Clock::time_point call = Clock::now();
    if (listener)
      listener->last = call;
    if (qrt_session_run(session, arrays.batch, arrays.in.data(), arrays.out.data()) != QRT_OK)
      return makeError(qrt_last_error());
    best = std::min(best, millisecondsSince(call));
  }
  return best;
}

llvm::Expected<LayerTimes> audit::timeLayers(const Program &program, int32_t threads,
                                             double seconds) {
  LayerTimes times;
  const Arrays arrays(program);
  for (const bool listens : {false, true}) {
    Listener listener;
    const qrt_options options = {threads, -1, listens ? &Listener::hear : nullptr, &listener,
                                 nullptr};
    qrt_session *session = nullptr;
    if (qrt_session_open(&program.description(), &options, &session) != QRT_OK)
      return makeError(qrt_last_error());
    llvm::Expected<double> best =
        repeat(session, arrays, seconds / 2, listens ? &listener : nullptr);
    times.isa = qrt_isa_name(qrt_session_isa(session));
    qrt_session_close(session);
    if (!best)
      return best.takeError();
    if (listens)
      times.ms = std::move(listener.best);
    else
      times.totalMs = *best;
  }
  return times;
}
