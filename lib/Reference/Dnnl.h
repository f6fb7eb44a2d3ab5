//===- Dnnl.h - float convolutions and products on oneDNN ------------------------------===//
//
// Primitives and reordered weights are made at the first run with a shape and kept.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_DNNL_H
#define QOPT_REFERENCE_DNNL_H

#include "lib/Reference/Evaluator.h"

namespace qopt::reference {

struct DnnlConvShape {
  std::vector<int64_t> input, weight, output;
  std::array<int64_t, 2> stride, dilation;
  std::array<int64_t, 4> padding; ///< top, left, bottom, right
  int64_t groups = 1;
  bool bias = false;
  /// Take the maximum with 0 at the end.
  bool relu = false;
};

/// A kept primitive: one op at one input shape.
class DnnlOp : public KeptState {
public:
  DnnlOp();
  ~DnnlOp() override;

  /// out = conv(input, weight) + bias. The weights must be the same at each run.
  llvm::Error convolve(const DnnlConvShape &shape, const float *input, const float *weight,
                       const float *bias, float *output);

  /// output[batch][m][n] = lhs[batch][m][k] * rhs[batch][k][n] (+ bias[n]); with
  /// `transposed` rhs is [batch][n][k]. A constant rhs is reordered once.
  struct MatmulShape {
    int64_t batch = 1, m = 0, n = 0, k = 0;
    bool transposed = false, constantRhs = false, bias = false;
    bool operator==(const MatmulShape &other) const;
  };
  llvm::Error multiply(const MatmulShape &shape, const float *lhs, const float *rhs,
                       const float *bias, float *output);

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace qopt::reference

#endif // QOPT_REFERENCE_DNNL_H
