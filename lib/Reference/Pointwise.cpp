//===- Pointwise.cpp - functions of one tensor, element by element -------------------------===//

#include "lib/Reference/Pointwise.h"

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/FloatActivation.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

/// Axis of the per-channel functions, or -1 where one function serves all.
static int64_t functionAxis(PointwiseOpInterface op) {
  return op.getPointwiseChannels() > 0 ? 1 : -1;
}

llvm::Error reference::evalPointwiseFloat(OpContext &context) {
  auto op = cast<PointwiseOpInterface>(context.op);
  const Tensor &input = context.data(0);
  Tensor result = Tensor::empty(DType::F32, input.shape());
  const float *in = input.data<float>();
  float *out = result.data<float>();
  if (auto act = dyn_cast_or_null<nn::ActAttr>(op.getAsFusedActivation()))
    applyActivation(act, in, out, input.numElements());
  else
    sim::forEachChannelled(input.shape(), functionAxis(op), [&](int64_t i, int64_t c) {
      out[i] = static_cast<float>(op.evaluatePointwise(in[i], c));
    });
  context.set(std::move(result));
  return llvm::Error::success();
}

namespace {
/// Results by channel and code of a tensor of at most 8 bits.
struct SimTable : KeptState {
  std::vector<float> values;
};
} // namespace

static void fillTable(std::vector<float> &table, PointwiseOpInterface op, const sim::Grid &in,
                      const sim::Grid &out) {
  const int64_t functions = std::max<int64_t>(op.getPointwiseChannels(), 1);
  for (int64_t channel = 0; channel < functions; ++channel)
    for (double code = in.low; code <= in.high; ++code) {
      const double x = in.real(code - in.zero);
      table.push_back(out.real(out.quantize(static_cast<float>(op.evaluatePointwise(x, channel)))));
    }
}

llvm::Error reference::evalPointwiseSimulate(OpContext &context) {
  auto op = cast<PointwiseOpInterface>(context.op);
  const RuntimeValue &input = context.in(0);
  const sim::Grid in(*input.quant), out(*context.resultQuant());
  Tensor result = Tensor::empty(DType::F32, input.data.shape());
  const float *from = input.data.data<float>();
  float *to = result.data<float>();
  if (input.quant->bits > 8) {
    sim::forEachChannelled(result.shape(), functionAxis(op), [&](int64_t i, int64_t c) {
      to[i] = out.real(out.quantize(static_cast<float>(op.evaluatePointwise(from[i], c))));
    });
  } else {
    std::vector<float> &table = context.state<SimTable>().values;
    if (table.empty())
      fillTable(table, op, in, out);
    const auto codes = static_cast<int64_t>(in.high - in.low) + 1;
    sim::forEachChannelled(result.shape(), functionAxis(op), [&](int64_t i, int64_t c) {
      to[i] = table[c * codes + static_cast<int64_t>(in.recover(from[i]) + in.zero - in.low)];
    });
  }
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}

namespace {
struct CodeTable : KeptState {
  Tensor table;
};
} // namespace

llvm::Error reference::evalPointwiseCodes(OpContext &context) {
  auto attribute = context.op->getAttrOfType<ElementsAttr>("table");
  if (!attribute)
    return context.error("on codes it needs its results in `table`; run convert");
  Tensor &table = context.state<CodeTable>().table;
  if (!table) {
    llvm::Expected<Tensor> data = constantData(attribute, nullptr);
    if (!data)
      return data.takeError();
    table = std::move(*data);
    const int64_t channels = context.data(0).rank() > 1 ? context.data(0).dim(1) : 1;
    if (table.numElements() != 256 && table.numElements() != 256 * channels)
      return context.error("expected a table of 256 codes, or 256 per channel, got " +
                           Twine(table.numElements()));
  }
  const QuantPtr out = context.resultQuant();
  Tensor result = Tensor::empty(out->codeDType(), context.data(0).shape());
  const int64_t axis = table.numElements() > 256 ? 1 : -1;
  sim::forEachChannelled(result.shape(), axis, [&](int64_t i, int64_t c) {
    storeCode(result, i, tableCode(table, codeAt(context.data(0), i), c, out->isSigned));
  });
  context.set(std::move(result), out);
  return llvm::Error::success();
}

