//===- AgreementTest.cpp - simulation and codes give the same codes ------------------------===//
//
// Small prepared networks, one family each, with random parameters: every quantized value
// must be equal in the f64 simulation and, after convert, on integer codes.
//
//===-----------------------------------------------------------------------------===//

#include "Agreement.h"

using namespace qopt;
using namespace qopt::test;

TEST_F(AgreementTest, Convolutions) {
  const std::string in = "tensor<?x4x9x7xf32>", out = "tensor<?x6x5x4xf32>";
  for (int round = 0; round < 20; ++round) {
    const bool perChannel = round % 2, bias = round % 3, clamp = round % 4 == 1;
    const std::string body =
        parameter("w", {6, 2, 3, 3}, 2.0f) + parameter("b", {6}, 5.0f) +
        "%wq = qopt.observe %w @w : tensor<6x2x3x3xf32>\n%y = nn.conv2d %xq, %wq" +
        (bias ? ", %b" : "") + (clamp ? " act <relu6>" : "") +
        " {CONFIGURED, nn.name = \"y\", groups = 2 : i64, stride = array<i64: 2, 2>, padding = "
        "array<i64: 1, "
        "1, 1, 1>} : (" +
        in + ", tensor<6x2x3x3xf32>" + (bias ? ", tensor<6xf32>" : "") + ") -> " + out + "\n";
    expectAgreement(
        module(symbol("w", Codes::Weight, perChannel ? 6 : 0) + symbol("y"), in, body, out),
        {{3, 4, 9, 7}});
  }
}

TEST_F(AgreementTest, TransposedConvolutions) {
  const std::string in = "tensor<?x4x3x5xf32>", out = "tensor<?x6x6x10xf32>";
  for (int round = 0; round < 6; ++round) {
    const std::string body =
        parameter("w", {4, 3, 3, 3}, 2.0f) + parameter("b", {6}, 5.0f) +
        "%wq = qopt.observe %w @w : tensor<4x3x3x3xf32>\n"
        "%y = nn.conv_transpose2d %xq, %wq, %b {CONFIGURED, nn.name = \"y\", groups = 2 : i64, "
        "stride = "
        "array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, output_padding = array<i64: 1, 1>} : "
        "(" +
        in + ", tensor<4x3x3x3xf32>, tensor<6xf32>) -> " + out + "\n";
    expectAgreement(
        module(symbol("w", Codes::Weight, round % 2 ? 3 : 0, 1) + symbol("y"), in, body, out),
        {{2, 4, 3, 5}});
  }
}

TEST_F(AgreementTest, ResidualsAndTabulatedActivations) {
  const std::string type = "tensor<?x8xf32>";
  for (int round = 0; round < 12; ++round) {
    const bool mid = round % 3 != 0, residual = round % 3 != 1, clamp = round % 2;
    const std::string act = residual ? (clamp ? " act <relu>" : "") : " act <hard_swish>";
    const std::string body =
        parameter("w", {8, 8}, 1.0f) + parameter("b", {8}, 3.0f) +
        "%wq = qopt.observe %w @w : tensor<8x8xf32>\n%y = nn.linear %xq, %wq, %b" +
        (residual ? " residual(%xq)" : "") + act + (mid ? " mid(@mid)" : "") +
        (residual && !mid ? " {ACCUMULATOR" : " {CONFIGURED") + ", nn.name = \"y\"} : (" + type +
        ", tensor<8x8xf32>, tensor<8xf32>" + (residual ? ", " + type : "") + ") -> " + type + "\n";
    expectAgreement(module(symbol("w", Codes::Weight, 8) + symbol("mid", Codes::S8) +
                               symbol("y", round % 4 ? Codes::U8 : Codes::U4),
                           type, body, type),
                    {{64, 8}});
  }
}

TEST_F(AgreementTest, BinaryOps) {
  const std::string type = "tensor<?x8x5xf32>";
  for (const char *op : {"add", "sub", "mul"})
    for (int round = 0; round < 6; ++round) {
      const std::string body =
          parameter("c", {8, 1}, 3.0f) + "%cq = qopt.observe %c @c : tensor<8x1xf32>\n%y = nn." +
          op + " %xq, " + (round % 2 ? "%cq" : "%xq") + (round % 3 ? " act <relu>" : "") +
          " {CONFIGURED, nn.name = \"y\"} : (" + type + ", " +
          (round % 2 ? "tensor<8x1xf32>" : type) + ") -> " + type + "\n";
      expectAgreement(module(symbol("c", Codes::S8) + symbol("y", Codes::S8), type, body, type),
                      {{9, 8, 5}});
    }
}

