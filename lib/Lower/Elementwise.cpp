//===- Elementwise.cpp - functions of one tensor, and softmax -----------------------===//

#include "Codes.h"
#include "FloatAct.h"
#include "Roots.h"

#include "dialects/QOpt/QOptDialect.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

//===-- on codes: tables (N10) ------------------------------------------------------===//

/// The value's memory order, or with `perChannel` one with the channels innermost.
static FailureOr<Order> orderFor(Value value, bool perChannel, Lowering &lowering) {
  FailureOr<View> view = lowering.denseAny(value);
  if (failed(view))
    return failure();
  Order order = *memoryOrder(*view);
  if (!perChannel)
    return order;
  FailureOr<int64_t> channels = lowering.sampleAxis(1);
  if (failed(channels))
    return failure();
  const unsigned axis = static_cast<unsigned>(*channels);
  order.erase(llvm::find(order, axis));
  order.push_back(axis);
  return order;
}

static LogicalResult emitTable(Operation *op, ElementsAttr table, Lowering &lowering) {
  const Value input = op->getOperand(0);
  const auto type = cast<RankedTensorType>(input.getType());
  const bool perChannel = cast<ShapedType>(table.getType()).getRank() == 2;
  if (failed(checkTable(lowering, table, type.getRank() > 1 ? type.getDimSize(1) : 0)))
    return failure();
  FailureOr<Order> order = orderFor(input, perChannel, lowering);
  if (failed(order))
    return failure();
  FailureOr<View> from = lowering.dense(input, *order);
  FailureOr<View> to = lowering.allocate(op->getResult(0), *order);
  if (failed(from) || failed(to))
    return failure();
  qrt_table_params p = {};
  p.count = static_cast<int32_t>(to->elements());
  p.channels = perChannel ? static_cast<int32_t>(type.getDimSize(1)) : 1;
  p.per_channel = perChannel;
  return lowering.emit(p, from->buffer, to->buffer, {{"table", table}});
}

/// A table made here, named for what it does.
static LogicalResult emitMadeTable(Operation *op, StringRef name,
                                   llvm::function_ref<int32_t(int32_t)> function,
                                   Lowering &lowering) {
  const Codes in = codesOf(op->getOperand(0).getType());
  const std::array<uint8_t, 256> table = makeTable(in, function);
  return emitTable(op, lowering.constants().get(name, ArrayRef<uint8_t>(table)), lowering);
}

/// [N8] A scalar op whose parameters follow from its input's: codes are kept or reflected.
static LogicalResult lowerDerived(Operation *op, DerivedResultOpInterface derived,
                                  Lowering &lowering) {
  const Codes in = codesOf(op->getOperand(0).getType()), out = codesOf(op->getResult(0).getType());
  const auto expected = derived.deriveQParams(in.scale, in.zeroPoint, in.qmin, in.qmax);
  if (!expected || expected->first != out.scale || expected->second != out.zeroPoint ||
      in.qmin != out.qmin || in.qmax != out.qmax)
    return lowering.error() << "cannot be compiled: it has no table, and the parameters of its "
                               "result do not follow from its input's (N8)";
  const auto code = [&](int32_t q) {
    return derived.deriveCode(q, in.zeroPoint, in.qmin, in.qmax);
  };
  bool keeps = true;
  for (int32_t q = in.qmin; q <= in.qmax; ++q)
    keeps = keeps && code(q) == q;
  if (!keeps)
    return emitMadeTable(op, "derived_table", code, lowering);
  FailureOr<View> view = lowering.view(op->getOperand(0));
  if (failed(view))
    return failure();
  lowering.bind(op->getResult(0), *view);
  return success();
}

LogicalResult lower::lowerTabulated(Operation *op, Lowering &lowering) {
  if (auto table = op->getAttrOfType<ElementsAttr>("table"))
    return emitTable(op, table, lowering);
  if (auto derived = dyn_cast<DerivedResultOpInterface>(op))
    return lowerDerived(op, derived, lowering);
  return lowering.error() << "cannot be compiled: on codes it needs a table (N10); run the convert "
                             "stage first";
}

/// [N10] N3, then N2.
static LogicalResult lowerRequantize(quantize::RequantizeOp op, Lowering &lowering) {
  const Codes in = codesOf(op.getInput().getType()), out = codesOf(op.getResult().getType());
  return emitMadeTable(
      op, "requantize_table", [&](int32_t q) { return out.quantize(in.dequantize(q)); }, lowering);
}

//===-- in float --------------------------------------------------------------------===//

/// Per-channel or single constants of a f32_unary.
struct Affine {
  std::vector<float> scale, offset, slope;
};

static LogicalResult emitFloatUnary(Operation *op, const FloatAct &act, const Affine &affine,
                                    Lowering &lowering) {
  const Value input = op->getOperand(0), result = op->getResult(0);
  const size_t channels =
      std::max({affine.scale.size(), affine.offset.size(), affine.slope.size(), size_t(1)});
  FailureOr<Order> order = orderFor(input, channels > 1, lowering);
  if (failed(order))
    return failure();
  FailureOr<View> from = lowering.dense(input, *order);
  FailureOr<View> to = lowering.allocate(result, *order);
  if (failed(from) || failed(to))
    return failure();
  qrt_f32_unary_params p = {};
  p.count = static_cast<int32_t>(to->elements());
  p.channels = static_cast<int32_t>(channels);
  p.act = act.act, p.act_a = act.a, p.act_b = act.b;
  PointerData pointers;
  const auto point = [&](StringRef name, const std::vector<float> &data) {
    if (!data.empty())
      pointers.emplace_back(name, lowering.constants().get(name, ArrayRef<float>(data)));
  };
  point("scale", affine.scale);
  point("offset", affine.offset);
  point("slope", affine.slope);
  return lowering.emit(p, from->buffer, to->buffer, std::move(pointers));
}

