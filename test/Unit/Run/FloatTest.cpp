//===- FloatTest.cpp - float layers and mixed networks against the oracle ----------------===//

#include "ProgramFixture.h"

using namespace qopt;
using namespace qopt::test;

namespace {

class FloatTest : public ProgramTest {
protected:
  /// A network input left in float.
  static Value floatInput(Net &net, const Shape &shape) {
    const std::string text = Net::typeText(shape, "f32");
    const std::string name = net.argument(text);
    net.inputShapes.push_back(shape);
    return {name, shape, "f32"};
  }

  static Value floats(Net &net, const Shape &shape, float low = -1.0f, float high = 1.0f) {
    int64_t count = 1;
    for (const int64_t size : shape)
      count *= size;
    std::string text = "\"0x";
    std::uniform_real_distribution<float> uniform(low, high);
    for (int64_t i = 0; i < count; ++i) {
      const float value = uniform(net.random);
      for (unsigned byte = 0; byte < 4; ++byte)
        text += llvm::formatv("{0:X-2}", reinterpret_cast<const uint8_t *>(&value)[byte]).str();
    }
    return net.parameter(shape, "f32", "f32", text + "\"");
  }

  /// The oracle's float run, without the extreme input of the quantized tests.
  void expectFloat(Net &net, llvm::ArrayRef<Value> results, size_t leastTensors) {
    huge = false;
    expectOracle(net, net.finish(results), leastTensors, EvalMode::Float);
  }
};

} // namespace

TEST_F(FloatTest, Roots) {
  Net net(1);
  const Value x = floatInput(net, {-1, 4, 6, 5});
  const Value w = floats(net, {6, 2, 3, 3}), b = floats(net, {6});
  const std::string window =
      "stride = array<i64: 2, 1>, padding = array<i64: 1, 1, 1, 1>, groups = 2 : i64";
  const Value a = net.op("nn.conv2d " + x.name + ", " + w.name + ", " + b.name + " act <relu6>",
                         {x, w, b}, window, {-1, 6, 3, 5}, "f32");
  const Value r =
      net.op("nn.conv2d " + x.name + ", " + w.name + " residual(" + a.name + ") act <hard_swish>",
             {x, w, a}, window, {-1, 6, 3, 5}, "f32");
  const Value tw = floats(net, {6, 3, 2, 2}), tb = floats(net, {3});
  const Value t = net.op("nn.conv_transpose2d " + r.name + ", " + tw.name + ", " + tb.name,
                         {r, tw, tb}, "stride = array<i64: 2, 2>", {-1, 3, 6, 10}, "f32");
  const Value flat = net.simple("flatten", {t}, "axis = 1 : i64", {-1, 180}, "f32");
  const Value lw = floats(net, {7, 180}), lb = floats(net, {7});
  const Value l = net.op("nn.linear " + flat.name + ", " + lw.name + ", " + lb.name + " act <gelu>",
                         {flat, lw, lb}, "", {-1, 7}, "f32");
  expectFloat(net, {l, r}, 4);
}

TEST_F(FloatTest, Products) {
  Net net(2);
  const Value x = floatInput(net, {-1, 2, 5, 4}), y = floatInput(net, {-1, 2, 3, 4});
  const Value m = net.simple("matmul", {x, y}, "transpose_b = true", {-1, 2, 5, 3}, "f32");
  const Value s = net.simple("softmax", {m}, "axis = 3 : i64", {-1, 2, 5, 3}, "f32");
  const Value v = net.simple("matmul", {s, y}, "", {-1, 2, 5, 4}, "f32");
  const Value c = net.simple("softmax", {v}, "axis = 1 : i64", {-1, 2, 5, 4}, "f32");
  expectFloat(net, {m, c}, 4);
}

