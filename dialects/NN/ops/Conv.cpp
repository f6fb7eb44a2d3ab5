//===- Conv.cpp - conv2d, conv_transpose2d, linear, matmul, batch_norm --------------===//

#include "dialects/NN/ops/Shapes.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::nn;
using namespace qopt::nn::shapes;

//===-- convolution -----------------------------------------------------------------===//

static LogicalResult verifyBias(Operation *op, StringRef label, Value bias, int64_t channels) {
  if (!bias || (rankOf(bias) == 1 && compatible(shapeOf(bias)[0], channels)))
    return success();
  return op->emitOpError() << "[" << label << "] expected a bias of " << channels
                           << " elements, got " << bias.getType();
}

static LogicalResult verifyResidual(Operation *op, StringRef label, Value residual,
                                    ArrayRef<int64_t> shape) {
  if (!residual)
    return success();
  const ArrayRef<int64_t> actual = shapeOf(residual);
  if (actual.size() == shape.size() && llvm::all_of(llvm::zip(actual, shape), [](auto p) {
        return compatible(std::get<0>(p), std::get<1>(p));
      }))
    return success();
  return op->emitOpError() << "[" << label << "] expected a residual of the result's shape, got "
                           << residual.getType();
}

LogicalResult Conv2dOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  if (rankOf(getInput()) != 4 || rankOf(getWeight()) != 4)
    return emitOpError("[conv2d_c1] expected input and weight of rank 4, got ")
           << getInput().getType() << " and " << getWeight().getType();
  const ArrayRef<int64_t> input = shapeOf(getInput()), weight = shapeOf(getWeight());
  const int64_t groups = getGroups();
  if (groups < 1 || weight[0] % groups != 0 || !compatible(input[1], weight[1] * groups))
    return emitOpError("[conv2d_c2] input channels ")
           << input[1] << " and weight " << getWeight().getType()
           << " do not fit groups = " << groups;
  if (failed(verifyWindow(*this, "conv2d_c3", weight.drop_front(2), getStride(), getPadding(),
                          getDilation())))
    return failure();
  Shape result{input[0], weight[0]};
  for (int i = 0; i < 2; ++i) {
    const Window window{weight[2 + i], getStride()[i], getPadding()[i], getPadding()[i + 2],
                        getDilation()[i]};
    result.push_back(slide(input[2 + i], window, /*ceilMode=*/false));
    if (result.back() == -1)
      return emitOpError("[conv2d_c4] a window of ")
             << window.extent() << " does not fit into the padded size "
             << input[2 + i] + window.padLow + window.padHigh << " of dimension " << 2 + i;
  }
  if (failed(verifyBias(*this, "conv2d_c5", getBias(), weight[0])) ||
      failed(verifyResidual(*this, "conv2d_c6", getResidual(), result)))
    return failure();
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult ConvTranspose2dOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  if (rankOf(getInput()) != 4 || rankOf(getWeight()) != 4)
    return emitOpError("[conv_transpose2d_c1] expected input and weight of rank 4, got ")
           << getInput().getType() << " and " << getWeight().getType();
  const ArrayRef<int64_t> input = shapeOf(getInput()), weight = shapeOf(getWeight());
  if (getGroups() < 1 || weight[0] % getGroups() != 0 || !compatible(input[1], weight[0]))
    return emitOpError("[conv_transpose2d_c2] input channels ")
           << input[1] << " and weight " << getWeight().getType()
           << " do not fit groups = " << getGroups();
  if (failed(verifyWindow(*this, "conv_transpose2d_c3", weight.drop_front(2), getStride(),
                          getPadding(), getDilation())))
    return failure();
  if (getOutputPadding().size() != 2 ||
      llvm::any_of(getOutputPadding(), [](int64_t p) { return p < 0; }))
    return emitOpError(
        "[conv_transpose2d_c3] output_padding expects two sizes that are not negative");
  Shape result{input[0], weight[1] * static_cast<int64_t>(getGroups())};
  for (int i = 0; i < 2; ++i) {
    if (isDynamic(input[2 + i])) {
      result.push_back(ShapedType::kDynamic);
      continue;
    }
    const int64_t extent = (weight[2 + i] - 1) * getDilation()[i] + 1;
    result.push_back((input[2 + i] - 1) * getStride()[i] - getPadding()[i] - getPadding()[i + 2] +
                     extent + getOutputPadding()[i]);
    if (result.back() < 1)
      return emitOpError("[conv_transpose2d_c3] the padding leaves no output in dimension ")
             << 2 + i;
  }
  if (failed(verifyBias(*this, "conv_transpose2d_c4", getBias(), result[1])))
    return failure();
  shapes.push_back(std::move(result));
  return success();
}

