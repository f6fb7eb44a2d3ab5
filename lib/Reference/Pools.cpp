//===- Pools.cpp - max pool, and means over windows and axes (N9) ----------------------------===//

#include "lib/Reference/Pools.h"

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/SimQuant.h"

#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

namespace {
/// The inputs of one output position along one dimension.
struct Span {
  int64_t begin, end;
  int64_t declared; ///< positions inside the declared padding too
};
} // namespace

//===-- max pool -----------------------------------------------------------------------===//

template <typename T>
static void maxPool(nn::MaxPool2dOp op, const Tensor &input, Tensor &result, T lowest) {
  const int64_t height = input.dim(2), width = input.dim(3);
  const int64_t outHeight = result.dim(2), outWidth = result.dim(3);
  const int64_t planes = input.dim(0) * input.dim(1);
  const auto *in = reinterpret_cast<const T *>(input.raw());
  auto *out = reinterpret_cast<T *>(result.raw());
  for (int64_t plane = 0; plane < planes; ++plane, in += height * width)
    for (int64_t oh = 0; oh < outHeight; ++oh)
      for (int64_t ow = 0; ow < outWidth; ++ow) {
        T best = lowest;
        for (int64_t kh = 0; kh < op.getKernel()[0]; ++kh) {
          const int64_t row =
              oh * op.getStride()[0] - op.getPadding()[0] + kh * op.getDilation()[0];
          if (row < 0 || row >= height)
            continue;
          for (int64_t kw = 0; kw < op.getKernel()[1]; ++kw) {
            const int64_t column =
                ow * op.getStride()[1] - op.getPadding()[1] + kw * op.getDilation()[1];
            if (column >= 0 && column < width)
              best = std::max(best, in[row * width + column]);
          }
        }
        *out++ = best;
      }
}

llvm::Error reference::evalMaxPool(OpContext &context) {
  auto op = cast<nn::MaxPool2dOp>(context.op);
  const RuntimeValue &input = context.in(0);
  Tensor result = Tensor::empty(input.data.dtype(), context.resultShape());
  if (input.data.dtype() == DType::F32)
    maxPool<float>(op, input.data, result, -std::numeric_limits<float>::infinity());
  else if (input.data.dtype() == DType::I8)
    maxPool<int8_t>(op, input.data, result, static_cast<int8_t>(input.quant->qmin));
  else
    maxPool<uint8_t>(op, input.data, result, static_cast<uint8_t>(input.quant->qmin));
  context.set(std::move(result), input.quant);
  return llvm::Error::success();
}

//===-- means --------------------------------------------------------------------------===//

namespace {
/// Sums and how many values each is the sum of, in the result's order.
struct Sums {
  std::vector<double> sum;
  std::vector<int32_t> count;
};
} // namespace

static std::vector<Span> windowSpans(nn::AvgPool2dOp op, int dim, int64_t in, int64_t out) {
  std::vector<Span> spans;
  for (int64_t o = 0; o < out; ++o) {
    const int64_t begin = o * op.getStride()[dim] - op.getPadding()[dim];
    const int64_t end = begin + op.getKernel()[dim];
    const int64_t declaredEnd = std::min(end, in + op.getPadding()[dim + 2]);
    spans.push_back({std::max<int64_t>(begin, 0), std::min(end, in), declaredEnd - begin});
  }
  return spans;
}

static std::vector<Span> adaptiveSpans(int64_t in, int64_t out) {
  std::vector<Span> spans;
  for (int64_t o = 0; o < out; ++o) {
    const int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
    spans.push_back({begin, end, end - begin});
  }
  return spans;
}

static Sums sumWindows(const std::vector<double> &values, ArrayRef<int64_t> shape,
                       ArrayRef<Span> rows, ArrayRef<Span> columns, bool countDeclared) {
  Sums result;
  const int64_t plane = shape[2] * shape[3];
  for (const double *in = values.data(), *e = in + values.size(); in != e; in += plane)
    for (const Span &row : rows)
      for (const Span &column : columns) {
        double sum = 0;
        for (int64_t r = row.begin; r < row.end; ++r)
          for (int64_t c = column.begin; c < column.end; ++c)
            sum += in[r * shape[3] + c];
        result.sum.push_back(sum);
        result.count.push_back(static_cast<int32_t>(
            countDeclared ? row.declared * column.declared
                          : (row.end - row.begin) * (column.end - column.begin)));
      }
  return result;
}

