//===- MoveTest.cpp - movement of codes, and random networks, against the oracle ---------===//

#include "ProgramFixture.h"

using namespace qopt;
using namespace qopt::test;

namespace {
class MoveTest : public ProgramTest {};
} // namespace

TEST_F(MoveTest, ReshapesAndTransposes) {
  Net net(100);
  const Value x = net.input({-1, 6, 4, 5});
  const Value five =
      net.simple("reshape", {x}, "shape = array<i64: 0, 2, 3, 4, 5>", {-1, 2, 3, 4, 5}, x.element);
  const Value swapped = net.simple("transpose", {five}, "perm = array<i64: 0, 2, 1, 3, 4>",
                                   {-1, 3, 2, 4, 5}, x.element);
  const Value shuffled =
      net.simple("reshape", {swapped}, "shape = array<i64: 0, 6, 4, 5>", {-1, 6, 4, 5}, x.element);
  const Value odd =
      net.simple("reshape", {shuffled}, "shape = array<i64: 0, 8, 15>", {-1, 8, 15}, x.element);
  const Value turned =
      net.simple("transpose", {odd}, "perm = array<i64: 0, 2, 1>", {-1, 15, 8}, x.element);
  const Value flat = net.simple("flatten", {shuffled}, "axis = 1 : i64", {-1, 120}, x.element);
  ConvOptions o;
  o.channels = 7;
  const Value y = net.conv(shuffled, o), z = net.linear(turned, o), f = net.linear(flat, o);
  expectOracle(net, net.finish({y, z, f, swapped, odd}), 6);
}

TEST_F(MoveTest, SplitsAndSlices) {
  Net net(200);
  const Value x = net.input({-1, 6, 5, 7});
  Value halves = net.fresh({-1, 6, 5, 7}, x.element);
  const std::string part = Net::typeText({-1, 2, 5, 7}, x.element);
  net.body += halves.name + ":3 = nn.split " + x.name +
              " {axis = 1 : i64, sizes = array<i64: 2, 2, 2>, nn.name = \"halves\"} : (" +
              Net::type(x) + ") -> (" + part + ", " + part + ", " + part + ")\n";
  const Value first{halves.name + "#0", {-1, 2, 5, 7}, x.element};
  const Value last{halves.name + "#2", {-1, 2, 5, 7}, x.element};
  const Value sum = net.simple("add", {first, last}, "", first.shape, net.quant().text());
  const Value every = net.simple("slice", {x},
                                 "axes = array<i64: 2, 3>, starts = array<i64: 1, 0>, ends = "
                                 "array<i64: 5, 7>, steps = array<i64: 2, 3>",
                                 {-1, 6, 2, 3}, x.element);
  const Value mean = net.simple("reduce_mean", {every}, "axes = array<i64: 2, 3>", {-1, 6, 1, 1},
                                net.quant().text());
  const Value cat =
      net.simple("cat", {last, x, first}, "axis = 1 : i64", {-1, 10, 5, 7}, x.element);
  const Value low = net.simple("cat", {every, every}, "axis = 2 : i64", {-1, 6, 4, 3}, x.element);
  expectOracle(net, net.finish({sum, every, mean, net.conv(cat, {}), low}), 6);
}

TEST_F(MoveTest, PadsAndBlocks) {
  for (const char *order : {"false", "true"}) {
    Net net(300);
    const Value x = net.input({-1, 8, 3, 4});
    const Value padded =
        net.simple("pad", {x},
                   "low = array<i64: 0, 1, 2, 0>, high = array<i64: 0, 0, 1, 3>, value = 0.7 : f32",
                   {-1, 9, 6, 7}, x.element);
    const Value blocks =
        net.simple("depth_to_space", {x}, "block = 2 : i64, column_major = " + std::string(order),
                   {-1, 2, 6, 8}, x.element);
    const Value one =
        net.simple("unsqueeze", {blocks}, "axes = array<i64: 1>", {-1, 1, 2, 6, 8}, x.element);
    const Value back =
        net.simple("squeeze", {one}, "axes = array<i64: 1>", {-1, 2, 6, 8}, x.element);
    expectOracle(net, net.finish({padded, back, net.conv(blocks, {})}), 5);
  }
}

/// Grows networks of random ops on values of rank 4.
static Value grow(Net &net, std::vector<Value> &values) {
  const Value x = values[net.pick(0, static_cast<int>(values.size()) - 1)];
  const auto sameShape = [&](const Value &v) { return v.shape == x.shape; };
  const auto partner = llvm::find_if(llvm::reverse(values), sameShape);
  ConvOptions o;
  o.channels = x.shape[1];
  switch (net.pick(0, 7)) {
  case 0:
    o.groups = x.shape[1];
    o.act = "relu6";
    return net.conv(x, o);
  case 1:
    o.residual = *partner;
    o.mid = net.chance();
    return net.conv(x, o);
  case 2:
    o.kernel = 1;
    o.padding = 0;
    o.channels = net.pick(1, 9);
    o.perChannel = net.chance();
    return net.conv(x, o);
  case 3:
    return net.simple("add", {x, *partner}, "", x.shape, net.quant().text());
  case 4: {
    const Quant q = net.quant();
    return net.simple("silu", {x}, net.table(q), x.shape, q.text());
  }
  case 5:
    return net.simple("max_pool2d", {x},
                      "kernel = array<i64: 3, 3>, padding = array<i64: 1, 1, 1, 1>", x.shape,
                      x.element);
  case 6:
    return net.simple("cat", {x, x}, "axis = 1 : i64",
                      {x.shape[0], 2 * x.shape[1], x.shape[2], x.shape[3]}, x.element);
  default:
    return net.simple("transpose", {x}, "perm = array<i64: 0, 1, 3, 2>",
                      {x.shape[0], x.shape[1], x.shape[3], x.shape[2]}, x.element);
  }
}

TEST_F(MoveTest, RandomNetworks) {
  for (unsigned round = 0; round < 12; ++round) {
    Net net(1000 + round);
    std::vector<Value> values{net.input({-1, net.pick(1, 5), net.pick(3, 7), net.pick(3, 7)})};
    for (int i = net.pick(4, 9); i > 0; --i)
      values.push_back(grow(net, values));
    const Value last = values.back();
    const Value pooled = net.simple("adaptive_avg_pool2d", {last}, "output_size = array<i64: 1, 1>",
                                    {-1, last.shape[1], 1, 1}, net.quant().text());
    const Value flat =
        net.simple("flatten", {pooled}, "axis = 1 : i64", {-1, last.shape[1]}, pooled.element);
    ConvOptions o;
    o.channels = 10;
    expectOracle(net, net.finish({net.linear(flat, o), values[1]}), 4);
  }
}