static LogicalResult lowerActivation(Operation *op, Lowering &lowering) {
  if (onCodes(op))
    return lowerTabulated(op, lowering);
  const auto act = cast<nn::ActAttr>(cast<PointwiseOpInterface>(op).getAsFusedActivation());
  return emitFloatUnary(op, floatAct(act), {}, lowering);
}

/// The four statistics of a batch_norm, checked to be constants.
static LogicalResult requireParameters(Operation *op, Lowering &lowering) {
  for (const Value operand : op->getOperands().drop_front())
    if (!nn::getParameter(operand))
      return lowering.error() << "cannot be compiled: its parameters must be constants";
  return success();
}

/// [N16] One scale and offset per channel, in f64, rounded once.
static LogicalResult lowerBatchNorm(nn::BatchNormOp op, Lowering &lowering) {
  if (onCodes(op))
    return lowerTabulated(op, lowering);
  if (failed(requireParameters(op, lowering)))
    return failure();
  FailureOr<nn::ParameterData<float>> gamma = nn::getF32Data(nn::getParameter(op.getGamma()));
  FailureOr<nn::ParameterData<float>> beta = nn::getF32Data(nn::getParameter(op.getBeta()));
  FailureOr<nn::ParameterData<float>> mean = nn::getF32Data(nn::getParameter(op.getMean()));
  FailureOr<nn::ParameterData<float>> var = nn::getF32Data(nn::getParameter(op.getVar()));
  if (failed(gamma) || failed(beta) || failed(mean) || failed(var))
    return failure();
  Affine affine;
  for (size_t c = 0; c < gamma->size(); ++c) {
    const double g =
        double((*gamma)[c]) / std::sqrt(double((*var)[c]) + op.getEps().convertToDouble());
    affine.scale.push_back(static_cast<float>(g));
    affine.offset.push_back(static_cast<float>(double((*beta)[c]) - double((*mean)[c]) * g));
  }
  return emitFloatUnary(op, {}, affine, lowering);
}

static LogicalResult lowerPRelu(nn::PReluOp op, Lowering &lowering) {
  if (onCodes(op))
    return lowerTabulated(op, lowering);
  if (failed(requireParameters(op, lowering)))
    return failure();
  FailureOr<nn::ParameterData<float>> slope = nn::getF32Data(nn::getParameter(op.getSlope()));
  if (failed(slope))
    return failure();
  Affine affine;
  affine.slope.assign(slope->begin(), slope->end());
  return emitFloatUnary(op, {QRT_ACT_PRELU, 0.0f, 0.0f}, affine, lowering);
}

static LogicalResult lowerAddScalar(nn::AddScalarOp op, Lowering &lowering) {
  if (onCodes(op))
    return lowerTabulated(op, lowering);
  Affine affine;
  affine.offset.push_back(op.getScalar().convertToFloat());
  return emitFloatUnary(op, {}, affine, lowering);
}

static LogicalResult lowerMulScalar(nn::MulScalarOp op, Lowering &lowering) {
  if (onCodes(op))
    return lowerTabulated(op, lowering);
  Affine affine;
  affine.scale.push_back(op.getScalar().convertToFloat());
  return emitFloatUnary(op, {}, affine, lowering);
}

static LogicalResult lowerSoftmax(nn::SoftmaxOp op, Lowering &lowering) {
  FailureOr<int64_t> axis = lowering.sampleAxis(op.getAxis());
  FailureOr<View> from = lowering.denseAny(op.getInput());
  if (failed(axis) || failed(from))
    return failure();
  const Order order = *memoryOrder(*from);
  FailureOr<View> to = lowering.allocate(op.getResult(), order);
  if (failed(to))
    return failure();
  qrt_f32_softmax_params p = {};
  p.outer = p.inner = 1;
  const size_t place = llvm::find(order, static_cast<unsigned>(*axis)) - order.begin();
  for (size_t i = 0; i < order.size(); ++i) {
    const int32_t size = static_cast<int32_t>(from->dims[order[i]]);
    if (i < place)
      p.outer *= size;
    else if (i > place)
      p.inner *= size;
    else
      p.axis_size = size;
  }
  return lowering.emit(p, from->buffer, to->buffer);
}

void lower::addElementwiseLowerings(LoweringTable &table) {
  table.addAll<nn::ReluOp, nn::Relu6Op, nn::ClipOp, nn::LeakyReluOp, nn::SigmoidOp, nn::TanhOp,
               nn::HardSigmoidOp, nn::HardSwishOp, nn::GeluOp, nn::SiluOp>(lowerActivation,
                                                                           "table f32_unary");
  table.add<nn::BatchNormOp>(lowerBatchNorm, "table f32_unary");
  table.add<nn::PReluOp>(lowerPRelu, "table f32_unary");
  table.add<nn::AddScalarOp>(lowerAddScalar, "table f32_unary");
  table.add<nn::MulScalarOp>(lowerMulScalar, "table f32_unary");
  table.add<nn::SoftmaxOp>(lowerSoftmax, "f32_softmax");
  table.add<quantize::RequantizeOp>(lowerRequantize, "table");
}
