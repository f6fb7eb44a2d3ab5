//===- Geometry.cpp - what a convolution reads ----------------------------------------===//

#include "lib/Reference/Geometry.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

static AxisReads readsOf(int64_t kernel, int64_t out, int64_t in, int64_t stride, int64_t dilation,
                         int64_t padding, bool transposed) {
  AxisReads axis{kernel, out, in, std::vector<int64_t>(kernel * out, -1)};
  for (int64_t k = 0; k < kernel; ++k)
    for (int64_t o = 0; o < out; ++o) {
      int64_t &source = axis.source[k * out + o];
      if (!transposed) {
        source = o * stride + k * dilation - padding;
      } else {
        // Input i adds to output i * stride + k * dilation - padding.
        const int64_t scaled = o + padding - k * dilation;
        source = scaled % stride == 0 ? scaled / stride : -1;
      }
      if (source < 0 || source >= in)
        source = -1;
    }
  return axis;
}

template <typename OpTy>
static ConvGeometry makeGeometry(OpTy op, ArrayRef<int64_t> in, ArrayRef<int64_t> out,
                                 bool transposed) {
  const ArrayRef<int64_t> weight = cast<RankedTensorType>(op.getWeight().getType()).getShape();
  ConvGeometry g;
  g.batch = in[0];
  g.groups = op.getGroups();
  g.inPerGroup = in[1] / g.groups;
  g.outPerGroup = out[1] / g.groups;
  g.rows = readsOf(weight[2], out[2], in[2], op.getStride()[0], op.getDilation()[0],
                   op.getPadding()[0], transposed);
  g.columns = readsOf(weight[3], out[3], in[3], op.getStride()[1], op.getDilation()[1],
                      op.getPadding()[1], transposed);
  return g;
}

ConvGeometry reference::geometryOf(nn::Conv2dOp op, ArrayRef<int64_t> in, ArrayRef<int64_t> out) {
  return makeGeometry(op, in, out, /*transposed=*/false);
}

ConvGeometry reference::geometryOf(nn::ConvTranspose2dOp op, ArrayRef<int64_t> in,
                                   ArrayRef<int64_t> out) {
  return makeGeometry(op, in, out, /*transposed=*/true);
}
