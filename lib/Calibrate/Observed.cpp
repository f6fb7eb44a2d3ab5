//===- Observed.cpp - what stays of an observer's statistics for reports ------------===//
//
// Convert drops the statistics, which are large; their extremes and the share of values beyond
// the chosen grid stay with the parameters, as `qopt.observed`.
//
//===-----------------------------------------------------------------------------===//

#include "Ranges.h"

#include "qopt/Reference/Constants.h"

#include "mlir/IR/Builders.h"

#include <algorithm>

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

namespace {
struct Observed {
  uint64_t count = 0;
  double least = 0.0, greatest = 0.0;
  std::optional<double> clipped; ///< share of the values, where a histogram knows it
};
} // namespace

/// Of the values in `bins`, those whose code would lie beyond [qmin, qmax]. A bin on the edge
/// counts by the part of it that is outside.
static double clippedShare(const Histogram &bins, quantize::QParamsOp symbol) {
  const double scale = symbol.getScales()->front();
  const auto zero = static_cast<double>(symbol.getZeroPoints()->front());
  const double low = (static_cast<double>(symbol.getSpec().getQmin()) - zero - 0.5) * scale;
  const double high = (static_cast<double>(symbol.getSpec().getQmax()) - zero + 0.5) * scale;
  double outside = 0.0;
  for (int bin = 0; bin < bins.numBins(); ++bin) {
    const double from = bins.lowerEdge(bin), to = from + bins.width();
    const double below = std::clamp(low - from, 0.0, bins.width());
    const double above = std::clamp(to - high, 0.0, bins.width());
    outside += static_cast<double>(bins.binCount(bin)) * (below + above) / bins.width();
  }
  return bins.count() ? outside / static_cast<double>(bins.count()) : 0.0;
}

static std::optional<Observed> observedOfConstants(Observer &observer) {
  Observed result;
  for (const Value constant : observer.constants) {
    const FailureOr<ConstantExtremes> seen = constantExtremes(constant);
    if (failed(seen))
      return std::nullopt;
    if (!seen->count)
      continue;
    const double least = seen->least, greatest = seen->greatest;
    result.least = result.count ? std::min(result.least, least) : least;
    result.greatest = result.count ? std::max(result.greatest, greatest) : greatest;
    result.count += seen->count;
  }
  return result;
}

static std::optional<Observed> observedOf(Observer &observer) {
  if (!observer.constants.empty())
    return observedOfConstants(observer);
  llvm::Expected<std::optional<ObserverState>> state = loadState(observer.symbol);
  if (!state) {
    llvm::consumeError(state.takeError()); // the parameters' computation has reported it
    return std::nullopt;
  }
  if (!*state || !(*state)->count())
    return std::nullopt;
  Observed result{(*state)->count(), (*state)->min(), (*state)->max(), std::nullopt};
  if ((*state)->kind() == StateKind::Histogram)
    result.clipped = clippedShare((*state)->bins(), observer.symbol);
  return result;
}

void calibrate::recordObserved(Observer &observer) {
  quantize::QParamsOp symbol = observer.symbol;
  const std::optional<Observed> observed = observedOf(observer);
  if (!observed || !observed->count || !symbol.isResolved())
    return;
  Builder builder(symbol.getContext());
  SmallVector<NamedAttribute> entries{
      builder.getNamedAttr("count", builder.getI64IntegerAttr(observed->count)),
      builder.getNamedAttr("min", builder.getF64FloatAttr(observed->least)),
      builder.getNamedAttr("max", builder.getF64FloatAttr(observed->greatest))};
  if (observed->clipped)
    entries.push_back(builder.getNamedAttr("clipped", builder.getF64FloatAttr(*observed->clipped)));
  symbol->setAttr(quantize::QOptDialect::kObservedAttr, builder.getDictionaryAttr(entries));
}
