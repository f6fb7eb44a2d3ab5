//===- AgreementTest.cpp - simulation and codes give the same codes ------------------------===//
//
// Small prepared networks, one family each, with random parameters: every quantized value
// must be equal in the f64 simulation and, after convert, on integer codes.
//
//===-----------------------------------------------------------------------------===//

#include "Networks.h"

#include "qopt/Convert/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <cstring>

using namespace qopt;
using namespace qopt::test;

namespace {

/// A quantized tensor's symbol with random parameters.
enum class Codes { U8, S8, U4, Weight };

class AgreementTest : public ReferenceTest {
protected:
  std::string symbol(const std::string &name, Codes codes = Codes::U8, int64_t channels = 0,
                     int64_t axis = 0) {
    const bool isSigned = codes == Codes::S8 || codes == Codes::Weight;
    const int bits = codes == Codes::U4 ? 4 : 8;
    const int low = codes == Codes::Weight ? -127 : isSigned ? -128 : 0;
    const int high = isSigned ? 127 : (1 << bits) - 1;
    std::string scales, zeros;
    for (int64_t c = 0; c < std::max<int64_t>(channels, 1); ++c) {
      std::uniform_real_distribution<float> scale(0.01f, 0.08f);
      std::uniform_int_distribution<int> zero(low, high);
      const float s = codes == Codes::U4 ? 16 * scale(random) : scale(random);
      scales += llvm::formatv("{0}{1:e9}", c ? ", " : "", s).str();
      zeros += llvm::formatv("{0}{1}", c ? ", " : "", codes == Codes::Weight ? 0 : zero(random));
    }
    return llvm::formatv(
        "qopt.qparams @{0} #qopt.spec<bits = {1}, is_signed = {2}, qmin = {3}, qmax = {4}, "
        "scheme = {5}, granularity = {6}, observer = \"min_max\"> scales([{7}]) "
        "zero_points([{8}]){9}\n",
        name, bits, isSigned ? "true" : "false", low, high,
        codes == Codes::Weight ? "symmetric" : "affine", channels ? "per_channel" : "per_tensor",
        scales, zeros, channels ? llvm::formatv(" {{axis = {0} : i64}", axis).str() : "");
  }

  std::string parameter(const std::string &name, llvm::ArrayRef<int64_t> shape, float spread) {
    const Tensor data = randomTensor(shape, spread);
    std::string text = "\"0x";
    for (int64_t i = 0; i < data.bytes(); ++i)
      text += llvm::formatv("{0:X-2}", data.raw()[i]).str();
    std::string type = "tensor<";
    for (const int64_t size : shape)
      type += std::to_string(size) + "x";
    type += "f32>";
    return llvm::formatv("%{0} = nn.parameter \"{0}\" dense<{1}\"> : {2} -> {2}\n", name, text,
                         type);
  }

  /// Runs the prepared module and its converted form on random inputs with extremes, and
  /// expects equal codes for every quantized value.
  void expectAgreement(const std::string &text, llvm::ArrayRef<std::vector<int64_t>> shapes) {
    auto prepared = parse(text);
    ASSERT_TRUE(prepared);
    mlir::OwningOpRef<mlir::ModuleOp> converted = prepared->clone();
    mlir::PassManager manager(&context);
    convert::buildConvertPipeline(manager, {});
    ASSERT_TRUE(succeeded(manager.run(*converted))) << text;
    llvm::SmallVector<Tensor> inputs;
    for (const std::vector<int64_t> &shape : shapes) {
      inputs.push_back(randomTensor(shape, 4.0f));
      inputs.back().data<float>()[0] = 1e30f;
      inputs.back().data<float>()[1] = -1e30f;
    }
    const auto simulated = record(*prepared, EvalMode::Simulate, inputs);
    const auto coded = record(*converted, EvalMode::Codes, inputs);
    size_t quantized = 0;
    for (const auto &[name, codes] : simulated) {
      if (isFloat(codes.dtype()))
        continue;
      ++quantized;
      const auto other = coded.find(name);
      ASSERT_NE(other, coded.end()) << name << " is missing after convert\n" << text;
      ASSERT_EQ(codes.dtype(), other->second.dtype()) << name;
      int64_t differ = 0;
      for (int64_t i = 0; i < codes.numElements(); ++i)
        if (codes.raw()[i] != other->second.raw()[i] && ++differ < 6)
          ADD_FAILURE() << name << "[" << i << "]: simulated " << int(codes.raw()[i])
                        << ", on codes " << int(other->second.raw()[i]);
      EXPECT_EQ(differ, 0) << name << " of " << codes.numElements() << "\n" << text;
    }
    EXPECT_GE(quantized, 2u);
  }

