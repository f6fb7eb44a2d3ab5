//===- Reduce.cpp - extremes, statistics and sums per channel ---------------------------===//

#include "Parallel.h"

#include <cmath>
#include <limits>

using namespace qopt::train;

static constexpr float kInfinity = std::numeric_limits<float>::infinity();

//===-- extremes ----------------------------------------------------------------------===//

namespace {
/// Running extremes; `bad` once an element was NaN or infinite.
struct Extremes {
  float least = kInfinity, greatest = -kInfinity;
  bool bad = false;

  void add(const Extremes &other) {
    least = std::min(least, other.least);
    greatest = std::max(greatest, other.greatest);
    bad |= other.bad;
  }
  void store(float *leastOut, float *greatestOut) const {
    *leastOut = bad ? NAN : least;
    *greatestOut = bad ? NAN : greatest;
  }
};

constexpr int64_t kLanes = 32;
} // namespace

QOPT_PER_ISA static void extremesOf(const float *x, int64_t count, Extremes *result) {
  float least[kLanes], greatest[kLanes];
  int32_t bad[kLanes];
  for (int64_t l = 0; l < kLanes; ++l) {
    least[l] = kInfinity;
    greatest[l] = -kInfinity;
    bad[l] = 0;
  }
  auto step = [&](int64_t l, float value) __attribute__((always_inline)) {
    least[l] = value < least[l] ? value : least[l];
    greatest[l] = value > greatest[l] ? value : greatest[l];
    bad[l] |= !(__builtin_fabsf(value) < kInfinity);
  };
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t l = 0; l < kLanes; ++l)
      step(l, x[i + l]);
  for (; i < count; ++i)
    step(0, x[i]);
  for (int64_t l = 0; l < kLanes; ++l)
    result->add({least[l], greatest[l], bad[l] != 0});
}

/// The extremes of each channel, in the order of memory.
static void observeChannels(const float *x, Extent extent, float *least, float *greatest,
                            int threads) {
  forParts(extent.channels, threads, [&](int64_t c) {
    Extremes all;
    for (int64_t o = 0; o < extent.outer; ++o)
      extremesOf(x + extent.index(o, c), extent.inner, &all);
    all.store(least + c, greatest + c);
  });
}

void qopt::train::observe(const float *x, Extent extent, bool perChannel, float *least,
                          float *greatest, int threads) {
  if (perChannel)
    return observeChannels(x, extent, least, greatest, threads);
  const int64_t count = extent.elements();
  std::vector<Extremes> parts((count + kPart - 1) / kPart);
  forRanges(count, threads, [&](int64_t begin, int64_t end) {
    extremesOf(x + begin, end - begin, &parts[begin / kPart]);
  });
  Extremes all;
  for (const Extremes &part : parts)
    all.add(part);
  all.store(least, greatest);
}

//===-- statistics --------------------------------------------------------------------===//

namespace {
/// What is summed of a channel: of x, x and its square; of a gradient, g and g * (x - mean).
struct Sums {
  double first = 0.0, second = 0.0;
  Extremes extremes;

  void add(const Sums &other) {
    first += other.first;
    second += other.second;
    extremes.add(other.extremes);
  }
};
constexpr int64_t kSumLanes = 8;

/// A gradient behind a mask; all null for plain statistics of x.
struct Masked {
  const float *g = nullptr;
  const uint8_t *mask = nullptr;
};
} // namespace

template <bool kMasked>
QOPT_INLINE void addOne(const float *x, Masked from, int64_t i, double mean, double &first,
                        double &second) {
  const double value = static_cast<double>(x[i]) - mean;
  const double weight = kMasked ? (from.mask[i] ? static_cast<double>(from.g[i]) : 0.0) : value;
  first += weight;
  second += weight * value;
}

/// A line of one channel.
template <bool kMasked>
QOPT_INLINE void sumLine(const float *x, Masked from, int64_t i, int64_t count, double mean,
                         Sums *sums) {
  double first[kSumLanes] = {}, second[kSumLanes] = {};
  int64_t k = 0;
  for (; k + kSumLanes <= count; k += kSumLanes)
    for (int64_t l = 0; l < kSumLanes; ++l)
      addOne<kMasked>(x, from, i + k + l, mean, first[l], second[l]);
  for (; k < count; ++k)
    addOne<kMasked>(x, from, i + k, mean, first[0], second[0]);
  for (int64_t l = 0; l < kSumLanes; ++l) {
    sums->first += first[l];
    sums->second += second[l];
  }
}

