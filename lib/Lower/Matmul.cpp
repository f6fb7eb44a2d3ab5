//===- Matmul.cpp - products of two activations -------------------------------------===//

#include "Codes.h"
#include "Lowering.h"

#include "dialects/NN/Parameter.h"
#include "qopt/Support/Numerics.h"

#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace {

struct Product {
  View a, b, out;
  int32_t batches = 1, m = 1, k = 1, n = 1;
};

} // namespace

/// The operand row-major, its leading dimensions repeated to those of the result.
static FailureOr<View> operandRows(Value operand, ArrayRef<int64_t> leading, Lowering &lowering) {
  const size_t rank = leading.size() + 2;
  const bool isMatrix =
      nn::getParameter(operand) && cast<ShapedType>(operand.getType()).getRank() <= int64_t(rank);
  FailureOr<View> view =
      isMatrix ? FailureOr<View>(lowering.wholeConstant(operand)) : lowering.view(operand);
  if (failed(view))
    return failure();
  const size_t own = view->dims.size() - 2;
  if (!isMatrix && own == leading.size() &&
      ArrayRef<int64_t>(view->dims).take_front(own) == leading)
    return lowering.dense(operand, rowMajor(view->dims.size()));
  View wide = *view;
  wide.dims.assign(leading.begin(), leading.end());
  wide.strides.assign(leading.size(), 0);
  for (size_t i = 0; i < own; ++i)
    if (view->dims[i] != 1)
      wide.strides[leading.size() - own + i] = view->strides[i];
  for (size_t i = own; i < view->dims.size(); ++i) {
    wide.dims.push_back(view->dims[i]);
    wide.strides.push_back(view->strides[i]);
  }
  FailureOr<View> to =
      lowering.allocate(bufferElement(operand.getType()), wide.dims, rowMajor(wide.dims.size()));
  if (failed(to) || failed(lowering.copy(wide, *to)))
    return failure();
  return to;
}

static FailureOr<Product> prepare(nn::MatmulOp op, Lowering &lowering) {
  FailureOr<Sizes> dims = lowering.sampleDims(op.getResult().getType());
  if (failed(dims))
    return failure();
  bool mixes = dims->size() < 2;
  for (const Value operand : op->getOperands())
    mixes |= !nn::getParameter(operand) &&
             cast<ShapedType>(operand.getType()).getRank() - lowering.droppedDims() < 2;
  if (mixes)
    return lowering.error() << "cannot be compiled: a product of matrices that mix the samples of "
                               "the batch; fix the batch to 1 to allow it";
  const ArrayRef<int64_t> leading = ArrayRef<int64_t>(*dims).drop_back(2);
  FailureOr<View> a = operandRows(op.getLhs(), leading, lowering);
  FailureOr<View> b = operandRows(op.getRhs(), leading, lowering);
  FailureOr<View> out = lowering.allocate(op.getResult(), rowMajor(dims->size()));
  if (failed(a) || failed(b) || failed(out))
    return failure();
  Product product{*a, *b, *out};
  for (const int64_t size : leading)
    product.batches *= static_cast<int32_t>(size);
  product.m = static_cast<int32_t>((*dims)[dims->size() - 2]);
  product.n = static_cast<int32_t>(dims->back());
  product.k = static_cast<int32_t>(a->dims.back());
  return product;
}

template <typename Params>
static LogicalResult emitProduct(Params &p, const Product &product, nn::MatmulOp op,
                                 Lowering &lowering) {
  p.batches = product.batches;
  p.m = product.m, p.k = product.k, p.n = product.n;
  p.transpose_b = op.getTransposeB();
  return lowering.emit(p, {product.a.buffer, product.b.buffer}, product.out.buffer);
}

static LogicalResult lowerMatmul(nn::MatmulOp op, Lowering &lowering) {
  FailureOr<Product> product = prepare(op, lowering);
  if (failed(product))
    return failure();
  if (!onCodes(op)) {
    qrt_f32_matmul_params p = {};
    return emitProduct(p, *product, op, lowering);
  }
  const Codes a = codesOf(op.getLhs().getType()), b = codesOf(op.getRhs().getType());
  const Codes out = codesOf(op.getResult().getType());
  const auto widest = [](const Codes &c) {
    return std::max<int64_t>(c.qmax - c.zeroPoint, c.zeroPoint - c.qmin);
  };
  if (product->k * widest(a) * widest(b) > std::numeric_limits<int32_t>::max())
    return lowering.error() << "cannot be compiled: its accumulators of " << product->k
                            << " products can leave 32 bits (N4); leave this layer in float";
  qrt_matmul_params p = {};
  p.a_signed = a.isSigned, p.a_zero_point = a.zeroPoint;
  p.b_signed = b.isSigned, p.b_zero_point = b.zeroPoint;
  p.out_signed = out.isSigned, p.out_zero_point = out.zeroPoint;
  p.out_min = out.qmin, p.out_max = out.qmax;
  p.multiplier = numerics::requantizeMultiplier(a.scale, b.scale, out.scale);
  return emitProduct(p, *product, op, lowering);
}

void lower::addMatmulLowerings(LoweringTable &table) {
  table.add<nn::MatmulOp>(lowerMatmul, "matmul f32_matmul");
}
