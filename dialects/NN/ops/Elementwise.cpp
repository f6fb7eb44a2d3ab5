//===- Elementwise.cpp - activations, binary and scalar ops, softmax ----------------===//

#include "dialects/NN/Parameter.h"
#include "dialects/NN/ops/Shapes.h"
#include "qopt/Support/Numerics.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::nn;
using namespace qopt::nn::shapes;

bool nn::shapes::broadcast(ArrayRef<int64_t> a, ArrayRef<int64_t> b, Shape &result) {
  const size_t rank = std::max(a.size(), b.size());
  for (size_t i = 0; i < rank; ++i) {
    const int64_t left = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    const int64_t right = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (left == 1 || right == 1)
      result.push_back(left == 1 ? right : left);
    else if (!compatible(left, right))
      return false;
    else
      result.push_back(isDynamic(left) ? right : left);
  }
  return true;
}

//===-- activations -----------------------------------------------------------------===//

static LogicalResult sameShape(Value input, SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  shapes.emplace_back(shapeOf(input));
  return success();
}

/// Every activation op is its attribute: one definition of each function (ActAttr::apply).
#define QOPT_ACTIVATION(OpTy, ...)                                                                 \
  LogicalResult OpTy::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {           \
    return sameShape(getInput(), shapes);                                                          \
  }                                                                                                \
  Attribute OpTy::getAsFusedActivation() { return ActAttr::get(getContext(), __VA_ARGS__); }       \
  double OpTy::evaluatePointwise(double x, int64_t) {                                              \
    return cast<ActAttr>(getAsFusedActivation()).apply(x);                                         \
  }

QOPT_ACTIVATION(ReluOp, ActKind::Relu)
QOPT_ACTIVATION(Relu6Op, ActKind::Relu6)
QOPT_ACTIVATION(ClipOp, ActKind::Clip, getMin().convertToDouble(), getMax().convertToDouble())
QOPT_ACTIVATION(LeakyReluOp, ActKind::LeakyRelu, getAlpha().convertToDouble(), 0.0)
QOPT_ACTIVATION(SigmoidOp, ActKind::Sigmoid)
QOPT_ACTIVATION(TanhOp, ActKind::Tanh)
QOPT_ACTIVATION(HardSigmoidOp, ActKind::HardSigmoid, getAlpha().convertToDouble(),
                getBeta().convertToDouble())
QOPT_ACTIVATION(HardSwishOp, ActKind::HardSwish)
QOPT_ACTIVATION(GeluOp, getApproximateTanh() ? ActKind::GeluTanh : ActKind::Gelu)
QOPT_ACTIVATION(SiluOp, ActKind::Silu)
#undef QOPT_ACTIVATION

LogicalResult PReluOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const int64_t slopes = cast<RankedTensorType>(getSlope().getType()).getNumElements();
  const bool perChannel = rankOf(getInput()) >= 2 && shapeOf(getInput())[1] == slopes;
  if (slopes != 1 && !perChannel)
    return emitOpError("[prelu_c1] expected 1 slope or one per channel of ")
           << getInput().getType() << ", got " << slopes;
  return sameShape(getInput(), shapes);
}

int64_t PReluOp::getPointwiseChannels() {
  const int64_t slopes = cast<RankedTensorType>(getSlope().getType()).getNumElements();
  return slopes == 1 ? 0 : slopes;
}

/// One slope is a leaky_relu, whose parameter is a constant of the op.
Attribute PReluOp::getAsFusedActivation() {
  if (getPointwiseChannels() != 0 || !getParameter(getSlope()))
    return {};
  const double slope = -evaluatePointwise(-1.0, 0);
  return std::isfinite(slope) ? ActAttr::get(getContext(), ActKind::LeakyRelu, slope) : Attribute();
}

//===-- binary and scalar -----------------------------------------------------------===//

