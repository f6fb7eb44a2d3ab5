//===- ConvCase.h - convolutions with data, and their oracle ---------------------===//

#ifndef QOPT_TEST_KERNELS_CONVCASE_H
#define QOPT_TEST_KERNELS_CONVCASE_H

#include "Rows.h"

namespace qopt::test {

/// A convolution with weights, bias and multipliers of its own.
struct ConvCase {
  qrt_conv2d_params p = {};
  int64_t batch = 1;
  std::vector<int8_t> weights; // OIHW
  std::vector<int32_t> bias, weightZeroPoint;
  std::vector<float> multiplier;
  Bytes table;
  std::vector<Bytes> inputs;

  static ConvCase make(int32_t batch, int32_t inH, int32_t inW, int32_t inC, int32_t outC,
                       int32_t kernel, int32_t stride = 1, int32_t pad = 0, int32_t dilation = 1,
                       int32_t groups = 1);
  /// Kernel, stride, pad, dilation may be changed by hand; then the output size follows.
  void setOutputSize();
  /// Draws all data; call after the params are final.
  void fill(Fill how, uint32_t seed);

  size_t outputBytes() const {
    return size_t(batch) * p.out_h * p.out_w * p.out_c * (p.output_f32 ? 4 : 1);
  }
  std::string text() const;
  /// The result by N4, N6, N7, N8, N10 in int64 and straight loops over OIHW.
  Bytes oracle() const;
};

/// Runs every row on the case, after drawing its data: reference against oracle, the others
/// against the reference. Returns the names of the fast rows that took it.
std::vector<std::string> check(ConvCase c, Fill how = Fill::Random, uint32_t seed = 1);
/// The same for a case that has its data.
std::vector<std::string> checkFilled(const ConvCase &c);

/// s8 codes everywhere.
void setSigned(ConvCase &c);

} // namespace qopt::test

#endif // QOPT_TEST_KERNELS_CONVCASE_H
