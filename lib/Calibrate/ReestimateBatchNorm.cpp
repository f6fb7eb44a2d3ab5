//===- ReestimateBatchNorm.cpp - running statistics from data, with quantization on -----------===//
//
// Layer by layer: the batch_norms that no other of them stands before are estimated in one run
// over the samples, written into the module, then those behind them. So each sees what the final
// network will give it. A run evaluates only what these batch_norms read.
//
//===-----------------------------------------------------------------------------===//

#include "BatchNorms.h"
#include "BiasFloor.h"
#include "Ranges.h"
#include "Samples.h"

#include "qopt/Calibrate/Passes.h"
#include "qopt/Support/Progress.h"
#include "qopt/Support/Text.h"

namespace qopt::calibrate {
#define GEN_PASS_DEF_CALIBRATEREESTIMATEBATCHNORM
#include "qopt/Calibrate/Passes.h.inc"
} // namespace qopt::calibrate

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

namespace {
/// Mean and sum of squared deviations by channel, merged row by row, so that batches leave no trace
/// (Chan, Golub and LeVeque,
/// Updating Formulae and a Pairwise Algorithm for Computing Sample Variances, 1979).
struct Moments {
  double count = 0;
  std::vector<double> mean, deviations;

  /// `values` has its channels along `axis`; only the first `rows` rows count.
  void add(const Tensor &values, int64_t axis, int64_t rows);
};
} // namespace

void Moments::add(const Tensor &values, int64_t axis, int64_t rows) {
  const int64_t channels = values.dim(axis);
  int64_t inner = 1, outer = 1; // of one row
  for (int64_t dim = 1; dim < values.rank(); ++dim)
    (dim < axis ? outer : inner) *= dim == axis ? 1 : values.dim(dim);
  mean.resize(channels);
  deviations.resize(channels);
  const auto more = static_cast<double>(outer * inner);
  const float *row = values.data<float>();
  for (int64_t r = 0; r < rows; ++r, row += outer * channels * inner) {
    const double both = count + more;
    for (int64_t c = 0; c < channels; ++c) {
      const auto each = [&](auto visit) {
        for (int64_t o = 0; o < outer; ++o)
          for (int64_t i = 0; i < inner; ++i)
            visit(static_cast<double>(row[(o * channels + c) * inner + i]));
      };
      double sum = 0, squares = 0;
      each([&](double value) { sum += value; });
      const double own = sum / more, delta = own - mean[c];
      each([&](double value) { squares += (value - own) * (value - own); });
      deviations[c] += squares + delta * delta * count * more / both;
      mean[c] += delta * more / both;
    }
    count = both;
  }
}

/// Runs the samples through the probes of some batch_norms; the moments of each probe.
static llvm::Expected<std::vector<Moments>> measure(Probes &probes, StringRef data, int64_t batch,
                                                    Progress &progress, int64_t &done) {
  llvm::Expected<std::unique_ptr<Interpreter>> network =
      Interpreter::create(*probes.module, EvalMode::Simulate);
  if (!network)
    return network.takeError();
  llvm::Expected<Samples> samples = Samples::open(data, (*network)->inputs(), Shard());
  if (!samples)
    return samples.takeError();
  const int64_t step = (*network)->fixedBatch().value_or(batch);
  std::vector<Moments> moments(probes.axes.size());
  for (int64_t begin = 0; begin < samples->size(); begin += step) {
    const int64_t end = std::min(begin + step, samples->size());
    llvm::Expected<SmallVector<Tensor>> read = samples->read(begin, end);
    if (!read)
      return read.takeError();
    SmallVector<Tensor> inputs, outputs;
    for (const Tensor &tensor : *read)
      inputs.push_back((*network)->fixedBatch() ? fillRows(tensor, step) : tensor);
    if (llvm::Error error = (*network)->run(inputs, outputs))
      return std::move(error);
    for (auto [moment, output, axis] : llvm::zip_equal(moments, outputs, probes.axes)) {
      const int64_t all = inputs.front().dim(0); // a row of the value may hold several of a sample
      moment.add(output, axis, output.dim(0) * (end - begin) / all);
    }
    progress.update(done += end - begin);
  }
  return std::move(moments);
}

namespace {
struct CalibrateReestimateBatchNorm
    : calibrate::impl::CalibrateReestimateBatchNormBase<CalibrateReestimateBatchNorm> {
  using CalibrateReestimateBatchNormBase::CalibrateReestimateBatchNormBase;

  LogicalResult fail(llvm::Error error) {
    return getOperation().emitError() << llvm::toString(std::move(error));
  }

  /// The new statistics of one batch_norm from the moments of its probe: of y = z * factor, where
  /// the batch_norm is folded, without the bias that z has; of z itself by the probe behind it.
  LogicalResult update(BatchNormSite &site, const Moments &folded, const Moments *plain) {
    const SiteNumbers before = readSite(site);
    std::vector<float> mean, var;
    for (size_t c = 0; c < before.factors.size(); ++c) {
      const bool tiny = plain && std::fabs(before.factors[c]) < kLeastFactor;
      const Moments &seen = tiny ? *plain : folded;
      const double factor = tiny ? 1.0 : before.factors[c];
      if (seen.count < 2)
        return site.op->emitError() << "'" << site.name << "': a variance needs two values of each "
                                    << "channel; give more samples";
      mean.push_back(static_cast<float>(seen.mean[c] / factor + before.bias[c]));
      var.push_back(static_cast<float>(seen.deviations[c] / (seen.count - 1) / (factor * factor)));
      if (!std::isfinite(mean.back()) || !std::isfinite(var.back()))
        return site.op->emitError()
               << "'" << site.name << "': the statistics of channel " << c
               << " are NaN or infinite on this data; the module is left as it was";
    }
    writeSite(site, mean, var);
    return followScales(site, before);
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    if (data.empty())
      return module.emitError("re-estimating batch_norms needs samples: give calibration data (an "
                              ".npz or .npy file)");
    if (batch < 1)
      return module.emitError("calibrate-reestimate-batch-norm: expected a batch of at least 1, "
                              "got ")
             << batch.getValue();
    FailureOr<std::vector<BatchNormSite>> sites = findBatchNorms(module);
    if (failed(sites))
      return failure();
    int64_t levels = 0, done = 0;
    for (const BatchNormSite &site : *sites)
      levels = std::max(levels, site.level + 1);
    Progress progress("re-estimate", 0, "samples");
    for (int64_t level = 0; level < levels; ++level) {
      SmallVector<BatchNormSite *> now;
      for (BatchNormSite &site : *sites)
        if (site.level == level)
          now.push_back(&site);
      Probes probes = makeProbes(module, now);
      llvm::Expected<std::vector<Moments>> moments = measure(probes, data, batch, progress, done);
      if (!moments)
        return fail(moments.takeError());
      for (const auto [site, at] : llvm::zip_equal(now, probes.places))
        if (failed(update(*site, (*moments)[at.first],
                          at.second < 0 ? nullptr : &(*moments)[at.second])))
          return failure();
      if (failed(raiseWeightScales(module)))
        return failure();
    }
    progress.finish();
    norms += sites->size();
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
