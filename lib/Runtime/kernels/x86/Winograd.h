//===- Winograd.h - 3x3 convolutions by exact integer Winograd --------------------===//
//
// A strip of image tiles is transformed once; then for each panel of output channels the
// products of all points are added up over the input channels, transformed back, and
// finished as by any convolution. Templates over the ISA's vector operations and the form.
//
//===-----------------------------------------------------------------------------===//

#ifndef QRT_KERNELS_X86_WINOGRAD_H
#define QRT_KERNELS_X86_WINOGRAD_H

#include "kernels/x86/ConvTile.h"
#include "kernels/x86/WinogradTransforms.h"

#include <string.h>

namespace {

/// Products of one point: image tiles `inputStride` bytes apart times a panel of weights.
struct ProductJob {
  const uint8_t *input;
  int64_t inputStride;
  const uint8_t *weights;
  int32_t steps;
  bool accumulate; // to what `out` holds
  int32_t *out;
  int64_t outStride; // in elements, from image tile to image tile
};

template <typename V, int Rows, int Vectors> struct ProductTile {
  static void run(const ProductJob &job) {
    typename V::Int acc[Rows][Vectors];

#pragma unroll
    for (int row = 0; row < Rows; ++row)
#pragma unroll
      for (int v = 0; v < Vectors; ++v)
        acc[row][v] = V::zero();
    if (job.accumulate) {
      const int32_t *from = job.out;

#pragma unroll
      for (int row = 0; row < Rows; ++row, from += job.outStride)
#pragma unroll
        for (int v = 0; v < Vectors; ++v)
          acc[row][v] = V::loadInts(from + v * V::lanes);
    }
    Tile<V, Rows, Vectors>::template steps<0, Rows>(acc, job.input, job.inputStride, job.weights,
                                                    job.steps);
    int32_t *out = job.out;

#pragma unroll
    for (int row = 0; row < Rows; ++row, out += job.outStride)
#pragma unroll
      for (int v = 0; v < Vectors; ++v)
        V::storeInts(out + v * V::lanes, acc[row][v]);
  }
};

typedef void (*ProductFn)(const ProductJob &job);

template <typename V, int MaxRows> struct ProductRow {
  ProductFn fn[MaxRows];
  constexpr ProductRow() : fn() { fillFrom<1>(); }
  template <int Rows> constexpr void fillFrom() {
    fn[Rows - 1] = &ProductTile<V, Rows, 2>::run;
    if constexpr (Rows < MaxRows)
      fillFrom<Rows + 1>();
  }
};

/// `Isa`: Vector, config(), product(job, rows).
template <typename Isa, template <typename> class FormOf> struct WinogradDriver {
  typedef typename Isa::Vector V;
  typedef typename V::Int Int;
  typedef FormOf<V> Form;
  static constexpr int in = Form::in, out = Form::out, words = 2 * V::lanes;

  const qrt_conv2d_params &p;
  const qrt_call &call;
  const WinogradPlan plan;
  int16_t *transformed;
  uint8_t *padding;
  int32_t *products;
  int16_t *expanded;
  Int inverse;
  OutputJob job;

  WinogradDriver(const qrt_conv2d_params &params, const qrt_call &theCall)
      : p(params), call(theCall), plan(planWinograd(params, Form::form(), Isa::config())) {
    uint8_t *scratch = static_cast<uint8_t *>(call.scratch);
    transformed = reinterpret_cast<int16_t *>(scratch);
    padding = scratch + plan.paddingAt;
    products = reinterpret_cast<int32_t *>(scratch + plan.productsAt);
    expanded = reinterpret_cast<int16_t *>(scratch + plan.weightsAt);
    inverse = V::broadcastInt(static_cast<int32_t>(Form::form().inverse));
    fillEpilogue(p, job.epilogue);
  }

  /// Where image tile `index` (over all samples) lies.
  struct Place {
    int64_t sample;
    int32_t row, col; // of its first output pixel
  };
  Place placeOf(int64_t index) const {
    const int64_t perSample = int64_t(plan.tilesDown) * plan.tilesAcross;
    const int32_t inSample = static_cast<int32_t>(index % perSample);
    return {index / perSample, inSample / plan.tilesAcross * out,
            inSample % plan.tilesAcross * out};
  }

  //===-- input --------------------------------------------------------------------===//

  /// Input pixels under a tile; those outside of the image have the zero point's code.
  void findPixels(const Place &place, const uint8_t *(&pixels)[in * in]) const {
    const uint8_t *image =
        static_cast<const uint8_t *>(call.in[0]) + place.sample * p.in_h * p.in_w * int64_t(p.in_c);
    for (int i = 0; i < in; ++i) {
      const int32_t row = place.row + i - p.pad_top;
      const bool rowInside = row >= 0 && row < p.in_h;
      for (int j = 0; j < in; ++j) {
        const int32_t col = place.col + j - p.pad_left;
        const bool inside = rowInside && col >= 0 && col < p.in_w;
        pixels[i * in + j] = inside ? image + (int64_t(row) * p.in_w + col) * p.in_c : padding;
      }
    }
  }

  /// B'dB of the channels [at, at + words) of a tile.
  template <bool Signed>
  void transformVector(const uint8_t *const (&pixels)[in * in], int64_t at, int16_t *to) const {
    Int half[in][in]; // [column][row]
#pragma nounroll
    for (int j = 0; j < in; ++j) {
      Int d[in];
#pragma unroll
      for (int i = 0; i < in; ++i)
        d[i] = V::template loadWords<Signed>(pixels[i * in + j] + at);
      Form::input(d, half[j]);
    }
#pragma nounroll
    for (int i = 0; i < in; ++i) {
      Int d[in], v[in];
#pragma unroll
      for (int j = 0; j < in; ++j)
        d[j] = half[j][i];
      Form::input(d, v);
#pragma unroll
      for (int j = 0; j < in; ++j)
        V::storeInts(reinterpret_cast<int32_t *>(to + (i * in + j) * plan.pointPitch), v[j]);
    }
  }

  /// Channels that fill no vector are transformed in a copy.
  template <bool Signed>
  void transformTail(const uint8_t *const (&pixels)[in * in], int32_t at, int16_t *to) const {
    uint8_t copy[in * in][words];
    const uint8_t *copies[in * in];
    for (int i = 0; i < in * in; ++i) {
      memset(copy[i], 0, words);
      memcpy(copy[i], pixels[i] + at, static_cast<size_t>(p.in_c - at));
      copies[i] = copy[i];
    }
    transformVector<Signed>(copies, 0, to);
  }

  template <bool Signed> void transformTiles(int64_t first, int32_t count) const {
    for (int32_t tile = 0; tile < count; ++tile) {
      const uint8_t *pixels[in * in];
      findPixels(placeOf(first + tile), pixels);
      int16_t *to = transformed + int64_t(tile) * plan.channels;
      int32_t at = 0;
      for (; at + words <= p.in_c; at += words)
        transformVector<Signed>(pixels, at, to + at);
      if (at < p.in_c)
        transformTail<Signed>(pixels, at, to + at);
    }
  }

  //===-- products -----------------------------------------------------------------===//

  /// Adds up the pairs of channels [from, from + steps).
  void multiply(const int16_t *weights, int32_t from, int32_t steps, int32_t count) const {
    ProductJob product;
    product.inputStride = int64_t(plan.channels) * 2;
    product.steps = steps;
    product.accumulate = from > 0;
    product.outStride = int64_t(plan.points) * plan.panel;
    const int32_t tiles = ceilDivide(count, Isa::config().rows);
    const int32_t height = count / tiles, taller = count % tiles;
    for (int32_t point = 0; point < plan.points; ++point) {
      product.weights = reinterpret_cast<const uint8_t *>(weights + point * plan.weightPitch);
      product.input =
          reinterpret_cast<const uint8_t *>(transformed + point * plan.pointPitch + from * 2);
      product.out = products + point * plan.panel;
      for (int32_t tile = 0; tile < tiles; ++tile) {
        const int32_t rows = height + (tile < taller ? 1 : 0);
        Isa::product(product, rows);
        product.input += rows * product.inputStride;
        product.out += rows * product.outStride;
      }
    }
  }

  //===-- output -------------------------------------------------------------------===//

  /// A'(..)A of one vector of channels of a tile, and its epilogue.
  void finishVector(const int32_t *from, const int32_t *bias, int32_t vector, const Place &place) {
    Int half[out][in]; // [row of output][column]
#pragma nounroll
    for (int j = 0; j < in; ++j) {
      Int m[in], y[out];
#pragma unroll
      for (int i = 0; i < in; ++i)
        m[i] = V::loadInts(from + (i * in + j) * plan.panel + vector * V::lanes);
      Form::output(m, y);
#pragma unroll
      for (int i = 0; i < out; ++i)
        half[i][j] = y[i];
    }
    const Int folded = V::loadInts(bias + vector * V::lanes);
    const int32_t rows = minimum(out, p.out_h - place.row);
    const int32_t cols = minimum(out, p.out_w - place.col);
    for (int32_t i = 0; i < rows; ++i) {
      Int y[out];
      Form::output(half[i], y);
#pragma unroll
      for (int j = 0; j < out; ++j)
        y[j] = V::addInts(V::multiplyInts(y[j], inverse), folded);
      job.bindOutput(call, p, (place.sample * p.out_h + place.row + i) * p.out_w + place.col);
      finishPixels<V, out>(job, y, vector * V::lanes, cols);
    }
  }

  void finish(const int32_t *bias, int64_t first, int32_t count) {
    const int32_t vectors = ceilDivide(job.channels, V::lanes);
    for (int32_t tile = 0; tile < count; ++tile) {
      const Place place = placeOf(first + tile);
      for (int32_t vector = 0; vector < vectors; ++vector)
        finishVector(products + int64_t(tile) * plan.points * plan.panel, bias, vector, place);
    }
  }

  void multiplyPanel(int64_t panel, int32_t count) const {
    if (plan.prepared)
      return multiply(
          reinterpret_cast<const int16_t *>(static_cast<const uint8_t *>(call.prepared) +
                                            panel * winogradPreparedPanel(plan)),
          0, plan.steps, count);
    for (int32_t from = 0; from < plan.steps; from += plan.chunk) {
      const int32_t steps = minimum(plan.chunk, plan.steps - from);
      expand(p, plan, panel, from, steps, expanded);
      multiply(expanded, from, steps, count);
    }
  }

  void runPanels(Range panels, int64_t first, int32_t count) {
    for (int64_t panel = panels.begin; panel < panels.end; ++panel) {
      const uint8_t *constants =
          static_cast<const uint8_t *>(p.packed) + panel * winogradPanelBytes(plan);
      const int32_t *bias = reinterpret_cast<const int32_t *>(constants);
      job.multiplier = reinterpret_cast<const float *>(bias + plan.panel);
      job.channel = static_cast<int32_t>(panel) * plan.panel;
      job.channels = minimum(plan.panel, p.out_c - job.channel);
      multiplyPanel(panel, count);
      finish(bias, first, count);
    }
  }

  /// Threads share the image tiles, or the panels where there are few tiles: then each reads
  /// only its part of the weights.
  void run() {
    memset(padding, static_cast<uint8_t>(p.in_zero_point), static_cast<size_t>(p.in_c));
    const int64_t total = call.batch * plan.tilesDown * plan.tilesAcross;
    const bool byPanels = plan.panels >= call.threads && total < 32 * int64_t(call.threads);
    const Range panels = byPanels ? slice(plan.panels, call) : Range{0, plan.panels};
    const Range tiles = byPanels ? Range{0, total} : slice(total, call);
    for (int64_t first = tiles.begin; first < tiles.end; first += plan.strip) {
      const int64_t rest = tiles.end - first;
      const int32_t count = static_cast<int32_t>(rest < plan.strip ? rest : plan.strip);
      if (p.in_signed)
        transformTiles<true>(first, count);
      else
        transformTiles<false>(first, count);
      runPanels(panels, first, count);
    }
  }

  //===-- weights ------------------------------------------------------------------===//

  /// GgG' of a vector of words; the taps lie `tapBytes` apart.
  QRT_INLINE void expandVector(const uint8_t *taps, int64_t tapBytes, int16_t *to, int64_t pitch) {
    Int half[3][in]; // [column][point]
#pragma unroll
    for (int j = 0; j < 3; ++j) {
      Int g[3];
#pragma unroll
      for (int i = 0; i < 3; ++i)
        g[i] = V::template loadWords<true>(taps + (i * 3 + j) * tapBytes);
      Form::weights(g, half[j]);
    }
#pragma unroll
    for (int i = 0; i < in; ++i) {
      const Int g[3] = {half[0][i], half[1][i], half[2][i]};
      Int u[in];
      Form::weights(g, u);
#pragma unroll
      for (int j = 0; j < in; ++j)
        V::storeInts(reinterpret_cast<int32_t *>(to + (i * in + j) * pitch), u[j]);
    }
  }

  /// GgG' of the pairs of channels [first, first + steps) of a panel.
  static void expand(const qrt_conv2d_params &p, const WinogradPlan &plan, int64_t panel,
                     int32_t first, int32_t steps, int16_t *to) {
    const int64_t step = int64_t(plan.panel) * 2; // weights of a pair of inputs, per tap
    const uint8_t *from = static_cast<const uint8_t *>(p.packed) +
                          panel * winogradPanelBytes(plan) + int64_t(plan.panel) * 8 +
                          first * 9 * step;
    for (int32_t i = 0; i < steps; ++i, from += 9 * step, to += step)
      for (int64_t at = 0; at < step; at += words)
        expandVector(from + at, step, to + at, plan.weightPitch);
  }

  /// What a session does when it opens: each thread expands its panels into call.out.
  static void prepare(const qrt_conv2d_params &p, const qrt_call &call) {
    const WinogradPlan plan = planWinograd(p, Form::form(), Isa::config());
    if (!plan.prepared)
      return;
    const Range panels = slice(plan.panels, call);
    for (int64_t panel = panels.begin; panel < panels.end; ++panel)
      expand(p, plan, panel, 0, plan.steps,
             reinterpret_cast<int16_t *>(static_cast<uint8_t *>(call.out) +
                                         panel * winogradPreparedPanel(plan)));
  }
};

} // namespace

#endif // QRT_KERNELS_X86_WINOGRAD_H
