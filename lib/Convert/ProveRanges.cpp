//===- ProveRanges.cpp - no accumulator leaves i32 (N4) -----------------------------===//
//
// Per output channel: the sum of all positive contributions and the sum of all negative
// ones. Any partial sum, in whatever order a kernel adds, lies between the two.
//
//===-----------------------------------------------------------------------------===//

#include "Codes.h"

#include "dialects/NN/Parameter.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Support/PerIsa.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <limits>

namespace qopt::convert {
#define GEN_PASS_DEF_CONVERTPROVERANGES
#include "qopt/Convert/Passes.h.inc"
} // namespace qopt::convert

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;

namespace {
/// The legal values of q - z.
struct Offsets {
  int64_t low, high;
  /// Codes of u8 whose zero point is found at run time (N17).
  Offsets() : low(-255), high(255) {}
  explicit Offsets(quant::UniformQuantizedType type)
      : low(type.getStorageTypeMin() - type.getZeroPoint()),
        high(type.getStorageTypeMax() - type.getZeroPoint()) {}
};

/// The span of an accumulator; `low` <= 0 <= `high` unless the bias is alone.
struct Span {
  int64_t low = 0, high = 0;
  /// Adds a term that can take any value in [a, b] or [b, a], or be left out.
  void add(int64_t a, int64_t b) {
    low += std::min<int64_t>({a, b, 0});
    high += std::max<int64_t>({a, b, 0});
  }
  /// Adds the products of factors with these sums of positive and of negative ones, each with any
  /// legal input, or left out.
  void addProducts(std::pair<int64_t, int64_t> factors, Offsets input) {
    const int64_t least = std::min<int64_t>(input.low, 0);
    const int64_t greatest = std::max<int64_t>(input.high, 0);
    low += factors.first * least + factors.second * greatest;
    high += factors.first * greatest + factors.second * least;
  }
  bool fitsI32() const {
    return low >= std::numeric_limits<int32_t>::min() &&
           high <= std::numeric_limits<int32_t>::max();
  }
};
} // namespace

/// Adds those q - z that are positive and those that are negative; codes of i8.
template <typename Code>
QOPT_INLINE void addSigned(const Code *codes, size_t count, int32_t zeroPoint, int32_t *positive,
                           int32_t *negative) {
  int32_t above = 0, below = 0;
  for (size_t i = 0; i < count; ++i) {
    const int32_t factor = codes[i] - zeroPoint;
    above += factor > 0 ? factor : 0;
    below += factor < 0 ? factor : 0;
  }
  *positive = above;
  *negative = below;
}
QOPT_PER_ISA static void addSignedI8(const int8_t *codes, size_t count, int32_t zeroPoint,
                                     int32_t *positive, int32_t *negative) {
  addSigned(codes, count, zeroPoint, positive, negative);
}
QOPT_PER_ISA static void addSignedU8(const uint8_t *codes, size_t count, int32_t zeroPoint,
                                     int32_t *positive, int32_t *negative) {
  addSigned(codes, count, zeroPoint, positive, negative);
}

/// The sums of those q - z that are positive and of those that are negative.
static std::pair<int64_t, int64_t> signedSums(ArrayRef<int8_t> codes, bool isSigned,
                                              int32_t zeroPoint) {
  // A code's distance from z is below 2^9, so that 2^21 of them fit i32.
  constexpr size_t kBlock = 1 << 21;
  std::pair<int64_t, int64_t> sums;
  for (size_t begin = 0; begin < codes.size(); begin += kBlock) {
    const size_t count = std::min(kBlock, codes.size() - begin);
    const int8_t *block = codes.data() + begin;
    int32_t positive, negative;
    if (isSigned)
      addSignedI8(block, count, zeroPoint, &positive, &negative);
    else
      addSignedU8(reinterpret_cast<const uint8_t *>(block), count, zeroPoint, &positive, &negative);
    sums.first += positive;
    sums.second += negative;
  }
  return sums;
}

