//===- Constants.cpp - values that are known before any run ------------------------------===//

#include "qopt/Reference/Constants.h"

#include "qopt/Support/BatchNorm.h"

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

FailureOr<FoldedParameters> qopt::computeFold(FoldBatchNormOp op) {
  SmallVector<nn::ParameterData<float>, 6> data;
  for (const Value operand : op->getOperands()) {
    FailureOr<nn::ParameterData<float>> values = constantF32(operand);
    if (failed(values))
      return failure();
    data.push_back(std::move(*values));
  }
  const size_t first = op.getBias() ? 2 : 1;
  const auto type = cast<RankedTensorType>(op.getWeight().getType());
  const RootWeight weight{data[0].values(), type.getShape(), static_cast<int64_t>(op.getAxis()),
                          static_cast<int64_t>(op.getGroups())};
  const BatchNorm norm{data[first].values(), data[first + 1].values(), data[first + 2].values(),
                       data[first + 3].values(), op.getEps().convertToDouble()};
  llvm::Expected<FoldedBatchNorm> folded =
      foldBatchNorm(weight, op.getBias() ? data[1].values() : ArrayRef<float>(), norm);
  if (!folded)
    return op.emitOpError() << llvm::toString(folded.takeError());
  return FoldedParameters{std::move(folded->weight), std::move(folded->bias)};
}

FailureOr<nn::ParameterData<float>> qopt::constantF32(Value value) {
  if (nn::ParameterOp parameter = nn::getParameter(value))
    return nn::getF32Data(parameter);
  if (!isConstant(value))
    return mlir::emitError(value.getLoc(), "a constant is needed here, and this value is computed");
  auto fold = value.getDefiningOp<FoldBatchNormOp>();
  FailureOr<FoldedParameters> folded = computeFold(fold);
  if (failed(folded))
    return failure();
  return nn::ParameterData<float>(value == fold.getFoldedWeight() ? std::move(folded->weight)
                                                                  : std::move(folded->bias));
}

/// A parameter of that name in place of one result. The name is free once the parameter that had it
/// is read by nothing else.
static void replace(Value result, const std::string &name, ArrayRef<float> data,
                    OpBuilder &builder) {
  const ArrayRef<int64_t> shape = cast<RankedTensorType>(result.getType()).getShape();
  result.replaceAllUsesWith(
      nn::createParameter(builder, result.getLoc(), name, shape, data).getResult());
}

static LogicalResult compute(FoldBatchNormOp op) {
  if (!isConstant(op.getFoldedWeight()))
    return op.emitOpError("folds a value that is computed; expected parameters");
  FailureOr<FoldedParameters> folded = computeFold(op);
  if (failed(folded))
    return failure();
  const std::string weight = constantName(op.getFoldedWeight());
  const std::string bias = constantName(op.getFoldedBias());
  llvm::SetVector<Operation *> read;
  for (const Value operand : op->getOperands())
    read.insert(operand.getDefiningOp());
  OpBuilder builder(op);
  replace(op.getFoldedWeight(), weight, folded->weight, builder);
  replace(op.getFoldedBias(), bias, folded->bias, builder);
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
