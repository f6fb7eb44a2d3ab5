/*===- Train.h - the kernels of a training step ------------------------------------------===*\
|*
|* fake_quant with its observer and gradients (docs/Numerics.md, N11), and what stands between two
|* convolutions in a training step - batch normalization, residual, activation, fake_quant - in one
|* or two passes over memory instead of ten. On plain f32 buffers; a shape is seen as
|* [outer, channels, inner] around its channel axis: NCHW is [N, C, H*W], NHWC [N*H*W, C, 1], one
|* scale for a whole tensor [1, 1, n]. `threads` as in OpenMP; results do not depend on it.
|*
|* Each function checks its arguments and says what is wrong through qopt_last_error. Buffers may be
|* the same where a parameter says so, and overlap nowhere else.
|*
\*===------------------------------------------------------------------------------------===*/

#ifndef QOPT_C_TRAIN_H
#define QOPT_C_TRAIN_H

#include "qopt-c/Core.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int64_t outer, channels, inner;
} qopt_extent;

/** The grid of codes: per tensor (one scale, one zero point) or per channel. Zero points are
 * integers in [qmin, qmax]. */
typedef struct {
  const float *scales;
  const int32_t *zero_points;
  int64_t count; /**< 1, or the extent's channels */
  int32_t qmin, qmax;
} qopt_grid;

/** Least and greatest element, per channel where `per_channel`, else of all. NaN in both where an
 * element is NaN or infinite. */
QOPT_API qopt_status qopt_observe(const float *x, qopt_extent extent, int per_channel, float *least,
                                  float *greatest, int threads);

/** Scale and zero point of ranges (N15). `symmetric`: zero point 0, or the middle code of unsigned
 * storage. Error: a range that is NaN, infinite or empty. */
QOPT_API qopt_status qopt_choose_qparams(const float *least, const float *greatest, int64_t count,
                                         int bits, int is_signed, int32_t qmin, int32_t qmax,
                                         int symmetric, float floor, float *scales,
                                         int32_t *zero_points);

/** out = N3(N2(clamp(x, low, high))); `out` may be `x`. The clamp is the activation in front of the
 * point (-inf and inf: none); x may have passed it before. `mask` (one byte per element, may be
 * null) is 1 where the gradient passes both: x lies strictly between the bounds and rne(x / s) + z
 * in [qmin, qmax]. */
QOPT_API qopt_status qopt_fake_quant(const float *x, qopt_extent extent, qopt_grid grid, float low,
                                     float high, float *out, uint8_t *mask, int threads);

/** gx = g where mask, else 0. `gx` may be `g`. */
QOPT_API qopt_status qopt_fake_quant_backward(const float *g, const uint8_t *mask, int64_t count,
                                              float *gx, int threads);

/** LSQ (Esser et al., "Learned Step Size Quantization", arXiv 1902.08153; the zero point as in
 * Bhalgat et al., "LSQ+", arXiv 2004.09576), N11. From x as it was before fake_quant:
 * gx = g inside the grid, else 0; ds[i] = grad_scale * sum g * ((x^ - x) / s inside, qmin - z
 * below, qmax - z above); dz[i] = grad_scale * sum g * (-s outside, 0 inside), summed in f64. `gx`,
 * `dz` may be null. */
QOPT_API qopt_status qopt_lsq_backward(const float *g, const float *x, qopt_extent extent,
                                       qopt_grid grid, float grad_scale, float *gx, float *ds,
                                       float *dz, int threads);

/** Mean and biased variance per channel, in f64 from blocks of a fixed size; also the least and
 * greatest element of each channel (may be null). */
QOPT_API qopt_status qopt_channel_stats(const float *x, qopt_extent extent, double *mean,
                                        double *variance, float *least, float *greatest,
                                        int threads);

/** out = clamp(x * a[c] + b[c] + residual, low, high), each operation one f32 rounding; `residual`
 * may be null, `out` may be `x`. Its extremes go to least and greatest (may be null). */
QOPT_API qopt_status qopt_affine(const float *x, const float *residual, qopt_extent extent,
                                 const float *a, const float *b, float low, float high, float *out,
                                 float *least, float *greatest, int threads);

/** The above and qopt_fake_quant (per tensor) at once, where the grid is known before. */
QOPT_API qopt_status qopt_affine_fake_quant(const float *x, const float *residual,
                                            qopt_extent extent, const float *a, const float *b,
                                            float low, float high, qopt_grid grid, float *out,
                                            uint8_t *mask, int threads);

/** Per channel: sum of g * mask and of g * mask * (x - mean[c]), in f64: what the backward pass of
 * a batch normalization reduces. */
QOPT_API qopt_status qopt_masked_sums(const float *g, const uint8_t *mask, const float *x,
                                      const double *mean, qopt_extent extent, double *sum,
                                      double *dot, int threads);

/** gx = p[c] * (g * mask) + q[c] * x + r[c], and gm = g * mask (may be null): the gradient to a
 * batch normalization's input and to a residual. `gx` may be `g`. */
QOPT_API qopt_status qopt_masked_affine(const float *g, const uint8_t *mask, const float *x,
                                        qopt_extent extent, const float *p, const float *q,
                                        const float *r, float *gx, float *gm, int threads);

#ifdef __cplusplus
}
#endif

#endif /* QOPT_C_TRAIN_H */
