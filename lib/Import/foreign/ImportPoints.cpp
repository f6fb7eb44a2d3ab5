//===- ImportPoints.cpp - quantize and dequantize become points ----------------------===//
//
// A network of nn ops whose quantization stands in the IR as qopt.quantize and qopt.dequantize
// around float ops gets the same points that an imported one has: convert-adopt-points and convert
// then take both.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Import/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Numerics.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace qopt::importer {
#define GEN_PASS_DEF_IMPORTPOINTS
#include "qopt/Import/Passes.h.inc"
} // namespace qopt::importer

using namespace mlir;
using namespace qopt;
using quantize::QOptDialect;

namespace {
/// Scales and zero points of a type of at most 8 bits.
struct TypeParameters {
  SmallVector<float> scales;
  SmallVector<int32_t> zeroPoints;
  int64_t axis = -1;
};

class PointMaker {
public:
  explicit PointMaker(ModuleOp module) : module(module) {
    for (quantize::QParamsOp known : module.getOps<quantize::QParamsOp>())
      symbols.insert(known.getSymName());
  }
  void run(func::FuncOp function);
  unsigned points = 0;

private:
  void quantizeToPoint(quantize::QuantizeOp op);
  void weightToPoint(quantize::DequantizeOp op);
  Value addPoint(OpBuilder &builder, Value value, Type element, StringRef name, Location loc);

  ModuleOp module;
  llvm::StringSet<> symbols;
};
} // namespace

/// Per tensor or per axis.
static bool isUniform(Type element) {
  return isa<quant::UniformQuantizedType, quant::UniformQuantizedPerAxisType>(element);
}

static TypeParameters parametersOf(Type element) {
  TypeParameters result;
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(element)) {
    result.scales = {static_cast<float>(uniform.getScale())};
    result.zeroPoints = {static_cast<int32_t>(uniform.getZeroPoint())};
    return result;
  }
  auto perAxis = cast<quant::UniformQuantizedPerAxisType>(element);
  result.axis = perAxis.getQuantizedDimension();
  for (auto [scale, zero] : llvm::zip_equal(perAxis.getScales(), perAxis.getZeroPoints())) {
    result.scales.push_back(static_cast<float>(scale));
    result.zeroPoints.push_back(static_cast<int32_t>(zero));
  }
  return result;
}

Value PointMaker::addPoint(OpBuilder &builder, Value value, Type element, StringRef name,
                           Location loc) {
  std::string symbol = name.empty() ? "point" : name.str();
  for (unsigned suffix = 1; !symbols.insert(symbol).second; ++suffix)
    symbol = (name + "." + Twine(suffix)).str();
  auto type = cast<quant::QuantizedType>(element);
  const TypeParameters parameters = parametersOf(element);
  MLIRContext *context = builder.getContext();
  const auto spec = quantize::SpecAttr::get(
      context, type.getStorageTypeIntegralWidth(), type.isSigned(), type.getStorageTypeMin(),
      type.getStorageTypeMax(), quantize::Scheme::Affine,
      parameters.axis >= 0 ? quantize::Granularity::PerChannel : quantize::Granularity::PerTensor,
      "fixed", DictionaryAttr());
  OpBuilder front = OpBuilder::atBlockBegin(module.getBody());
  auto qparams = quantize::QParamsOp::create(
      front, loc, TypeRange(), ValueRange(),
      {front.getNamedAttr("sym_name", front.getStringAttr(symbol)),
       front.getNamedAttr("spec", spec),
       front.getNamedAttr("rule", front.getStringAttr("the imported model"))});
  if (parameters.axis >= 0)
    qparams.setAxis(parameters.axis);
  qparams.setQParams(parameters.scales, parameters.zeroPoints);
  qparams.setFixed(true);
  ++points;
  return quantize::ObserveOp::create(builder, loc, value.getType(), value,
                                     FlatSymbolRefAttr::get(context, symbol));
}

