//===- MessagesTest.cpp - what the evaluators refuse, and how they say it --------------------===//

#include "Networks.h"

#include "qopt/Reference/Constants.h"

#include "mlir/IR/Diagnostics.h"

using namespace qopt;
using namespace qopt::test;

namespace {

class MessagesTest : public ReferenceTest {
protected:
  /// The message with which a run on these inputs fails, in creation or in the run.
  static std::string runError(mlir::ModuleOp module, EvalMode mode, llvm::ArrayRef<Tensor> inputs) {
    llvm::Expected<std::unique_ptr<Interpreter>> network = Interpreter::create(module, mode);
    if (!network)
      return llvm::toString(network.takeError());
    llvm::SmallVector<Tensor> outputs;
    llvm::Error error = (*network)->run(inputs, outputs);
    return error ? llvm::toString(std::move(error)) : "no error";
  }
  std::string runError(const std::string &text, EvalMode mode, llvm::ArrayRef<Tensor> inputs) {
    return runError(*parse(text), mode, inputs);
  }
};

/// A linear layer between points; `behind` stands behind its weight.
std::string linear(const std::string &behind) {
  return R"(
    qopt.qparams @q #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.5]) zero_points([0])
    qopt.qparams @w #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max"> scales([0.5]) zero_points([0])
    func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
      %xq = qopt.observe %x @q : tensor<?x2xf32>
      %w = nn.parameter "w" dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
      %wq = qopt.observe %w @w : tensor<2x2xf32>
      %y = nn.linear %xq, %wq )" +
         behind + R"( -> tensor<?x2xf32>
      %yq = qopt.observe %y @q : tensor<?x2xf32>
      return %yq : tensor<?x2xf32>
    })";
}

} // namespace

TEST_F(MessagesTest, ShapesThatDependOnTheBatch) {
  EXPECT_EQ(runError(R"(
    func.func @main(%x: tensor<?x3xf32>) -> tensor<?x2xf32> {
      %y = nn.reshape %x {shape = array<i64: -1, 2>, nn.name = "y"} : (tensor<?x3xf32>) -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    })",
                     EvalMode::Float, {randomTensor({1, 3})}),
            "op 'y' (nn.reshape): cannot reshape this batch: the result's sizes do not divide it");
  EXPECT_EQ(runError(R"(
    func.func @main(%x: tensor<?x3xf32>) -> tensor<4x3xf32> {
      %y = nn.slice %x {axes = array<i64: 0>, starts = array<i64: 0>, ends = array<i64: 4>, steps = array<i64: 1>, nn.name = "y"} : (tensor<?x3xf32>) -> tensor<4x3xf32>
      return %y : tensor<4x3xf32>
    })",
                     EvalMode::Float, {randomTensor({2, 3})}),
            "op 'y' (nn.slice): slice end 4 lies behind the size 2 of axis 0");
}

TEST_F(MessagesTest, ArgumentsOfOtherTypes) {
  EXPECT_EQ(createError(*parse("func.func @main(%x: tensor<2xi8>) { return }"), EvalMode::Float),
            "@main: expected arguments of f32 tensors, got argument 0 of another type");
}

TEST_F(MessagesTest, PointsInsideAGroup) {
  const Tensor input = randomTensor({1, 2});
  EXPECT_EQ(runError(linear(R"(act <sigmoid> mid(@gone) {CONFIGURED, nn.name = "y"} :
                               (tensor<?x2xf32>, tensor<2x2xf32>))"),
                     EvalMode::Simulate, {input}),
            "no qopt.qparams named @gone");
  EXPECT_EQ(runError(linear(R"(act <sigmoid> {CONFIGURED, nn.name = "y"} :
                               (tensor<?x2xf32>, tensor<2x2xf32>))"),
                     EvalMode::Simulate, {input}),
            "op 'y' (nn.linear): a tabulated activation needs a point `mid` before it");
  EXPECT_EQ(runError(linear(R"(residual(%xq) act <sigmoid> mid(@q) {CONFIGURED, nn.name = "y"} :
                               (tensor<?x2xf32>, tensor<2x2xf32>, tensor<?x2xf32>))"),
                     EvalMode::Simulate, {input}),
            "op 'y' (nn.linear): a tabulated activation behind a residual has no integer form; "
            "fuse one of the two only");
}

