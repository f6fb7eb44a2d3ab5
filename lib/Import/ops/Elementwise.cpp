//===- Elementwise.cpp - Add, Sub, Mul, Div and their constant forms -----------------===//

#include "Fold.h"

#include "dialects/NN/Parameter.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

namespace {
enum class Binary { Add, Sub, Mul, Div };
} // namespace

/// The one number of a constant operand that broadcasts without widening `other`.
static std::optional<double> scalarOperand(NodeContext &node, unsigned index, Value other) {
  const ConstantRef constant = node.constant(index);
  if (!constant || static_cast<int64_t>(constant->shape.size()) > NodeContext::rankOf(other))
    return std::nullopt;
  return constant->scalar();
}

template <Binary kind> static LogicalResult emitScalar(NodeContext &node, Value input, double c) {
  constexpr bool isSum = kind == Binary::Add || kind == Binary::Sub;
  const double scalar = kind == Binary::Sub ? -c : kind == Binary::Div ? 1.0 / c : c;
  if (!std::isfinite(static_cast<float>(scalar)))
    return node.error() << "the constant operand " << c << " makes "
                        << (kind == Binary::Div ? "the quotient" : "the result") << " infinite";
  const NamedAttribute attribute = node.f32("scalar", static_cast<float>(scalar));
  return isSum ? node.emit<nn::AddScalarOp>(input, {attribute})
               : node.emit<nn::MulScalarOp>(input, {attribute});
}

/// A constant per output channel added to a convolution or linear that only this node reads
/// is its bias (TensorFlow exports them apart). Null if it is not that.
static Operation *asBias(NodeContext &node, unsigned producer, unsigned addend) {
  const ConstantRef constant = node.constant(addend);
  const Binding *binding = node.graph().lookup(node.node().inputs[producer]);
  if (!constant || constant->isInt || !binding->value ||
      node.graph().useCount(node.node().inputs[producer]) != 1)
    return nullptr;
  Operation *op = binding->value.getDefiningOp();
  auto root = dyn_cast_or_null<FusionRootOpInterface>(op);
  if (!root || root.getBiasValue())
    return nullptr;
  const ArrayRef<int64_t> result = NodeContext::shapeOf(binding->value);
  const int64_t channelAxis = isa<nn::LinearOp>(op) ? result.size() - 1 : 1;
  const int64_t offset = result.size() - constant->shape.size();
  if (constant->size() != result[channelAxis] || offset < 0 || channelAxis < offset ||
      constant->shape[channelAxis - offset] != constant->size())
    return nullptr;
  const FailureOr<Value> bias = node.parameter(reshapeConstant(*constant, {constant->size()}));
  if (failed(bias))
    return nullptr;
  root.setBiasValue(*bias);
  return op;
}

/// x / c as x * (1 / c) where c is a constant of several elements.
static ConstantRef reciprocal(const ConstantRef &constant) {
  Tensor floats = constant->floats.clone();
  for (float &value : floats.values<float>())
    value = 1.0f / value;
  return makeFloats(constant->name, std::move(floats));
}

template <Binary kind> static LogicalResult emitBinary(NodeContext &node, ValueRange operands) {
  switch (kind) {
  case Binary::Add:
    return node.emit<nn::AddOp>(operands);
  case Binary::Sub:
    return node.emit<nn::SubOp>(operands);
  case Binary::Mul:
    return node.emit<nn::MulOp>(operands);
  case Binary::Div:
    return node.emit<nn::DivOp>(operands);
  }
  llvm_unreachable("all kinds are handled");
}

template <Binary kind> static LogicalResult importBinary(NodeContext &node) {
  constexpr bool commutes = kind == Binary::Add || kind == Binary::Mul;
  for (unsigned i = 0; kind == Binary::Add && i < 2; ++i)
    if (Operation *op = asBias(node, i, 1 - i))
      return node.bindOp(op);
  for (unsigned i = commutes ? 0 : 1; i < 2; ++i) {
    if (!node.constant(i) || node.constant(1 - i))
      continue;
    const FailureOr<Value> other = node.value(1 - i);
    if (failed(other))
      return failure();
    if (const std::optional<double> scalar = scalarOperand(node, i, *other))
      return emitScalar<kind>(node, *other, *scalar);
  }
  const FailureOr<Value> lhs = node.value(0);
  if (failed(lhs))
    return failure();
  if (kind == Binary::Div && node.constant(1) && !node.constant(1)->isInt) {
    const FailureOr<Value> inverse = node.parameter(reciprocal(node.constant(1)));
    return failed(inverse) ? failure() : emitBinary<Binary::Mul>(node, {*lhs, *inverse});
  }
  const FailureOr<Value> rhs = node.value(1);
  return failed(rhs) ? failure() : emitBinary<kind>(node, {*lhs, *rhs});
}

static LogicalResult importNeg(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  return failed(input) ? failure()
                       : node.emit<nn::MulScalarOp>(*input, {node.f32("scalar", -1.0f)});
}

llvm::ArrayRef<OpRow> importer::elementwiseRows() {
  static constexpr OpRow rows[] = {
      {"Add", 7, kLastOpset, importBinary<Binary::Add>, "add add_scalar", foldBinary},
      {"Sub", 7, kLastOpset, importBinary<Binary::Sub>, "sub add_scalar", foldBinary},
      {"Mul", 7, kLastOpset, importBinary<Binary::Mul>, "mul mul_scalar", foldBinary},
      {"Div", 7, kLastOpset, importBinary<Binary::Div>, "div mul_scalar", foldBinary},
      {"Neg", 6, kLastOpset, importNeg, "mul_scalar"},
  };
  return rows;
}
