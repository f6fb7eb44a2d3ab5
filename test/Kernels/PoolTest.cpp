//===- PoolTest.cpp - pools, means, copies, products and resizes -----------------===//

#include "Rows.h"

#include <sstream>

using namespace qopt::test;

namespace {

int32_t outputSize(int32_t in, int32_t kernel, int32_t stride, int32_t pad, int32_t dilation) {
  return (in + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

void checkMaxPool(int32_t size, int32_t channels, int32_t kernel, int32_t stride, int32_t pad,
                  int32_t dilation, int64_t batch, int32_t isSigned) {
  qrt_max_pool2d_params p = {};
  p.in_h = size, p.in_w = size + 1, p.channels = channels;
  p.kernel_h = kernel, p.kernel_w = kernel, p.stride_h = p.stride_w = stride;
  p.pad_top = p.pad_left = pad, p.dilation_h = p.dilation_w = dilation;
  p.out_h = outputSize(p.in_h, kernel, stride, pad, dilation);
  p.out_w = outputSize(p.in_w, kernel, stride, pad, dilation);
  p.is_signed = isSigned;
  if (p.out_h < 1 || p.out_w < 1)
    return;
  std::mt19937 rng(size);
  const Bytes in =
      makeCodes(size_t(batch) * p.in_h * p.in_w * channels, isSigned, Fill::Random, rng);
  std::ostringstream what;
  what << "max pool " << size << " c " << channels << " k " << kernel << " s " << stride << " p "
       << pad << " d " << dilation;
  expectRowsAgree("max_pool2d", p, nullptr, {in}, size_t(batch) * p.out_h * p.out_w * channels,
                  batch, what.str());
}

void checkAvgPool(int32_t size, int32_t channels, int32_t kernel, int32_t stride, int32_t pad,
                  int32_t extra, int32_t include, int32_t adaptive, int32_t isSigned) {
  qrt_avg_pool2d_params p = {};
  p.in_h = size, p.in_w = size + 2, p.channels = channels;
  p.kernel_h = p.kernel_w = kernel, p.stride_h = p.stride_w = stride;
  p.pad_top = p.pad_left = p.pad_bottom = p.pad_right = pad;
  p.out_h = adaptive ? kernel : outputSize(p.in_h, kernel, stride, pad, 1) + extra;
  p.out_w = adaptive ? kernel : outputSize(p.in_w, kernel, stride, pad, 1) + extra;
  p.count_include_pad = include, p.adaptive = adaptive;
  p.in_signed = p.out_signed = isSigned;
  p.in_zero_point = isSigned ? -17 : 111, p.out_zero_point = isSigned ? 5 : 133;
  p.out_min = isSigned ? -128 : 0, p.out_max = isSigned ? 127 : 255;
  p.in_scale = 0.031f, p.out_scale = 0.0312f;
  std::mt19937 rng(size);
  const Bytes in = makeCodes(size_t(2) * p.in_h * p.in_w * channels, isSigned, Fill::Random, rng);
  std::ostringstream what;
  what << "avg pool " << size << " c " << channels << " k " << kernel << " s " << stride << " p "
       << pad << " ceil " << extra << " include " << include << " adaptive " << adaptive;
  expectRowsAgree("avg_pool2d", p, nullptr, {in}, size_t(2) * p.out_h * p.out_w * channels, 2,
                  what.str());
}

} // namespace

TEST(MaxPool, Shapes) {
  for (int32_t channels : {1, 3, 16, 31, 64, 65, 100, 130})
    for (int32_t isSigned : {0, 1}) {
      checkMaxPool(11, channels, 3, 2, 1, 1, 2, isSigned);
      checkMaxPool(6, channels, 2, 2, 0, 1, 1, isSigned);
      checkMaxPool(9, channels, 3, 1, 1, 2, 1, isSigned);
      checkMaxPool(4, channels, 5, 1, 2, 1, 3, isSigned);
      checkMaxPool(2, channels, 3, 3, 1, 3, 1, isSigned);
    }
}

TEST(AvgPool, Shapes) {
  for (int32_t channels : {1, 3, 64, 100})
    for (int32_t isSigned : {0, 1})
      for (int32_t include : {0, 1}) {
        checkAvgPool(8, channels, 2, 2, 0, 0, include, 0, isSigned);
        checkAvgPool(9, channels, 3, 2, 1, 0, include, 0, isSigned);
        checkAvgPool(8, channels, 3, 2, 0, 1, include, 0, isSigned); // ceil_mode
        checkAvgPool(7, channels, 1, 1, 0, 0, include, 1, isSigned); // global
        checkAvgPool(7, channels, 3, 1, 0, 0, include, 1, isSigned); // adaptive, uneven
      }
}

namespace {

void checkMean(std::vector<int32_t> outDims, std::vector<int32_t> outStrides,
               std::vector<int32_t> sumDims, std::vector<int32_t> sumStrides, int32_t perSample,
               int32_t isSigned) {
  qrt_reduce_mean_params p = {};
  for (int i = 0; i < 6; ++i)
    p.out_dims[i] = p.reduce_dims[i] = 1;
  std::copy(outDims.begin(), outDims.end(), p.out_dims);
  std::copy(outStrides.begin(), outStrides.end(), p.out_strides);
  std::copy(sumDims.begin(), sumDims.end(), p.reduce_dims);
  std::copy(sumStrides.begin(), sumStrides.end(), p.reduce_strides);
  p.in_batch_stride = perSample;
  p.in_signed = p.out_signed = isSigned;
  p.in_zero_point = isSigned ? 3 : 140, p.out_zero_point = isSigned ? -3 : 100;
  p.out_min = isSigned ? -128 : 0, p.out_max = isSigned ? 127 : 255;
  p.in_scale = 0.05f, p.out_scale = 0.02f;
  size_t outputs = 1;
  for (int32_t dim : outDims)
    outputs *= dim;
  std::mt19937 rng(1);
  expectRowsAgree("reduce_mean", p, nullptr,
                  {makeCodes(size_t(perSample) * 2, isSigned, Fill::Random, rng)}, outputs * 2, 2,
                  "mean");
}

} // namespace

TEST(ReduceMean, Axes) {
  for (int32_t s : {0, 1}) {
    checkMean({70}, {1}, {5, 7}, {490, 70}, 2450, s);     // H, W of NHWC
    checkMean({5, 7}, {490, 70}, {70}, {1}, 2450, s);     // the last axis
    checkMean({5, 70}, {490, 1}, {7}, {70}, 2450, s);     // an axis between
    checkMean({1}, {1}, {2450}, {1}, 2450, s);            // all
    checkMean({7, 2}, {3, 1}, {5, 1}, {490, 1}, 2450, s); // leaves gaps
  }
}

namespace {

void checkCopy(int32_t elementBytes, std::vector<int32_t> dims, std::vector<int32_t> in,
               std::vector<int32_t> out, int32_t inPerSample, int32_t outPerSample,
               int32_t inOffset, int32_t outOffset) {
  qrt_copy_params p = {};
  p.element_bytes = elementBytes;
  for (int i = 0; i < 8; ++i)
    p.dims[i] = 1;
  std::copy(dims.begin(), dims.end(), p.dims);
  std::copy(in.begin(), in.end(), p.in_strides);
  std::copy(out.begin(), out.end(), p.out_strides);
  p.in_offset = inOffset, p.out_offset = outOffset;
  p.in_batch_stride = inPerSample, p.out_batch_stride = outPerSample;
  std::mt19937 rng(2);
  const Bytes data = makeCodes(size_t(inPerSample) * 3 * elementBytes, false, Fill::Random, rng);
  expectRowsAgree("copy", p, nullptr, {data}, size_t(outPerSample) * 3 * elementBytes, 3, "copy");
}

} // namespace

TEST(Copy, Movements) {
  for (int32_t bytes : {1, 4}) {
    checkCopy(bytes, {1000}, {1}, {1}, 1000, 1000, 0, 0);
    checkCopy(bytes, {6, 7, 9}, {1, 6, 42}, {63, 9, 1}, 378, 378, 0, 0); // transpose
    checkCopy(bytes, {5, 8}, {16, 2}, {8, 1}, 80, 40, 0, 0);             // strided slice
    checkCopy(bytes, {5, 8}, {-16, -1}, {8, 1}, 80, 40, 79, 0);          // reversed
    checkCopy(bytes, {5, 8}, {8, 1}, {20, 1}, 40, 100, 0, 7);            // a piece of a cat
    checkCopy(bytes, {3, 4, 2, 2, 5}, {80, 20, 10, 5, 1}, {80, 10, 40, 5, 1}, 240, 240, 0, 0);
    checkCopy(bytes, {2, 2, 2, 2, 2, 2, 2, 2}, {1, 2, 4, 8, 16, 32, 64, 128},
              {128, 64, 32, 16, 8, 4, 2, 1}, 256, 256, 0, 0);
  }
}

TEST(Matmul, Shapes) {
  std::mt19937 rng(4);
  for (int signs = 0; signs < 8; ++signs)
    for (int32_t n : {1, 17, 64, 65, 130})
      for (int32_t transpose : {0, 1})
        for (Fill fill : {Fill::Random, Fill::Extremes}) {
          qrt_matmul_params p = {};
          p.batches = 3, p.m = 5, p.k = 37, p.n = n, p.transpose_b = transpose;
          p.a_signed = signs & 1, p.b_signed = signs >> 1 & 1, p.out_signed = signs >> 2;
          p.a_zero_point = p.a_signed ? -128 : 0, p.b_zero_point = p.b_signed ? 5 : 250;
          p.out_min = p.out_signed ? -128 : 0, p.out_max = p.out_signed ? 127 : 255;
          p.out_zero_point = p.out_signed ? 0 : 128;
          p.multiplier = 1.7e-4f;
          const Bytes a = makeCodes(size_t(2) * 3 * 5 * 37, p.a_signed, fill, rng);
          const Bytes b = makeCodes(size_t(2) * 3 * 37 * n, p.b_signed, fill, rng);
          expectRowsAgree("matmul", p, nullptr, {a, b}, size_t(2) * 3 * 5 * n, 2, "matmul");
        }
}
