//===- FloatTest.cpp - float evaluators against loops written here ------------------------===//

#include "Networks.h"

#include "llvm/Support/FormatVariadic.h"

using namespace qopt;
using namespace qopt::test;

namespace {

struct ConvCase {
  int64_t channels, height, width, out, kernel, stride, dilation, groups;
  int64_t pad[4];
};

using FloatTest = ReferenceTest;

/// A dense attribute's data as hex, which keeps every bit.
std::string hex(const Tensor &data) {
  std::string text = "\"0x";
  for (int64_t i = 0; i < data.bytes(); ++i)
    text += llvm::formatv("{0:X-2}", data.raw()[i]).str();
  return text + "\"";
}

float directConv(const ConvCase &c, const Tensor &x, const Tensor &w, int64_t n, int64_t o,
                 int64_t oh, int64_t ow) {
  const int64_t inGroup = c.channels / c.groups, group = o / (c.out / c.groups);
  double sum = 0;
  for (int64_t i = 0; i < inGroup; ++i)
    for (int64_t kh = 0; kh < c.kernel; ++kh)
      for (int64_t kw = 0; kw < c.kernel; ++kw) {
        const int64_t h = oh * c.stride - c.pad[0] + kh * c.dilation;
        const int64_t v = ow * c.stride - c.pad[1] + kw * c.dilation;
        if (h < 0 || v < 0 || h >= c.height || v >= c.width)
          continue;
        sum +=
            double(
                x.data<float>()[((n * c.channels + group * inGroup + i) * c.height + h) * c.width +
                                v]) *
            w.data<float>()[((o * inGroup + i) * c.kernel + kh) * c.kernel + kw];
      }
  return static_cast<float>(sum);
}

} // namespace

TEST_F(FloatTest, ConvolutionsOfManyShapes) {
  const ConvCase cases[] = {
      {3, 9, 7, 8, 3, 1, 1, 1, {1, 1, 1, 1}},   {8, 8, 8, 8, 3, 2, 1, 8, {1, 1, 1, 1}},
      {4, 10, 6, 6, 3, 1, 2, 2, {2, 2, 2, 2}},  {16, 5, 5, 4, 1, 1, 1, 1, {0, 0, 0, 0}},
      {3, 12, 12, 5, 5, 2, 1, 1, {0, 1, 2, 3}},
  };
  for (const ConvCase &c : cases) {
    const int64_t extent = (c.kernel - 1) * c.dilation + 1;
    const int64_t oh = (c.height + c.pad[0] + c.pad[2] - extent) / c.stride + 1;
    const int64_t ow = (c.width + c.pad[1] + c.pad[3] - extent) / c.stride + 1;
    const Tensor w = randomTensor({c.out, c.channels / c.groups, c.kernel, c.kernel}, 0.5f);
    const Tensor x = randomTensor({2, c.channels, c.height, c.width});
    const std::string weightType =
        llvm::formatv("tensor<{0}x{1}x{2}x{2}xf32>", c.out, c.channels / c.groups, c.kernel);
    const std::string inType =
        llvm::formatv("tensor<?x{0}x{1}x{2}xf32>", c.channels, c.height, c.width);
    const std::string outType = llvm::formatv("tensor<?x{0}x{1}x{2}xf32>", c.out, oh, ow);
    const std::string attributes = llvm::formatv(
        "stride = array<i64: {0}, {0}>, dilation = array<i64: {1}, {1}>, groups = {2} : i64, "
        "padding = array<i64: {3}, {4}, {5}, {6}>",
        c.stride, c.dilation, c.groups, c.pad[0], c.pad[1], c.pad[2], c.pad[3]);
    auto module =
        parse("func.func @main(%x: " + inType + " {nn.name = \"x\"}) -> " + outType +
              " {\n%w = nn.parameter \"w\" dense<" + hex(w) + "> : " + weightType + " -> " +
              weightType + "\n%y = nn.conv2d %x, %w {" + attributes + ", nn.name = \"y\"} : (" +
              inType + ", " + weightType + ") -> " + outType + "\nreturn %y : " + outType + "\n}");
    const auto outputs = run(*module, EvalMode::Float, {x});
    ASSERT_EQ(outputs.size(), 1u);
    ASSERT_EQ(outputs[0].shape(), llvm::ArrayRef<int64_t>({2, c.out, oh, ow}));
    const float *y = outputs[0].data<float>();
    for (int64_t n = 0; n < 2; ++n)
      for (int64_t o = 0; o < c.out; ++o)
        for (int64_t i = 0; i < oh * ow; ++i)
          ASSERT_NEAR(*y++, directConv(c, x, w, n, o, i / ow, i % ow), 1e-4);
  }
}

