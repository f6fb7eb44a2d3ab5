//===- Agreement.h - networks whose simulation and codes are compared ----------------------===//

#ifndef QOPT_TEST_UNIT_REFERENCE_AGREEMENT_H
#define QOPT_TEST_UNIT_REFERENCE_AGREEMENT_H

#include "Networks.h"

#include "qopt/Convert/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"

namespace qopt::test {

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

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_REFERENCE_AGREEMENT_H
