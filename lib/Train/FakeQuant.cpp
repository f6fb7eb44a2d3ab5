//===- FakeQuant.cpp - quantize and dequantize, with the mask of the gradient (N11) -----===//

#include "Parallel.h"

using namespace qopt::train;

namespace {

/// A channel's grid as f32: codes minus the zero point, which are exact.
struct Line {
  float scale, low, high;
};

/// N3(N2(x)) of one element. Adding 0 turns the -0 that rounding leaves into N3's 0.
QOPT_INLINE float onGrid(float x, float scale, float low, float high, bool &inside) {
  float code = __builtin_nearbyintf(x / scale);
  inside = code >= low && code <= high; // of a NaN: no
  code = code == code ? code : 0.0f;
  code = code < low ? low : code;
  code = code > high ? high : code;
  return (code + 0.0f) * scale;
}

/// The clamp in front of a point; NaN passes, and becomes the zero point.
QOPT_INLINE float clamped(float x, Bounds bounds) {
  x = x < bounds.low ? bounds.low : x;
  return x > bounds.high ? bounds.high : x;
}

QOPT_INLINE void quantizeLine(const float *x, int64_t count, Line line, Bounds bounds, float *out,
                              uint8_t *mask) {
  if (!mask) {
    for (int64_t i = 0; i < count; ++i) {
      bool inside;
      out[i] = onGrid(clamped(x[i], bounds), line.scale, line.low, line.high, inside);
    }
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    bool inside;
    const float value = x[i];
    out[i] = onGrid(clamped(value, bounds), line.scale, line.low, line.high, inside);
    mask[i] = inside & (value > bounds.low) & (value < bounds.high);
  }
}

} // namespace

static Line lineOf(const Grid &grid, int64_t channel) {
  const int64_t i = grid.perChannel ? channel : 0;
  return {grid.scales[i], static_cast<float>(grid.qmin - grid.zeroPoints[i]),
          static_cast<float>(grid.qmax - grid.zeroPoints[i])};
}

QOPT_PER_ISA static void quantizeRange(const float *x, int64_t count, Line line, Bounds bounds,
                                       float *out, uint8_t *mask) {
  quantizeLine(x, count, line, bounds, out, mask);
}

/// Rows that hold every channel once.
QOPT_PER_ISA static void quantizeAcross(const float *x, int64_t rows, int64_t channels,
                                        const Line *lines, Bounds bounds, float *out,
                                        uint8_t *mask) {
  for (int64_t i = 0, e = rows * channels; i < e; i += channels)
    for (int64_t c = 0; c < channels; ++c) {
      bool inside;
      const float value = x[i + c];
      out[i + c] =
          onGrid(clamped(value, bounds), lines[c].scale, lines[c].low, lines[c].high, inside);
      if (mask)
        mask[i + c] = inside & (value > bounds.low) & (value < bounds.high);
    }
}

void qopt::train::fakeQuant(const float *x, Extent extent, Grid grid, Bounds bounds, float *out,
                            uint8_t *mask, int threads) {
  auto at = [&](int64_t i) { return mask ? mask + i : nullptr; };
  if (!grid.perChannel)
    return forRanges(extent.elements(), threads, [&](int64_t begin, int64_t end) {
      quantizeRange(x + begin, end - begin, lineOf(grid, 0), bounds, out + begin, at(begin));
    });
  std::vector<Line> lines;
  for (int64_t c = 0; c < extent.channels; ++c)
    lines.push_back(lineOf(grid, c));
  forRows(extent, threads, [&](int64_t first, int64_t last) {
    if (extent.inner == 1) {
      const int64_t i = first * extent.channels;
      return quantizeAcross(x + i, last - first, extent.channels, lines.data(), bounds, out + i,
                            at(i));
    }
    for (int64_t row = first; row < last; ++row) {
      const int64_t i = row * extent.inner;
      quantizeRange(x + i, extent.inner, lines[row % extent.channels], bounds, out + i, at(i));
    }
  });
}

QOPT_PER_ISA static void maskRange(const float *g, const uint8_t *mask, int64_t count, float *gx) {
  for (int64_t i = 0; i < count; ++i)
    gx[i] = mask[i] ? g[i] : 0.0f;
}

void qopt::train::maskGradient(const float *g, const uint8_t *mask, int64_t count, float *gx,
                               int threads) {
  forRanges(count, threads, [&](int64_t begin, int64_t end) {
    maskRange(g + begin, mask + begin, end - begin, gx + begin);
  });
}

//===-- batch normalization, residual and activation in front -------------------------===//

/// One f32 rounding per operation: product, sum, sum with the residual.
QOPT_INLINE float affineOf(float x, float a, float b, float residual, bool hasResidual,
                           Bounds clamp) {
  float value = x * a + b;
  if (hasResidual)
    value = value + residual;
  return clamped(value, clamp);
}

namespace {
struct Source {
  const float *x, *residual;
  Bounds clamp;
};
} // namespace

template <bool kResidual>
QOPT_INLINE void affineQuantLine(Source from, int64_t i, int64_t count, float a, float b, Line line,
                                 float *out, uint8_t *mask) {
  for (const int64_t end = i + count; i < end; ++i) {
    bool inside;
    const float value =
        affineOf(from.x[i], a, b, kResidual ? from.residual[i] : 0.0f, kResidual, from.clamp);
    out[i] = onGrid(value, line.scale, line.low, line.high, inside);
    mask[i] = inside & (value > from.clamp.low) & (value < from.clamp.high);
  }
}

template <bool kResidual>
QOPT_INLINE void affineQuantAcross(Source from, int64_t i, int64_t channels, const float *a,
                                   const float *b, Line line, float *out, uint8_t *mask) {
  for (int64_t c = 0; c < channels; ++c, ++i) {
    bool inside;
    const float value =
        affineOf(from.x[i], a[c], b[c], kResidual ? from.residual[i] : 0.0f, kResidual, from.clamp);
    out[i] = onGrid(value, line.scale, line.low, line.high, inside);
    mask[i] = inside & (value > from.clamp.low) & (value < from.clamp.high);
  }
}

QOPT_PER_ISA static void affineQuantRows(Source from, Extent extent, int64_t first, int64_t last,
                                         const float *a, const float *b, Line line, float *out,
                                         uint8_t *mask) {
  const int64_t channels = extent.channels, inner = extent.inner;
  if (inner == 1) {
    for (int64_t row = first; row < last; ++row)
      from.residual
          ? affineQuantAcross<true>(from, row * channels, channels, a, b, line, out, mask)
          : affineQuantAcross<false>(from, row * channels, channels, a, b, line, out, mask);
    return;
  }
  for (int64_t row = first; row < last; ++row) {
    const int64_t c = row % channels;
    from.residual ? affineQuantLine<true>(from, row * inner, inner, a[c], b[c], line, out, mask)
                  : affineQuantLine<false>(from, row * inner, inner, a[c], b[c], line, out, mask);
  }
}

void qopt::train::affineFakeQuant(const float *x, const float *residual, Extent extent,
                                  const float *a, const float *b, Bounds clamp, Grid grid,
                                  float *out, uint8_t *mask, int threads) {
  forRows(extent, threads, [&](int64_t first, int64_t last) {
    affineQuantRows({x, residual, clamp}, extent, first, last, a, b, lineOf(grid, 0), out, mask);
  });
}
