//===- BatchNorm.cpp - weight and bias with batch normalization folded in (N16) ------------===//

#include "qopt/Support/BatchNorm.h"

#include "qopt/Support/Text.h"

#include <algorithm>
#include <cmath>

using namespace qopt;

/// g of each channel.
static llvm::Expected<std::vector<double>> factorsOf(const BatchNorm &norm) {
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
static bool scaleLine(const float *from, int64_t count, double factor, float *to) {
  bool finite = true;
  for (int64_t i = 0; i < count; ++i) {
    to[i] = static_cast<float>(from[i] * factor);
    finite &= std::isfinite(to[i]);
  }
  return finite;
}

/// The weight is seen as [outer, channels, inner] around its channel axis; with groups the outer
/// index tells the group.
static llvm::Error scaleWeight(const RootWeight &weight, llvm::ArrayRef<double> factors,
                               std::vector<float> &result) {
  int64_t outer = 1, inner = 1;
  for (const int64_t size : weight.shape.take_front(weight.axis))
    outer *= size;
  for (const int64_t size : weight.shape.drop_front(weight.axis + 1))
    inner *= size;
  const int64_t channels = weight.shape[weight.axis];
  result.resize(weight.data.size());
  for (int64_t o = 0, at = 0; o < outer; ++o) {
    const int64_t base = weight.groups == 1 ? 0 : (o * weight.groups / outer) * channels;
    for (int64_t c = 0; c < channels; ++c, at += inner) {
      if (scaleLine(&weight.data[at], inner, factors[base + c], &result[at]))
        continue;
      const auto bad = std::find_if(&result[at], &result[at] + inner,
                                    [](float value) { return !std::isfinite(value); });
      return notFinite(base + c, *bad);
    }
  }
  return llvm::Error::success();
}

llvm::Expected<FoldedBatchNorm>
qopt::foldBatchNorm(const RootWeight &weight, llvm::ArrayRef<float> bias, const BatchNorm &norm) {
  llvm::Expected<std::vector<double>> factors = factorsOf(norm);
  if (!factors)
    return factors.takeError();
  FoldedBatchNorm result;
  if (llvm::Error error = scaleWeight(weight, *factors, result.weight))
    return std::move(error);
  for (size_t c = 0; c < factors->size(); ++c) {
    const double before = bias.empty() ? 0.0 : static_cast<double>(bias[c]);
    result.bias.push_back(
        static_cast<float>(norm.beta[c] + (before - norm.mean[c]) * (*factors)[c]));
    if (!std::isfinite(result.bias.back()))
      return notFinite(static_cast<int64_t>(c), result.bias.back());
  }
  return result;
}
