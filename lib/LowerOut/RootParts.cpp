//===- RootParts.cpp - the numbers of a convolution or linear layer -------------------===//

#include "RootParts.h"

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Numerics.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

namespace {
/// Scales and zero points of a weight, one or as many as the channels of its axis.
struct WeightQuant {
  SmallVector<float> scales;
  SmallVector<int32_t> zeroPoints;
};
} // namespace

static WeightQuant quantOf(quant::QuantizedType type) {
  WeightQuant result;
  const int32_t move = type.isSigned() ? 0 : 128;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    for (const double scale : perAxis.getScales())
      result.scales.push_back(static_cast<float>(scale));
    for (const int64_t zeroPoint : perAxis.getZeroPoints())
      result.zeroPoints.push_back(static_cast<int32_t>(zeroPoint) - move);
    return result;
  }
  auto uniform = cast<quant::UniformQuantizedType>(type);
  result.scales.push_back(static_cast<float>(uniform.getScale()));
  result.zeroPoints.push_back(static_cast<int32_t>(uniform.getZeroPoint()) - move);
  return result;
}

/// qw - zw, and the common zero point where there is one.
static LogicalResult readWeights(FusionRootOpInterface op, const WeightQuant &quant, bool isSigned,
                                 RootParts &root, Refusals &refusals) {
  const Value weight = op.getWeightOperand().get();
  const std::vector<int8_t> bytes = bytesOf(nn::getParameter(weight).getValue());
  root.weightShape = llvm::to_vector(cast<RankedTensorType>(weight.getType()).getShape());
  if (bytes.empty())
    return refusals.add(op, "its weight holds no i8 codes");
  int64_t inner = 1;
  for (const int64_t size : ArrayRef(root.weightShape).drop_front(op.getWeightChannelAxis() + 1))
    inner *= size;
  const auto at = [&](size_t i) {
    return i / static_cast<size_t>(inner) % quant.zeroPoints.size();
  };
  root.weights.resize(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int32_t code =
        isSigned ? bytes[i] : static_cast<int32_t>(static_cast<uint8_t>(bytes[i])) - 128;
    root.weights[i] = code - quant.zeroPoints[at(i)];
  }
  if (llvm::all_equal(quant.zeroPoints))
    root.weightZeroPoint = quant.zeroPoints.front();
  return success();
}

static LogicalResult readBias(FusionRootOpInterface op, RootParts &root, Refusals &refusals) {
  if (!op.getBiasValue())
    return success();
  nn::ParameterOp parameter = nn::getParameter(op.getBiasValue());
  if (!parameter)
    return refusals.add(op, "its bias is no constant");
  FailureOr<nn::ParameterData<int32_t>> data = nn::getI32Data(parameter);
  if (failed(data))
    return refusals.add(op, "its bias cannot be read");
  root.bias.assign(data->begin(), data->end());
  return success();
}

/// `mid`, `act` and `table`, which roots of all kinds have under these names.
static LogicalResult readEpilogue(FusionRootOpInterface op, RootParts &root, Refusals &refusals) {
  if (auto mid = op->getAttrOfType<TypeAttr>("mid")) {
    root.mid = codesOf(mid.getValue());
    if (!root.mid)
      return refusals.add(op, "its 'mid' is no type of 8 bits or fewer");
  } else if (op->hasAttr("mid")) {
    return refusals.add(op, "its 'mid' is no type yet; run the convert stage first");
  }
  if (const Value residual = op.getResidualValue()) {
    root.residual = codesOf(residual.getType());
    if (!root.residual)
      return refusals.add(op, "its residual is not on codes of 8 bits or fewer");
  }
  if (auto act = dyn_cast_or_null<nn::ActAttr>(op.getFusedActivation()); act && act.isClamp())
    root.act = act;
  auto table = op->getAttrOfType<ElementsAttr>("table");
  if (root.mid && !root.residual && !table)
    return refusals.add(op, "it has a 'mid' without a residual or a table behind it");
  if (table && root.residual)
    return refusals.add(op, "it has both a residual and a table; a table needs 'mid' alone");
  if (op.getFusedActivation() && !root.act && !table)
    return refusals.add(op, "its activation has no table (N10)");
  if (!table)
    return success();
  if (!root.mid || !root.out)
    return refusals.add(op, "it has a table without a 'mid' before it");
  root.table = signedTable(table, *root.mid, *root.out);
  root.tablePerChannel = cast<ShapedType>(table.getType()).getRank() == 2;
  if (root.table.size() != 256 * (root.tablePerChannel ? root.bias.size() : 1))
    return refusals.add(op, "its table is no tensor<256xi8>, nor one of 256 for each channel");
  return success();
}

