//===- BatchNorm.cpp - weight and bias with batch normalization folded in (N16) ------------===//

#include "qopt/Support/BatchNorm.h"
#include "Summary.h"
#include "qopt/Support/PerIsa.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <cmath>

using namespace qopt;

llvm::Expected<std::vector<double>> qopt::batchNormFactors(const BatchNorm &norm) {
  std::vector<double> factors;
  for (size_t c = 0; c < norm.gamma.size(); ++c) {
    const double variance = static_cast<double>(norm.var[c]) + norm.eps;
    if (!(variance > 0.0))
      return makeError("cannot be folded: variance + eps is " + numberText(variance) +
                       " in channel " + llvm::Twine(c) + ", expected a positive number");
    factors.push_back(norm.gamma[c] / std::sqrt(variance));
  }
  return factors;
}

static llvm::Error notFinite(int64_t channel, float value) {
  return makeError("cannot be folded: output channel " + llvm::Twine(channel) + " becomes " +
                   numberText(value) +
                   ", so its parameters or the weight before it hold NaN, infinity or values out "
                   "of all proportion");
}

/// One line of a channel; false where a product is not finite.
QOPT_PER_ISA static bool scaleLine(const float *from, int64_t count, double factor, float *to) {
  float poison = 0.0f; // x - x is 0 for finite x, else NaN, which stays
  constexpr int64_t kLanes = 8;
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) {
      const float value = static_cast<float>(from[i + l] * factor);
      to[i + l] = value;
      lanes[l] += value - value;
    }
  for (; i < count; ++i) {
    to[i] = static_cast<float>(from[i] * factor);
    poison += to[i] - to[i];
  }
  for (const float lane : lanes)
    poison += lane;
  return poison == 0.0f;
}

/// Visits the lines of a weight, seen as [outer, channels, inner] around its channel axis:
/// visit(first element, length, channel), until it gives an error. With groups the outer index
/// tells the group.
template <typename Visit> static llvm::Error forEachLine(const RootWeight &weight, Visit visit) {
  int64_t outer = 1, inner = 1;
  for (const int64_t size : weight.shape.take_front(weight.axis))
    outer *= size;
  for (const int64_t size : weight.shape.drop_front(weight.axis + 1))
    inner *= size;
  const int64_t channels = weight.shape[weight.axis];
  for (int64_t o = 0, at = 0; o < outer; ++o) {
    const int64_t base = weight.groups == 1 ? 0 : (o * weight.groups / outer) * channels;
    for (int64_t c = 0; c < channels; ++c, at += inner)
      if (llvm::Error error = visit(at, inner, base + c))
        return error;
  }
  return llvm::Error::success();
}

llvm::Error qopt::foldWeight(const RootWeight &weight, llvm::ArrayRef<double> factors,
                             llvm::MutableArrayRef<float> result) {
  return forEachLine(weight, [&](int64_t at, int64_t length, int64_t channel) -> llvm::Error {
    if (scaleLine(&weight.data[at], length, factors[channel], &result[at]))
      return llvm::Error::success();
    const auto line = llvm::ArrayRef<float>(result).slice(at, length);
    return notFinite(channel, *llvm::find_if(line, [](float v) { return !std::isfinite(v); }));
  });
}

llvm::Expected<std::vector<float>> qopt::foldBias(llvm::ArrayRef<float> bias, const BatchNorm &norm,
                                                  llvm::ArrayRef<double> factors) {
  std::vector<float> result;
  for (size_t c = 0; c < factors.size(); ++c) {
    const double before = bias.empty() ? 0.0 : static_cast<double>(bias[c]);
    result.push_back(static_cast<float>(norm.beta[c] + (before - norm.mean[c]) * factors[c]));
    if (!std::isfinite(result.back()))
      return notFinite(static_cast<int64_t>(c), result.back());
  }
  return result;
}

llvm::Expected<std::pair<float, float>> qopt::foldedExtremes(const RootWeight &weight,
                                                             llvm::ArrayRef<double> factors) {
  std::pair<float, float> all{INFINITY, -INFINITY};
  llvm::Error error =
      forEachLine(weight, [&](int64_t at, int64_t length, int64_t channel) -> llvm::Error {
        const Summary line = summarize(weight.data.slice(at, length));
        if (line.finite != static_cast<uint64_t>(length))
          return notFinite(channel, line.nans ? NAN : INFINITY);
        for (const float end : {line.least, line.greatest}) {
          const float product = static_cast<float>(end * factors[channel]);
          if (!std::isfinite(product))
            return notFinite(channel, product);
          all.first = std::min(all.first, product);
          all.second = std::max(all.second, product);
        }
        return llvm::Error::success();
      });
  if (error)
    return std::move(error);
  return all;
}
