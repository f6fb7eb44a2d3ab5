//===- Affine.cpp - batch normalization applied, and its gradient -----------------------===//

#include "Parallel.h"

#include <limits>

using namespace qopt::train;

static constexpr float kInfinity = std::numeric_limits<float>::infinity();

namespace {
struct Extremes {
  float least = kInfinity, greatest = -kInfinity;
};

/// Several running extremes, so that the loop over them is one vector operation.
struct Lanes {
  static constexpr int64_t kCount = 16;
  float least[kCount], greatest[kCount];

  QOPT_INLINE void clear(Lanes &lanes) {
    for (int64_t l = 0; l < kCount; ++l) {
      lanes.least[l] = kInfinity;
      lanes.greatest[l] = -kInfinity;
    }
  }
  QOPT_INLINE void add(Lanes &lanes, int64_t l, float value) {
    lanes.least[l] = value < lanes.least[l] ? value : lanes.least[l];
    lanes.greatest[l] = value > lanes.greatest[l] ? value : lanes.greatest[l];
  }
  QOPT_INLINE Extremes result(const Lanes &lanes) {
    Extremes all = {kInfinity, -kInfinity}; // (a constructor would not be built for each ISA)
    for (int64_t l = 0; l < kCount; ++l) {
      all.least = std::min(all.least, lanes.least[l]);
      all.greatest = std::max(all.greatest, lanes.greatest[l]);
    }
    return all;
  }
};

struct Source {
  const float *x, *residual;
  Bounds clamp;
};
} // namespace

template <bool kResidual>
QOPT_INLINE float valueAt(const Source &from, int64_t i, float a, float b) {
  float value = from.x[i] * a + b;
  if (kResidual)
    value = value + from.residual[i];
  value = value < from.clamp.low ? from.clamp.low : value;
  return value > from.clamp.high ? from.clamp.high : value;
}

/// `kAcross`: a and b change from element to element, else they stay.
template <bool kResidual, bool kAcross>
QOPT_INLINE void affineLine(const Source &from, int64_t i, int64_t count, const float *a,
                            const float *b, float *out, Lanes &lanes) {
  int64_t k = 0;
  for (; k + Lanes::kCount <= count; k += Lanes::kCount)
    for (int64_t l = 0; l < Lanes::kCount; ++l) {
      const int64_t c = kAcross ? k + l : 0;
      const float value = valueAt<kResidual>(from, i + k + l, a[c], b[c]);
      out[i + k + l] = value;
      Lanes::add(lanes, l, value);
    }
  for (; k < count; ++k) {
    const int64_t c = kAcross ? k : 0;
    const float value = valueAt<kResidual>(from, i + k, a[c], b[c]);
    out[i + k] = value;
    Lanes::add(lanes, 0, value);
  }
}

template <bool kResidual>
QOPT_INLINE void affineRowsOf(const Source &from, Extent extent, int64_t first, int64_t last,
                              const float *a, const float *b, float *out, Lanes &lanes) {
  const int64_t channels = extent.channels, inner = extent.inner;
  for (int64_t row = first; row < last; ++row) {
    const int64_t c = row % channels;
    if (inner == 1)
      affineLine<kResidual, true>(from, row * channels, channels, a, b, out, lanes);
    else
      affineLine<kResidual, false>(from, row * inner, inner, a + c, b + c, out, lanes);
  }
}

QOPT_PER_ISA static void affineRows(Source from, Extent extent, int64_t first, int64_t last,
                                    const float *a, const float *b, float *out,
                                    Extremes *extremes) {
  Lanes lanes;
  Lanes::clear(lanes);
  if (from.residual)
    affineRowsOf<true>(from, extent, first, last, a, b, out, lanes);
  else
    affineRowsOf<false>(from, extent, first, last, a, b, out, lanes);
  *extremes = Lanes::result(lanes);
}

void qopt::train::affine(const float *x, const float *residual, Extent extent, const float *a,
                         const float *b, Bounds clamp, float *out, float *least, float *greatest,
                         int threads) {
  const int64_t size = extent.inner > 1 ? extent.inner : extent.channels;
  std::vector<Extremes> found(size ? extent.elements() / size : 0);
  forRows(extent, threads, [&](int64_t first, int64_t last) {
    affineRows({x, residual, clamp}, extent, first, last, a, b, out, &found[first]);
  });
  Extremes all;
  for (const Extremes &part : found) {
    all.least = std::min(all.least, part.least);
    all.greatest = std::max(all.greatest, part.greatest);
  }
  if (least)
    *least = all.least;
  if (greatest)
    *greatest = all.greatest;
}

//===-- the gradient ------------------------------------------------------------------===//

namespace {
struct Gradient {
  const float *g;
  const uint8_t *mask;
  const float *x;
  float *gx, *gm;
};
} // namespace

template <bool kAcross, bool kBoth>
QOPT_INLINE void maskedLine(const Gradient &to, int64_t i, int64_t count, const float *p,
                            const float *q, const float *r) {
  for (int64_t k = 0; k < count; ++k) {
    const int64_t c = kAcross ? k : 0;
    const float passed = to.mask[i + k] ? to.g[i + k] : 0.0f;
    if (kBoth)
      to.gm[i + k] = passed;
    to.gx[i + k] = (p[c] * passed + q[c] * to.x[i + k]) + r[c];
  }
}

QOPT_PER_ISA static void maskedRows(Gradient to, Extent extent, int64_t first, int64_t last,
                                    const float *p, const float *q, const float *r) {
  const int64_t channels = extent.channels, inner = extent.inner;
  for (int64_t row = first; row < last; ++row) {
    const int64_t c = row % channels;
    if (inner == 1 && to.gm)
      maskedLine<true, true>(to, row * channels, channels, p, q, r);
    else if (inner == 1)
      maskedLine<true, false>(to, row * channels, channels, p, q, r);
    else if (to.gm)
      maskedLine<false, true>(to, row * inner, inner, p + c, q + c, r + c);
    else
      maskedLine<false, false>(to, row * inner, inner, p + c, q + c, r + c);
  }
}

void qopt::train::maskedAffine(const float *g, const uint8_t *mask, const float *x, Extent extent,
                               const float *p, const float *q, const float *r, float *gx, float *gm,
                               int threads) {
  forRows(extent, threads, [&](int64_t first, int64_t last) {
    maskedRows({g, mask, x, gx, gm}, extent, first, last, p, q, r);
  });
}
