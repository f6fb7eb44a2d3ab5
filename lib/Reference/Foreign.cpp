//===- Foreign.cpp - evaluators of ops known only by their interfaces -----------------===//

#include "lib/Reference/Foreign.h"

#include "lib/Reference/CodeLoad.h"
#include "lib/Reference/Pointwise.h"
#include "lib/Reference/Roots.h"
#include "lib/Reference/SimQuant.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::reference;

namespace {
/// The results of one call of evaluate(), zero before it.
struct Outputs {
  explicit Outputs(const OpContext &context) {
    const unsigned count = context.op->getNumResults();
    shapes.reserve(count);
    data.reserve(count);
    for (unsigned i = 0; i < count; ++i) {
      shapes.push_back(context.resultShape(i));
      data.emplace_back(ShapedType::getNumElements(shapes.back()), 0.0);
      arrays.push_back({shapes.back(), data.back()});
    }
  }
  SmallVector<SmallVector<int64_t>> shapes;
  std::vector<std::vector<double>> data;
  SmallVector<EvalOutput> arrays;
};
} // namespace

static llvm::Error call(OpContext &context, ArrayRef<EvalInput> inputs, Outputs &outputs) {
  auto op = cast<EvaluableOpInterface>(context.op);
  if (failed(op.evaluate(inputs, outputs.arrays)))
    return context.error("its evaluate() failed on operands of these shapes");
  return llvm::Error::success();
}

//===-- roots -----------------------------------------------------------------------===//

llvm::Expected<std::vector<double>>
reference::foreignSums(OpContext &context, ArrayRef<double> input, ArrayRef<double> weight) {
  const RootView root = viewRoot(context);
  Outputs outputs(context);
  if (llvm::Error error =
          call(context, {{root.input->data.shape(), input}, {root.weight->data.shape(), weight}},
               outputs))
    return std::move(error);
  return std::move(outputs.data.front());
}

//===-- all others ------------------------------------------------------------------===//

/// The real value of each operand: of codes N3.
static std::vector<std::vector<double>> realOperands(const OpContext &context) {
  std::vector<std::vector<double>> result;
  for (const RuntimeValue *operand : context.operands) {
    const bool codes = context.mode == EvalMode::Codes && operand->quant;
    std::vector<double> &numbers = result.emplace_back(operand->data.numElements());
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = codes
                       ? numerics::dequantize(codeAt(operand->data, static_cast<int64_t>(i)),
                                              operand->quant->scale(), operand->quant->zeroPoint())
                       : operand->data.data<float>()[i];
  }
  return result;
}

/// Runs the op on real values and hands each result to `store(index, numbers, shape)`.
template <typename Store> static llvm::Error evaluate(OpContext &context, Store store) {
  const std::vector<std::vector<double>> numbers = realOperands(context);
  SmallVector<EvalInput> inputs;
  for (auto [operand, real] : llvm::zip_equal(context.operands, numbers))
    inputs.push_back({operand->data.shape(), real});
  Outputs outputs(context);
  if (llvm::Error error = call(context, inputs, outputs))
    return error;
  for (unsigned i = 0; i < context.op->getNumResults(); ++i)
    store(i, outputs.data[i], outputs.shapes[i]);
  return llvm::Error::success();
}

static bool movesValues(const OpContext &context) {
  auto op = dyn_cast<QuantizableOpInterface>(context.op);
  return op && (op.getQuantRule().result == ResultRule::SameAs ||
                op.getQuantRule().result == ResultRule::Shared);
}

/// In f32. Moved values keep their parameters (a simulation's codes behind a point).
static llvm::Error evalForeignFloat(OpContext &context) {
  const QuantPtr quant = movesValues(context) ? context.in(0).quant : QuantPtr();
  return evaluate(context, [&](unsigned index, ArrayRef<double> numbers, ArrayRef<int64_t> shape) {
    Tensor result = Tensor::empty(DType::F32, shape);
    for (size_t i = 0; i < numbers.size(); ++i)
      result.data<float>()[i] = static_cast<float>(numbers[i]);
    context.set(std::move(result), quant, index);
  });
}

/// N19 by the simulation's own N2.
static llvm::Error evalForeignSimulate(OpContext &context) {
  return evaluate(context, [&](unsigned index, ArrayRef<double> numbers, ArrayRef<int64_t> shape) {
    const QuantPtr &quant = context.resultQuants[index];
    const sim::Grid out(*quant);
    Tensor result = Tensor::empty(DType::F32, shape);
    for (size_t i = 0; i < numbers.size(); ++i)
      result.data<float>()[i] = out.real(out.quantize(static_cast<float>(numbers[i])));
    context.set(std::move(result), quant, index);
  });
}

/// N19. A moved code comes back as it was: N2 of N3 is the code.
static llvm::Error evalForeignCodes(OpContext &context) {
  return evaluate(context, [&](unsigned index, ArrayRef<double> numbers, ArrayRef<int64_t> shape) {
    const QuantPtr &out = context.resultQuants[index];
    Tensor result = Tensor::empty(out->codeDType(), shape);
    for (size_t i = 0; i < numbers.size(); ++i)
      storeCode(result, static_cast<int64_t>(i),
                numerics::quantize(static_cast<float>(numbers[i]), out->scale(), out->zeroPoint(),
                                   out->qmin, out->qmax));
    context.set(std::move(result), out, index);
  });
}

const EvaluatorRow *reference::foreignRow(Operation *op) {
  static constexpr EvaluatorRow pointwise = {"pointwise", evalPointwiseFloat, evalPointwiseSimulate,
                                             evalPointwiseCodes};
  static constexpr EvaluatorRow root = {"root", evalRootFloat, evalRootSimulate, evalRootCodes};
  static constexpr EvaluatorRow inFloat = {"float", evalForeignFloat, nullptr, nullptr};
  static constexpr EvaluatorRow moving = {"moving", evalForeignFloat, evalForeignFloat,
                                          evalForeignCodes};
  static constexpr EvaluatorRow other = {"other", evalForeignFloat, evalForeignSimulate,
                                         evalForeignCodes};
  if (isa<PointwiseOpInterface>(op))
    return &pointwise;
  auto quantizable = dyn_cast<QuantizableOpInterface>(op);
  if (!isa<EvaluableOpInterface>(op) || !quantizable)
    return nullptr;
  if (isa<FusionRootOpInterface>(op))
    return &root;
  switch (quantizable.getQuantRule().result) {
  case ResultRule::Float:
    return &inFloat;
  case ResultRule::SameAs:
  case ResultRule::Shared:
    return &moving;
  case ResultRule::Observed:
  case ResultRule::Fixed:
    return &other;
  }
  llvm_unreachable("all rules are handled");
}