//===-- linear, matmul --------------------------------------------------------------===//

/// Of nn.linear and of its dynamic form; labels begin with the op's name.
template <typename OpTy>
static LogicalResult inferLinear(OpTy op, SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const std::string label = op->getName().stripDialect().str();
  if (rankOf(op.getInput()) < 1 || rankOf(op.getWeight()) != 2)
    return op.emitOpError() << "[" << label
                            << "_c1] expected an input of rank >= 1 and a weight of rank 2, got "
                            << op.getInput().getType() << " and " << op.getWeight().getType();
  const ArrayRef<int64_t> weight = shapeOf(op.getWeight());
  Shape result(shapeOf(op.getInput()));
  if (!compatible(result.back(), weight[1]))
    return op.emitOpError() << "[" << label << "_c2] expected " << weight[1]
                            << " input features as in weight " << op.getWeight().getType()
                            << ", got " << result.back();
  result.back() = weight[0];
  if (failed(verifyBias(op, label + "_c3", op.getBias(), weight[0])) ||
      failed(verifyResidual(op, label + "_c4", op.getResidual(), result)))
    return failure();
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult LinearOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferLinear(*this, shapes);
}

LogicalResult DynamicLinearOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  return inferLinear(*this, shapes);
}

Operation *LinearOp::buildDynamicForm(OpBuilder &builder, Value weight) {
  auto made = DynamicLinearOp::create(builder, getLoc(), getType(), getInput(), weight, getBias(),
                                      getResidual(), getActAttr());
  made->setDiscardableAttrs(llvm::to_vector((*this)->getDiscardableAttrs()));
  return made;
}

LogicalResult MatmulOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> lhs = shapeOf(getLhs()), rhs = shapeOf(getRhs());
  if (lhs.size() < 2 || rhs.size() < 2)
    return emitOpError("[matmul_c1] expected operands of rank >= 2, got ")
           << getLhs().getType() << " and " << getRhs().getType();
  const int64_t inner = getTransposeB() ? rhs.back() : rhs[rhs.size() - 2];
  const int64_t columns = getTransposeB() ? rhs[rhs.size() - 2] : rhs.back();
  if (!compatible(lhs.back(), inner))
    return emitOpError("[matmul_c2] inner sizes differ: ") << lhs.back() << " and " << inner;
  Shape result;
  if (!broadcast(lhs.drop_back(2), rhs.drop_back(2), result))
    return emitOpError("[matmul_c3] leading dimensions do not broadcast: ")
           << getLhs().getType() << " and " << getRhs().getType();
  result.append({lhs[lhs.size() - 2], columns});
  shapes.push_back(std::move(result));
  return success();
}

//===-- batch_norm ------------------------------------------------------------------===//

LogicalResult BatchNormOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  if (input.size() < 2)
    return emitOpError("[batch_norm_c1] expected an input of rank >= 2, got ")
           << getInput().getType();
  for (const Value parameter : getOperands().drop_front())
    if (rankOf(parameter) != 1 || !compatible(shapeOf(parameter)[0], input[1]))
      return emitOpError("[batch_norm_c2] expected parameters of ")
             << input[1] << " elements, got " << parameter.getType();
  if (!(getEps().convertToDouble() > 0.0))
    return emitOpError("[batch_norm_c3] expected a positive eps, got ")
           << getEps().convertToDouble();
  shapes.emplace_back(input);
  return success();
}

int64_t BatchNormOp::getPointwiseChannels() { return shapeOf(getGamma())[0]; }

/// Element `index` of a constant f32 parameter.
static double parameterAt(Value value, int64_t index) {
  auto parameter = value.getDefiningOp<ParameterOp>();
  if (!parameter)
    return std::nan("");
  if (auto dense = dyn_cast<DenseElementsAttr>(parameter.getValue()))
    return dense.isSplat() ? dense.getSplatValue<float>() : dense.getValues<float>()[index];
  auto resource = cast<DenseResourceElementsAttr>(parameter.getValue());
  return reinterpret_cast<const float *>(resource.getData().data())[index];
}