TEST_F(FloatTest, TransposedConvolutionScatters) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x1x2x2xf32>) -> tensor<?x1x4x4xf32> {
      %w = nn.parameter "w" dense<[[[[1.0, 2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
      %b = nn.parameter "b" dense<0.5> : tensor<1xf32> -> tensor<1xf32>
      %y = nn.conv_transpose2d %x, %w, %b {stride = array<i64: 2, 2>} : (tensor<?x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1xf32>) -> tensor<?x1x4x4xf32>
      return %y : tensor<?x1x4x4xf32>
    })");
  const auto outputs = run(*module, EvalMode::Float, {tensor({1, 1, 2, 2}, {1, 10, 100, 0})});
  const std::vector<float> expected = {1.5,   2.5,   10.5, 20.5, 3.5,   4.5,   30.5, 40.5,
                                       100.5, 200.5, 0.5,  0.5,  300.5, 400.5, 0.5,  0.5};
  EXPECT_EQ(outputs[0].values<float>(), llvm::ArrayRef(expected));
}

TEST_F(FloatTest, LinearAndMatmul) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x2x3xf32>) -> (tensor<?x2x2xf32>, tensor<?x2x2xf32>) {
      %w = nn.parameter "w" dense<[[1.0, 2.0, 3.0], [-1.0, 0.0, 1.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
      %b = nn.parameter "b" dense<[0.5, -0.5]> : tensor<2xf32> -> tensor<2xf32>
      %y = nn.linear %x, %w, %b act <relu> : (tensor<?x2x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
      %z = nn.matmul %x, %x {transpose_b = true} : (tensor<?x2x3xf32>, tensor<?x2x3xf32>) -> tensor<?x2x2xf32>
      return %y, %z : tensor<?x2x2xf32>, tensor<?x2x2xf32>
    })");
  const auto outputs = run(*module, EvalMode::Float, {tensor({1, 2, 3}, {1, 1, 1, 2, 0, -1})});
  EXPECT_EQ(outputs[0].values<float>(), llvm::ArrayRef<float>({6.5f, 0.0f, 0.0f, 0.0f}));
  EXPECT_EQ(outputs[1].values<float>(), llvm::ArrayRef<float>({3.0f, 1.0f, 1.0f, 5.0f}));
}

TEST_F(FloatTest, PoolsCountWhatTheyShould) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x1x3x3xf32>) -> (tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>, tensor<?x1xf32>) {
      %max = nn.max_pool2d %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<?x1x3x3xf32>) -> tensor<?x1x2x2xf32>
      %in = nn.avg_pool2d %x {kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, count_include_pad = true} : (tensor<?x1x3x3xf32>) -> tensor<?x1x2x2xf32>
      %ex = nn.avg_pool2d %x {kernel = array<i64: 2, 2>, stride = array<i64: 2, 2>, ceil_mode = true} : (tensor<?x1x3x3xf32>) -> tensor<?x1x2x2xf32>
      %ad = nn.adaptive_avg_pool2d %x {output_size = array<i64: 2, 2>} : (tensor<?x1x3x3xf32>) -> tensor<?x1x2x2xf32>
      %m = nn.reduce_mean %x {axes = array<i64: 2, 3>, keepdims = false} : (tensor<?x1x3x3xf32>) -> tensor<?x1xf32>
      return %max, %in, %ex, %ad, %m : tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>, tensor<?x1x2x2xf32>, tensor<?x1xf32>
    })");
  const Tensor x = tensor({1, 1, 3, 3}, {-9, -8, -7, -6, -5, -4, -3, -2, -1});
  const auto outputs = run(*module, EvalMode::Float, {x});
  EXPECT_EQ(outputs[0].values<float>(), llvm::ArrayRef<float>({-5, -4, -2, -1}));
  EXPECT_EQ(outputs[1].values<float>(),
            llvm::ArrayRef<float>({-28.0f / 9, -24.0f / 9, -16.0f / 9, -12.0f / 9}));
  EXPECT_EQ(outputs[2].values<float>(), llvm::ArrayRef<float>({-7, -5.5, -2.5, -1}));
  EXPECT_EQ(outputs[3].values<float>(), llvm::ArrayRef<float>({-7, -6, -4, -3}));
  EXPECT_EQ(outputs[4].values<float>(), llvm::ArrayRef<float>({-5}));
}

