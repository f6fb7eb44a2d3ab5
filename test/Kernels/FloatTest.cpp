//===- FloatTest.cpp - the float kernels against straight loops (N14) ------------===//
//
// Float layers are outside of the bit contract, so these compare within rounding.
//
//===-----------------------------------------------------------------------------===//

#include "Rows.h"

#include <cmath>
#include <sstream>

using namespace qopt::test;

namespace {

typedef std::vector<float> Floats;

Floats draw(size_t count, std::mt19937 &rng) {
  std::normal_distribution<float> normal;
  Floats values(count);
  for (float &x : values)
    x = normal(rng);
  return values;
}

Bytes bytesOf(const Floats &values) {
  Bytes bytes(values.size() * 4);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Floats floatsOf(const Bytes &bytes) {
  Floats values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// Runs all rows of a float kind and compares them with `expected`.
template <typename Params>
void expectClose(const std::string &kind, const Params &p, const std::vector<Bytes> &inputs,
                 const Floats &expected, int64_t batch, const std::string &what) {
  for (const qrt_kernel_row &row : runnableRows(kind))
    for (int32_t threads = 1; threads <= 3; ++threads) {
      const Floats got =
          floatsOf(*runRow(row, p, nullptr, inputs, expected.size() * 4, batch, threads));
      for (size_t i = 0; i < expected.size(); ++i)
        if (!(std::fabs(got[i] - expected[i]) <= 1e-4f * (1 + std::fabs(expected[i])))) {
          ADD_FAILURE() << row.symbol << " with " << threads << " threads, element " << i
                        << ": expected " << expected[i] << ", got " << got[i] << "; " << what;
          break;
        }
    }
}

double activation(const qrt_f32_conv2d_params &p, double x) {
  switch (p.act) {
  case QRT_ACT_RELU:
    return std::max(x, 0.0);
  case QRT_ACT_CLIP:
    return std::min<double>(std::max<double>(x, p.act_a), p.act_b);
  case QRT_ACT_LEAKY_RELU:
  case QRT_ACT_PRELU:
    return x < 0 ? x * p.act_a : x;
  case QRT_ACT_SIGMOID:
    return 1 / (1 + std::exp(-x));
  case QRT_ACT_TANH:
    return std::tanh(x);
  case QRT_ACT_HARD_SIGMOID:
    return std::min(std::max(p.act_a * x + p.act_b, 0.0), 1.0);
  case QRT_ACT_HARD_SWISH:
    return x * std::min(std::max(x / 6 + 0.5, 0.0), 1.0);
  case QRT_ACT_GELU:
    return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  case QRT_ACT_GELU_TANH:
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  case QRT_ACT_SILU:
    return x / (1 + std::exp(-x));
  default:
    return x;
  }
}

/// Scatters each input to the outputs it reaches if transposed, else gathers; in double.
Floats convolve(const qrt_f32_conv2d_params &p, int64_t batch, const Floats &x, const Floats &w,
                const Floats &residual) {
  std::vector<double> sums(size_t(batch) * p.out_h * p.out_w * p.out_c);
  const int32_t inGroup = p.in_c / p.groups, outGroup = p.out_c / p.groups;
  for (int64_t b = 0; b < batch; ++b)
    for (int32_t oc = 0; oc < p.out_c; ++oc)
      for (int32_t i = 0; i < inGroup; ++i)
        for (int32_t kh = 0; kh < p.kernel_h; ++kh)
          for (int32_t kw = 0; kw < p.kernel_w; ++kw) {
            const int32_t ic = oc / outGroup * inGroup + i;
            const int64_t plane =
                p.transposed ? int64_t(ic) * outGroup + oc % outGroup : int64_t(oc) * inGroup + i;
            const double weight = w[(plane * p.kernel_h + kh) * p.kernel_w + kw];
            // (row, col) run over the outputs, or over the inputs if transposed.
            const int32_t rows = p.transposed ? p.in_h : p.out_h;
            const int32_t cols = p.transposed ? p.in_w : p.out_w;
            for (int32_t row = 0; row < rows; ++row)
              for (int32_t col = 0; col < cols; ++col) {
                int32_t ih = row * p.stride_h - p.pad_top + kh * p.dilation_h, oh = row;
                int32_t iw = col * p.stride_w - p.pad_left + kw * p.dilation_w, ow = col;
                if (p.transposed)
                  std::swap(ih, oh), std::swap(iw, ow);
                if (ih < 0 || ih >= p.in_h || iw < 0 || iw >= p.in_w || oh < 0 || oh >= p.out_h ||
                    ow < 0 || ow >= p.out_w)
                  continue;
                sums[((b * p.out_h + oh) * p.out_w + ow) * p.out_c + oc] +=
                    weight * x[((b * p.in_h + ih) * p.in_w + iw) * p.in_c + ic];
              }
          }
  Floats result(sums.size());
  for (size_t i = 0; i < sums.size(); ++i) {
    const double bias = p.bias ? static_cast<const float *>(p.bias)[i % p.out_c] : 0;
    const double side = p.has_residual ? residual[i] : 0;
    result[i] = static_cast<float>(activation(p, sums[i] + bias + side));
  }
  return result;
}

void checkConv(qrt_f32_conv2d_params p, int64_t batch, bool bias) {
  std::mt19937 rng(5);
  const Floats x = draw(size_t(batch) * p.in_h * p.in_w * p.in_c, rng);
  const Floats w = draw(size_t(p.in_c) * p.out_c / p.groups * p.kernel_h * p.kernel_w, rng);
  const Floats b = draw(p.out_c, rng);
  const Floats residual = draw(size_t(batch) * p.out_h * p.out_w * p.out_c, rng);
  p.weight = w.data();
  p.bias = bias ? b.data() : nullptr;
  std::vector<Bytes> inputs = {bytesOf(x)};
  if (p.has_residual)
    inputs.push_back(bytesOf(residual));
  std::ostringstream what;
  what << "in " << p.in_h << "x" << p.in_w << "x" << p.in_c << " out " << p.out_h << "x" << p.out_w
       << "x" << p.out_c << " k " << p.kernel_h << " s " << p.stride_h << " p " << p.pad_top
       << " d " << p.dilation_h << " g " << p.groups << " transposed " << p.transposed << " act "
       << p.act << " batch " << batch;
  expectClose("f32_conv2d", p, inputs, convolve(p, batch, x, w, residual), batch, what.str());
}

qrt_f32_conv2d_params shape(int32_t size, int32_t inC, int32_t outC, int32_t kernel, int32_t stride,
                            int32_t pad, int32_t dilation = 1, int32_t groups = 1) {
  qrt_f32_conv2d_params p = {};
  p.in_h = size, p.in_w = size + 1, p.in_c = inC, p.out_c = outC;
  p.kernel_h = p.kernel_w = kernel, p.stride_h = p.stride_w = stride;
  p.pad_top = p.pad_left = pad, p.dilation_h = p.dilation_w = dilation, p.groups = groups;
  p.out_h = (p.in_h + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  p.out_w = (p.in_w + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  return p;
}

} // namespace

TEST(FloatConv, Shapes) {
  for (int64_t batch : {1, 2, 3, 7}) {
    checkConv(shape(9, 8, 16, 3, 1, 1), batch, true);
    checkConv(shape(9, 3, 5, 3, 2, 1), batch, false);
    checkConv(shape(10, 4, 8, 5, 2, 2), batch, true);
    checkConv(shape(8, 16, 16, 3, 1, 1, 1, 16), batch, true);
    checkConv(shape(8, 8, 12, 3, 1, 1, 1, 4), batch, true);
    checkConv(shape(11, 6, 7, 3, 1, 2, 2), batch, true);
    checkConv(shape(1, 20, 30, 1, 1, 0), batch, true);
    checkConv(shape(2, 4, 4, 3, 1, 3), batch, true); // rows that see only padding
  }
}

TEST(FloatConv, Transposed) {
  for (int32_t groups : {1, 2})
    for (int32_t stride : {1, 2, 3})
      for (int32_t extra : {0, 1}) {
        qrt_f32_conv2d_params p = shape(5, 4, 6, 3, stride, 1, 1, groups);
        p.transposed = 1;
        p.out_h = (p.in_h - 1) * stride - 2 + 3 + (stride > 1 ? extra : 0);
        p.out_w = (p.in_w - 1) * stride - 2 + 3 + (stride > 1 ? extra : 0);
        checkConv(p, 2, true);
        checkConv(p, 1, false);
      }
}

TEST(FloatConv, EveryActivationAndTheResidual) {
  for (int32_t act = QRT_ACT_NONE; act <= QRT_ACT_SILU; ++act)
    for (int32_t residual : {0, 1}) {
      qrt_f32_conv2d_params p = shape(6, 8, 8, 3, 1, 1);
      p.act = act, p.act_a = 0.2f, p.act_b = 0.5f, p.has_residual = residual;
      checkConv(p, 2, true);
    }
}

TEST(FloatMatmul, Shapes) {
  std::mt19937 rng(8);
  for (int64_t batch : {1, 2})
    for (int32_t batches : {1, 3})
      for (int32_t m : {1, 5, 40})
        for (int32_t transpose : {0, 1}) {
          qrt_f32_matmul_params p = {batches, m, 19, 23, transpose};
          const Floats a = draw(size_t(batch) * batches * m * 19, rng);
          const Floats b = draw(size_t(batch) * batches * 19 * 23, rng);
          Floats expected(size_t(batch) * batches * m * 23);
          for (size_t i = 0; i < expected.size(); ++i) {
            const size_t col = i % 23, row = i / 23, product = row / m;
            double sum = 0;
            for (size_t k = 0; k < 19; ++k)
              sum += double(a[row * 19 + k]) *
                     b[product * 19 * 23 + (transpose ? col * 19 + k : k * 23 + col)];
            expected[i] = static_cast<float>(sum);
          }
          expectClose("f32_matmul", p, {bytesOf(a), bytesOf(b)}, expected, batch, "matmul");
        }
}

TEST(FloatSoftmax, SumsToOneAndOrders) {
  std::mt19937 rng(2);
  qrt_f32_softmax_params p = {3, 17, 5};
  const Floats x = draw(2 * 3 * 17 * 5, rng);
  Floats expected(x.size());
  for (int line = 0; line < 2 * 3 * 5; ++line) {
    const int base = line / 5 * 17 * 5 + line % 5;
    double sum = 0;
    for (int i = 0; i < 17; ++i)
      sum += std::exp(double(x[base + i * 5]));
    for (int i = 0; i < 17; ++i)
      expected[base + i * 5] = static_cast<float>(std::exp(double(x[base + i * 5])) / sum);
  }
  expectClose("f32_softmax", p, {bytesOf(x)}, expected, 2, "softmax");
}

TEST(FloatUnary, ScaleOffsetAndSlopePerChannel) {
  std::mt19937 rng(3);
  const Floats x = draw(2 * 30, rng), scale = draw(3, rng), offset = draw(3, rng),
               slope = draw(3, rng);
  qrt_f32_unary_params p = {};
  p.count = 30, p.channels = 3, p.act = QRT_ACT_PRELU;
  p.scale = scale.data(), p.offset = offset.data(), p.slope = slope.data();
  Floats expected(60);
  for (int i = 0; i < 60; ++i) {
    const float v = x[i] * scale[i % 3] + offset[i % 3];
    expected[i] = v < 0 ? v * slope[i % 3] : v;
  }
  expectClose("f32_unary", p, {bytesOf(x)}, expected, 2, "prelu");
}

TEST(FloatBinary, OperationsAndBroadcast) {
  std::mt19937 rng(3);
  const Floats a = draw(2 * 12, rng), b = draw(2 * 4, rng);
  for (int32_t op = 0; op < 4; ++op) {
    qrt_f32_binary_params p = {};
    p.op = op;
    const int32_t dims[6] = {1, 1, 1, 1, 3, 4}, as[6] = {0, 0, 0, 0, 4, 1},
                  bs[6] = {0, 0, 0, 0, 0, 1};
    std::copy(dims, dims + 6, p.dims);
    std::copy(as, as + 6, p.a_strides);
    std::copy(bs, bs + 6, p.b_strides);
    p.a_batch_stride = 12, p.b_batch_stride = 4;
    Floats expected(24);
    for (int i = 0; i < 24; ++i) {
      const float x = a[i], y = b[i / 12 * 4 + i % 4];
      expected[i] = op == 0 ? x + y : op == 1 ? x - y : op == 2 ? x * y : x / y;
    }
    expectClose("f32_binary", p, {bytesOf(a), bytesOf(b)}, expected, 2, "binary");
  }
}

TEST(FloatPool, MaximumAverageAndMean) {
  Floats x(16);
  for (int i = 0; i < 16; ++i)
    x[i] = float(i * i % 11);
  qrt_f32_pool2d_params p = {};
  p.in_h = p.in_w = 4, p.out_h = p.out_w = 2, p.channels = 1;
  p.kernel_h = p.kernel_w = 2, p.stride_h = p.stride_w = 2, p.dilation_h = p.dilation_w = 1;
  Floats largest, average;
  for (int row : {0, 8})
    for (int col : {0, 2}) {
      const float v[4] = {x[row + col], x[row + col + 1], x[row + col + 4], x[row + col + 5]};
      largest.push_back(std::max(std::max(v[0], v[1]), std::max(v[2], v[3])));
      average.push_back((v[0] + v[1] + v[2] + v[3]) / 4);
    }
  expectClose("f32_pool2d", p, {bytesOf(x)}, largest, 1, "max");
  p.mode = 1;
  expectClose("f32_pool2d", p, {bytesOf(x)}, average, 1, "average");

  qrt_f32_reduce_mean_params r = {};
  for (int i = 0; i < 6; ++i)
    r.out_dims[i] = r.reduce_dims[i] = 1;
  r.out_dims[0] = 4, r.out_strides[0] = 1, r.reduce_dims[0] = 4, r.reduce_strides[0] = 4;
  r.in_batch_stride = 16;
  Floats mean(4);
  for (int i = 0; i < 4; ++i)
    mean[i] = (x[i] + x[i + 4] + x[i + 8] + x[i + 12]) / 4;
  expectClose("f32_reduce_mean", r, {bytesOf(x)}, mean, 1, "mean");
}
