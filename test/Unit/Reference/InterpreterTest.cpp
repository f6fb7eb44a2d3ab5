//===- InterpreterTest.cpp - inputs, reports, points, errors -------------------------------===//

#include "Networks.h"

using namespace qopt;
using namespace qopt::test;

using InterpreterTest = ReferenceTest;

static const char *const kIdentity = R"(
  func.func @main(%x: tensor<?x2xf32> {nn.name = "image"}) -> (tensor<?x2xf32> {nn.name = "scores"}) {
    %y = nn.relu %x {nn.name = "y"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
    return %y : tensor<?x2xf32>
  })";

TEST_F(InterpreterTest, KnowsInputsAndOutputs) {
  auto module = parse(kIdentity);
  auto network = interpreter(*module, EvalMode::Float);
  ASSERT_EQ(network->inputs().size(), 1u);
  EXPECT_EQ(network->inputs()[0].name, "image");
  EXPECT_EQ(network->outputs()[0].name, "scores");
  EXPECT_FALSE(network->fixedBatch());
}

TEST_F(InterpreterTest, RunsAnyBatchAgainAndAgain) {
  auto module = parse(kIdentity);
  auto network = interpreter(*module, EvalMode::Float);
  llvm::SmallVector<Tensor> outputs;
  for (const int64_t batch : {3, 1, 5}) {
    ASSERT_FALSE(network->run({randomTensor({batch, 2})}, outputs));
    EXPECT_EQ(outputs[0].dim(0), batch);
  }
}

TEST_F(InterpreterTest, ResumesInTheMiddleOfAnotherRun) {
  const std::string text = R"(
    qopt.qparams @y #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.5]) zero_points([0]) {fake_quant_enabled = ENABLED}
    func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
      %a = nn.relu %x {nn.name = "a"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
      %y = nn.add_scalar %a {scalar = 0.125 : f32, nn.name = "y"} : (tensor<?x2xf32>) -> tensor<?x2xf32>
      %z = qopt.observe %y @y : tensor<?x2xf32>
      return %z : tensor<?x2xf32>
    })";
  const auto with = [&](const char *enabled) {
    std::string copy = text;
    return parse(copy.replace(copy.find("ENABLED"), 7, enabled));
  };
  auto plain = with("false"), rounded = with("true");
  RunTrace trace;
  llvm::SmallVector<Tensor> whole, resumed, again;
  const Tensor input = randomTensor({3, 2});
  ASSERT_FALSE(interpreter(*plain, EvalMode::Simulate)->run({input}, whole, trace));
  auto other = interpreter(*rounded, EvalMode::Simulate);
  ASSERT_FALSE(other->resume(trace, 1, resumed));
  ASSERT_FALSE(other->run({input}, again));
  ASSERT_EQ(resumed[0].bytes(), again[0].bytes());
  EXPECT_EQ(std::memcmp(resumed[0].raw(), again[0].raw(), again[0].bytes()), 0);
  EXPECT_NE(std::memcmp(resumed[0].raw(), whole[0].raw(), whole[0].bytes()), 0);
}

TEST_F(InterpreterTest, RefusesWrongInputs) {
  auto module = parse(kIdentity);
  auto network = interpreter(*module, EvalMode::Float);
  llvm::SmallVector<Tensor> outputs;
  auto message = [&](llvm::ArrayRef<Tensor> inputs) {
    return llvm::toString(network->run(inputs, outputs));
  };
  EXPECT_EQ(message({}), "expected 1 inputs, got 0");
  EXPECT_EQ(message({randomTensor({2, 3})}), "input 'image': expected shape ?x2, got 2x3");
  EXPECT_EQ(message({Tensor::zeros(DType::F64, {1, 2})}), "input 'image': expected f32, got f64");
}

TEST_F(InterpreterTest, ListsAllOpsThatItCannotRun) {
  auto module = parse(R"(
    qopt.qparams @x #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max">
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = qopt.observe %x @x : tensor<2xf32>
      return %y : tensor<2xf32>
    })");
  EXPECT_EQ(createError(*module, EvalMode::Codes),
            "no codes evaluator for qopt.observe; run convert first");
  EXPECT_EQ(createError(*module, EvalMode::Simulate),
            "observer @x has no scale yet; calibrate the module before simulating it");
}