QOPT_PER_ISA static void statLine(const float *x, int64_t i, int64_t count, Sums *sums) {
  sumLine<false>(x, {}, i, count, 0.0, sums);
}
QOPT_PER_ISA static void maskedLine(const float *x, Masked from, int64_t i, int64_t count,
                                    double mean, Sums *sums) {
  sumLine<true>(x, from, i, count, mean, sums);
}

/// Rows that hold every channel once: sums[0..channels) and squares behind them.
template <bool kMasked>
QOPT_INLINE void sumRows(const float *x, Masked from, int64_t first, int64_t last, int64_t channels,
                         const double *mean, double *sums) {
  for (int64_t row = first; row < last; ++row)
    for (int64_t c = 0; c < channels; ++c)
      addOne<kMasked>(x, from, row * channels + c, kMasked ? mean[c] : 0.0, sums[c],
                      sums[channels + c]);
}

QOPT_PER_ISA static void statRows(const float *x, int64_t first, int64_t last, int64_t channels,
                                  double *sums, float *extremes) {
  sumRows<false>(x, {}, first, last, channels, nullptr, sums);
  if (!extremes)
    return;
  for (int64_t row = first; row < last; ++row)
    for (int64_t c = 0; c < channels; ++c) {
      const float value = x[row * channels + c];
      extremes[c] = value < extremes[c] ? value : extremes[c];
      extremes[channels + c] = value > extremes[channels + c] ? value : extremes[channels + c];
    }
}
QOPT_PER_ISA static void maskedSumRows(const float *x, Masked from, int64_t first, int64_t last,
                                       int64_t channels, const double *mean, double *sums) {
  sumRows<true>(x, from, first, last, channels, mean, sums);
}

/// The sums of each channel, whatever the number of threads: by channel where its lines are long,
/// else in kBlocks blocks of rows.
template <bool kMasked>
static std::vector<Sums> channelSums(const float *x, Masked from, Extent extent, const double *mean,
                                     bool extremes, int threads) {
  const int64_t channels = extent.channels;
  std::vector<Sums> result(channels);
  if (extent.inner > 1) {
    forParts(channels, threads, [&](int64_t c) {
      for (int64_t o = 0; o < extent.outer; ++o) {
        const int64_t at = extent.index(o, c);
        if (kMasked)
          maskedLine(x, from, at, extent.inner, mean[c], &result[c]);
        else
          statLine(x, at, extent.inner, &result[c]);
        if (extremes)
          extremesOf(x + at, extent.inner, &result[c].extremes);
      }
    });
    return result;
  }
  std::vector<double> sums(kBlocks * channels * 2);
  std::vector<float> ends(extremes ? kBlocks * channels * 2 : 0);
  forParts(kBlocks, threads, [&](int64_t block) {
    const int64_t first = blockBegin(extent.outer, block),
                  last = blockBegin(extent.outer, block + 1);
    double *own = &sums[block * channels * 2];
    float *bounds = extremes ? &ends[block * channels * 2] : nullptr;
    if (bounds) {
      std::fill(bounds, bounds + channels, kInfinity);
      std::fill(bounds + channels, bounds + channels * 2, -kInfinity);
    }
    if (kMasked)
      maskedSumRows(x, from, first, last, channels, mean, own);
    else
      statRows(x, first, last, channels, own, bounds);
  });
  for (int64_t block = 0; block < kBlocks; ++block)
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t at = block * channels * 2 + c;
      Extremes own;
      if (extremes)
        own = {ends[at], ends[at + channels], false};
      result[c].add({sums[at], sums[at + channels], own});
    }
  return result;
}

void qopt::train::channelStats(const float *x, Extent extent, double *mean, double *variance,
                               float *least, float *greatest, int threads) {
  const std::vector<Sums> sums =
      channelSums<false>(x, {}, extent, nullptr, least || greatest, threads);
  const auto count = static_cast<double>(extent.outer * extent.inner);
  for (int64_t c = 0; c < extent.channels; ++c) {
    mean[c] = sums[c].first / count;
    variance[c] = std::max(0.0, sums[c].second / count - mean[c] * mean[c]);
    if (least)
      least[c] = sums[c].extremes.least;
    if (greatest)
      greatest[c] = sums[c].extremes.greatest;
  }
}

void qopt::train::maskedSums(const float *g, const uint8_t *mask, const float *x,
                             const double *mean, Extent extent, double *sum, double *dot,
                             int threads) {
  const std::vector<Sums> sums = channelSums<true>(x, {g, mask}, extent, mean, false, threads);
  for (int64_t c = 0; c < extent.channels; ++c) {
    sum[c] = sums[c].first;
    dot[c] = sums[c].second;
  }
}
