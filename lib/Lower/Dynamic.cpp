//===- Dynamic.cpp - linear layers with parameters found at run time (N17) -----------===//

#include "FloatAct.h"
#include "Roots.h"

#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

/// Clamps are the kernel's; what it gives to any other activation stays open.
static void setClamp(qrt_dynamic_linear_params &p, nn::ActAttr act) {
  const bool clamps = act && act.isClamp();
  const float infinity = std::numeric_limits<float>::infinity();
  p.low = clamps ? static_cast<float>(act.getLowerBound()) : -infinity;
  p.high = clamps ? static_cast<float>(act.getUpperBound()) : infinity;
}

static LogicalResult applyActivation(nn::ActAttr act, const View &from, const View &to,
                                     Lowering &lowering) {
  qrt_f32_unary_params p = {};
  p.count = static_cast<int32_t>(to.elements());
  p.channels = 1;
  setFloatAct(p, act);
  return lowering.emit(p, from.buffer, to.buffer);
}

static LogicalResult lowerDynamicLinear(nn::DynamicLinearOp op, Lowering &lowering) {
  FailureOr<Sizes> dims = lowering.sampleDims(op.getInput().getType());
  if (failed(dims))
    return failure();
  if (dims->empty())
    return lowering.error() << "cannot be compiled: its input has no dimension beside the batch";
  const Order order = rowMajor(dims->size());
  FailureOr<View> input = lowering.dense(op.getInput(), order);
  if (failed(input))
    return failure();
  SmallVector<Value, 2> inputs{input->buffer};
  if (op.getResidual()) {
    FailureOr<View> residual = lowering.dense(op.getResidual(), order);
    if (failed(residual))
      return failure();
    inputs.push_back(residual->buffer);
  }
  FailureOr<View> output = lowering.allocate(op.getResult(), order);
  if (failed(output))
    return failure();
  const bool actBehind = op.getActAttr() && !op.getActAttr().isClamp();
  FailureOr<View> made = *output;
  if (actBehind)
    made = lowering.allocate(bufferElement(op.getType()), output->dims, order);
  Root root;
  root.weight = op.getWeight();
  qrt_dynamic_linear_params p = {};
  p.k = static_cast<int32_t>(dims->back());
  p.n = static_cast<int32_t>(output->dims.back());
  p.rows = static_cast<int32_t>(input->elements() / p.k);
  p.has_residual = static_cast<bool>(op.getResidual());
  setClamp(p, op.getActAttr());
  // With a unit scale, the multipliers to a scale of 1 are the weight's scales.
  FailureOr<RootConstants> constants = readConstants(lowering, root, p.n, Codes{}, Codes{});
  if (failed(made) || failed(constants))
    return failure();
  ConstantPool &pool = lowering.constants();
  PointerData pointers{{"scale", pool.get("scale", ArrayRef<float>(constants->multipliers))}};
  if (op.getBias()) {
    nn::ParameterOp bias = nn::getParameter(op.getBias());
    if (!bias)
      return lowering.error() << "cannot be compiled: its bias must be a constant";
    pointers.emplace_back("bias", bias.getValue());
  }
  if (!constants->weightZeroPoints.empty())
    pointers.emplace_back(
        "weight_zero_point",
        pool.get("weight_zero_point", ArrayRef<int32_t>(constants->weightZeroPoints)));
  if (failed(lowering.emit(p, inputs, made->buffer, std::move(pointers), constants->weights)))
    return failure();
  return actBehind ? applyActivation(op.getActAttr(), *made, *output, lowering) : success();
}

void lower::addDynamicLowerings(LoweringTable &table) {
  table.add<nn::DynamicLinearOp>(lowerDynamicLinear, "dynamic_linear f32_unary");
}
