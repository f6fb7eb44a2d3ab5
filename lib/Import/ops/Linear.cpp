//===- Linear.cpp - Gemm, MatMul -----------------------------------------------------===//

#include "../NodeContext.h"

#include "dialects/QOpt/QOptDialect.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// The constant times a factor.
static ConstantRef scaled(const ConstantRef &constant, double factor) {
  if (factor == 1.0)
    return constant;
  Tensor floats = constant->floats.clone();
  for (float &value : floats.values<float>())
    value = static_cast<float>(value * factor);
  return makeFloats(constant->name, std::move(floats));
}

/// nn.linear with a weight [O, I] and, unless null, a bias [O].
static LogicalResult emitLinear(NodeContext &node, Value input, const ConstantRef &weight,
                                const ConstantRef &bias) {
  const FailureOr<Value> weightValue = node.parameter(weight);
  if (failed(weightValue))
    return failure();
  SmallVector<Value> operands{input, *weightValue};
  if (bias) {
    const FailureOr<Value> value = node.parameter(bias);
    if (failed(value))
      return failure();
    operands.push_back(*value);
  }
  return node.emit<nn::LinearOp>(
      operands,
      {node.attr("operandSegmentSizes",
                 node.builder().getDenseI32ArrayAttr({1, 1, bias ? 1 : 0, 0}))},
      weight->name);
}

/// Gemm's C as a bias of O elements (scaled by beta), or an error.
static FailureOr<ConstantRef> gemmBias(NodeContext &node, int64_t outputs) {
  const double beta = node.getFloat("beta", 1.0);
  if (!node.hasInput(2) || beta == 0.0)
    return ConstantRef();
  FailureOr<ConstantRef> bias = node.weights(2, "the bias C");
  if (failed(bias))
    return failure();
  const int64_t size = (*bias)->size();
  if (size == outputs && (*bias)->shape.size() <= 2 &&
      (outputs == 1 || (*bias)->shape.back() == outputs))
    return scaled(reshapeConstant(**bias, {outputs}), beta);
  if (size == 1) { // broadcast over the outputs
    const float value = static_cast<float>(*(*bias)->scalar() * beta);
    return makeFloats((*bias)->name, Tensor::full<float>(DType::F32, {outputs}, value));
  }
  return node.error() << "the bias C must have one element per output (" << outputs << "), got "
                      << size;
}

/// Swaps the two dimensions of an activation.
static FailureOr<Value> transposed(NodeContext &node, Value value, StringRef suffix) {
  if (NodeContext::rankOf(value) != 2)
    return node.error() << "expected matrices, got " << value.getType();
  return node.emitHelper<nn::TransposeOp>(suffix, value, {node.i64s("perm", {1, 0})});
}

/// Gemm of two activations: matmul, mul_scalar, add as far as needed.
static LogicalResult emitGemmOfActivations(NodeContext &node, Value lhs) {
  const double alpha = node.getFloat("alpha", 1.0), beta = node.getFloat("beta", 1.0);
  const FailureOr<Value> rhs = node.value(1);
  if (failed(rhs))
    return failure();
  const bool hasC = node.hasInput(2) && beta != 0.0;
  const NamedAttribute transposeB = node.flag("transpose_b", node.getInt("transB", 0) != 0);
  if (alpha == 1.0 && !hasC)
    return node.emit<nn::MatmulOp>({lhs, *rhs}, {transposeB});
  FailureOr<Value> product = node.emitHelper<nn::MatmulOp>("product", {lhs, *rhs}, {transposeB});
  if (failed(product))
    return failure();
  const NamedAttribute factor = node.f32("scalar", static_cast<float>(alpha));
  if (!hasC)
    return node.emit<nn::MulScalarOp>(*product, {factor});
  if (alpha != 1.0)
    product = node.emitHelper<nn::MulScalarOp>("scaled", *product, {factor});
  FailureOr<Value> addend = node.value(2);
  if (failed(product) || failed(addend))
    return failure();
  if (beta != 1.0)
    addend = node.emitHelper<nn::MulScalarOp>("scaled_c", *addend,
                                              {node.f32("scalar", static_cast<float>(beta))});
  if (failed(addend))
    return failure();
  return node.emit<nn::AddOp>({*product, *addend});
}

