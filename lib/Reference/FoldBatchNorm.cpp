//===- FoldBatchNorm.cpp - batch normalization folded, for runs (N16) --------------------===//
//
// Written apart from the fold that convert uses, so that the two check each other.
//
//===-----------------------------------------------------------------------------===//

#include "lib/Reference/Movement.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

llvm::Error reference::evalFoldBatchNorm(OpContext &context) {
  auto op = cast<quantize::FoldBatchNormOp>(context.op);
  auto number = [&](Value value, int64_t c) {
    return value ? static_cast<double>(context.find(value)->data.data<float>()[c]) : 0.0;
  };
  const Tensor &weight = context.data(0);
  Tensor foldedWeight = Tensor::empty(DType::F32, weight.shape());
  const int64_t groups = static_cast<int64_t>(op.getGroups());
  const int64_t perGroup = weight.dim(op.getAxis()), channels = perGroup * groups;
  Tensor foldedBias = Tensor::empty(DType::F32, {channels});
  std::vector<double> factors;
  for (int64_t c = 0; c < channels; ++c) {
    const double deviation = std::sqrt(number(op.getVar(), c) + op.getEps().convertToDouble());
    if (!(deviation > 0.0))
      return context.error("variance + eps is not positive in channel " + Twine(c));
    factors.push_back(number(op.getGamma(), c) / deviation);
    foldedBias.data<float>()[c] =
        static_cast<float>(number(op.getBeta(), c) +
                           (number(op.getBias(), c) - number(op.getMean(), c)) * factors.back());
  }
  // The channel of an element: its place along the axis, and its group by the rows before.
  int64_t inner = 1;
  for (int64_t axis = op.getAxis() + 1; axis < weight.rank(); ++axis)
    inner *= weight.dim(axis);
  const int64_t perRow = perGroup * inner, rows = weight.numElements() / perRow;
  for (int64_t i = 0, e = weight.numElements(); i < e; ++i) {
    const int64_t group = groups == 1 ? 0 : i / perRow * groups / rows;
    const int64_t c = group * perGroup + i % perRow / inner;
    foldedWeight.data<float>()[i] = static_cast<float>(weight.data<float>()[i] * factors[c]);
  }
  context.set(std::move(foldedWeight), nullptr, 0);
  context.set(std::move(foldedBias), nullptr, 1);
  return llvm::Error::success();
}