TEST_F(AgreementTest, PointwiseTables) {
  const std::string type = "tensor<?x8x5xf32>";
  for (const std::string op :
       {"relu", "relu6", "sigmoid", "tanh", "hard_swish", "gelu", "silu", "hard_sigmoid"})
    for (const Codes codes : {Codes::U8, Codes::S8, Codes::U4}) {
      const std::string body =
          "%y = nn." + op + " %xq {CONFIGURED, nn.name = \"y\"} : (" + type + ") -> " + type + "\n";
      expectAgreement(module(symbol("y", codes), type, body, type), {{9, 8, 5}});
    }
  const std::string prelu = parameter("s", {8}, 0.5f) +
                            "%y = nn.prelu %xq, %s {CONFIGURED, nn.name = \"y\"} : (" + type +
                            ", tensor<8xf32>) -> " + type + "\n";
  expectAgreement(module(symbol("y", Codes::S8), type, prelu, type), {{9, 8, 5}});
}

TEST_F(AgreementTest, PoolsAndMovement) {
  const std::string in = "tensor<?x8x7x6xf32>";
  const std::pair<std::string, std::string> ops[] = {
      {"max_pool2d %xq {CONFIGURED, nn.name = \"y\", kernel = array<i64: 3, 3>, stride = "
       "array<i64: 2, 2>, "
       "padding = array<i64: 1, 1, 1, 1>}",
       "tensor<?x8x4x3xf32>"},
      {"avg_pool2d %xq {CONFIGURED, nn.name = \"y\", kernel = array<i64: 3, 3>, stride = "
       "array<i64: 2, 2>, "
       "padding = array<i64: 1, 1, 1, 1>}",
       "tensor<?x8x4x3xf32>"},
      {"adaptive_avg_pool2d %xq {CONFIGURED, nn.name = \"y\", output_size = array<i64: 3, 4>}",
       "tensor<?x8x3x4xf32>"},
      {"reduce_mean %xq {CONFIGURED, nn.name = \"y\", axes = array<i64: 1, 3>}",
       "tensor<?x1x7x1xf32>"},
      {"resize_bilinear %xq {CONFIGURED, nn.name = \"y\", output_size = array<i64: 10, 9>, scales "
       "= #nn.numbers<"
       "1.4285714285714286, 1.5>, coord_mode = #nn<coord_mode half_pixel>}",
       "tensor<?x8x10x9xf32>"},
  };
  for (const auto &[op, out] : ops)
    for (int round = 0; round < 5; ++round) {
      const bool moves = op.rfind("max", 0) == 0;
      std::string text =
          module(symbol("y"), in, "%y = nn." + op + " : (" + in + ") -> " + out + "\n", out);
      if (moves) { // codes are kept: no point behind
        text = symbol("x") + "func.func @main(%x: " + in + " {nn.name = \"x\"}) -> " + out +
               " {\n%xq = qopt.observe %x @x : " + in + "\n%y = nn." + op + " : (" + in + ") -> " +
               out + "\nreturn %y : " + out + "\n}";
      }
      expectAgreement(text, {{2, 8, 7, 6}});
    }
}

TEST_F(AgreementTest, ASecondPointRequantizes) {
  const std::string in = "tensor<?x8xf32>", out = "tensor<?x16xf32>";
  for (int round = 0; round < 5; ++round) {
    const std::string text =
        symbol("x") + symbol("z", Codes::S8) + "func.func @main(%x: " + in +
        " {nn.name = \"x\"}) -> " + out + " {\n%xq = qopt.observe %x @x : " + in +
        "\n%r = nn.relu %xq {CONFIGURED, nn.name = \"r\"} : (" + in + ") -> " + in +
        "\n%rq = qopt.observe %r @z : " + in + "\n%xz = qopt.observe %xq @z : " + in +
        "\n%y = nn.cat %xz, %rq {CONFIGURED, nn.name = \"y\", axis = 1 : i64} : (" + in + ", " +
        in + ") -> " + out + "\nreturn %y : " + out + "\n}";
    expectAgreement(text, {{32, 8}});
  }
}