double BatchNormOp::evaluatePointwise(double x, int64_t channel) {
  const double scale = parameterAt(getGamma(), channel) /
                       std::sqrt(parameterAt(getVar(), channel) + getEps().convertToDouble());
  return (x - parameterAt(getMean(), channel)) * scale + parameterAt(getBeta(), channel);
}

double PReluOp::evaluatePointwise(double x, int64_t channel) {
  const int64_t slopes = cast<RankedTensorType>(getSlope().getType()).getNumElements();
  return x >= 0.0 ? x : x * parameterAt(getSlope(), slopes == 1 ? 0 : channel);
}

//===-- fusion roots ----------------------------------------------------------------===//

OpOperand &Conv2dOp::getWeightOperand() { return getWeightMutable(); }
int64_t Conv2dOp::getWeightChannelAxis() { return 0; }
Value Conv2dOp::getBiasValue() { return getBias(); }
void Conv2dOp::setBiasValue(Value bias) { getBiasMutable().assign(bias); }
bool Conv2dOp::supportsResidual() { return true; }
Value Conv2dOp::getResidualValue() { return getResidual(); }
void Conv2dOp::setResidualValue(Value residual) { getResidualMutable().assign(residual); }
Attribute Conv2dOp::getFusedActivation() { return getActAttr(); }
void Conv2dOp::setFusedActivation(Attribute act) { setActAttr(cast_or_null<ActAttr>(act)); }

OpOperand &ConvTranspose2dOp::getWeightOperand() { return getWeightMutable(); }
int64_t ConvTranspose2dOp::getWeightChannelAxis() { return 1; }
int64_t ConvTranspose2dOp::getWeightGroups() { return getGroups(); }
Value ConvTranspose2dOp::getBiasValue() { return getBias(); }
void ConvTranspose2dOp::setBiasValue(Value bias) { getBiasMutable().assign(bias); }
Attribute ConvTranspose2dOp::getFusedActivation() { return getActAttr(); }
void ConvTranspose2dOp::setFusedActivation(Attribute act) {
  setActAttr(cast_or_null<ActAttr>(act));
}

OpOperand &LinearOp::getWeightOperand() { return getWeightMutable(); }
int64_t LinearOp::getWeightChannelAxis() { return 0; }
int64_t LinearOp::getResultChannelAxis() { return rankOf(getResult()) - 1; }
Value LinearOp::getBiasValue() { return getBias(); }
void LinearOp::setBiasValue(Value bias) { getBiasMutable().assign(bias); }
bool LinearOp::supportsResidual() { return true; }
Value LinearOp::getResidualValue() { return getResidual(); }
void LinearOp::setResidualValue(Value residual) { getResidualMutable().assign(residual); }
Attribute LinearOp::getFusedActivation() { return getActAttr(); }
void LinearOp::setFusedActivation(Attribute act) { setActAttr(cast_or_null<ActAttr>(act)); }

OpOperand &DynamicLinearOp::getWeightOperand() { return getWeightMutable(); }
int64_t DynamicLinearOp::getWeightChannelAxis() { return 0; }
int64_t DynamicLinearOp::getResultChannelAxis() { return rankOf(getResult()) - 1; }
Value DynamicLinearOp::getBiasValue() { return getBias(); }
void DynamicLinearOp::setBiasValue(Value bias) { getBiasMutable().assign(bias); }
bool DynamicLinearOp::supportsResidual() { return true; }
Value DynamicLinearOp::getResidualValue() { return getResidual(); }
void DynamicLinearOp::setResidualValue(Value residual) { getResidualMutable().assign(residual); }
Attribute DynamicLinearOp::getFusedActivation() { return getActAttr(); }
void DynamicLinearOp::setFusedActivation(Attribute act) { setActAttr(cast_or_null<ActAttr>(act)); }

//===-- padding before a convolution ------------------------------------------------===//

bool Conv2dOp::canAbsorbPadding(ArrayRef<int64_t>, float value) { return value == 0.0f; }
void Conv2dOp::absorbPadding(ArrayRef<int64_t> padding) {
  setPadding(addPadding(getPadding(), padding));
}
