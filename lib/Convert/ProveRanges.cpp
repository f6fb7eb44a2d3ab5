//===- ProveRanges.cpp - no accumulator leaves i32 (N4) -----------------------------===//
//
// Per output channel: the sum of all positive contributions and the sum of all negative
// ones. Any partial sum, in whatever order a kernel adds, lies between the two.
//
//===-----------------------------------------------------------------------------===//

#include "Codes.h"

#include "dialects/NN/Parameter.h"
#include "qopt/Convert/Passes.h"

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
/// The span of an accumulator; `low` <= 0 <= `high` unless the bias is alone.
struct Span {
  int64_t low = 0, high = 0;
  /// Adds a term that can take any value in [a, b] or [b, a], or be left out.
  void add(int64_t a, int64_t b) {
    low += std::min<int64_t>({a, b, 0});
    high += std::max<int64_t>({a, b, 0});
  }
  bool fitsI32() const {
    return low >= std::numeric_limits<int32_t>::min() &&
           high <= std::numeric_limits<int32_t>::max();
  }
};

/// The legal values of q - z.
struct Offsets {
  int64_t low, high;
  explicit Offsets(quant::UniformQuantizedType type)
      : low(type.getStorageTypeMin() - type.getZeroPoint()),
        high(type.getStorageTypeMax() - type.getZeroPoint()) {}
};
} // namespace

/// A raw i8 as the code it stands for.
static int64_t codeOf(int8_t raw, bool isSigned) {
  return isSigned ? static_cast<int64_t>(raw) : static_cast<int64_t>(static_cast<uint8_t>(raw));
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
  int64_t inner = 1;
  for (const int64_t size : type.getShape().drop_front(axis + 1))
    inner *= size;
  const int64_t channels = type.getDimSize(axis);
  const int64_t perGroup = std::max<int64_t>(type.getNumElements() / groups, 1);
  std::vector<Span> spans(channels * groups);
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    const int64_t channel = (i / inner) % channels;
    const int64_t factor = codeOf((*codes)[i], element.isSigned()) - zeroPointOf(element, channel);
    spans[(i / perGroup) * channels + channel].add(factor * input.low, factor * input.high);
  }
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
  FailureOr<std::vector<Span>> spans =
      weightSpans(weights, axis, groups, Offsets(uniformType(input.getType())));
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