/// The spans by output channel of a layer with a weight: channels lie on `axis`, and repeat
/// over `groups` of the weight's first axis.
static FailureOr<std::vector<Span>> weightSpans(nn::ParameterOp weight, int64_t axis,
                                                int64_t groups, Offsets input) {
  FailureOr<nn::ParameterData<int8_t>> codes = nn::getI8Data(weight);
  if (failed(codes))
    return failure();
  const auto type = cast<RankedTensorType>(weight.getType());
  const quant::QuantizedType element = nn::getQuantizedElementType(type);
  const int64_t outer = ShapedType::getNumElements(type.getShape().take_front(axis));
  const int64_t inner = ShapedType::getNumElements(type.getShape().drop_front(axis + 1));
  const int64_t channels = type.getDimSize(axis);
  std::vector<Span> spans(channels * groups);
  const int8_t *line = codes->begin();
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t channel = 0; channel < channels; ++channel, line += inner)
      spans[o * groups / outer * channels + channel].addProducts(
          signedSums({line, static_cast<size_t>(inner)}, element.isSigned(),
                     zeroPointOf(element, channel)),
          input);
  return spans;
}

static LogicalResult addBias(nn::ParameterOp bias, std::vector<Span> &spans) {
  FailureOr<nn::ParameterData<int32_t>> codes = nn::getI32Data(bias);
  if (failed(codes))
    return failure();
  for (const auto [channel, code] : llvm::enumerate(codes->values()))
    spans[channel].add(code, code);
  return success();
}

static LogicalResult refuse(Operation *op, const Span &span, const Twine &what,
                            const Twine &wayOut) {
  return op->emitError() << layerName(op) << ": the accumulator of " << what << " can reach ["
                         << span.low << ", " << span.high << "], beyond i32 (N4); " << wayOut;
}

static LogicalResult proveWeighted(Operation *op, Value input, Value weight, Value bias,
                                   int64_t axis, int64_t groups) {
  nn::ParameterOp weights = nn::getParameter(weight);
  nn::ParameterOp biases = nn::getParameter(bias);
  if (!weights || (bias && !biases))
    return op->emitError() << layerName(op)
                           << ": weight and bias of a layer on codes must be constants";
  const quant::UniformQuantizedType type = uniformType(input.getType());
  FailureOr<std::vector<Span>> spans =
      weightSpans(weights, axis, groups, type ? Offsets(type) : Offsets());
  if (failed(spans) || (biases && failed(addBias(biases, *spans))))
    return failure();
  for (const auto [channel, span] : llvm::enumerate(*spans))
    if (!span.fitsI32())
      return refuse(op, span, "channel " + Twine(channel),
                    "use fewer bits for its weight or input, or leave it float (null in the "
                    "configuration)");
  return success();
}

/// Products of two activations: as many terms as operand 0's last dimension has elements.
static LogicalResult proveProduct(Operation *op, Value lhs, Value rhs) {
  const int64_t terms = cast<RankedTensorType>(lhs.getType()).getShape().back();
  const Offsets a(uniformType(lhs.getType())), b(uniformType(rhs.getType()));
  Span span;
  const int64_t low = std::min({a.low * b.high, a.high * b.low});
  const int64_t high = std::max({a.low * b.low, a.high * b.high});
  span.add(low * terms, high * terms);
  if (span.fitsI32())
    return success();
  return refuse(op, span, "its " + Twine(terms) + " products",
                "use fewer bits for its inputs, or leave it float (null in the configuration)");
}

namespace {
struct ConvertProveRanges : convert::impl::ConvertProveRangesBase<ConvertProveRanges> {
  using ConvertProveRangesBase::ConvertProveRangesBase;

  LogicalResult prove(QuantizableOpInterface op) {
    Value input, weight, bias;
    for (OpOperand &operand : op->getOpOperands()) {
      const OperandRole role = op.getOperandRole(operand.getOperandNumber());
      if (role == OperandRole::Activation && !input)
        input = operand.get();
      if (role == OperandRole::Weight)
        weight = operand.get();
      if (role == OperandRole::Bias)
        bias = operand.get();
    }
    if (!weight && !op.getQuantRule().sumsProducts)
      return success();
    ++proven;
    if (!weight)
      return proveProduct(op, op->getOperand(0), op->getOperand(1));
    auto root = dyn_cast<FusionRootOpInterface>(op.getOperation());
    return proveWeighted(op, input, weight, bias, op.getQuantRule().weightAxis,
                         root ? root.getWeightGroups() : 1);
  }

  void runOnOperation() override {
    bool valid = true;
    getOperation().walk([&](QuantizableOpInterface op) {
      if (nn::computesOnCodes(op))
        valid &= succeeded(prove(op));
    });
    if (!valid)
      signalPassFailure();
  }
};
} // namespace