TEST_F(InterpreterTest, NeedsMain) {
  auto module = parse("func.func private @other()");
  EXPECT_NE(createError(*module, EvalMode::Float).find("no function @main"), std::string::npos);
}

static const char *const kObserved = R"(
  qopt.qparams @x #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.5]) zero_points([10])
  qopt.qparams @mid #qopt.spec<bits = 8, is_signed = true, qmin = -128, qmax = 127, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.25]) zero_points([0])
  qopt.qparams @w #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max"> scales([0.125]) zero_points([0])
  qopt.qparams @y #qopt.spec<bits = 8, is_signed = false, qmin = 0, qmax = 255, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.25]) zero_points([3])
  func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x2xf32> {
    %xq = qopt.observe %x @x : tensor<?x2xf32>
    %w = nn.parameter "w" dense<[[1.0, 2.0], [-1.0, 0.5]]> : tensor<2x2xf32> -> tensor<2x2xf32>
    %wq = qopt.observe %w @w : tensor<2x2xf32>
    %b = nn.parameter "b" dense<[0.25, -0.25]> : tensor<2xf32> -> tensor<2xf32>
    %y = nn.linear %xq, %wq, %b residual(%xq) act <relu> mid(@mid) {CONFIGURED, nn.name = "y"} : (tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
    %yq = qopt.observe %y @y : tensor<?x2xf32>
    return %yq : tensor<?x2xf32>
  })";

TEST_F(InterpreterTest, FloatRunsShowTheValueAtEachPoint) {
  auto module = parse(kObserved);
  std::map<std::string, std::vector<float>> points;
  RunHooks hooks;
  hooks.onPoint = [&](const PointRecord &point) {
    points[point.symbol.str()] = point.data.values<float>().vec();
    return llvm::Error::success();
  };
  run(*module, EvalMode::Float, {tensor({1, 2}, {1, 2})}, hooks);
  EXPECT_EQ(points.size(), 3u) << "the weight is a constant and not reported";
  EXPECT_EQ(points["x"], (std::vector<float>{1, 2}));
  EXPECT_EQ(points["mid"], (std::vector<float>{5.25, -0.25}));
  EXPECT_EQ(points["y"], (std::vector<float>{6.25, 1.75}));
}

TEST_F(InterpreterTest, SimulationReportsCodesByName) {
  auto module = parse(kObserved);
  std::map<std::string, std::vector<uint8_t>> codes;
  RunHooks hooks;
  hooks.onValue = [&](const ValueRecord &value) {
    ASSERT_TRUE(value.quant);
    EXPECT_FALSE(value.behindFloat);
    codes[value.name.str()] = value.data.values<uint8_t>().vec();
  };
  const auto outputs = run(*module, EvalMode::Simulate, {tensor({1, 2}, {1, 2})}, hooks);
  EXPECT_EQ(codes["x"], (std::vector<uint8_t>{12, 14}));
  // acc = (2 * 8 + 4 * 16) + 4 = 84 -> mid 84 * 0.0625 / 0.25 = 21; 21 * 1 + 2 * 2 + 3 = 28.
  // acc = (2 * -8 + 4 * 4) - 4 = -4 -> mid -1; -1 + 4 * 2 + 3 = 10.
  EXPECT_EQ(codes["y"], (std::vector<uint8_t>{28, 10}));
  EXPECT_EQ(codes.size(), 2u);
  EXPECT_EQ(outputs[0].values<float>(), llvm::ArrayRef<float>({6.25f, 1.75f}));
}

TEST_F(InterpreterTest, AReplacementTakesThePlaceOfAValue) {
  auto module = parse(kObserved);
  RunHooks hooks;
  hooks.replace = [&](const ValueRecord &value) {
    return value.name == "x" ? Tensor::full<uint8_t>(DType::U8, {1, 2}, 10) : Tensor();
  };
  const auto outputs = run(*module, EvalMode::Simulate, {tensor({1, 2}, {1, 2})}, hooks);
  // Zeros: only the bias is left, 4 -> mid 1 -> code 4; -4 -> mid -1 -> relu.
  EXPECT_EQ(outputs[0].values<float>(), llvm::ArrayRef<float>({0.25f, 0.0f}));
}

