//===- ElementwiseTest.cpp - binary ops, tables and pools against the oracle -------------===//

#include "ProgramFixture.h"

using namespace qopt;
using namespace qopt::test;

namespace {
class ElementwiseTest : public ProgramTest {};
} // namespace

TEST_F(ElementwiseTest, BinaryWithBroadcasting) {
  const char *kinds[] = {"add", "sub", "mul"};
  for (unsigned round = 0; round < 9; ++round) {
    Net net(100 + round);
    const Value a = net.input({-1, 4, 3, 5});
    const Shape others[] = {{-1, 4, 3, 5}, {-1, 4, 1, 1}, {-1, 1, 3, 5}};
    const Value b = net.input(others[round / 3]);
    const bool swapped = net.chance();
    const Value y =
        net.op("nn." + std::string(kinds[round % 3]) + " " + (swapped ? b.name : a.name) + ", " +
                   (swapped ? a.name : b.name) + (net.chance() ? " act <relu>" : ""),
               swapped ? llvm::ArrayRef<Value>({b, a}) : llvm::ArrayRef<Value>({a, b}), "",
               {-1, 4, 3, 5}, net.quant().text());
    expectOracle(net, net.finish({y}), 3);
  }
}

TEST_F(ElementwiseTest, BinaryWithConstants) {
  const char *kinds[] = {"add", "sub", "mul"};
  const Shape shapes[] = {{4, 1, 1}, {1, 4, 3, 5}, {5}, {1}};
  for (unsigned round = 0; round < 8; ++round) {
    Net net(200 + round);
    const Value x = net.input({-1, 4, 3, 5});
    const Value c = net.constant(shapes[round % 4], net.quant());
    const bool first = round >= 4;
    const Value y = net.simple(
        kinds[round % 3], first ? llvm::ArrayRef<Value>({c, x}) : llvm::ArrayRef<Value>({x, c}), "",
        x.shape, net.quant().text());
    expectOracle(net, net.finish({y}), 2);
  }
}

TEST_F(ElementwiseTest, Tables) {
  Net net(300);
  const Value x = net.input({-1, 3, 4, 2});
  const Quant q = net.quant();
  const Value a = net.simple("sigmoid", {x}, net.table(q), x.shape, q.text());
  const Value b =
      net.simple("mul_scalar", {a}, "scalar = -2.0 : f32, " + net.table(q), x.shape, q.text());
  const Value slope = net.parameter({3}, "f32", "f32", "[0.1, 0.2, 0.3]");
  const Value c = net.simple("prelu", {b, slope}, net.table(q, 3), x.shape, q.text());
  const Value row = net.input({-1, 3, 7});
  const Value d = net.simple("prelu", {row, slope}, net.table(q, 3), row.shape, q.text());
  expectOracle(net, net.finish({c, d}), 5);
}

TEST_F(ElementwiseTest, Requantize) {
  for (unsigned round = 0; round < 4; ++round) {
    Net net(400 + round);
    const Value x = net.input({-1, 3, 4, 2});
    Value y = net.fresh(x.shape, net.quant().text());
    net.body += y.name + " = qopt.requantize " + x.name + " {nn.name = \"" + y.name.substr(1) +
                "\"} : " + Net::type(x) + " -> " + Net::type(y) + "\n";
    expectOracle(net, net.finish({y}), 2);
  }
}

TEST_F(ElementwiseTest, Pools) {
  const std::string window = "kernel = array<i64: 3, 2>, stride = array<i64: 2, 1>, padding = "
                             "array<i64: 1, 0, 1, 1>, ceil_mode = ";
  for (unsigned round = 0; round < 4; ++round) {
    Net net(500 + round);
    const Value x = net.input({-1, 5, 8, 7});
    const std::string ceil = round % 2 ? "true" : "false";
    const int64_t rows = round % 2 ? 5 : 4;
    const Value m = net.simple("max_pool2d", {x}, window + ceil, {-1, 5, rows, 7}, x.element);
    const Value a =
        net.simple("avg_pool2d", {x},
                   window + ceil + ", count_include_pad = " + (round / 2 ? "true" : "false"),
                   {-1, 5, rows, 7}, net.quant().text());
    const Value g = net.simple("adaptive_avg_pool2d", {a}, "output_size = array<i64: 3, 2>",
                               {-1, 5, 3, 2}, net.quant().text());
    expectOracle(net, net.finish({m, g}), 4);
  }
}

TEST_F(ElementwiseTest, Means) {
  Net net(600);
  const Value x = net.input({-1, 5, 4, 3});
  const Value a = net.simple("reduce_mean", {x}, "axes = array<i64: 2, 3>, keepdims = false",
                             {-1, 5}, net.quant().text());
  const Value b =
      net.simple("reduce_mean", {x}, "axes = array<i64: 1>", {-1, 1, 4, 3}, net.quant().text());
  const Value c = net.simple("reduce_mean", {x}, "axes = array<i64: 1, 3>, keepdims = false",
                             {-1, 4}, net.quant().text());
  expectOracle(net, net.finish({a, b, c}), 4);
}

TEST_F(ElementwiseTest, Resizes) {
  const char *coords[] = {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"};
  const char *nearest[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
  for (int round = 0; round < 4; ++round) {
    Net net(700 + round);
    const Value x = net.input({-1, 3, 4, 5});
    const std::string size =
        llvm::formatv("output_size = array<i64: 7, 3>, scales = "
                      "#nn.numbers<1.75, 0.6>, coord_mode = #nn<coord_mode {0}>",
                      coords[round]);
    const Value n = net.simple(
        "resize_nearest", {x},
        size + llvm::formatv(", nearest_mode = #nn<nearest_mode {0}>", nearest[round]).str(),
        {-1, 3, 7, 3}, x.element);
    const Value b = net.simple("resize_bilinear", {x}, size, {-1, 3, 7, 3}, net.quant().text());
    expectOracle(net, net.finish({n, b}), 3);
  }
}
