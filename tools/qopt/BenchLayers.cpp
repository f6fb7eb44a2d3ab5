//===- BenchLayers.cpp - times of a model's steps ------------------------------------===//

#include "BenchLayers.h"

#include "../qopt-kernel-bench/Bench.h"
#include "qopt/Support/Text.h"

#include <algorithm>

using namespace qopt;
using namespace llvm;

static double median(std::vector<double> &values) {
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.empty() ? 0 : *middle;
}

Expected<std::vector<ProfiledStep>> qopt::profileModel(Model &model, ArrayRef<Tensor> inputs,
                                                       double seconds) {
  const std::vector<ProgramStep> steps = model.steps();
  if (steps.empty())
    return makeError("--per-layer needs a program (P.so) or a module that can be compiled");
  std::vector<std::vector<double>> times(steps.size());
  double last = 0;
  bool counted = false; // not while it warms up
  const std::function<void(int32_t)> ended = [&](int32_t step) {
    const double now = bench::now();
    if (counted)
      times[static_cast<size_t>(step)].push_back((now - last) * 1e3);
    last = bench::now();
  };
  SmallVector<Tensor> outputs;
  const double begin = bench::now();
  for (int runs = 0; runs < 5 || bench::now() - begin < seconds; ++runs) {
    counted = runs >= 2;
    last = bench::now();
    if (Error error = model.runSteps(inputs, outputs, ended))
      return std::move(error);
  }
  const int64_t batch = inputs.front().dim(0);
  std::vector<ProfiledStep> profiled;
  for (auto [step, all] : zip_equal(steps, times))
    profiled.push_back({step.name, step.kernel, step.reason, median(all), step.macs * batch,
                        step.dataBytes * batch + step.weightBytes});
  return profiled;
}

/// Sums 4 MB, more than a core keeps to itself and less than the cores share.
static double readRate() {
  std::vector<uint64_t> memory(size_t(4) << 17, 1);
  volatile uint64_t sink = 0;
  const double seconds = bench::fewestSeconds(20, [&] {
    uint64_t sum = 0;
    for (const uint64_t value : memory)
      sum += value;
    sink = sum;
  });
  return static_cast<double>(memory.size() * sizeof(uint64_t)) / seconds;
}

MachineLimits qopt::measureLimits(StringRef isa, int32_t threads) {
  const int number = qrt_isa_from_name(isa.str().c_str());
  const double peak = number < 0 ? 0 : bench::peakMacs(static_cast<qrt_isa>(number));
  return {peak * threads, readRate() * threads};
}
