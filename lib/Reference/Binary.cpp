//===- Binary.cpp - add, sub, mul, div with broadcasting; softmax --------------------------===//

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/FloatActivation.h"
#include "lib/Reference/Pointwise.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

namespace {
/// The operands' steps along each dimension of the result (0 where one is repeated).
struct Broadcast {
  SmallVector<int64_t> shape, left, right;

  Broadcast(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
    const size_t rank = std::max(a.size(), b.size());
    int64_t stepA = 1, stepB = 1;
    shape.resize(rank);
    left.resize(rank);
    right.resize(rank);
    for (size_t i = rank; i-- > 0;) {
      const int64_t sizeA = i + a.size() < rank ? 1 : a[i + a.size() - rank];
      const int64_t sizeB = i + b.size() < rank ? 1 : b[i + b.size() - rank];
      shape[i] = sizeA == 1 ? sizeB : sizeA;
      left[i] = sizeA == 1 ? 0 : stepA;
      right[i] = sizeB == 1 ? 0 : stepB;
      stepA *= sizeA;
      stepB *= sizeB;
    }
  }

  /// Calls row(result offset, left offset, right offset, count, left step, right step) for
  /// each innermost row; equal shapes are one row.
  template <typename Function> void forEachRow(Function row) const {
    int64_t count = 1;
    for (const int64_t size : shape)
      count *= size;
    if (shape.empty() || contiguous())
      return row(0, 0, 0, count, 1, 1);
    const size_t last = shape.size() - 1;
    for (int64_t at = 0; at < count; at += shape[last]) {
      int64_t rest = at / std::max<int64_t>(shape[last], 1), a = 0, b = 0;
      for (size_t i = last; i-- > 0;) {
        a += rest % shape[i] * left[i];
        b += rest % shape[i] * right[i];
        rest /= shape[i];
      }
      row(at, a, b, shape[last], left[last], right[last]);
    }
  }

private:
  bool contiguous() const {
    int64_t step = 1;
    for (size_t i = shape.size(); i-- > 0; step *= shape[i])
      if (shape[i] != 1 && (left[i] != step || right[i] != step))
        return false;
    return true;
  }
};

enum class Kind { Add, Sub, Mul, Div };
} // namespace

static Kind kindOf(Operation *op) {
  return isa<nn::AddOp>(op)   ? Kind::Add
         : isa<nn::SubOp>(op) ? Kind::Sub
         : isa<nn::MulOp>(op) ? Kind::Mul
                              : Kind::Div;
}

template <typename Function>
static void combine(const Broadcast &broadcast, const float *a, const float *b, float *out,
                    Function function) {
  broadcast.forEachRow(
      [&](int64_t at, int64_t left, int64_t right, int64_t count, int64_t stepA, int64_t stepB) {
        for (int64_t i = 0; i < count; ++i)
          out[at + i] = function(a[left + i * stepA], b[right + i * stepB]);
      });
}

llvm::Error reference::evalBinaryFloat(OpContext &context) {
  const Broadcast broadcast(context.data(0).shape(), context.data(1).shape());
  Tensor result = Tensor::empty(DType::F32, broadcast.shape);
  const float *a = context.data(0).data<float>(), *b = context.data(1).data<float>();
  float *out = result.data<float>();
  switch (kindOf(context.op)) {
  case Kind::Add:
    combine(broadcast, a, b, out, [](float x, float y) { return x + y; });
    break;
  case Kind::Sub:
    combine(broadcast, a, b, out, [](float x, float y) { return x - y; });
    break;
  case Kind::Mul:
    combine(broadcast, a, b, out, [](float x, float y) { return x * y; });
    break;
  case Kind::Div:
    combine(broadcast, a, b, out, [](float x, float y) { return x / y; });
    break;
  }
  if (auto act = context.op->getAttrOfType<nn::ActAttr>("act"))
    applyActivation(act, out, out, result.numElements());
  context.set(std::move(result));
  return llvm::Error::success();
}

//===-- simulation ---------------------------------------------------------------------===//

/// N8 on the centred codes a and b of one pair.
static float simulatePair(Kind kind, const sim::Grid &left, const sim::Grid &right,
                          const sim::Grid &out, double a, double b) {
  if (kind == Kind::Mul) {
    const float product = left.scale * right.scale;
    const float multiplier = product / out.scale;
    return out.real(out.centred(static_cast<float>(a * b) * multiplier));
  }
  const float first = static_cast<float>(a) * (left.scale / out.scale);
  const float second = static_cast<float>(b) * (right.scale / out.scale);
  return out.real(out.centred(kind == Kind::Sub ? first - second : first + second));
}

