//===- Kernels.h - the kernels of a training step -------------------------------------===//
//
// fake_quant with observation and gradients (N11), and batch normalization, residual, activation
// and fake_quant in one or two passes over memory. What each computes is told in
// qopt-c/Train.h, whose functions check arguments and call these.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_TRAIN_KERNELS_H
#define QOPT_TRAIN_KERNELS_H

#include <cstdint>

namespace qopt::train {

/// A shape seen as [outer, channels, inner] around its channel axis.
struct Extent {
  int64_t outer = 1, channels = 1, inner = 1;
  int64_t elements() const { return outer * channels * inner; }
  int64_t index(int64_t o, int64_t c) const { return (o * channels + c) * inner; }
};

/// One scale and zero point for all, or one of each per channel.
struct Grid {
  const float *scales;
  const int32_t *zeroPoints;
  bool perChannel;
  int32_t qmin, qmax;
};

/// The open interval of x whose gradient passes an activation, beside the grid's own.
struct Bounds {
  float low, high;
};

void observe(const float *x, Extent extent, bool perChannel, float *least, float *greatest,
             int threads);
void fakeQuant(const float *x, Extent extent, Grid grid, Bounds bounds, float *out, uint8_t *mask,
               int threads);
void maskGradient(const float *g, const uint8_t *mask, int64_t count, float *gx, int threads);
void lsqBackward(const float *g, const float *x, Extent extent, Grid grid, float gradScale,
                 float *gx, float *ds, float *dz, int threads);
void channelStats(const float *x, Extent extent, double *mean, double *variance, float *least,
                  float *greatest, int threads);
void affine(const float *x, const float *residual, Extent extent, const float *a, const float *b,
            Bounds clamp, float *out, float *least, float *greatest, int threads);
void affineFakeQuant(const float *x, const float *residual, Extent extent, const float *a,
                     const float *b, Bounds clamp, Grid grid, float *out, uint8_t *mask,
                     int threads);
void maskedSums(const float *g, const uint8_t *mask, const float *x, const double *mean,
                Extent extent, double *sum, double *dot, int threads);
void maskedAffine(const float *g, const uint8_t *mask, const float *x, Extent extent,
                  const float *p, const float *q, const float *r, float *gx, float *gm,
                  int threads);

} // namespace qopt::train

#endif // QOPT_TRAIN_KERNELS_H