  /// A module of symbols, and a @main with one input %x (with its point, as %xq).
  std::string module(const std::string &symbols, const std::string &in, const std::string &body,
                     const std::string &out) {
    return symbols + symbol("x") + "func.func @main(%x: " + in + " {nn.name = \"x\"}) -> " + out +
           " {\n%xq = qopt.observe %x @x : " + in + "\n" + body +
           "%yq = qopt.observe %y @y : " + out + "\nreturn %yq : " + out + "\n}";
  }
};

} // namespace

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

/// [N17] Float results, so every bit counts; inputs that ONNX leaves open included.
TEST_F(AgreementTest, DynamicLinears) {
  const std::string in = "tensor<?x3x11xf32>", out = "tensor<?x3x6xf32>";
  const std::string spec =
      "#qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, "
      "granularity = per_tensor, observer = \"dynamic\">";
  for (int round = 0; round < 24; ++round) {
    const bool bias = round % 2, residual = round % 3 == 1, clamp = round % 4 >= 2;
    const std::string text =
        symbol("w", Codes::Weight, round % 5 ? 6 : 0) + "func.func @main(%x: " + in +
        " {nn.name = \"x\"}, %r: " + out + " {nn.name = \"r\"}) -> (" + out +
        " {nn.name = \"y\"}) {\n" + parameter("w", {6, 11}, 2.0f) + parameter("b", {6}, 5.0f) +
        "%wq = qopt.observe %w @w : tensor<6x11xf32>\n%y = nn.linear %x, %wq" +
        (bias ? ", %b" : "") + (residual ? " residual(%r)" : "") + (clamp ? " act <relu6>" : "") +
        " {nn.name = \"y\", qopt.qconfig = #qopt.qconfig<activation = " + spec +
        ", weight = " + spec + ", rule = \"test\">} : (" + in + ", tensor<6x11xf32>" +
        (bias ? ", tensor<6xf32>" : "") + (residual ? ", " + out : "") + ") -> " + out +
        "\nreturn %y : " + out + "\n}";
    auto prepared = parse(text);
    ASSERT_TRUE(prepared) << text;
    mlir::OwningOpRef<mlir::ModuleOp> converted = prepared->clone();
    mlir::PassManager manager(&context);
    convert::buildConvertPipeline(manager, {});
    ASSERT_TRUE(succeeded(manager.run(*converted))) << text;
    llvm::SmallVector<Tensor> inputs{randomTensor({4, 3, 11}), randomTensor({4, 3, 6})};
    const llvm::MutableArrayRef<float> x = inputs[0].values<float>();
    if (round % 6 == 1)
      x[3] = NAN, x[40] = INFINITY, x[41] = -INFINITY;
    for (float &value : x) {
      value = round % 6 == 2 ? 0.0f : round % 6 == 3 ? std::fabs(value) + 1.0f : value;
      value *= round % 6 == 4 ? 1e-44f : round % 6 == 5 ? 1e37f : 1.0f;
    }
    const Tensor simulated = record(*prepared, EvalMode::Simulate, inputs).at("y");
    const Tensor coded = record(*converted, EvalMode::Codes, inputs).at("y");
    ASSERT_EQ(simulated.bytes(), coded.bytes());
    EXPECT_EQ(std::memcmp(simulated.raw(), coded.raw(), coded.bytes()), 0) << round << "\n" << text;
  }
}
