//===- ForeignTest.cpp - ops known only by their interfaces (N19) --------------------------===//
//
// nn ops get EvaluableOpInterface as an external model, as an op gets it whose class cannot be
// changed: then they are run by it, and must come to the same.
//
//===---------------------------------------------------------------------------------===//

#include "Networks.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::test;

namespace {

/// y[row, o] += x[row, i] * w[o, i], plus `extra` that a root's sums must not have.
LogicalResult multiply(ArrayRef<EvalInput> operands, MutableArrayRef<EvalOutput> results,
                       double extra) {
  const int64_t depth = operands[1].shape[1], outs = operands[1].shape[0];
  for (int64_t i = 0, e = static_cast<int64_t>(results[0].data.size()); i < e; ++i) {
    double &sum = results[0].data[i];
    for (int64_t d = 0; d < depth; ++d)
      sum += operands[0].data[i / outs * depth + d] * operands[1].data[i % outs * depth + d];
    sum += extra;
  }
  return success();
}

struct Sums : EvaluableOpInterface::ExternalModel<Sums, nn::LinearOp> {
  LogicalResult evaluate(Operation *, ArrayRef<EvalInput> operands,
                         MutableArrayRef<EvalOutput> results) const {
    return multiply(operands, results, 0.0);
  }
};
struct BrokenSums : EvaluableOpInterface::ExternalModel<BrokenSums, nn::LinearOp> {
  LogicalResult evaluate(Operation *, ArrayRef<EvalInput> operands,
                         MutableArrayRef<EvalOutput> results) const {
    return multiply(operands, results, 0.25);
  }
};
struct Fails : EvaluableOpInterface::ExternalModel<Fails, nn::LinearOp> {
  LogicalResult evaluate(Operation *, ArrayRef<EvalInput>, MutableArrayRef<EvalOutput>) const {
    return failure();
  }
};

const char *const kLinearOnCodes = R"(
  func.func @main(%x: tensor<?x3xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
    %q = qopt.quantize %x {nn.name = "x"} : tensor<?x3xf32> -> tensor<?x3x!quant.uniform<u8:f32, 0.02:120>>
    %w = nn.parameter "w" dense<[[3, -70, 127], [-127, 11, 5]]> : tensor<2x3xi8> -> tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.01, 0.02}>>
    %b = nn.parameter "b" dense<[700, -90]> : tensor<2xi32> -> tensor<2x!quant.uniform<i32:f32:0, {0.0002, 0.0004}>>
    %y = nn.linear %q, %w, %b act <relu> {nn.name = "y"} : (tensor<?x3x!quant.uniform<u8:f32, 0.02:120>>, tensor<2x3x!quant.uniform<i8<-127:127>:f32:0, {0.01, 0.02}>>, tensor<2x!quant.uniform<i32:f32:0, {0.0002, 0.0004}>>) -> tensor<?x2x!quant.uniform<u8:f32, 0.05:9>>
    %f = qopt.dequantize %y : tensor<?x2x!quant.uniform<u8:f32, 0.05:9>> -> tensor<?x2xf32>
    return %f : tensor<?x2xf32>
  })";

const char *const kLinearInFloat = R"(
  func.func @main(%x: tensor<?x3xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
    %w = nn.parameter "w" dense<[[0.5, -0.25, 2.0], [-1.5, 0.125, 0.75]]> : tensor<2x3xf32> -> tensor<2x3xf32>
    %b = nn.parameter "b" dense<[0.25, -4.0]> : tensor<2xf32> -> tensor<2xf32>
    %y = nn.linear %x, %w, %b act <relu> {nn.name = "y"} : (tensor<?x3xf32>, tensor<2x3xf32>, tensor<2xf32>) -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  })";

struct ForeignTest : ReferenceTest {
  /// The result of `text` on a batch of repeatable inputs, or the error.
  llvm::Expected<Tensor> evaluate(const char *text, EvalMode mode) {
    auto module = parse(text);
    auto network = interpreter(*module, mode);
    Tensor input = Tensor::empty(DType::F32, {8, 3});
    for (int i = 0; i < 24; ++i)
      input.data<float>()[i] = static_cast<float>((i * 7) % 24 - 12) / 8.0f;
    llvm::SmallVector<Tensor> outputs;
    if (llvm::Error error = network->run({input}, outputs))
      return std::move(error);
    return outputs[0];
  }
  std::vector<float> numbers(llvm::Expected<Tensor> result) {
    if (!result) {
      ADD_FAILURE() << llvm::toString(result.takeError());
      return {};
    }
    return {result->data<float>(), result->data<float>() + result->numElements()};
  }
};

TEST_F(ForeignTest, RootsComeToTheSameAsTheTable) {
  const std::vector<float> codes = numbers(evaluate(kLinearOnCodes, EvalMode::Codes));
  const std::vector<float> real = numbers(evaluate(kLinearInFloat, EvalMode::Float));
  nn::LinearOp::attachInterface<Sums>(context);
  EXPECT_EQ(numbers(evaluate(kLinearOnCodes, EvalMode::Codes)), codes);
  EXPECT_EQ(numbers(evaluate(kLinearInFloat, EvalMode::Float)), real);
  EXPECT_GT(*std::max_element(codes.begin(), codes.end()), 0.0f);
}

TEST_F(ForeignTest, SumsThatAreNotWholeAreAnError) {
  nn::LinearOp::attachInterface<BrokenSums>(context);
  llvm::Expected<Tensor> result = evaluate(kLinearOnCodes, EvalMode::Codes);
  ASSERT_FALSE(result);
  EXPECT_EQ(llvm::toString(result.takeError()),
            "op 'y' (nn.linear): its evaluate() made a sum of whole numbers that is not whole; a "
            "root's evaluate() gives the sums of products alone");
}

TEST_F(ForeignTest, AFailureNamesTheOp) {
  nn::LinearOp::attachInterface<Fails>(context);
  llvm::Expected<Tensor> result = evaluate(kLinearInFloat, EvalMode::Float);
  ASSERT_FALSE(result);
  EXPECT_EQ(llvm::toString(result.takeError()),
            "op 'y' (nn.linear): its evaluate() failed on operands of these shapes");
}

} // namespace
