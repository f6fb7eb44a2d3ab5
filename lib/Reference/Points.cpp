//===- Points.cpp - parameters, quantization points, borders ----------------------------------===//

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/Movement.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

llvm::Error reference::evalParameter(OpContext &context) {
  auto op = cast<nn::ParameterOp>(context.op);
  const QuantPtr quant = quantOf(op.getType());
  llvm::Expected<Tensor> data = constantData(op.getValue(), quant.get());
  if (!data)
    return llvm::joinErrors(context.error("parameter \"" + op.getName() + "\" cannot be read"),
                            data.takeError());
  context.set(std::move(*data), quant);
  return llvm::Error::success();
}

llvm::Error reference::evalPointFloat(OpContext &context) {
  const RuntimeValue &input = context.in(0);
  context.results[0] = input;
  if (!context.hooks->onPoint)
    return llvm::Error::success();
  auto symbol = context.op->getAttrOfType<FlatSymbolRefAttr>("qparams");
  return context.hooks->onPoint({symbol.getValue(), context.op, input.data});
}

llvm::Error reference::evalPointSimulate(OpContext &context) {
  const RuntimeValue &input = context.in(0);
  if (!context.pointQuant || (input.quant && *input.quant == *context.pointQuant)) {
    context.results[0] = input;
    return llvm::Error::success();
  }
  context.set(sim::fakeQuantize(input.data, *context.pointQuant), context.pointQuant);
  return llvm::Error::success();
}

llvm::Error reference::evalQuantize(OpContext &context) {
  const QuantPtr out = context.resultQuant();
  Tensor result = Tensor::empty(out->codeDType(), context.data(0).shape());
  const float *in = context.data(0).data<float>();
  sim::forEachChannelled(result.shape(), out->axis, [&](int64_t i, int64_t c) {
    storeCode(result, i,
              numerics::quantize(in[i], out->scales[c], out->zeroPoints[c], out->qmin, out->qmax));
  });
  context.set(std::move(result), out);
  return llvm::Error::success();
}

llvm::Error reference::evalDequantize(OpContext &context) {
  const TensorQuant &in = *context.in(0).quant;
  Tensor result = Tensor::empty(DType::F32, context.data(0).shape());
  float *out = result.data<float>();
  sim::forEachChannelled(result.shape(), in.axis, [&](int64_t i, int64_t c) {
    out[i] = numerics::dequantize(codeAt(context.data(0), i), in.scales[c], in.zeroPoints[c]);
  });
  context.set(std::move(result));
  return llvm::Error::success();
}

llvm::Error reference::evalRequantize(OpContext &context) {
  const TensorQuant &in = *context.in(0).quant, &out = *context.resultQuant();
  Tensor result = Tensor::empty(out.codeDType(), context.data(0).shape());
  for (int64_t i = 0, e = result.numElements(); i < e; ++i) {
    const float x = numerics::dequantize(codeAt(context.data(0), i), in.scale(), in.zeroPoint());
    storeCode(result, i, numerics::quantize(x, out.scale(), out.zeroPoint(), out.qmin, out.qmax));
  }
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}
