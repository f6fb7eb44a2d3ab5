//===- Acme.cpp - what qopt may ask of the dialect's ops ------------------------------===//

#include "Acme.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

#include <cmath>

using namespace mlir;
using namespace acme;

#include "AcmeOpsDialect.cpp.inc"
#define GET_OP_CLASSES
#include "AcmeOps.cpp.inc"

void AcmeDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "AcmeOps.cpp.inc"
      >();
}

using Shapes = SmallVectorImpl<SmallVector<int64_t>>;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

/// N and H * W of an array [N, C, H, W].
static int64_t images(ArrayRef<int64_t> shape) { return shape[0]; }
static int64_t plane(ArrayRef<int64_t> shape) { return shape[2] * shape[3]; }

//===-- mix ---------------------------------------------------------------------------===//

LogicalResult MixOp::inferResultShapes(Shapes &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput()), weight = shapeOf(getWeight());
  if (input.size() != 4 || weight.size() != 2 || input[1] != weight[1])
    return emitOpError("expected an input [N, C, H, W] and a weight [O, C], got ")
           << getInput().getType() << " and " << getWeight().getType();
  shapes.push_back({input[0], weight[0], input[2], input[3]});
  return success();
}

OpOperand &MixOp::getWeightOperand() { return getWeightMutable(); }
int64_t MixOp::getWeightChannelAxis() { return 0; }
Value MixOp::getBiasValue() { return getBias(); }
void MixOp::setBiasValue(Value bias) { getBiasMutable().assign(bias); }
bool MixOp::supportsResidual() { return true; }
Value MixOp::getResidualValue() { return getResidual(); }
void MixOp::setResidualValue(Value residual) { getResidualMutable().assign(residual); }
Attribute MixOp::getFusedActivation() { return getActAttr(); }
void MixOp::setFusedActivation(Attribute act) {
  act ? setActAttr(cast<qopt::nn::ActAttr>(act)) : (void)removeActAttr();
}

/// The sums alone; whole numbers give whole sums.
LogicalResult MixOp::evaluate(ArrayRef<qopt::EvalInput> operands,
                              MutableArrayRef<qopt::EvalOutput> results) {
  const qopt::EvalInput &input = operands[0], &weight = operands[1];
  const int64_t channels = input.shape[1], outs = weight.shape[0], pixels = plane(input.shape);
  for (int64_t n = 0; n < images(input.shape); ++n)
    for (int64_t o = 0; o < outs; ++o)
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t i = 0; i < pixels; ++i)
          results[0].data[(n * outs + o) * pixels + i] +=
              weight.data[o * channels + c] * input.data[(n * channels + c) * pixels + i];
  return success();
}

//===-- swoosh ------------------------------------------------------------------------===//

LogicalResult SwooshOp::inferResultShapes(Shapes &shapes) {
  shapes.emplace_back(shapeOf(getInput()));
  return success();
}

double SwooshOp::evaluatePointwise(double x, int64_t) { return x / (1.0 + std::exp(1.0 - x)); }

//===-- rotate ------------------------------------------------------------------------===//

LogicalResult RotateOp::inferResultShapes(Shapes &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  const int64_t steps = static_cast<int64_t>(getSteps());
  if (input.size() != 4 || steps <= 0 || steps >= input[1])
    return emitOpError("expected an input [N, C, H, W] and 0 < steps < C, got ")
           << getInput().getType() << " and " << steps;
  shapes.emplace_back(input);
  return success();
}

LogicalResult RotateOp::evaluate(ArrayRef<qopt::EvalInput> operands,
                                 MutableArrayRef<qopt::EvalOutput> results) {
  const qopt::EvalInput &input = operands[0];
  const int64_t channels = input.shape[1], pixels = plane(input.shape);
  for (int64_t n = 0; n < images(input.shape); ++n)
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t from = (c + static_cast<int64_t>(getSteps())) % channels;
      llvm::copy(input.data.slice((n * channels + from) * pixels, pixels),
                 results[0].data.begin() + (n * channels + c) * pixels);
    }
  return success();
}

//===-- energy ------------------------------------------------------------------------===//

LogicalResult EnergyOp::inferResultShapes(Shapes &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  if (input.size() != 4)
    return emitOpError("expected an input [N, C, H, W], got ") << getInput().getType();
  shapes.push_back({input[0], input[1], 1, 1});
  return success();
}

LogicalResult EnergyOp::evaluate(ArrayRef<qopt::EvalInput> operands,
                                 MutableArrayRef<qopt::EvalOutput> results) {
  const qopt::EvalInput &input = operands[0];
  const int64_t pixels = plane(input.shape);
  for (size_t i = 0; i < input.data.size(); ++i)
    results[0].data[i / pixels] += input.data[i] * input.data[i] / static_cast<double>(pixels);
  return success();
}