TEST_F(FloatTest, MovementMovesEveryElement) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x4x1x2xf32>) -> (tensor<?x8xf32>, tensor<?x1x2x4xf32>, tensor<?x2x1x2xf32>, tensor<?x4x2x4xf32>, tensor<?x1x2x4xf32>, tensor<?x8x1x2xf32>, tensor<?x1x1x2xf32>) {
      %f = nn.flatten %x : (tensor<?x4x1x2xf32>) -> tensor<?x8xf32>
      %t = nn.transpose %x {perm = array<i64: 0, 2, 3, 1>} : (tensor<?x4x1x2xf32>) -> tensor<?x1x2x4xf32>
      %s = nn.slice %x {axes = array<i64: 1>, starts = array<i64: 1>, ends = array<i64: 4>, steps = array<i64: 2>} : (tensor<?x4x1x2xf32>) -> tensor<?x2x1x2xf32>
      %p = nn.pad %x {low = array<i64: 0, 0, 1, 0>, high = array<i64: 0, 0, 0, 2>, value = 7.0 : f32} : (tensor<?x4x1x2xf32>) -> tensor<?x4x2x4xf32>
      %d = nn.depth_to_space %x {block = 2 : i64} : (tensor<?x4x1x2xf32>) -> tensor<?x1x2x4xf32>
      %c = nn.cat %x, %x {axis = 1 : i64} : (tensor<?x4x1x2xf32>, tensor<?x4x1x2xf32>) -> tensor<?x8x1x2xf32>
      %q:2 = nn.split %x {axis = 1 : i64, sizes = array<i64: 3, 1>} : (tensor<?x4x1x2xf32>) -> (tensor<?x3x1x2xf32>, tensor<?x1x1x2xf32>)
      return %f, %t, %s, %p, %d, %c, %q#1 : tensor<?x8xf32>, tensor<?x1x2x4xf32>, tensor<?x2x1x2xf32>, tensor<?x4x2x4xf32>, tensor<?x1x2x4xf32>, tensor<?x8x1x2xf32>, tensor<?x1x1x2xf32>
    })");
  const Tensor x = tensor({1, 4, 1, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  const auto outputs = run(*module, EvalMode::Float, {x});
  auto expect = [&](size_t index, llvm::ArrayRef<float> values) {
    EXPECT_EQ(outputs[index].values<float>(), values) << "output " << index;
  };
  expect(0, {0, 1, 2, 3, 4, 5, 6, 7});
  expect(1, {0, 2, 4, 6, 1, 3, 5, 7});
  expect(2, {2, 3, 6, 7});
  expect(3, {7, 7, 7, 7, 0, 1, 7, 7, 7, 7, 7, 7, 2, 3, 7, 7,
             7, 7, 7, 7, 4, 5, 7, 7, 7, 7, 7, 7, 6, 7, 7, 7});
  expect(4, {0, 2, 1, 3, 4, 6, 5, 7});
  expect(5, {0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7});
  expect(6, {6, 7});
}

TEST_F(FloatTest, ElementwiseOps) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x2x2xf32>, %y: tensor<?x1x2xf32>) -> (tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>) {
      %g = nn.parameter "g" dense<[2.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
      %b = nn.parameter "b" dense<[0.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
      %v = nn.parameter "v" dense<[3.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
      %0 = nn.sub %x, %y : (tensor<?x2x2xf32>, tensor<?x1x2xf32>) -> tensor<?x2x2xf32>
      %1 = nn.div %x, %y : (tensor<?x2x2xf32>, tensor<?x1x2xf32>) -> tensor<?x2x2xf32>
      %2 = nn.batch_norm %x, %g, %b, %b, %v {eps = 1.0 : f64} : (tensor<?x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
      %3 = nn.prelu %x, %g : (tensor<?x2x2xf32>, tensor<2xf32>) -> tensor<?x2x2xf32>
      %4 = nn.add %x, %x act <clip, -1.0, 3.0> : (tensor<?x2x2xf32>, tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
      %5 = nn.mul_scalar %x {scalar = -0.5 : f32} : (tensor<?x2x2xf32>) -> tensor<?x2x2xf32>
      %6 = nn.softmax %y {axis = 2 : i64} : (tensor<?x1x2xf32>) -> tensor<?x1x2xf32>
      %7 = nn.add %x, %6 : (tensor<?x2x2xf32>, tensor<?x1x2xf32>) -> tensor<?x2x2xf32>
      return %0, %1, %2, %3, %4, %5, %7 : tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>, tensor<?x2x2xf32>
    })");
  const auto outputs =
      run(*module, EvalMode::Float, {tensor({1, 2, 2}, {1, -2, 3, -4}), tensor({1, 1, 2}, {2, 2})});
  auto expect = [&](size_t index, llvm::ArrayRef<float> values) {
    EXPECT_EQ(outputs[index].values<float>(), values) << "output " << index;
  };
  expect(0, {-1, -4, 1, -6});
  expect(1, {0.5, -1, 1.5, -2});
  expect(2, {1, -2, 3, -4});
  expect(3, {1, -4, 3, -4});
  expect(4, {2, -1, 3, -1});
  expect(5, {-0.5, 1, -1.5, 2});
  expect(6, {1.5, -1.5, 3.5, -3.5});
}

TEST_F(FloatTest, ResizeFollowsOnnx) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x1x2x2xf32>) -> (tensor<?x1x4x4xf32>, tensor<?x1x3x3xf32>) {
      %n = nn.resize_nearest %x {output_size = array<i64: 4, 4>, scales = #nn.numbers<2.0, 2.0>, coord_mode = #nn<coord_mode asymmetric>, nearest_mode = #nn<nearest_mode floor>} : (tensor<?x1x2x2xf32>) -> tensor<?x1x4x4xf32>
      %b = nn.resize_bilinear %x {output_size = array<i64: 3, 3>, scales = #nn.numbers<1.5, 1.5>, coord_mode = #nn<coord_mode align_corners>} : (tensor<?x1x2x2xf32>) -> tensor<?x1x3x3xf32>
      return %n, %b : tensor<?x1x4x4xf32>, tensor<?x1x3x3xf32>
    })");
  ASSERT_TRUE(module);
  const auto outputs = run(*module, EvalMode::Float, {tensor({1, 1, 2, 2}, {1, 2, 3, 4})});
  EXPECT_EQ(outputs[0].values<float>(),
            llvm::ArrayRef<float>({1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}));
  EXPECT_EQ(outputs[1].values<float>(), llvm::ArrayRef<float>({1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4}));
}