/// dequantize(quantize(x)) is x on the grid of the type.
void PointMaker::quantizeToPoint(quantize::QuantizeOp op) {
  auto isBack = [](Operation *user) { return isa<quantize::DequantizeOp>(user); };
  if (!llvm::all_of(op->getUsers(), isBack)) {
    op.emitRemark() << "stays: its codes are read by an op on codes already";
    return;
  }
  const Type element = cast<RankedTensorType>(op.getResult().getType()).getElementType();
  if (!isUniform(element))
    return;
  OpBuilder builder(op);
  const Value point =
      addPoint(builder, op.getInput(), element, nn::getValueName(op.getInput()), op.getLoc());
  for (Operation *user : llvm::make_early_inc_range(op->getUsers())) {
    user->getResult(0).replaceAllUsesWith(point);
    user->erase();
  }
  op.erase();
}

/// A weight in codes becomes the numbers that they stand for (N3), which lead back to them.
void PointMaker::weightToPoint(quantize::DequantizeOp op) {
  nn::ParameterOp parameter = nn::getParameter(op.getInput());
  const auto type = cast<RankedTensorType>(op.getInput().getType());
  auto element = dyn_cast<quant::QuantizedType>(type.getElementType());
  if (!parameter || !element || !isUniform(element) || element.getStorageTypeIntegralWidth() > 8)
    return;
  const FailureOr<nn::ParameterData<int8_t>> codes = nn::getI8Data(parameter);
  if (failed(codes))
    return;
  const TypeParameters parameters = parametersOf(element);
  int64_t inner = 1;
  for (int64_t dim = type.getRank() - 1; dim > parameters.axis && parameters.axis >= 0; --dim)
    inner *= type.getDimSize(dim);
  std::vector<float> numbers;
  for (auto [at, code] : llvm::enumerate(codes->values())) {
    const size_t channel =
        parameters.axis < 0 ? 0 : at / inner % static_cast<int64_t>(parameters.scales.size());
    const int32_t q = element.isSigned() ? code : static_cast<uint8_t>(code);
    numbers.push_back(
        numerics::dequantize(q, parameters.scales[channel], parameters.zeroPoints[channel]));
  }
  OpBuilder builder(parameter);
  const std::string name = parameter->hasOneUse()
                               ? parameter.getName().str()
                               : nn::uniqueParameterName(parameter, parameter.getName());
  auto made = nn::createParameter(builder, parameter.getLoc(), name, type.getShape(), numbers);
  builder.setInsertionPoint(op);
  op.getResult().replaceAllUsesWith(
      addPoint(builder, made.getResult(), element, name, op.getLoc()));
  op.erase();
  if (parameter->use_empty())
    parameter.erase();
}

void PointMaker::run(func::FuncOp function) {
  // Collected before, since each takes others with it.
  SmallVector<quantize::QuantizeOp> quantizes;
  function.walk([&](quantize::QuantizeOp op) { quantizes.push_back(op); });
  llvm::for_each(quantizes, [&](quantize::QuantizeOp op) { quantizeToPoint(op); });
  SmallVector<quantize::DequantizeOp> dequantizes;
  function.walk([&](quantize::DequantizeOp op) { dequantizes.push_back(op); });
  llvm::for_each(dequantizes, [&](quantize::DequantizeOp op) { weightToPoint(op); });
}

namespace {
struct ImportPointsPass : importer::impl::ImportPointsBase<ImportPointsPass> {
  using ImportPointsBase::ImportPointsBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (module->getAttrOfType<StringAttr>(QOptDialect::kStageAttr) ==
        StringAttr::get(&getContext(), "converted"))
      return;
    PointMaker maker(module);
    for (func::FuncOp function : module.getOps<func::FuncOp>())
      if (!function.isExternal())
        maker.run(function);
    points += maker.points;
  }
};
} // namespace
