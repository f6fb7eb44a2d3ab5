//===- ProgramFixture.h - compiles a network and compares it with the oracle -------------===//

#ifndef QOPT_TEST_UNIT_RUN_PROGRAMFIXTURE_H
#define QOPT_TEST_UNIT_RUN_PROGRAMFIXTURE_H

#include "Net.h"
#include "qopt/Reference/Interpreter.h"
#include "qopt/Run/Program.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cmath>
#include <map>

namespace qopt::test {

class ProgramTest : public ::testing::Test {
protected:
  ProgramTest() {
    context.loadDialect<nn::NNDialect, quantize::QOptDialect, mlir::func::FuncDialect,
                        mlir::quant::QuantDialect>();
  }

  mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    return module;
  }

  llvm::SmallVector<Tensor> randomInputs(Net &net, int64_t batch) {
    llvm::SmallVector<Tensor> inputs;
    std::normal_distribution<float> normal(0.0f, 4.0f);
    for (Shape shape : net.inputShapes) {
      if (shape[0] < 0)
        shape[0] = batch;
      inputs.push_back(Tensor::empty(DType::F32, shape));
      for (float &value : inputs.back().values<float>())
        value = normal(net.random);
      if (huge)
        inputs.back().data<float>()[0] = 1e30f;
    }
    return inputs;
  }

  /// All named values of the oracle's run.
  static std::map<std::string, Tensor> oracle(mlir::ModuleOp module, EvalMode mode,
                                              llvm::ArrayRef<Tensor> inputs,
                                              llvm::SmallVectorImpl<Tensor> &outputs) {
    std::map<std::string, Tensor> values;
    auto network = Interpreter::create(module, mode);
    if (!network) {
      ADD_FAILURE() << llvm::toString(network.takeError());
      return values;
    }
    RunHooks hooks;
    hooks.onValue = [&](const ValueRecord &value) {
      values.emplace(value.name.str(), value.data.clone());
    };
    if (llvm::Error error = (*network)->run(inputs, outputs, hooks))
      ADD_FAILURE() << llvm::toString(std::move(error));
    return values;
  }

  static std::unique_ptr<Program> jit(mlir::ModuleOp module, CompileOptions options = {}) {
    auto program = Program::jit(module, std::move(options));
    if (program)
      return std::move(*program);
    ADD_FAILURE() << llvm::toString(program.takeError());
    return nullptr;
  }

  static void expectEqual(const std::string &what, const Tensor &expected, const Tensor &actual) {
    ASSERT_EQ(expected.dtype(), actual.dtype()) << what;
    ASSERT_EQ(expected.shape(), actual.shape()) << what;
    for (int64_t i = 0; i < expected.bytes(); ++i)
      ASSERT_EQ(int(expected.raw()[i]), int(actual.raw()[i])) << what << ", byte " << i;
  }

  static void expectNear(const std::string &what, const Tensor &expected, const Tensor &actual) {
    ASSERT_EQ(expected.shape(), actual.shape()) << what;
    for (int64_t i = 0; i < expected.numElements(); ++i) {
      const float a = expected.data<float>()[i], b = actual.data<float>()[i];
      ASSERT_NEAR(a, b, 1e-4f + 1e-4f * std::fabs(a)) << what << ", element " << i;
    }
  }

  /// Every named tensor and output of the program, on each ISA, with batches of 1 to 3 and 1
  /// or 2 threads, has the oracle's bytes (`mode` Float: nearly its values). At least
  /// `leastTensors` names must have been reported.
  void expectOracle(Net &net, const std::string &text, size_t leastTensors,
                    EvalMode mode = EvalMode::Codes) {
    SCOPED_TRACE(text);
    auto module = parse(text);
    ASSERT_TRUE(module);
    CompileOptions options;
    options.isas = hostIsas();
    std::unique_ptr<Program> program = jit(*module, options);
    ASSERT_TRUE(program);
    const int64_t fixed = program->fixedBatch();
    for (int64_t batch = 1; batch <= 3; ++batch) {
      const llvm::SmallVector<Tensor> inputs = randomInputs(net, fixed ? fixed : batch);
      llvm::SmallVector<Tensor> expected;
      const std::map<std::string, Tensor> values = oracle(*module, mode, inputs, expected);
      for (const std::string &isa : program->isas())
        for (int threads = 1; threads <= 2; ++threads) {
          SCOPED_TRACE(isa + ", batch " + std::to_string(batch) + ", threads " +
                       std::to_string(threads));
          compareRun(*program, inputs, values, expected, isa, threads, leastTensors, mode);
          if (HasFatalFailure())
            return;
        }
    }
  }

  static void compareRun(Program &program, llvm::ArrayRef<Tensor> inputs,
                         const std::map<std::string, Tensor> &values,
                         llvm::ArrayRef<Tensor> expected, const std::string &isa, int threads,
                         size_t leastTensors, EvalMode mode) {
    ProgramRunOptions run;
    run.threads = threads;
    run.isa = isa;
    size_t reported = 0;
    const auto compare = [&](const std::string &what, const Tensor &a, const Tensor &b) {
      if (mode == EvalMode::Float)
        expectNear(what, a, b);
      else
        expectEqual(what, a, b);
    };
    run.callback = [&](const ProgramTensor &tensor, const Tensor &data) {
      ++reported;
      const auto found = values.find(tensor.name);
      ASSERT_NE(found, values.end()) << tensor.name;
      compare(tensor.name, found->second, data);
    };
    llvm::SmallVector<Tensor> outputs;
    if (llvm::Error error = program.run(inputs, outputs, run))
      FAIL() << llvm::toString(std::move(error));
    EXPECT_GE(reported, leastTensors);
    EXPECT_EQ(reported, program.tensors().size());
    if (mode != EvalMode::Float)
      EXPECT_EQ(reported, values.size()) << "a value was not told";
    ASSERT_EQ(outputs.size(), expected.size());
    for (size_t i = 0; i < outputs.size(); ++i)
      compare("output " + std::to_string(i), expected[i], outputs[i]);
  }

  /// Whether inputs hold a value that saturates.
  bool huge = true;
  mlir::MLIRContext context;
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_RUN_PROGRAMFIXTURE_H