FailureOr<RootParts> lowerout::readRoot(FusionRootOpInterface op, Refusals &refusals) {
  RootParts root;
  if (!nn::computesOnCodes(op))
    return refusals.add(op, "it is left in float");
  const std::optional<Codes> in = codesOf(op->getOperand(0).getType());
  const quant::QuantizedType weight =
      nn::getQuantizedElementType(op.getWeightOperand().get().getType());
  if (!in || !weight || weight.getStorageTypeIntegralWidth() > 8 ||
      !nn::getParameter(op.getWeightOperand().get()))
    return refusals.add(op, "expected an input and a constant weight on codes of 8 bits or fewer");
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(weight);
      perAxis && perAxis.getQuantizedDimension() != op.getWeightChannelAxis())
    return refusals.add(op, "its weight is quantized along axis " +
                                Twine(perAxis.getQuantizedDimension()) + ", expected axis " +
                                Twine(op.getWeightChannelAxis()));
  root.in = *in;
  root.out = codesOf(op->getResult(0).getType());
  if (!root.out && nn::getQuantizedElementType(op->getResult(0).getType()))
    return refusals.add(op, "its result is not on codes of 8 bits or fewer with one scale");
  root.channelAxis = op.getResultChannelAxis();
  root.bias.assign(cast<RankedTensorType>(op->getResult(0).getType()).getDimSize(root.channelAxis),
                   0);
  const WeightQuant quant = quantOf(weight);
  if (failed(readWeights(op, quant, weight.isSigned(), root, refusals)) ||
      failed(readBias(op, root, refusals)) || failed(readEpilogue(op, root, refusals)))
    return failure();
  for (int64_t c = 0; c < root.channels(); ++c) {
    const float scale = quant.scales[static_cast<size_t>(c) % quant.scales.size()];
    const std::optional<Codes> &target = root.mid ? root.mid : root.out;
    root.multipliers.push_back(
        target ? numerics::requantizeMultiplier(root.in.scale, scale, target->scale)
               : root.in.scale * scale);
  }
  return root;
}

FailureOr<PointwiseTable> lowerout::readTable(PointwiseOpInterface op, Refusals &refusals) {
  const std::optional<Codes> in = codesOf(op->getOperand(0).getType()),
                             out = codesOf(op->getResult(0).getType());
  auto attribute = op->getAttrOfType<ElementsAttr>("table");
  if (!in || !out)
    return refusals.add(op, "it is left in float");
  if (!attribute)
    return refusals.add(op, "on codes it needs a table (N10); run the convert stage first");
  const ArrayRef<int64_t> sizes = cast<ShapedType>(attribute.getType()).getShape(),
                          to = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  const bool fitsChannels = sizes.size() == 2 && to.size() >= 2 && sizes[0] == to[1];
  if (sizes.empty() || sizes.back() != 256 || (sizes.size() != 1 && !fitsChannels))
    return refusals.add(op, "its table must be of 256 codes, or of 256 for each channel");
  PointwiseTable table{signedTable(attribute, *in, *out), llvm::to_vector<2>(sizes)};
  if (table.codes.empty())
    return refusals.add(op, "its table holds no i8 codes");
  return table;
}
