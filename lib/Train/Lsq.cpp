//===- Lsq.cpp - gradients of learned scales and zero points (N11) ----------------------===//

#include "Parallel.h"

using namespace qopt::train;

namespace {

/// A channel's grid as f32: codes minus the zero point, which are exact.
struct Line {
  float scale, low, high;
};

/// Sums of one part.
struct Sums {
  double scale = 0.0, zeroPoint = 0.0;
};

/// Independent sums, so that the loop over them is a few vector operations; added up in order.
constexpr int64_t kLanes = 8;

} // namespace

/// ds and dz of one element, without -s and the factor of the gradient; `inside` says which.
QOPT_INLINE float scaleGradient(float x, Line line, bool &inside) {
  const float ratio = x / line.scale;
  const float code = __builtin_nearbyintf(ratio);
  inside = code >= line.low && code <= line.high;
  const float outside = code < line.low ? line.low : line.high;
  return inside ? code - ratio : outside;
}

QOPT_PER_ISA static void lsqRange(const float *g, const float *x, int64_t count, Line line,
                                  float *gx, Sums *sums) {
  double scale[kLanes] = {}, outside[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int64_t l = 0; l < kLanes; ++l) {
      bool inside;
      const float gradient = g[i + l], ds = scaleGradient(x[i + l], line, inside);
      scale[l] += static_cast<double>(gradient) * ds;
      outside[l] += inside ? 0.0 : static_cast<double>(gradient);
      if (gx)
        gx[i + l] = inside ? gradient : 0.0f;
    }
  for (; i < count; ++i) {
    bool inside;
    const float gradient = g[i], ds = scaleGradient(x[i], line, inside);
    scale[0] += static_cast<double>(gradient) * ds;
    outside[0] += inside ? 0.0 : static_cast<double>(gradient);
    if (gx)
      gx[i] = inside ? gradient : 0.0f;
  }
  for (int64_t l = 0; l < kLanes; ++l) {
    sums->scale += scale[l];
    sums->zeroPoint -= outside[l] * line.scale;
  }
}

void qopt::train::lsqBackward(const float *g, const float *x, Extent extent, Grid grid,
                              float gradScale, float *gx, float *ds, float *dz, int threads) {
  // Per tensor the whole is one line, cut into parts; else the lines of each channel are.
  const Extent lines = grid.perChannel ? extent : Extent{1, 1, extent.elements()};
  const int64_t cuts =
      grid.perChannel ? 1 : std::max<int64_t>(1, (lines.inner + kPart - 1) / kPart);
  const int64_t perChannel = lines.outer * cuts;
  std::vector<Sums> parts(lines.channels * perChannel);
  forParts(static_cast<int64_t>(parts.size()), threads, [&](int64_t part) {
    const int64_t c = part / perChannel, o = part % perChannel / cuts, cut = part % cuts;
    const int64_t begin = lines.inner * cut / cuts, end = lines.inner * (cut + 1) / cuts;
    const int64_t at = lines.index(o, c) + begin;
    const Line line = {grid.scales[c], static_cast<float>(grid.qmin - grid.zeroPoints[c]),
                       static_cast<float>(grid.qmax - grid.zeroPoints[c])};
    lsqRange(g + at, x + at, end - begin, line, gx ? gx + at : nullptr, &parts[part]);
  });
  for (int64_t c = 0; c < lines.channels; ++c) {
    Sums sum;
    for (int64_t part = c * perChannel; part < (c + 1) * perChannel; ++part) {
      sum.scale += parts[part].scale;
      sum.zeroPoint += parts[part].zeroPoint;
    }
    ds[c] = static_cast<float>(sum.scale * gradScale);
    if (dz)
      dz[c] = static_cast<float>(sum.zeroPoint * gradScale);
  }
}
