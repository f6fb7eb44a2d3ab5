//===- Resample.h - which pixels a resize reads (N18) -------------------------------===//
//
// Coordinates by the rules of ONNX Resize, in f64.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWER_RESAMPLE_H
#define QOPT_LIB_LOWER_RESAMPLE_H

#include "dialects/NN/NN.h"

#include <vector>

namespace qopt::lower {

/// For each output index of one axis: the input index (nearest: `low` alone), or two
/// neighbours and the weight of the upper one.
struct AxisSamples {
  std::vector<int32_t> low, high;
  std::vector<float> weight;
};

AxisSamples sampleRows(nn::ResizeNearestOp op);
AxisSamples sampleColumns(nn::ResizeNearestOp op);
AxisSamples sampleRows(nn::ResizeBilinearOp op);
AxisSamples sampleColumns(nn::ResizeBilinearOp op);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_RESAMPLE_H
