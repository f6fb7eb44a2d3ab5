//===- Activation.cpp - pointwise functions, Softmax ---------------------------------===//

#include "../NodeContext.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// An op without parameters.
template <typename OpTy> static LogicalResult importUnary(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  return failed(input) ? failure() : node.emit<OpTy>(*input);
}

/// A bound of Clip: attribute before opset 11, input from then on.
static FailureOr<double> clipBound(NodeContext &node, StringRef name, unsigned index,
                                   double fallback) {
  if (!node.hasInput(index))
    return node.getFloat(name, fallback);
  const ConstantRef constant = node.constant(index);
  const std::optional<double> bound = constant ? constant->scalar() : std::nullopt;
  if (!bound)
    return node.error() << name << " '" << node.node().inputs[index]
                        << "' is computed at run time, expected a constant scalar";
  if (std::isnan(*bound))
    return node.error() << name << " is NaN";
  return *bound;
}

static LogicalResult importClip(NodeContext &node) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  FailureOr<double> low = clipBound(node, "min", 1, -infinity);
  FailureOr<double> high = clipBound(node, "max", 2, infinity);
  if (failed(low) || failed(high))
    return failure();
  // Exporters write an open bound as the largest float.
  constexpr double open = std::numeric_limits<float>::max();
  const bool openLow = *low <= -open, openHigh = *high >= open;
  if (*low == 0.0 && openHigh)
    return node.emit<nn::ReluOp>(*input);
  if (*low == 0.0 && *high == 6.0)
    return node.emit<nn::Relu6Op>(*input);
  if (openLow && openHigh)
    return node.bind(*input);
  if (*low > *high)
    return node.error() << "min " << *low << " is above max " << *high;
  return node.emit<nn::ClipOp>(*input, {node.f64("min", openLow ? -infinity : *low),
                                        node.f64("max", openHigh ? infinity : *high)});
}

static LogicalResult importLeakyRelu(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  return node.emit<nn::LeakyReluOp>(*input, {node.f64("alpha", node.getFloat("alpha", 0.01f))});
}

static LogicalResult importHardSigmoid(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  return node.emit<nn::HardSigmoidOp>(*input, {node.f64("alpha", node.getFloat("alpha", 0.2f)),
                                               node.f64("beta", node.getFloat("beta", 0.5f))});
}

static LogicalResult importGelu(NodeContext &node) {
  const std::string mode = node.getString("approximate", "none");
  if (mode != "none" && mode != "tanh")
    return node.error() << "unknown approximate '" << mode << "'; expected none or tanh";
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  return node.emit<nn::GeluOp>(*input, {node.flag("approximate_tanh", mode == "tanh")});
}

/// The slope broadcasts to the input: one element, or one per channel ([C, 1, 1], [1, C, 1, 1]).
static LogicalResult importPRelu(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  const FailureOr<ConstantRef> slope = node.weights(1, "the slope");
  if (failed(input) || failed(slope))
    return failure();
  const ArrayRef<int64_t> shape = NodeContext::shapeOf(*input);
  const int64_t count = (*slope)->size();
  const int64_t channels = shape.size() >= 2 ? shape[1] : 1;
  const ArrayRef<int64_t> own = (*slope)->shape;
  // Position of axis 1 in the slope's shape, aligned at the back as in numpy.
  const int64_t at = static_cast<int64_t>(own.size()) - static_cast<int64_t>(shape.size()) + 1;
  const bool perChannel = count == channels && at >= 0 && own[at] == count;
  if (count != 1 && !perChannel)
    return node.error() << "the slope '" << (*slope)->name
                        << "' must be one number or one per channel (axis 1) of "
                        << input->getType();
  const FailureOr<Value> value = node.parameter(reshapeConstant(**slope, {count}));
  if (failed(value))
    return failure();
  return node.emit<nn::PReluOp>({*input, *value}, {}, (*slope)->name);
}

/// Up to opset 12 softmax runs over all dimensions from `axis` on, merged.
static LogicalResult importSoftmax(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  const int64_t rank = NodeContext::rankOf(*input);
  const int64_t opset = node.getInt("opset", node.opset()); // QLinearSoftmax says whose it is
  const bool merged = opset < 13;
  const FailureOr<int64_t> axis = node.axis(node.getInt("axis", merged ? 1 : -1), rank);
  if (failed(axis))
    return failure();
  const ArrayRef<int64_t> behind = NodeContext::shapeOf(*input).drop_front(*axis + 1);
  if (merged && llvm::any_of(behind, [](int64_t size) { return size != 1; }))
    return node.error() << "at opset " << opset << " softmax merges the dimensions behind "
                        << "axis " << *axis << " of " << input->getType()
                        << "; export with opset 13 or newer";
  return node.emit<nn::SoftmaxOp>(*input, {node.i64("axis", *axis)});
}

llvm::ArrayRef<OpRow> importer::activationRows() {
  static constexpr OpRow rows[] = {
      {"Relu", 6, kLastOpset, importUnary<nn::ReluOp>, "relu"},
      {"Clip", 6, kLastOpset, importClip, "relu relu6 clip"},
      {"LeakyRelu", 6, kLastOpset, importLeakyRelu, "leaky_relu"},
      {"PRelu", 7, kLastOpset, importPRelu, "prelu"},
      {"Sigmoid", 6, kLastOpset, importUnary<nn::SigmoidOp>, "sigmoid"},
      {"Tanh", 6, kLastOpset, importUnary<nn::TanhOp>, "tanh"},
      {"HardSigmoid", 6, kLastOpset, importHardSigmoid, "hard_sigmoid"},
      {"HardSwish", 14, kLastOpset, importUnary<nn::HardSwishOp>, "hard_swish"},
      {"Gelu", 20, kLastOpset, importGelu, "gelu"},
      {"Softmax", 1, kLastOpset, importSoftmax, "softmax"},
      {"Silu", kLastOpset + 1, kLastOpset, importUnary<nn::SiluOp>,
       "silu"}, // from rewritePatterns only
  };
  return rows;
}
