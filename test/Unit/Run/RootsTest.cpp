//===- RootsTest.cpp - convolutions, linear and products against the oracle --------------===//

#include "ProgramFixture.h"

using namespace qopt;
using namespace qopt::test;

namespace {
class RootsTest : public ProgramTest {};
} // namespace

TEST_F(RootsTest, Convolutions) {
  for (unsigned round = 0; round < 12; ++round) {
    Net net(100 + round);
    const Value x = net.input({-1, 4, 7, 6});
    ConvOptions o;
    o.channels = 4 * net.pick(1, 5);
    o.kernel = net.pick(1, 3);
    o.stride = net.pick(1, 2);
    o.padding = net.pick(0, 1);
    o.dilation = net.pick(1, 2);
    o.groups = round % 3 == 0 ? 4 : net.pick(1, 2);
    o.perChannel = net.chance();
    o.bias = net.chance();
    o.weightZeroPoints = round % 4 == 1;
    o.act = round % 3 == 1 ? "relu" : round % 3 == 2 ? "clip, -1.0, 2.0" : "";
    expectOracle(net, net.finish({net.conv(x, o)}), 3);
  }
}

TEST_F(RootsTest, Epilogues) {
  for (unsigned round = 0; round < 9; ++round) {
    Net net(200 + round);
    const Value x = net.input({-1, 3, 5, 5});
    ConvOptions first, second;
    first.channels = second.channels = 6;
    const Value r = net.conv(x, first);
    if (round % 3 == 2) {
      second.table = true;
      second.act = "hard_swish";
    } else {
      second.residual = r;
      second.mid = round % 3 == 0;
      second.act = net.chance() ? "relu" : "";
    }
    expectOracle(net, net.finish({net.conv(x, second), r}), 4);
  }
}

TEST_F(RootsTest, LinearOfAnyRank) {
  for (unsigned round = 0; round < 6; ++round) {
    Net net(300 + round);
    const Shape shapes[] = {{-1, 17}, {-1, 5, 17}, {-1, 2, 3, 17}};
    const Value x = net.input(shapes[round % 3]);
    ConvOptions o;
    o.channels = 9;
    const Value y = net.linear(x, o);
    o.channels = 17;
    o.residual = net.linear(x, o);
    o.mid = net.chance();
    expectOracle(net, net.finish({y, net.linear(x, o)}), 4);
  }
}

TEST_F(RootsTest, TransposedConvolutions) {
  for (unsigned round = 0; round < 6; ++round) {
    Net net(400 + round);
    const Value x = net.input({-1, 4, 5, 4});
    ConvOptions o;
    o.channels = 6;
    o.bias = net.chance();
    o.table = round % 3 == 2;
    o.act = o.table ? "sigmoid" : "relu";
    const int64_t groups = net.pick(1, 2);
    const Value w = net.weights({4, 6 / groups, 3, 3}, net.chance() ? 1 : -1, round % 2);
    const Value y =
        net.root("conv_transpose2d", x, w, o,
                 llvm::formatv("stride = array<i64: 2, 2>, padding = array<i64: 1, 0, 1, 0>, "
                               "output_padding = array<i64: 1, 0>, groups = {0} : i64",
                               groups),
                 {-1, 6, 10, 9});
    expectOracle(net, net.finish({y}), 2);
  }
}

TEST_F(RootsTest, Products) {
  for (unsigned round = 0; round < 4; ++round) {
    Net net(500 + round);
    const bool transposed = net.chance();
    const Value a = net.input({-1, 2, 5, 7});
    const Value b = net.input(transposed ? Shape{-1, 1, 3, 7} : Shape{-1, 1, 7, 3});
    const Value y = net.simple("matmul", {a, b}, transposed ? "transpose_b = true" : "",
                               {-1, 2, 5, 3}, net.quant().text());
    const Value c = net.constant({3, 4}, net.quant());
    const Value z = net.simple("matmul", {y, c}, "", {-1, 2, 5, 4}, net.quant().text());
    expectOracle(net, net.finish({y, z}), 4);
  }
}

/// A model with a fixed batch of 1 may do with dimension 0 what it likes.
TEST_F(RootsTest, FixedBatchOfOne) {
  Net net(600);
  const Value x = net.input({1, 4, 6, 6});
  const Value y = net.conv(x, {});
  const Value flat = net.simple("reshape", {y}, "shape = array<i64: 4, 36>", {4, 36}, y.element);
  ConvOptions o;
  o.channels = 5;
  expectOracle(net, net.finish({net.linear(flat, o)}), 3);
}