TEST_F(AgreementTest, ASecondPointBehindMovedCodesIsAValueOfItsOwn) {
  const std::string in = "tensor<?x2x4xf32>", flat = "tensor<?x8xf32>", out = "tensor<?x16xf32>";
  const std::string text =
      symbol("x") + symbol("z", Codes::S8) + "func.func @main(%x: " + in +
      " {nn.name = \"x\"}) -> " + out + " {\n%xq = qopt.observe %x @x : " + in +
      "\n%m = nn.flatten %xq {CONFIGURED, nn.name = \"m\"} : (" + in + ") -> " + flat +
      "\n%r = nn.relu %m {CONFIGURED, nn.name = \"r\"} : (" + flat + ") -> " + flat +
      "\n%rq = qopt.observe %r @z : " + flat + "\n%mz = qopt.observe %m @z : " + flat +
      "\n%y = nn.cat %mz, %rq {CONFIGURED, nn.name = \"y\", axis = 1 : i64} : (" + flat + ", " +
      flat + ") -> " + out + "\nreturn %y : " + out + "\n}";
  expectAgreement(text, {{32, 2, 4}});
}

TEST_F(AgreementTest, AFloatValueWithCodesIsReportedAsCodes) {
  const std::string type = "tensor<?x8xf32>";
  const std::string text =
      symbol("x") + symbol("z") + symbol("y") + "func.func @main(%x: " + type +
      " {nn.name = \"x\"}) -> (" + type + ", " + type + ") {\n%xq = qopt.observe %x @x : " + type +
      "\n%s = nn.softmax %x {axis = 1 : i64, qopt.float_reason = \"N14\", nn.name = \"s\"} : (" +
      type + ") -> " + type + "\n%sq = qopt.observe %s @z : " + type +
      "\n%y = nn.add %sq, %xq {CONFIGURED, nn.name = \"y\"} : (" + type + ", " + type + ") -> " +
      type + "\n%yq = qopt.observe %y @y : " + type +
      "\n%t = nn.softmax %s {axis = 1 : i64, qopt.float_reason = \"N14\", nn.name = \"t\"} : (" +
      type + ") -> " + type + "\nreturn %yq, %t : " + type + ", " + type + "\n}";
  expectAgreement(text, {{32, 8}});
  auto module = parse(text);
  int64_t reported = 0;
  auto interpreter = Interpreter::create(*module, EvalMode::Simulate);
  ASSERT_TRUE(static_cast<bool>(interpreter)) << llvm::toString(interpreter.takeError());
  RunHooks hooks;
  hooks.onValue = [&](const ValueRecord &value) {
    if (value.name == "s") {
      ++reported;
      EXPECT_NE(value.quant, nullptr);
    }
  };
  llvm::SmallVector<Tensor> outputs;
  const llvm::SmallVector<Tensor> inputs{randomTensor({4, 8}, 1.0f)};
  llvm::cantFail((*interpreter)->run(inputs, outputs, hooks));
  EXPECT_EQ(reported, 1);
}

TEST_F(AgreementTest, MatrixProducts) {
  const std::string in = "tensor<?x6x8xf32>", out = "tensor<?x6x6xf32>";
  for (int round = 0; round < 5; ++round)
    expectAgreement(
        module(symbol("y"), in,
               "%y = nn.matmul %xq, %xq {transpose_b = true, CONFIGURED, nn.name = \"y\"} : (" +
                   in + ", " + in + ") -> " + out + "\n",
               out),
        {{3, 6, 8}});
}