//===-- scalars (N8) -------------------------------------------------------------------===//

/// The sign that the factor of a mul_scalar gives to q - z: -1, 0 or 1.
static int factorSign(Operation *op) {
  auto mul = dyn_cast<nn::MulScalarOp>(op);
  if (!mul)
    return 1;
  const float factor = mul.getScalar().convertToFloat();
  return factor > 0.0f ? 1 : factor < 0.0f ? -1 : 0;
}

/// With parameters derived from the input's, codes are kept, mirrored or all z (N8), and an
/// addend is k steps of s; otherwise a table.
llvm::Error reference::evalScalarSimulate(OpContext &context) {
  if (!context.resultIsDerived)
    return evalPointwiseSimulate(context);
  const RuntimeValue &input = context.in(0);
  const sim::Grid in(*input.quant), out(*context.resultQuant());
  const int sign = factorSign(context.op);
  const double shift = isa<nn::AddScalarOp>(context.op) ? in.zero - out.zero : 0.0;
  Tensor result = Tensor::empty(DType::F32, input.data.shape());
  const float *from = input.data.data<float>();
  float *to = result.data<float>();
  for (int64_t i = 0, e = result.numElements(); i < e; ++i)
    to[i] = out.real(sign * in.recover(from[i]) + shift);
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}

llvm::Error reference::evalScalarFloat(OpContext &context) {
  const Tensor &input = context.data(0);
  Tensor result = Tensor::empty(DType::F32, input.shape());
  const float *in = input.data<float>();
  float *out = result.data<float>();
  const int64_t count = input.numElements();
  if (auto add = dyn_cast<nn::AddScalarOp>(context.op)) {
    const float addend = add.getScalar().convertToFloat();
    for (int64_t i = 0; i < count; ++i)
      out[i] = in[i] + addend;
  } else {
    const float factor = cast<nn::MulScalarOp>(context.op).getScalar().convertToFloat();
    for (int64_t i = 0; i < count; ++i)
      out[i] = in[i] * factor;
  }
  context.set(std::move(result));
  return llvm::Error::success();
}

llvm::Error reference::evalScalarCodes(OpContext &context) {
  if (context.op->hasAttr("table"))
    return evalPointwiseCodes(context);
  const TensorQuant &in = *context.in(0).quant;
  const int sign = factorSign(context.op);
  Tensor result = context.data(0);
  if (sign != 1) {
    result = Tensor::empty(in.codeDType(), context.data(0).shape());
    for (int64_t i = 0, e = result.numElements(); i < e; ++i)
      storeCode(result, i,
                sign == 0 ? in.zeroPoint() : in.qmin + in.qmax - codeAt(context.data(0), i));
  }
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}

//===-- batch_norm ---------------------------------------------------------------------===//

llvm::Error reference::evalBatchNormFloat(OpContext &context) {
  const Tensor &input = context.data(0);
  const double eps = cast<nn::BatchNormOp>(context.op).getEps().convertToDouble();
  const int64_t channels = input.dim(1);
  std::vector<double> factor(channels), offset(channels);
  for (int64_t c = 0; c < channels; ++c) {
    auto parameter = [&](unsigned index) -> double { return context.data(index).data<float>()[c]; };
    factor[c] = parameter(1) / std::sqrt(parameter(4) + eps);
    offset[c] = parameter(2) - parameter(3) * factor[c];
  }
  Tensor result = Tensor::empty(DType::F32, input.shape());
  const float *in = input.data<float>();
  float *out = result.data<float>();
  sim::forEachChannelled(input.shape(), 1, [&](int64_t i, int64_t c) {
    out[i] = static_cast<float>(in[i] * factor[c] + offset[c]);
  });
  context.set(std::move(result));
  return llvm::Error::success();
}