template <typename OpTy>
static LogicalResult inferBinary(OpTy op, SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  Shape result;
  if (!broadcast(shapeOf(op.getLhs()), shapeOf(op.getRhs()), result))
    return op.emitOpError() << "[" << OpTy::rule().kind
                            << "_c1] shapes do not broadcast: " << op.getLhs().getType() << " and "
                            << op.getRhs().getType();
  if (op.getActAttr() && !op.getActAttr().isClamp())
    return op.emitOpError() << "[" << OpTy::rule().kind
                            << "_c2] only relu, relu6 and clip fuse here, got " << op.getActAttr();
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult AddOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferBinary(*this, shapes);
}
LogicalResult SubOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferBinary(*this, shapes);
}
LogicalResult MulOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferBinary(*this, shapes);
}
LogicalResult DivOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferBinary(*this, shapes);
}

LogicalResult AddScalarOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return sameShape(getInput(), shapes);
}
LogicalResult MulScalarOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return sameShape(getInput(), shapes);
}
double AddScalarOp::evaluatePointwise(double x, int64_t) {
  return x + getScalar().convertToDouble();
}
double MulScalarOp::evaluatePointwise(double x, int64_t) {
  return x * getScalar().convertToDouble();
}

//===-- clamps fused into binary ops ------------------------------------------------===//

#define QOPT_FUSES_CLAMP(OpTy)                                                                     \
  Attribute OpTy::getFusedClamp() { return getActAttr(); }                                         \
  void OpTy::setFusedClamp(Attribute clamp) { setActAttr(cast_or_null<ActAttr>(clamp)); }
QOPT_FUSES_CLAMP(AddOp)
QOPT_FUSES_CLAMP(SubOp)
QOPT_FUSES_CLAMP(MulOp)
QOPT_FUSES_CLAMP(DivOp)
#undef QOPT_FUSES_CLAMP

//===-- scalars: parameters that follow from the input's (N8) -----------------------===//

std::optional<std::pair<float, int32_t>> MulScalarOp::deriveQParams(float scale, int32_t zeroPoint,
                                                                    int32_t qmin, int32_t qmax) {
  const float factor = getScalar().convertToFloat();
  if (factor == 0.0f)
    return std::pair(scale, zeroPoint);
  const float derived = scale * std::fabs(factor);
  // A subnormal scale would round the quotients of N2 at random.
  if (!std::isnormal(derived))
    return std::nullopt;
  return std::pair(derived, factor > 0.0f ? zeroPoint : qmin + qmax - zeroPoint);
}

int32_t MulScalarOp::deriveCode(int32_t code, int32_t zeroPoint, int32_t qmin, int32_t qmax) {
  const float factor = getScalar().convertToFloat();
  if (factor == 0.0f)
    return zeroPoint;
  return factor > 0.0f ? code : qmin + qmax - code;
}

bool MulScalarOp::keepsZeroPoint() { return !(getScalar().convertToFloat() < 0.0f); }

std::optional<std::pair<float, int32_t>> AddScalarOp::deriveQParams(float scale, int32_t zeroPoint,
                                                                    int32_t qmin, int32_t qmax) {
  const float steps = numerics::roundHalfEven(getScalar().convertToFloat() / scale);
  const float moved = static_cast<float>(zeroPoint) - steps;
  if (!(moved >= static_cast<float>(qmin) && moved <= static_cast<float>(qmax)))
    return std::nullopt;
  return std::pair(scale, static_cast<int32_t>(moved));
}

int32_t AddScalarOp::deriveCode(int32_t code, int32_t, int32_t, int32_t) { return code; }

bool AddScalarOp::keepsZeroPoint() { return getScalar().isZero(); }

LogicalResult SoftmaxOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const int64_t axis = getAxis();
  if (axis < 0 || axis >= rankOf(getInput()))
    return emitOpError("[softmax_c1] axis ")
           << axis << " lies outside the rank of " << getInput().getType();
  return sameShape(getInput(), shapes);
}
