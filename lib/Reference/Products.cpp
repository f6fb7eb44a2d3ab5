//===- Products.cpp - nn.matmul in the three modes ---------------------------------------===//
//
// On codes: N4 without bias, N6 with m = (sa * sb) / sy.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/Products.h"

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/Dnnl.h"
#include "lib/Reference/Gemm.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

ProductShape reference::productShape(nn::MatmulOp op, ArrayRef<int64_t> lhs,
                                     ArrayRef<int64_t> rhs) {
  ProductShape shape;
  shape.transposed = op.getTransposeB();
  shape.m = lhs[lhs.size() - 2];
  shape.k = lhs.back();
  shape.n = shape.transposed ? rhs[rhs.size() - 2] : rhs.back();
  const ArrayRef<int64_t> left = lhs.drop_back(2), right = rhs.drop_back(2);
  const size_t rank = std::max(left.size(), right.size());
  auto sizeAt = [&](ArrayRef<int64_t> sizes, size_t i) {
    return i + sizes.size() < rank ? 1 : sizes[i + sizes.size() - rank];
  };
  int64_t count = 1;
  for (size_t i = 0; i < rank; ++i) {
    shape.result.push_back(std::max(sizeAt(left, i), sizeAt(right, i)));
    count *= shape.result.back();
  }
  for (int64_t index = 0; index < count; ++index) {
    int64_t rest = index, a = 0, b = 0, stepA = 1, stepB = 1;
    for (size_t i = rank; i-- > 0;) {
      const int64_t at = rest % shape.result[i];
      rest /= shape.result[i];
      a += sizeAt(left, i) == 1 ? 0 : at * stepA;
      b += sizeAt(right, i) == 1 ? 0 : at * stepB;
      stepA *= sizeAt(left, i);
      stepB *= sizeAt(right, i);
    }
    shape.lhs.push_back(a);
    shape.rhs.push_back(b);
  }
  shape.result.append({shape.m, shape.n});
  return shape;
}

static ProductShape shapeOf(const OpContext &context) {
  return productShape(cast<nn::MatmulOp>(context.op), context.data(0).shape(),
                      context.data(1).shape());
}

llvm::Error reference::evalMatmulFloat(OpContext &context) {
  const ProductShape shape = shapeOf(context);
  Tensor result = Tensor::empty(DType::F32, shape.result);
  DnnlOp::MatmulShape product;
  product.m = shape.m;
  product.n = shape.n;
  product.k = shape.k;
  product.transposed = shape.transposed;
  auto &state = context.state<DnnlOp>();
  for (size_t i = 0; i < shape.lhs.size(); ++i)
    if (llvm::Error error = state.multiply(
            product, context.data(0).data<float>() + shape.lhs[i] * shape.m * shape.k,
            context.data(1).data<float>() + shape.rhs[i] * shape.k * shape.n, nullptr,
            result.data<float>() + i * shape.m * shape.n))
      return context.error(llvm::toString(std::move(error)));
  context.set(std::move(result));
  return llvm::Error::success();
}

/// Sums of one batch element from centred codes or real values.
static void multiplyF64(const ProductShape &shape, const double *lhs, const double *rhs,
                        std::vector<double> &scratch, double *sums) {
  if (shape.transposed) {
    scratch.resize(shape.n * shape.k);
    for (int64_t n = 0; n < shape.n; ++n)
      for (int64_t k = 0; k < shape.k; ++k)
        scratch[k * shape.n + n] = rhs[n * shape.k + k];
    rhs = scratch.data();
  }
  gemmF64(shape.m, shape.n, shape.k, lhs, rhs, sums);
}

llvm::Error reference::evalMatmulSimulate(OpContext &context) {
  const ProductShape shape = shapeOf(context);
  const RuntimeValue &a = context.in(0), &b = context.in(1);
  const QuantPtr out = context.resultQuant();
  const bool wide = a.quant->bits > 8 || b.quant->bits > 8 || out->bits > 8;
  auto valuesOf = [&](const RuntimeValue &value) {
    const float *data = value.data.data<float>();
    return wide ? std::vector<double>(data, data + value.data.numElements())
                : sim::recoverAll(value.data, *value.quant);
  };
  const std::vector<double> left = valuesOf(a), right = valuesOf(b);
  Tensor result = Tensor::empty(DType::F32, shape.result);
  const sim::Grid grid(*out);
  const float product = a.quant->scale() * b.quant->scale();
  const float multiplier = product / grid.scale;
  std::vector<double> sums(shape.m * shape.n), scratch;
  float *to = result.data<float>();
  for (size_t i = 0; i < shape.lhs.size(); ++i) {
    multiplyF64(shape, left.data() + shape.lhs[i] * shape.m * shape.k,
                right.data() + shape.rhs[i] * shape.k * shape.n, scratch, sums.data());
    for (const double sum : sums)
      *to++ = grid.real(wide ? grid.quantize(static_cast<float>(sum))
                             : grid.centred(static_cast<float>(sum) * multiplier));
  }
  context.set(std::move(result), out);
  return llvm::Error::success();
}

llvm::Error reference::evalMatmulCodes(OpContext &context) {
  const ProductShape shape = shapeOf(context);
  const TensorQuant &a = *context.in(0).quant, &b = *context.in(1).quant;
  const TensorQuant &out = *context.resultQuant();
  const float multiplier = numerics::requantizeMultiplier(a.scale(), b.scale(), out.scale());
  const std::vector<int16_t> left = centredCodes(context.data(0), a.zeroPoint());
  const std::vector<int16_t> right = centredCodes(context.data(1), b.zeroPoint());
  Tensor result = Tensor::empty(out.codeDType(), shape.result);
  int64_t at = 0;
  for (size_t batch = 0; batch < shape.lhs.size(); ++batch) {
    const int16_t *lhs = left.data() + shape.lhs[batch] * shape.m * shape.k;
    const int16_t *rhs = right.data() + shape.rhs[batch] * shape.k * shape.n;
    for (int64_t m = 0; m < shape.m; ++m)
      for (int64_t n = 0; n < shape.n; ++n) {
        int64_t sum = 0;
        for (int64_t k = 0; k < shape.k; ++k)
          sum += int64_t(lhs[m * shape.k + k]) *
                 rhs[shape.transposed ? n * shape.k + k : k * shape.n + n];
        if (sum > INT32_MAX || sum < INT32_MIN)
          return context.error("an accumulator left i32; split the inner dimension");
        storeCode(result, at++,
                  numerics::requantize(static_cast<int32_t>(sum), multiplier, out.zeroPoint(),
                                       out.qmin, out.qmax));
      }
  }
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}
