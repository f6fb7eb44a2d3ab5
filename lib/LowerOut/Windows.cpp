//===- Windows.cpp - which inputs a mean is taken over (N9) ---------------------------===//

#include "Windows.h"

#include <algorithm>

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

static int64_t sizeAlong(Value value, int axis) {
  return cast<RankedTensorType>(value.getType()).getDimSize(2 + axis);
}

int64_t lowerout::highPadding(int64_t size, int64_t count, int64_t extent, int64_t stride,
                              int64_t low) {
  return (count - 1) * stride + extent - size - low;
}

WindowAxis lowerout::windowsOf(nn::AvgPool2dOp op, int axis) {
  const int64_t in = sizeAlong(op.getInput(), axis), out = sizeAlong(op.getResult(), axis);
  const int64_t kernel = op.getKernel()[axis], stride = op.getStride()[axis];
  const int64_t low = op.getPadding()[axis], declaredHigh = op.getPadding()[axis + 2];
  WindowAxis result;
  for (int64_t o = 0; o < out; ++o) {
    const int64_t begin = o * stride - low, end = begin + kernel;
    Span span{std::max<int64_t>(begin, 0), std::min(end, in), 0};
    span.count =
        op.getCountIncludePad() ? std::min(end, in + declaredHigh) - begin : span.end - span.begin;
    result.spans.push_back(span);
  }
  result.sliding = {kernel, stride, low, highPadding(in, out, kernel, stride, low)};
  return result;
}

WindowAxis lowerout::windowsOf(nn::AdaptiveAvgPool2dOp op, int axis) {
  const int64_t in = sizeAlong(op.getInput(), axis), out = sizeAlong(op.getResult(), axis);
  WindowAxis result;
  for (int64_t o = 0; o < out; ++o) {
    const int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
    result.spans.push_back({begin, end, end - begin});
  }
  if (in % out == 0)
    result.sliding = {in / out, in / out, 0, 0};
  return result;
}

float lowerout::meanMultiplier(int64_t count, const Codes &in, const Codes &out) {
  return in.scale / (out.scale * static_cast<float>(count));
}

std::vector<float> lowerout::meanMultipliers(const WindowAxis &rows, const WindowAxis &columns,
                                             const Codes &in, const Codes &out) {
  std::vector<float> result;
  for (const Span &row : rows.spans)
    for (const Span &column : columns.spans)
      result.push_back(meanMultiplier(row.count * column.count, in, out));
  return result;
}
