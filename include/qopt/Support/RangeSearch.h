//===- RangeSearch.h - from what an observer saw to a range ----------------------------===//
//
// Each search returns the real range [lo, hi] to hand to chooseQParams (N15). All are
// deterministic functions of the state; ties go to the wider range.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_RANGESEARCH_H
#define QOPT_SUPPORT_RANGESEARCH_H

#include "qopt/Support/Observer.h"
#include "qopt/Support/QParams.h"

#include <optional>

namespace qopt {

/// The observers of the config, by their names there.
enum class ObserverKind : uint8_t {
  MinMax,
  MovingAverageMinMax,
  PerChannelMinMax,
  Histogram,
  Percentile,
  Mse,
  Entropy
};

llvm::StringRef observerName(ObserverKind kind);
std::optional<ObserverKind> parseObserverName(llvm::StringRef name);
/// All names, in the order that messages list them.
llvm::ArrayRef<llvm::StringRef> observerNames();
/// The state an observer needs.
StateKind stateKindOf(ObserverKind kind);

struct Range {
  float lo = 0.0f;
  float hi = 0.0f;
};

struct SearchOptions {
  /// For Percentile, in (50, 100].
  double percentile = 99.99;
};

/// Range of a per-tensor state; MinMax also takes a histogram. Errors (starting with `where`):
/// nothing observed, NaN or infinity observed, a state of another kind, a percentile outside (50,
/// 100].
llvm::Expected<Range> chooseRange(ObserverKind kind, const ObserverState &state,
                                  const QuantRange &codes, const SearchOptions &options,
                                  llvm::StringRef where);

/// Ranges of a PerChannel state; a channel that saw nothing gets [0, 0].
llvm::Expected<std::vector<Range>> chooseChannelRanges(const ObserverState &state,
                                                       llvm::StringRef where);

/// Expected squared error, per value, of quantizing what the histogram holds with `params`,
/// for a uniform density inside each bin. Unit: the values' unit squared.
double expectedSquaredError(const Histogram &histogram, const QParams &params,
                            const QuantRange &codes);

/// The range with the least expected squared error, searched over both ends from coarse to
/// fine. The criterion is that of PyTorch's HistogramObserver (torch.ao.quantization); the
/// error is integrated exactly per bin instead of from bin centres, and zero point and scale
/// are those that N15 would really give.
Range searchHistogram(const Histogram &histogram, const QuantRange &codes);

/// Cuts the share (100 - percentile) % off each side that has values, with linear
/// interpolation inside a bin. 100 gives the exact extremes.
Range searchPercentile(const Histogram &histogram, double percentile);

/// Both ends shrunk by one common ratio out of 1/200, 2/200 ... 1: least expected squared error
/// (the MSE range setting of Nagel et al., "A White Paper on Neural Network Quantization",
/// arXiv 2106.08295, section 3.1).
Range searchMse(const Histogram &histogram, const QuantRange &codes);

/// The threshold on |x| with the least Kullback-Leibler divergence between the clipped
/// distribution and its quantized form (S. Migacz, "8-bit Inference with TensorRT", GTC 2017).
Range searchEntropy(const Histogram &histogram, const QuantRange &codes);

} // namespace qopt

#endif // QOPT_SUPPORT_RANGESEARCH_H
