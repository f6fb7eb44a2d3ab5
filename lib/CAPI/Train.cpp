//===- Train.cpp - the kernels of a training step, arguments checked ----------------===//

#include "qopt-c/Train.h"
#include "lib/CAPI/Internal.h"

#include "qopt/Support/QParams.h"
#include "qopt/Support/Text.h"
#include "qopt/Train/Kernels.h"

#include <cmath>

using namespace qopt;
using namespace qopt::capi;
using llvm::Twine;

static train::Extent extentOf(qopt_extent extent) {
  return {extent.outer, extent.channels, extent.inner};
}

static train::Grid gridOf(const qopt_grid &grid) {
  return {grid.scales, grid.zero_points, grid.count > 1, grid.qmin, grid.qmax};
}

/// QOPT_OK for sizes of at least 1 whose product is no nonsense, threads, and buffers that are
/// there.
static qopt_status checkCall(const char *name, qopt_extent extent, int threads,
                             std::initializer_list<const void *> needed) {
  const int64_t sizes[] = {extent.outer, extent.channels, extent.inner};
  const std::optional<int64_t> bytes = checkedNumBytes(DType::F64, sizes);
  if (extent.outer < 1 || extent.channels < 1 || extent.inner < 1 || !bytes)
    return fail(Twine(name) + ": expected an extent of sizes of at least 1, got [" +
                Twine(extent.outer) + ", " + Twine(extent.channels) + ", " + Twine(extent.inner) +
                "]");
  if (threads < 1)
    return fail(Twine(name) + ": expected at least 1 thread, got " + Twine(threads));
  for (const void *buffer : needed)
    if (!buffer)
      return fail(Twine(name) + ": a buffer is null that must not be");
  return QOPT_OK;
}

static qopt_status checkGrid(const char *name, const qopt_grid &grid, int64_t channels) {
  if (!grid.scales || !grid.zero_points)
    return fail(Twine(name) + ": the grid has no scales or zero points");
  if (grid.count != 1 && grid.count != channels)
    return fail(Twine(name) + ": expected 1 scale or one per channel (" + Twine(channels) +
                "), got " + Twine(grid.count));
  if (grid.qmin >= grid.qmax)
    return fail(Twine(name) + ": expected qmin < qmax, got [" + Twine(grid.qmin) + ", " +
                Twine(grid.qmax) + "]");
  for (int64_t c = 0; c < grid.count; ++c) {
    if (!(grid.scales[c] > 0.0f) || !std::isfinite(grid.scales[c]))
      return fail(Twine(name) + ": scale " + numberText(grid.scales[c]) + " of channel " +
                  Twine(c) + "; expected a positive finite number");
    if (grid.zero_points[c] < grid.qmin || grid.zero_points[c] > grid.qmax)
      return fail(Twine(name) + ": zero point " + Twine(grid.zero_points[c]) + " of channel " +
                  Twine(c) + " lies outside [" + Twine(grid.qmin) + ", " + Twine(grid.qmax) + "]");
  }
  return QOPT_OK;
}

qopt_status qopt_observe(const float *x, qopt_extent extent, int per_channel, float *least,
                         float *greatest, int threads) {
  if (checkCall("observe", extent, threads, {x, least, greatest}))
    return QOPT_ERROR;
  train::observe(x, extentOf(extent), per_channel != 0, least, greatest, threads);
  return QOPT_OK;
}

qopt_status qopt_choose_qparams(const float *least, const float *greatest, int64_t count, int bits,
                                int is_signed, int32_t qmin, int32_t qmax, int symmetric,
                                float floor, float *scales, int32_t *zero_points) {
  if (!least || !greatest || !scales || !zero_points)
    return fail("choose_qparams: a buffer is null that must not be");
  const QuantRange codes{bits, is_signed != 0, qmin, qmax, symmetric != 0};
  if (llvm::Error error = checkQuantRange(codes, "choose_qparams"))
    return fail(std::move(error));
  for (int64_t c = 0; c < count; ++c) {
    const std::string where = ("choose_qparams: channel " + Twine(c)).str();
    if (llvm::Error error = checkRange(least[c], greatest[c], where))
      return fail(std::move(error));
    const QParams params = chooseQParams(least[c], greatest[c], codes);
    scales[c] = std::max(params.scale, floor);
    zero_points[c] = params.zeroPoint;
  }
  return QOPT_OK;
}

