//===- Geometry.h - what a convolution reads ------------------------------------------===//
//
// Convolution and transposed convolution as one matrix product per sample and group:
// which input row and column each (kernel, output) position reads.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_GEOMETRY_H
#define QOPT_REFERENCE_GEOMETRY_H

#include "lib/Reference/Evaluator.h"

namespace qopt::reference {

/// Source index for [kernel position][output position] of one dimension; -1: padding.
struct AxisReads {
  int64_t kernel = 0, out = 0, in = 0;
  std::vector<int64_t> source;
  int64_t at(int64_t k, int64_t o) const { return source[k * out + o]; }
};

struct ConvGeometry {
  int64_t batch = 0, groups = 1, inPerGroup = 0, outPerGroup = 0;
  AxisReads rows, columns;

  int64_t depth() const { return inPerGroup * rows.kernel * columns.kernel; }
  int64_t pixels() const { return rows.out * columns.out; }
  int64_t inPlane() const { return rows.in * columns.in; }
  int64_t outChannels() const { return groups * outPerGroup; }
};

/// Geometry of an nn.conv2d or nn.conv_transpose2d for an input of shape `in`.
ConvGeometry geometryOf(nn::Conv2dOp op, llvm::ArrayRef<int64_t> in, llvm::ArrayRef<int64_t> out);
ConvGeometry geometryOf(nn::ConvTranspose2dOp op, llvm::ArrayRef<int64_t> in,
                        llvm::ArrayRef<int64_t> out);

/// The weights as [out channel][depth]: as stored for a convolution, gathered from
/// [in][out per group][kh][kw] for a transposed one.
template <typename T>
std::vector<T> packWeights(const ConvGeometry &g, const std::vector<T> &weights, bool transposed) {
  if (!transposed)
    return weights;
  const int64_t kernel = g.rows.kernel * g.columns.kernel;
  std::vector<T> packed(weights.size());
  for (int64_t group = 0; group < g.groups; ++group)
    for (int64_t c = 0; c < g.inPerGroup; ++c)
      for (int64_t o = 0; o < g.outPerGroup; ++o)
        for (int64_t k = 0; k < kernel; ++k)
          packed[((group * g.outPerGroup + o) * g.inPerGroup + c) * kernel + k] =
              weights[((group * g.inPerGroup + c) * g.outPerGroup + o) * kernel + k];
  return packed;
}

/// Gathers the group's inputs of one sample: columns[depth][pixel], padding 0; rows lie
/// `stride` elements apart.
template <typename T>
void gatherColumns(const ConvGeometry &g, const T *group, T *columns, int64_t stride) {
  for (int64_t c = 0; c < g.inPerGroup; ++c)
    for (int64_t kh = 0; kh < g.rows.kernel; ++kh)
      for (int64_t kw = 0; kw < g.columns.kernel; ++kw, columns += stride)
        for (int64_t oh = 0; oh < g.rows.out; ++oh) {
          const int64_t row = g.rows.at(kh, oh);
          const T *in = group + c * g.inPlane() + std::max<int64_t>(row, 0) * g.columns.in;
          T *out = columns + oh * g.columns.out;
          for (int64_t ow = 0; ow < g.columns.out; ++ow) {
            const int64_t column = g.columns.at(kw, ow);
            out[ow] = row < 0 || column < 0 ? T(0) : in[column];
          }
        }
}

/// The same as lines[pixel][depth].
template <typename T> void gatherLines(const ConvGeometry &g, const T *group, T *lines) {
  for (int64_t oh = 0; oh < g.rows.out; ++oh)
    for (int64_t ow = 0; ow < g.columns.out; ++ow)
      for (int64_t c = 0; c < g.inPerGroup; ++c)
        for (int64_t kh = 0; kh < g.rows.kernel; ++kh) {
          const int64_t row = g.rows.at(kh, oh);
          const T *in = group + c * g.inPlane() + std::max<int64_t>(row, 0) * g.columns.in;
          for (int64_t kw = 0; kw < g.columns.kernel; ++kw, ++lines) {
            const int64_t column = g.columns.at(kw, ow);
            *lines = row < 0 || column < 0 ? T(0) : in[column];
          }
        }
}

} // namespace qopt::reference

#endif // QOPT_REFERENCE_GEOMETRY_H