TEST_F(AgreementTest, ScalarsKeepOrMirrorCodes) {
  const std::string type = "tensor<?x8xf32>";
  const std::string spec =
      "#qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity "
      "= per_tensor, observer = \"min_max\">";
  // x: s = 0.25, z = 100. Times -3: s = 0.75, z = 155; times 0: the input's; plus 5: z = 80.
  const std::tuple<std::string, std::string, int> cases[] = {
      {"mul_scalar %xq {scalar = -3.0 : f32", "0.75", 155},
      {"mul_scalar %xq {scalar = 0.0 : f32", "0.25", 100},
      {"mul_scalar %xq {scalar = 2.0 : f32", "0.5", 100},
      {"add_scalar %xq {scalar = 5.0 : f32", "0.25", 80}};
  for (const auto &[op, scale, zero] : cases)
    for (const bool derived : {true, false}) {
      const std::string text =
          "qopt.qparams @x " + spec + " scales([0.25]) zero_points([100])\nqopt.qparams @y " +
          spec + " scales([" + scale + "]) zero_points([" + std::to_string(zero) + "])" +
          (derived ? " {derived_from = @x}" : "") + "\nfunc.func @main(%x: " + type +
          " {nn.name = \"x\"}) -> " + type + " {\n%xq = qopt.observe %x @x : " + type +
          "\n%y = nn." + op + ", CONFIGURED, nn.name = \"y\"} : (" + type + ") -> " + type +
          "\n%yq = qopt.observe %y @y : " + type + "\nreturn %yq : " + type + "\n}";
      expectAgreement(text, {{32, 8}});
    }
}

TEST_F(AgreementTest, FloatLayersBetweenCodes) {
  // The softmax is read by a point and by another float op; all behind it is outside the contract.
  const std::string type = "tensor<?x8xf32>";
  const std::string text =
      symbol("x") + symbol("s") + symbol("y") + "func.func @main(%x: " + type +
      " {nn.name = \"x\"}) -> (" + type + ", " + type + ") {\n%xq = qopt.observe %x @x : " + type +
      "\n%s = nn.softmax %xq {axis = 1 : i64, qopt.float_reason = \"no integer form\", nn.name = "
      "\"s\"} : (" +
      type + ") -> " + type + "\n%sq = qopt.observe %s @s : " + type +
      "\n%y = nn.add %sq, %xq {CONFIGURED, nn.name = \"y\"} : (" + type + ", " + type + ") -> " +
      type + "\n%yq = qopt.observe %y @y : " + type +
      "\n%d = nn.div %s, %xq {qopt.float_reason = \"no integer form\", nn.name = \"d\"} : (" +
      type + ", " + type + ") -> " + type + "\nreturn %yq, %d : " + type + ", " + type + "\n}";
  expectAgreement(text, {{32, 8}});
  std::map<std::string, bool> behind;
  RunHooks hooks;
  hooks.onValue = [&](const ValueRecord &value) { behind[value.name.str()] = value.behindFloat; };
  auto prepared = parse(text);
  run(*prepared, EvalMode::Simulate, {randomTensor({4, 8})}, hooks);
  EXPECT_EQ(behind,
            (std::map<std::string, bool>{{"x", false}, {"s", true}, {"y", true}, {"d", true}}));
}

TEST_F(AgreementTest, MovementKeepsCodes) {
  const std::string in = "tensor<?x4x6x2xf32>";
  const std::tuple<std::string, std::string> ops[] = {
      {"transpose %xq {perm = array<i64: 0, 3, 1, 2>", "tensor<?x2x4x6xf32>"},
      {"slice %xq {axes = array<i64: 2>, starts = array<i64: 1>, ends = array<i64: 6>, steps = "
       "array<i64: 2>",
       "tensor<?x4x3x2xf32>"},
      {"pad %xq {low = array<i64: 0, 1, 0, 2>, high = array<i64: 0, 0, 3, 0>, value = -1.3 : f32",
       "tensor<?x5x9x4xf32>"},
      {"depth_to_space %xq {block = 2 : i64", "tensor<?x1x12x4xf32>"},
      {"reshape %xq {shape = array<i64: 0, -1, 3>", "tensor<?x16x3xf32>"},
      {"unsqueeze %xq {axes = array<i64: 1>", "tensor<?x1x4x6x2xf32>"},
      {"resize_nearest %xq {output_size = array<i64: 9, 3>, scales = #nn.numbers<1.5, 1.5>, "
       "coord_mode = #nn<coord_mode half_pixel>, nearest_mode = #nn<nearest_mode "
       "round_prefer_floor>",
       "tensor<?x4x9x3xf32>"}};
  for (const auto &[op, out] : ops)
    expectAgreement(symbol("x") + "func.func @main(%x: " + in + " {nn.name = \"x\"}) -> " + out +
                        " {\n%xq = qopt.observe %x @x : " + in + "\n%y = nn." + op +
                        ", CONFIGURED, nn.name = \"y\"} : (" + in + ") -> " + out +
                        "\nreturn %y : " + out + "\n}",
                    {{2, 4, 6, 2}});
}