qopt_status qopt_fake_quant(const float *x, qopt_extent extent, qopt_grid grid, float low,
                            float high, float *out, uint8_t *mask, int threads) {
  if (checkCall("fake_quant", extent, threads, {x, out}) ||
      checkGrid("fake_quant", grid, extent.channels))
    return QOPT_ERROR;
  train::fakeQuant(x, extentOf(extent), gridOf(grid), {low, high}, out, mask, threads);
  return QOPT_OK;
}

qopt_status qopt_fake_quant_backward(const float *g, const uint8_t *mask, int64_t count, float *gx,
                                     int threads) {
  if (checkCall("fake_quant_backward", {1, 1, count}, threads, {g, mask, gx}))
    return QOPT_ERROR;
  train::maskGradient(g, mask, count, gx, threads);
  return QOPT_OK;
}

qopt_status qopt_lsq_backward(const float *g, const float *x, qopt_extent extent, qopt_grid grid,
                              float grad_scale, float *gx, float *ds, float *dz, int threads) {
  if (checkCall("lsq_backward", extent, threads, {g, x, ds}) ||
      checkGrid("lsq_backward", grid, extent.channels))
    return QOPT_ERROR;
  train::lsqBackward(g, x, extentOf(extent), gridOf(grid), grad_scale, gx, ds, dz, threads);
  return QOPT_OK;
}

qopt_status qopt_channel_stats(const float *x, qopt_extent extent, double *mean, double *variance,
                               float *least, float *greatest, int threads) {
  if (checkCall("channel_stats", extent, threads, {x, mean, variance}))
    return QOPT_ERROR;
  train::channelStats(x, extentOf(extent), mean, variance, least, greatest, threads);
  return QOPT_OK;
}

qopt_status qopt_affine(const float *x, const float *residual, qopt_extent extent, const float *a,
                        const float *b, float low, float high, float *out, float *least,
                        float *greatest, int threads) {
  if (checkCall("affine", extent, threads, {x, a, b, out}))
    return QOPT_ERROR;
  train::affine(x, residual, extentOf(extent), a, b, {low, high}, out, least, greatest, threads);
  return QOPT_OK;
}

qopt_status qopt_affine_fake_quant(const float *x, const float *residual, qopt_extent extent,
                                   const float *a, const float *b, float low, float high,
                                   qopt_grid grid, float *out, uint8_t *mask, int threads) {
  if (checkCall("affine_fake_quant", extent, threads, {x, a, b, out, mask}) ||
      checkGrid("affine_fake_quant", grid, 1))
    return QOPT_ERROR;
  train::affineFakeQuant(x, residual, extentOf(extent), a, b, {low, high}, gridOf(grid), out, mask,
                         threads);
  return QOPT_OK;
}

qopt_status qopt_masked_sums(const float *g, const uint8_t *mask, const float *x,
                             const double *mean, qopt_extent extent, double *sum, double *dot,
                             int threads) {
  if (checkCall("masked_sums", extent, threads, {g, mask, x, mean, sum, dot}))
    return QOPT_ERROR;
  train::maskedSums(g, mask, x, mean, extentOf(extent), sum, dot, threads);
  return QOPT_OK;
}

qopt_status qopt_masked_affine(const float *g, const uint8_t *mask, const float *x,
                               qopt_extent extent, const float *p, const float *q, const float *r,
                               float *gx, float *gm, int threads) {
  if (checkCall("masked_affine", extent, threads, {g, mask, x, p, q, r, gx}))
    return QOPT_ERROR;
  train::maskedAffine(g, mask, x, extentOf(extent), p, q, r, gx, gm, threads);
  return QOPT_OK;
}