/// N1 for 9 to 16 bits: in f64 on the real values.
static float simulateWidePair(Kind kind, const sim::Grid &out, double x, double y,
                              nn::ActAttr act) {
  double value = kind == Kind::Mul ? x * y : kind == Kind::Sub ? x - y : x + y;
  if (act)
    value = act.apply(value);
  return out.real(out.quantize(static_cast<float>(value)));
}

llvm::Error reference::evalBinarySimulate(OpContext &context) {
  const RuntimeValue &lhs = context.in(0), &rhs = context.in(1);
  const QuantPtr quant = context.resultQuant();
  const sim::Grid left(*lhs.quant), right(*rhs.quant);
  sim::Grid out(*quant);
  const bool wide = lhs.quant->bits > 8 || rhs.quant->bits > 8 || quant->bits > 8;
  auto act = context.op->getAttrOfType<nn::ActAttr>("act");
  if (act && !wide)
    out.narrow(act.getLowerBound(), act.getUpperBound());
  const Broadcast broadcast(lhs.data.shape(), rhs.data.shape());
  Tensor result = Tensor::empty(DType::F32, broadcast.shape);
  const Kind kind = kindOf(context.op);
  const float *a = lhs.data.data<float>(), *b = rhs.data.data<float>();
  if (wide)
    combine(broadcast, a, b, result.data<float>(),
            [&](float x, float y) { return simulateWidePair(kind, out, x, y, act); });
  else
    combine(broadcast, a, b, result.data<float>(), [&](float x, float y) {
      return simulatePair(kind, left, right, out, left.recover(x), right.recover(y));
    });
  context.set(std::move(result), quant);
  return llvm::Error::success();
}

//===-- codes --------------------------------------------------------------------------===//

llvm::Error reference::evalBinaryCodes(OpContext &context) {
  const Tensor &lhs = context.data(0), &rhs = context.data(1);
  const TensorQuant &a = *context.in(0).quant, &b = *context.in(1).quant;
  const TensorQuant &out = *context.resultQuant();
  const CodeBounds bounds = clampedRange(out, context.op->getAttrOfType<nn::ActAttr>("act"));
  const Kind kind = kindOf(context.op);
  const float product = numerics::requantizeMultiplier(a.scale(), b.scale(), out.scale());
  const float ratioA = a.scale() / out.scale(), ratioB = b.scale() / out.scale();
  auto pair = [&](int32_t qa, int32_t qb) {
    if (kind == Kind::Mul)
      return numerics::mulCodes(qa, a.zeroPoint(), qb, b.zeroPoint(), product, out.zeroPoint(),
                                bounds.low, bounds.high);
    return numerics::addCodes(qa, a.zeroPoint(), ratioA, qb, b.zeroPoint(),
                              kind == Kind::Sub ? -ratioB : ratioB, out.zeroPoint(), bounds.low,
                              bounds.high);
  };
  const Broadcast broadcast(lhs.shape(), rhs.shape());
  Tensor result = Tensor::empty(out.codeDType(), broadcast.shape);
  broadcast.forEachRow(
      [&](int64_t at, int64_t left, int64_t right, int64_t count, int64_t stepA, int64_t stepB) {
        for (int64_t i = 0; i < count; ++i)
          storeCode(result, at + i,
                    pair(codeAt(lhs, left + i * stepA), codeAt(rhs, right + i * stepB)));
      });
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}

//===-- softmax ------------------------------------------------------------------------===//

/// One line of `count` values `step` apart; the greatest is subtracted first.
static void softmaxLine(const float *in, float *out, int64_t count, int64_t step) {
  float greatest = in[0];
  for (int64_t i = 1; i < count; ++i)
    greatest = std::max(greatest, in[i * step]);
  float sum = 0.0f;
  for (int64_t i = 0; i < count; ++i) {
    out[i * step] = std::exp(in[i * step] - greatest);
    sum += out[i * step];
  }
  for (int64_t i = 0; i < count; ++i)
    out[i * step] /= sum;
}

llvm::Error reference::evalSoftmax(OpContext &context) {
  const Tensor &input = context.data(0);
  const auto axis = static_cast<int64_t>(cast<nn::SoftmaxOp>(context.op).getAxis());
  Tensor result = Tensor::empty(DType::F32, input.shape());
  const int64_t count = input.dim(axis);
  int64_t inner = 1;
  for (int64_t i = axis + 1; i < input.rank(); ++i)
    inner *= input.dim(i);
  const int64_t lines = count * inner ? input.numElements() / (count * inner) : 0;
  for (int64_t outer = 0; outer < lines; ++outer)
    for (int64_t i = 0; i < inner; ++i) {
      const int64_t at = outer * count * inner + i;
      softmaxLine(input.data<float>() + at, result.data<float>() + at, count, inner);
    }
  context.set(std::move(result));
  return llvm::Error::success();
}
