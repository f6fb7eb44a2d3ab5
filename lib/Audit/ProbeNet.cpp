//===- ProbeNet.cpp - a network of ops side by side, for checks ---------------------===//

#include "ProbeNet.h"

#include "Formulas.h"

#include "dialects/QOpt/QOptDialect.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;
using quantize::QOptDialect;

ProbeNet::ProbeNet(MLIRContext *context)
    : module(ModuleOp::create(UnknownLoc::get(context), "probes")), build(context) {
  (*module)->setAttr(QOptDialect::kVersionAttr, build.getI64IntegerAttr(QOptDialect::kVersion));
  (*module)->setAttr(QOptDialect::kNumericsAttr, quantize::NumericsAttr::get(context, "qopt.v1"));
  (*module)->setAttr(QOptDialect::kStageAttr, build.getStringAttr("converted"));
  build.setInsertionPointToEnd(module->getBody());
  function =
      func::FuncOp::create(build, build.getUnknownLoc(), "main", build.getFunctionType({}, {}));
  build.setInsertionPointToEnd(function.addEntryBlock());
}

Value ProbeNet::addInput(RankedTensorType type) {
  const auto plain = RankedTensorType::get(type.getShape(), build.getF32Type());
  const Value argument = function.front().addArgument(plain, build.getUnknownLoc());
  auto codes = quantize::QuantizeOp::create(build, build.getUnknownLoc(), type, argument);
  inputTypes.push_back(cast<UniformType>(type.getElementType()));
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t &size : shape)
    size = ShapedType::isDynamic(size) ? 1 : size;
  inputShapes.push_back(std::move(shape));
  return codes.getResult();
}

void ProbeNet::addOutput(Value codes, StringRef layer) {
  const auto type = cast<RankedTensorType>(codes.getType());
  const auto plain = RankedTensorType::get(type.getShape(), build.getF32Type());
  results.push_back(
      quantize::DequantizeOp::create(build, build.getUnknownLoc(), plain, codes).getResult());
  outputTypes.push_back(cast<UniformType>(type.getElementType()));
  layers.push_back(layer.str());
}

Value ProbeNet::addConstant(nn::ParameterOp parameter) {
  return build.clone(*parameter.getOperation())->getResult(0);
}

ModuleOp ProbeNet::finish() {
  func::ReturnOp::create(build, build.getUnknownLoc(), results);
  function.setFunctionType(
      build.getFunctionType(function.front().getArgumentTypes(), ValueRange(results).getTypes()));
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    function.setArgAttr(i, nn::NNDialect::kNameAttr, build.getStringAttr("in" + Twine(i)));
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    function.setResultAttr(i, nn::NNDialect::kNameAttr, build.getStringAttr("out" + Twine(i)));
  return *module;
}

Tensor ProbeNet::encode(size_t index, ArrayRef<int32_t> codes) const {
  const Grid grid(inputTypes[index]);
  Tensor tensor = Tensor::empty(DType::F32, inputShapes[index]);
  float *to = tensor.data<float>();
  for (int64_t i = 0; i < tensor.numElements(); ++i)
    to[i] = grid.dequantize(codes[i]);
  return tensor;
}

std::vector<int32_t> ProbeNet::decode(size_t index, const Tensor &output) const {
  const Grid grid(outputTypes[index]);
  std::vector<int32_t> codes(output.numElements());
  const float *from = output.data<float>();
  for (size_t i = 0; i < codes.size(); ++i)
    codes[i] = static_cast<int32_t>(grid.quantize(from[i]));
  return codes;
}

std::vector<std::string> audit::runnable(const std::vector<std::string> &wanted) {
  std::vector<std::string> result;
  for (const std::string &isa : wanted)
    if (qrt_cpu_supports(static_cast<qrt_isa>(qrt_isa_from_name(isa.c_str()))))
      result.push_back(isa);
  return result;
}