static Sums sumAxes(const std::vector<double> &values, ArrayRef<int64_t> shape,
                    ArrayRef<int64_t> axes) {
  SmallVector<int64_t> steps(shape.size());
  int64_t results = 1, count = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    const bool reduced = llvm::is_contained(axes, static_cast<int64_t>(i));
    steps[i] = reduced ? 0 : results;
    (reduced ? count : results) *= shape[i];
  }
  Sums sums{std::vector<double>(results),
            std::vector<int32_t>(results, static_cast<int32_t>(count))};
  SmallVector<int64_t> index(shape.size());
  int64_t at = 0;
  for (const double value : values) {
    sums.sum[at] += value;
    for (size_t i = shape.size(); i-- > 0;) {
      at += steps[i];
      if (++index[i] < shape[i])
        break;
      at -= steps[i] * shape[i];
      index[i] = 0;
    }
  }
  return sums;
}

static Sums sumOf(const OpContext &context, const std::vector<double> &values) {
  const ArrayRef<int64_t> shape = context.data(0).shape();
  if (auto reduce = dyn_cast<nn::ReduceMeanOp>(context.op))
    return sumAxes(values, shape, reduce.getAxes());
  const SmallVector<int64_t> out = context.resultShape();
  if (auto pool = dyn_cast<nn::AvgPool2dOp>(context.op))
    return sumWindows(values, shape, windowSpans(pool, 0, shape[2], out[2]),
                      windowSpans(pool, 1, shape[3], out[3]), pool.getCountIncludePad());
  return sumWindows(values, shape, adaptiveSpans(shape[2], out[2]), adaptiveSpans(shape[3], out[3]),
                    false);
}

static std::vector<double> realValues(const Tensor &values) {
  return {values.data<float>(), values.data<float>() + values.numElements()};
}

llvm::Error reference::evalMeanFloat(OpContext &context) {
  const Sums sums = sumOf(context, realValues(context.data(0)));
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  for (size_t i = 0; i < sums.sum.size(); ++i)
    result.data<float>()[i] = static_cast<float>(sums.sum[i] / sums.count[i]);
  context.set(std::move(result));
  return llvm::Error::success();
}

llvm::Error reference::evalMeanSimulate(OpContext &context) {
  const RuntimeValue &input = context.in(0);
  const QuantPtr quant = context.resultQuant();
  const bool wide = input.quant->bits > 8 || quant->bits > 8;
  const Sums sums =
      sumOf(context, wide ? realValues(input.data) : sim::recoverAll(input.data, *input.quant));
  const sim::Grid in(*input.quant), out(*quant);
  Tensor result = Tensor::empty(DType::F32, context.resultShape());
  for (size_t i = 0; i < sums.sum.size(); ++i) {
    double code;
    if (wide) {
      code = out.quantize(static_cast<float>(sums.sum[i] / sums.count[i]));
    } else {
      const float divisor = out.scale * static_cast<float>(sums.count[i]);
      const float multiplier = in.scale / divisor;
      code = out.centred(static_cast<float>(sums.sum[i]) * multiplier);
    }
    result.data<float>()[i] = out.real(code);
  }
  context.set(std::move(result), quant);
  return llvm::Error::success();
}

llvm::Error reference::evalMeanCodes(OpContext &context) {
  const TensorQuant &in = *context.in(0).quant, &out = *context.resultQuant();
  const std::vector<int16_t> centred = centredCodes(context.data(0), in.zeroPoint());
  const Sums sums = sumOf(context, std::vector<double>(centred.begin(), centred.end()));
  Tensor result = Tensor::empty(out.codeDType(), context.resultShape());
  for (size_t i = 0; i < sums.sum.size(); ++i)
    storeCode(result, i,
              numerics::averageCodes(static_cast<int32_t>(sums.sum[i]), sums.count[i], in.scale(),
                                     out.scale(), out.zeroPoint(), out.qmin, out.qmax));
  context.set(std::move(result), context.resultQuant());
  return llvm::Error::success();
}
