//===- Networks.h - small networks as text, parsed and run ------------------------------===//

#ifndef QOPT_TEST_UNIT_REFERENCE_NETWORKS_H
#define QOPT_TEST_UNIT_REFERENCE_NETWORKS_H

#include "qopt/Reference/Interpreter.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cstring>
#include <map>
#include <random>

namespace qopt::test {

class ReferenceTest : public ::testing::Test {
protected:
  ReferenceTest() {
    context.loadDialect<nn::NNDialect, quantize::QOptDialect, mlir::func::FuncDialect,
                        mlir::quant::QuantDialect>();
  }

  /// Parses a module; `CONFIGURED` in it stands for the mark of an op that
  /// is quantized, `ACCUMULATOR` for one that takes residuals without a point (N7).
  mlir::OwningOpRef<mlir::ModuleOp> parse(std::string text) {
    const std::string spec = "<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, "
                             "granularity = per_tensor, observer = \"min_max\">";
    const std::string mark = "qopt.qconfig = #qopt.qconfig<activation = " + spec +
                             ", weight = " + spec + ", rule = \"global\"";
    const std::string accumulator = mark + ", residual_accumulator = true>";
    for (const auto &[word, meaning] :
         {std::pair{"ACCUMULATOR", accumulator}, std::pair{"CONFIGURED", mark + ">"}})
      for (size_t at; (at = text.find(word)) != std::string::npos;)
        text.replace(at, strlen(word), meaning);
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module;
  }

  static std::unique_ptr<Interpreter> interpreter(mlir::ModuleOp module, EvalMode mode) {
    llvm::Expected<std::unique_ptr<Interpreter>> result = Interpreter::create(module, mode);
    if (!result) {
      ADD_FAILURE() << llvm::toString(result.takeError());
      return nullptr;
    }
    return std::move(*result);
  }

  /// The message with which Interpreter::create fails.
  static std::string createError(mlir::ModuleOp module, EvalMode mode) {
    llvm::Expected<std::unique_ptr<Interpreter>> result = Interpreter::create(module, mode);
    return result ? "no error" : llvm::toString(result.takeError());
  }

  static llvm::SmallVector<Tensor> run(mlir::ModuleOp module, EvalMode mode,
                                       llvm::ArrayRef<Tensor> inputs, const RunHooks &hooks = {}) {
    llvm::SmallVector<Tensor> outputs;
    if (std::unique_ptr<Interpreter> network = interpreter(module, mode))
      if (llvm::Error error = network->run(inputs, outputs, hooks))
        ADD_FAILURE() << llvm::toString(std::move(error));
    return outputs;
  }

  /// Values of a run by name.
  static std::map<std::string, Tensor> record(mlir::ModuleOp module, EvalMode mode,
                                              llvm::ArrayRef<Tensor> inputs) {
    std::map<std::string, Tensor> values;
    RunHooks hooks;
    hooks.onValue = [&](const ValueRecord &value) {
      EXPECT_TRUE(values.emplace(value.name.str(), value.data.clone()).second)
          << value.name.str() << " is reported twice";
    };
    run(module, mode, inputs, hooks);
    return values;
  }

  static Tensor tensor(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values) {
    return Tensor::from<float>(DType::F32, shape, values);
  }

  Tensor randomTensor(llvm::ArrayRef<int64_t> shape, float spread = 3.0f) {
    Tensor result = Tensor::empty(DType::F32, shape);
    std::normal_distribution<float> normal(0.0f, spread);
    for (float &value : result.values<float>())
      value = normal(random);
    return result;
  }

  mlir::MLIRContext context;
  std::mt19937 random{20261121};
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_REFERENCE_NETWORKS_H