static LogicalResult importGemm(NodeContext &node) {
  FailureOr<Value> input = node.value(0);
  if (succeeded(input) && node.getInt("transA", 0) != 0)
    input = transposed(node, *input, "transposed");
  if (failed(input))
    return failure();
  ConstantRef weight = node.constant(1);
  const bool constantBias = !node.hasInput(2) || node.constant(2);
  if (!weight || weight->isInt || !constantBias)
    return emitGemmOfActivations(node, *input);
  if (weight->shape.size() != 2)
    return node.error() << "the weight must be a matrix, got rank " << weight->shape.size();
  if (node.getInt("transB", 0) == 0)
    weight = transposeConstant(*weight, {1, 0});
  const FailureOr<ConstantRef> bias = gemmBias(node, weight->shape[0]);
  if (failed(bias))
    return failure();
  return emitLinear(node, *input, scaled(weight, node.getFloat("alpha", 1.0)), *bias);
}

static LogicalResult importMatMul(NodeContext &node) {
  const ConstantRef weight = node.constant(1);
  const FailureOr<Value> lhs = node.value(0);
  if (failed(lhs))
    return failure();
  if (weight && !weight->isInt && weight->shape.size() == 2 && !node.constant(0))
    return emitLinear(node, *lhs, transposeConstant(*weight, {1, 0}), nullptr);
  const FailureOr<Value> rhs = node.value(1);
  if (failed(rhs))
    return failure();
  if (NodeContext::rankOf(*lhs) < 2 || NodeContext::rankOf(*rhs) < 2)
    return node.error() << "products with vectors are not supported, got " << lhs->getType()
                        << " and " << rhs->getType() << "; reshape them to matrices";
  return node.emit<nn::MatmulOp>({*lhs, *rhs});
}

/// What joinDynamicLinears found: a linear layer whose rule says that its input's parameters are
/// found at run time (N17).
static LogicalResult importDynamicMatMul(NodeContext &node) {
  const ConstantRef weight = node.constant(1);
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  if (!weight || weight->isInt || weight->shape.size() != 2 || !weight->quant)
    return node.error() << "quantizes its input at run time, but its weight is no constant matrix "
                           "of codes";
  const FailureOr<ConstantRef> bias = gemmBias(node, weight->shape[1]);
  if (failed(bias) || failed(emitLinear(node, *input, transposeConstant(*weight, {1, 0}), *bias)))
    return failure();
  MLIRContext *context = node.builder().getContext();
  const QuantInfo &codes = *weight->quant;
  const auto dynamic = quantize::SpecAttr::get(context, 8, false, 0, 255, quantize::Scheme::Affine,
                                               quantize::Granularity::PerTensor,
                                               quantize::kDynamicObserver, DictionaryAttr());
  const auto fixed = quantize::SpecAttr::get(
      context, codes.type.bits, codes.type.isSigned, codes.type.qmin(), codes.type.qmax(),
      quantize::Scheme::Affine,
      codes.isPerAxis() ? quantize::Granularity::PerChannel : quantize::Granularity::PerTensor,
      "fixed", DictionaryAttr());
  node.graph()
      .lookup(node.node().outputs[0])
      ->value.getDefiningOp()
      ->setAttr(quantize::QOptDialect::kQConfigAttr,
                quantize::QConfigAttr::get(context, dynamic, fixed, "the imported model", false));
  return success();
}

llvm::ArrayRef<OpRow> importer::linearRows() {
  constexpr int64_t pattern = kLastOpset + 1; // of joinDynamicLinears only
  static constexpr OpRow rows[] = {
      {"MatMulInteger", pattern, kLastOpset, importDynamicMatMul, "dynamic_linear"},
      {"Gemm", 7, kLastOpset, importGemm, "linear matmul"},
      {"MatMul", 1, kLastOpset, importMatMul, "matmul linear"},
  };
  return rows;
}
