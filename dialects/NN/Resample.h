//===- Resample.h - which pixels a resize reads (N18) -------------------------------===//
//
// Coordinates by the rules of ONNX Resize, in f64.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_NN_RESAMPLE_H
#define QOPT_NN_RESAMPLE_H

#include "dialects/NN/NN.h"

#include <vector>

namespace qopt::nn {

/// For each output index of one axis: the input index (nearest: `low` alone), or two
/// neighbours and the weight of the upper one.
struct AxisSamples {
  std::vector<int32_t> low, high;
  std::vector<float> weight;
};

AxisSamples sampleRows(ResizeNearestOp op);
AxisSamples sampleColumns(ResizeNearestOp op);
AxisSamples sampleRows(ResizeBilinearOp op);
AxisSamples sampleColumns(ResizeBilinearOp op);

} // namespace qopt::nn

#endif // QOPT_NN_RESAMPLE_H