TEST_F(MessagesTest, AccumulatorsThatLeaveI32) {
  const std::string types = R"(
    !x = !quant.uniform<u8:f32, 1.0>
    !w = !quant.uniform<i8:f32, 1.0>
    !b = !quant.uniform<i32:f32, 1.0>
  )";
  EXPECT_EQ(runError(types + R"(
    func.func @main(%x: tensor<1x4xf32> {nn.name = "x"}) -> tensor<1x1xf32> {
      %xq = qopt.quantize %x {nn.name = "x"} : tensor<1x4xf32> -> tensor<1x4x!x>
      %w = nn.parameter "w" dense<127> : tensor<1x4xi8> -> tensor<1x4x!w>
      %b = nn.parameter "b" dense<2147483000> : tensor<1xi32> -> tensor<1x!b>
      %y = nn.linear %xq, %w, %b {nn.name = "y"} : (tensor<1x4x!x>, tensor<1x4x!w>, tensor<1x!b>) -> tensor<1x1x!x>
      %z = qopt.dequantize %y : tensor<1x1x!x> -> tensor<1x1xf32>
      return %z : tensor<1x1xf32>
    })",
                     EvalMode::Codes, {tensor({1, 4}, {255, 255, 255, 255})}),
            "op 'y' (nn.linear): an accumulator left i32; lower the weight's bits or split the "
            "layer");
  EXPECT_EQ(runError(types + R"(
    func.func @main(%x: tensor<1x40000xf32> {nn.name = "x"}) -> tensor<1x1xf32> {
      %xq = qopt.quantize %x {nn.name = "x"} : tensor<1x40000xf32> -> tensor<1x40000x!x>
      %t = nn.transpose %xq {perm = array<i64: 1, 0>, nn.name = "t"} : (tensor<1x40000x!x>) -> tensor<40000x1x!x>
      %y = nn.matmul %xq, %t {nn.name = "y"} : (tensor<1x40000x!x>, tensor<40000x1x!x>) -> tensor<1x1x!x>
      %z = qopt.dequantize %y : tensor<1x1x!x> -> tensor<1x1xf32>
      return %z : tensor<1x1xf32>
    })",
                     EvalMode::Codes, {tensor({1, 40000}, std::vector<float>(40000, 255.0f))}),
            "op 'y' (nn.matmul): an accumulator left i32; split the inner dimension");
}

/// An op on codes, as the rest of its line.
static std::string onCodes(const std::string &op) {
  return R"(
    !x = !quant.uniform<u8:f32, 1.0>
    !w = !quant.uniform<i8:f32, 1.0>
    func.func @main(%x: tensor<1x2xf32> {nn.name = "x"}) -> tensor<1x2xf32> {
      %xq = qopt.quantize %x {nn.name = "x"} : tensor<1x2xf32> -> tensor<1x2x!x>
      %w = nn.parameter "w" dense<1> : tensor<2x2xi8> -> tensor<2x2x!w>
      %y = )" +
         op + R"( -> tensor<1x2x!x>
      %z = qopt.dequantize %y : tensor<1x2x!x> -> tensor<1x2xf32>
      return %z : tensor<1x2xf32>
    })";
}

TEST_F(MessagesTest, CodesWithoutTheirTable) {
  const auto message = [&](const std::string &op) {
    return runError(onCodes(op), EvalMode::Codes, {randomTensor({1, 2})});
  };
  const auto sigmoid = [&](const std::string &attribute) {
    return message("nn.sigmoid %xq {nn.name = \"y\"" + attribute + "} : (tensor<1x2x!x>)");
  };
  EXPECT_EQ(sigmoid(""),
            "op 'y' (nn.sigmoid): on codes it needs its results in `table`; run convert");
  EXPECT_EQ(sigmoid(", table = dense<1> : tensor<300xi8>"),
            "op 'y' (nn.sigmoid): expected a table of 256 codes, or 256 per channel, got 300");
  EXPECT_EQ(sigmoid(", table = dense<1.0> : tensor<256xf64>"),
            "constants of this element type are not known here; expected f32, i8, i16 or i32");
  EXPECT_EQ(sigmoid(", table = dense<1> : tensor<256xi16>"), "data of 16 bits does not fit f32");
  const auto linear = [&](const std::string &mid) {
    return message("nn.linear %xq, %w act <sigmoid> " + mid +
                   " {nn.name = \"y\"} : (tensor<1x2x!x>, tensor<2x2x!w>)");
  };
  EXPECT_EQ(linear(""), "op 'y' (nn.linear): a tabulated activation needs a point `mid` before it");
  EXPECT_EQ(linear("mid(!x)"),
            "op 'y' (nn.linear): a `mid` without residual needs the codes in `table`");
}

TEST_F(MessagesTest, VariancesThatAreNone) {
  EXPECT_EQ(runError(R"(
    func.func @main(%x: tensor<1x1x2x2xf32> {nn.name = "x"}) -> tensor<1x2x2x2xf32> {
      %w = nn.parameter "w" dense<1.0> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
      %g = nn.parameter "g" dense<1.0> : tensor<2xf32> -> tensor<2xf32>
      %v = nn.parameter "v" dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
      %0:2 = qopt.fold_batch_norm %w norm(%g, %g, %g, %v) freeze {eps = 0.25 : f64} : (tensor<2x1x1x1xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<2x1x1x1xf32>, tensor<2xf32>)
      %y = nn.conv2d %x, %0#0, %0#1 {nn.name = "y"} : (tensor<1x1x2x2xf32>, tensor<2x1x1x1xf32>, tensor<2xf32>) -> tensor<1x2x2x2xf32>
      return %y : tensor<1x2x2x2xf32>
    })",
                     EvalMode::Float, {randomTensor({1, 1, 2, 2})}),
            "op '' (qopt.fold_batch_norm): variance + eps is not positive in channel 1");
}

TEST_F(MessagesTest, ConstantsThatAreComputed) {
  auto module = parse(R"(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = nn.relu %x {nn.name = "y"} : (tensor<2xf32>) -> tensor<2xf32>
      return %y : tensor<2xf32>
    })");
  std::string message;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    message = diagnostic.str();
    return mlir::success();
  });
  auto main = module->lookupSymbol<mlir::func::FuncOp>("main");
  EXPECT_TRUE(failed(constantF32(main.front().front().getResult(0))));
  EXPECT_EQ(message, "a constant is needed here, and this value is computed");
}