TEST_F(FloatTest, Pointwise) {
  Net net(3);
  const Value x = floatInput(net, {-1, 3, 4, 5});
  std::vector<Value> results;
  const char *plain[] = {"relu", "relu6", "sigmoid", "tanh", "hard_sigmoid", "hard_swish", "silu"};
  for (const char *kind : plain)
    results.push_back(net.simple(kind, {x}, "", x.shape, "f32"));
  results.push_back(net.simple("clip", {x}, "min = -1.0, max = 2.5", x.shape, "f32"));
  results.push_back(net.simple("leaky_relu", {x}, "alpha = 0.1", x.shape, "f32"));
  results.push_back(net.simple("gelu", {x}, "approximate_tanh = true", x.shape, "f32"));
  results.push_back(net.simple("gelu", {x}, "", x.shape, "f32"));
  results.push_back(net.simple("add_scalar", {x}, "scalar = 1.5 : f32", x.shape, "f32"));
  results.push_back(net.simple("mul_scalar", {x}, "scalar = -0.5 : f32", x.shape, "f32"));
  const Value slope = floats(net, {3});
  results.push_back(net.simple("prelu", {x, slope}, "", x.shape, "f32"));
  const Value gamma = floats(net, {3}), beta = floats(net, {3}), mean = floats(net, {3});
  const Value var = floats(net, {3}, 0.1f, 2.0f);
  results.push_back(net.simple("batch_norm", {x, gamma, beta, mean, var}, "", x.shape, "f32"));
  const Value rows = floatInput(net, {-1, 3, 7});
  results.push_back(
      net.simple("batch_norm", {rows, gamma, beta, mean, var}, "", rows.shape, "f32"));
  expectFloat(net, results, results.size() - 2);
}

TEST_F(FloatTest, BinaryAndPools) {
  Net net(4);
  const Value x = floatInput(net, {-1, 3, 6, 5}), y = floatInput(net, {-1, 3, 1, 1});
  const Value a = net.op("nn.add " + x.name + ", " + y.name + " act <clip, -2.0, 2.0>", {x, y}, "",
                         x.shape, "f32");
  const Value c = floats(net, {3, 1, 1}, 0.5f, 2.0f);
  const Value s = net.simple("sub", {c, a}, "", x.shape, "f32");
  const Value m = net.simple("mul", {s, x}, "", x.shape, "f32");
  const Value d = net.simple("div", {m, c}, "", x.shape, "f32");
  const std::string window =
      "kernel = array<i64: 3, 3>, stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>";
  const Value p = net.simple("max_pool2d", {d}, window, {-1, 3, 3, 3}, "f32");
  const Value v = net.simple("avg_pool2d", {d}, window, {-1, 3, 3, 3}, "f32");
  const Value cat = net.simple("cat", {p, v}, "axis = 1 : i64", {-1, 6, 3, 3}, "f32");
  const Value g = net.simple("adaptive_avg_pool2d", {cat}, "output_size = array<i64: 2, 2>",
                             {-1, 6, 2, 2}, "f32");
  const Value r =
      net.simple("reduce_mean", {g}, "axes = array<i64: 2, 3>, keepdims = false", {-1, 6}, "f32");
  const Value pad = net.simple("pad", {g},
                               "low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, "
                               "0, 1>, value = 0.5 : f32",
                               {-1, 6, 3, 4}, "f32");
  const Value b = net.simple("resize_bilinear", {pad},
                             "output_size = array<i64: 6, 8>, scales = #nn.numbers<2.0, 2.0>, "
                             "coord_mode = #nn<coord_mode half_pixel>",
                             {-1, 6, 6, 8}, "f32");
  expectFloat(net, {r, b, x}, 10);
}

/// A float layer between quantized ones: the codes before it are exact.
TEST_F(FloatTest, FloatLayerInAQuantizedNetwork) {
  Net net(5);
  const Value x = net.input({-1, 3, 5, 5});
  const Value c = net.conv(x, {});
  Value f = net.fresh(c.shape, "f32");
  net.body += f.name + " = qopt.dequantize " + c.name + " {nn.name = \"" + f.name.substr(1) +
              "\"} : " + Net::type(c) + " -> " + Net::type(f) + "\n";
  const Value d = net.simple("add_scalar", {f}, "scalar = 0.25 : f32", f.shape, "f32");
  Value q = net.fresh(c.shape, net.quant().text());
  net.body += q.name + " = qopt.quantize " + d.name + " {nn.name = \"" + q.name.substr(1) +
              "\"} : " + Net::type(d) + " -> " + Net::type(q) + "\n";
  expectOracle(net, net.finish({net.conv(q, {})}), 5);
}
