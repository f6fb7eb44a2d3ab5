//===- Constants.cpp - values that are known before any run ------------------------------===//

#include "qopt/Reference/Constants.h"

#include "qopt/Support/BatchNorm.h"
#include "qopt/Support/Observer.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace qopt;
using quantize::FoldBatchNormOp;

bool qopt::isConstant(Value value) {
  if (nn::getParameter(value))
    return true;
  auto fold = value ? value.getDefiningOp<FoldBatchNormOp>() : FoldBatchNormOp();
  return fold &&
         llvm::all_of(fold->getOperands(), [](Value operand) { return nn::getParameter(operand); });
}

std::string qopt::biasNameFor(StringRef weightName) {
  if (weightName.consume_back("weight"))
    return (weightName + "bias").str();
  return (weightName + ".bias").str();
}

std::string qopt::constantName(Value value) {
  if (nn::ParameterOp parameter = nn::getParameter(value))
    return parameter.getName().str();
  if (!isConstant(value))
    return {};
  auto fold = value.getDefiningOp<FoldBatchNormOp>();
  const std::string weight = constantName(fold.getWeight());
  if (value == fold.getFoldedWeight())
    return weight;
  return fold.getBias() ? constantName(fold.getBias()) : biasNameFor(weight);
}

namespace {
/// The operands of a fold, read.
struct FoldInputs {
  SmallVector<nn::ParameterData<float>, 6> data; // in the op's order
  RootWeight weight;
  BatchNorm norm;
  ArrayRef<float> bias;
  std::vector<double> factors;
};
} // namespace

static FailureOr<std::unique_ptr<FoldInputs>> readFold(FoldBatchNormOp op) {
  auto in = std::make_unique<FoldInputs>();
  for (const Value operand : op->getOperands()) {
    FailureOr<nn::ParameterData<float>> values = constantF32(operand);
    if (failed(values))
      return failure();
    in->data.push_back(std::move(*values));
  }
  const size_t first = op.getBias() ? 2 : 1;
  const auto type = cast<RankedTensorType>(op.getWeight().getType());
  in->weight = {in->data[0].values(), type.getShape(), static_cast<int64_t>(op.getAxis()),
                static_cast<int64_t>(op.getGroups())};
  in->norm = {in->data[first].values(), in->data[first + 1].values(), in->data[first + 2].values(),
              in->data[first + 3].values(), op.getEps().convertToDouble()};
  if (op.getBias())
    in->bias = in->data[1].values();
  llvm::Expected<std::vector<double>> factors = batchNormFactors(in->norm);
  if (!factors)
    return op.emitOpError() << llvm::toString(factors.takeError());
  in->factors = std::move(*factors);
  return in;
}

LogicalResult qopt::computeFoldedWeight(FoldBatchNormOp op, MutableArrayRef<float> into) {
  FailureOr<std::unique_ptr<FoldInputs>> in = readFold(op);
  if (failed(in))
    return failure();
  if (llvm::Error error = foldWeight((*in)->weight, (*in)->factors, into))
    return op.emitOpError() << llvm::toString(std::move(error));
  return success();
}

FailureOr<std::vector<float>> qopt::computeFoldedBias(FoldBatchNormOp op) {
  FailureOr<std::unique_ptr<FoldInputs>> in = readFold(op);
  if (failed(in))
    return failure();
  llvm::Expected<std::vector<float>> bias = foldBias((*in)->bias, (*in)->norm, (*in)->factors);
  if (!bias)
    return op.emitOpError() << llvm::toString(bias.takeError());
  return std::move(*bias);
}

FailureOr<nn::ParameterData<float>> qopt::constantF32(Value value) {
  if (nn::ParameterOp parameter = nn::getParameter(value))
    return nn::getF32Data(parameter);
  if (!isConstant(value))
    return mlir::emitError(value.getLoc(), "a constant is needed here, and this value is computed");
  auto fold = value.getDefiningOp<FoldBatchNormOp>();
  if (value == fold.getFoldedBias()) {
    FailureOr<std::vector<float>> bias = computeFoldedBias(fold);
    return failed(bias) ? FailureOr<nn::ParameterData<float>>(failure())
                        : nn::ParameterData<float>(std::move(*bias));
  }
  std::vector<float> weight(cast<RankedTensorType>(value.getType()).getNumElements());
  if (failed(computeFoldedWeight(fold, weight)))
    return failure();
  return nn::ParameterData<float>(std::move(weight));
}

FailureOr<ConstantExtremes> qopt::constantExtremes(Value value) {
  auto fold = value.getDefiningOp<FoldBatchNormOp>();
  if (fold && isConstant(value) && value == fold.getFoldedWeight()) {
    FailureOr<std::unique_ptr<FoldInputs>> in = readFold(fold);
    if (failed(in))
      return failure();
    llvm::Expected<std::pair<float, float>> ends = foldedExtremes((*in)->weight, (*in)->factors);
    if (!ends)
      return fold.emitOpError() << llvm::toString(ends.takeError());
    return ConstantExtremes{(*in)->weight.data.size(), ends->first, ends->second};
  }
  FailureOr<nn::ParameterData<float>> data = constantF32(value);
  if (failed(data))
    return failure();
  ObserverState state = ObserverState::minMax();
  state.update(data->values());
  return state.count() ? ConstantExtremes{state.count(), state.min(), state.max()}
                       : ConstantExtremes{};
}

/// A parameter of that name in place of one result. The name is free once the parameter that had it
/// is read by nothing else.
static void replace(Value result, const std::string &name, nn::NewElements<float> data,
                    OpBuilder &builder) {
  const auto type = cast<RankedTensorType>(result.getType());
  const ElementsAttr value = std::move(data).finish(builder.getContext(), name, type.getShape());
  result.replaceAllUsesWith(
      nn::createParameter(builder, result.getLoc(), name, type, value).getResult());
}

static LogicalResult compute(FoldBatchNormOp op) {
  if (!isConstant(op.getFoldedWeight()))
    return op.emitOpError("folds a value that is computed; expected parameters");
  nn::NewElements<float> weight(
      cast<RankedTensorType>(op.getFoldedWeight().getType()).getNumElements());
  if (failed(computeFoldedWeight(op, weight.values())))
    return failure();
  const FailureOr<std::vector<float>> newBias = computeFoldedBias(op);
  if (failed(newBias))
    return failure();
  nn::NewElements<float> bias(static_cast<int64_t>(newBias->size()));
  llvm::copy(*newBias, bias.values().begin());
  const std::string weightName = constantName(op.getFoldedWeight());
  const std::string biasName = constantName(op.getFoldedBias());
  llvm::SetVector<Operation *> read;
  for (const Value operand : op->getOperands())
    read.insert(operand.getDefiningOp());
  OpBuilder builder(op);
  replace(op.getFoldedWeight(), weightName, std::move(weight), builder);
  replace(op.getFoldedBias(), biasName, std::move(bias), builder);
  op.erase();
  for (Operation *parameter : read)
    if (parameter->use_empty())
      parameter->erase();
  return success();
}

FailureOr<unsigned> qopt::replaceFolds(ModuleOp module) {
  SmallVector<FoldBatchNormOp> ops;
  module.walk([&](FoldBatchNormOp op) { ops.push_back(op); });
  for (FoldBatchNormOp op : ops)
    if (failed(compute(op)))
      return failure();
  return static_cast<unsigned>(ops.size());
}
