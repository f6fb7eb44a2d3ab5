//===- DynamicAgreementTest.cpp - dynamic linear layers: simulation and codes --------------===//

#include "Agreement.h"

#include <cmath>
#include <cstring>

using namespace qopt;
using namespace qopt::test;

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