TEST_F(InterpreterTest, AFailingHookStopsTheRun) {
  auto module = parse(kObserved);
  RunHooks hooks;
  hooks.onPoint = [](const PointRecord &point) {
    return llvm::createStringError("no more at " + point.symbol);
  };
  llvm::SmallVector<Tensor> outputs;
  auto network = interpreter(*module, EvalMode::Float);
  EXPECT_EQ(llvm::toString(network->run({tensor({1, 2}, {1, 2})}, outputs, hooks)), "no more at x");
}

TEST_F(InterpreterTest, ConstantsThatAreNotThereAreNamed) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
      %w = nn.parameter "fc.weight" dense_resource<gone> : tensor<2x2xf32> -> tensor<2x2xf32>
      %y = nn.linear %x, %w : (tensor<?x2xf32>, tensor<2x2xf32>) -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    })");
  const std::string message = createError(*module, EvalMode::Float);
  EXPECT_NE(message.find("fc.weight"), std::string::npos) << message;
  EXPECT_NE(message.find("resource 'gone' holds 0 bytes, expected 16"), std::string::npos)
      << message;
}

TEST_F(InterpreterTest, SixteenBitsAreRealArithmeticThenOneRounding) {
  auto module = parse(R"(
    qopt.qparams @x #qopt.spec<bits = 16, is_signed = false, qmin = 0, qmax = 65535, scheme = affine, granularity = per_tensor, observer = "min_max"> scales([0.001]) zero_points([30000])
    qopt.qparams @w #qopt.spec<bits = 8, is_signed = true, qmin = -127, qmax = 127, scheme = symmetric, granularity = per_tensor, observer = "min_max"> scales([0.125]) zero_points([0])
    qopt.qparams @y #qopt.spec<bits = 16, is_signed = true, qmin = -32768, qmax = 32767, scheme = symmetric, granularity = per_tensor, observer = "min_max"> scales([0.0005]) zero_points([0])
    func.func @main(%x: tensor<?x2xf32> {nn.name = "x"}) -> tensor<?x1xf32> {
      %xq = qopt.observe %x @x : tensor<?x2xf32>
      %w = nn.parameter "w" dense<[[1.0, -2.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
      %wq = qopt.observe %w @w : tensor<1x2xf32>
      %b = nn.parameter "b" dense<0.00013> : tensor<1xf32> -> tensor<1xf32>
      %y = nn.linear %xq, %wq, %b act <hard_swish> {CONFIGURED, nn.name = "y"} : (tensor<?x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<?x1xf32>
      %yq = qopt.observe %y @y : tensor<?x1xf32>
      return %yq : tensor<?x1xf32>
    })");
  std::map<std::string, Tensor> codes =
      record(*module, EvalMode::Simulate, {tensor({1, 2}, {2.00049f, 0.5f})});
  EXPECT_EQ(codes["x"].values<uint16_t>(), llvm::ArrayRef<uint16_t>({32000, 30500}));
  // 2 - 1 + 0.00013 = 1.00013 (the bias is no code here); hard_swish 0.666775..., / 0.0005.
  EXPECT_EQ(codes["y"].values<int16_t>(), llvm::ArrayRef<int16_t>({1334}));
}

TEST_F(InterpreterTest, BatchesThatDoNotMatchAreNamed) {
  auto module = parse(R"(
    func.func @main(%x: tensor<?x2xf32> {nn.name = "a"}, %y: tensor<?x2xf32> {nn.name = "b"}) -> tensor<?x2xf32> {
      %z = nn.add %x, %y {nn.name = "z"} : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
      return %z : tensor<?x2xf32>
    })");
  auto network = interpreter(*module, EvalMode::Float);
  llvm::SmallVector<Tensor> outputs;
  EXPECT_EQ(llvm::toString(network->run({randomTensor({2, 2}), randomTensor({3, 2})}, outputs)),
            "input 'b': expected a batch of 2 as in the inputs before it, got 3");
}
