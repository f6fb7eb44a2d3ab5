//===- ConvertToCodes.cpp - give every layer its quantized types --------------------===//
//
// The network is rebuilt beside itself: layers on codes are clones with quantized types,
// and a map says which codes stand for a float value. What is left of the float network
// afterwards reads its inputs through qopt.dequantize; the rest of it is removed.
//
//===-----------------------------------------------------------------------------===//

#include "Layer.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Reference/Constants.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringSet.h"

namespace qopt::convert {
#define GEN_PASS_DEF_CONVERTTOCODES
#include "qopt/Convert/Passes.h.inc"
} // namespace qopt::convert

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;
using quantize::QOptDialect;

namespace {

/// Counts for the pass's statistics.
struct Counts {
  unsigned onCodes = 0, inFloat = 0, tables = 0, borders = 0;
};

class Converter {
public:
  Converter(func::FuncOp function, Counts &counts) : function(function), counts(counts) {}
  LogicalResult run();

private:
  LogicalResult convertPoint(Operation *op);
  LogicalResult convertOp(QuantizableOpInterface op);
  void addBorders(Operation *op);
  Value dequantized(Value value);
  void eraseFloatNetwork(ArrayRef<Operation *> original);

  func::FuncOp function;
  Counts &counts;
  CodesMap codes;
  ConstantCodes constants;
  DenseMap<Value, Value> borders;
  DenseSet<Operation *> replaced;   // ops and points that quantized ones stand for
  SmallVector<Operation *> dynamic; // ops on codes that read floats (N17)
};

} // namespace

/// The name of the codes that a point makes: that of the float value; codes made from other
/// codes of that value are told apart by their parameters.
static std::string borderName(Operation *point, bool second) {
  Value source = point->getOperand(0);
  while (isPoint(source.getDefiningOp()))
    source = source.getDefiningOp()->getOperand(0);
  std::string name = nn::getValueName(source);
  if (second && !name.empty())
    name += "@" + pointSymbol(point).getValue().str();
  return name;
}

/// Quantizes what stays float up to this point, or changes parameters.
LogicalResult Converter::convertPoint(Operation *op) {
  replaced.insert(op);
  const Value input = op->getOperand(0), result = op->getResult(0);
  FlatSymbolRefAttr observer = pointSymbol(op);
  if (isConstant(input))
    return success(); // constants become codes where they are used, by role
  auto type =
      cast<quant::UniformQuantizedType>(quantize::lookupQParams(op, observer).getQuantizedType());
  const auto known = codes.find(input);
  if (known != codes.end() && uniformType(known->second.value.getType()) == type) {
    codes[result] = {known->second.value, observer};
    return success();
  }
  OpBuilder builder(op);
  const RankedTensorType tensor = withElement(input.getType(), type);
  Operation *border =
      known != codes.end()
          ? quantize::RequantizeOp::create(builder, op->getLoc(), tensor, known->second.value)
                .getOperation()
          : quantize::QuantizeOp::create(builder, op->getLoc(), tensor, input).getOperation();
  border->setDiscardableAttrs(llvm::to_vector(op->getDiscardableAttrs()));
  if (const std::string name = borderName(op, /*second=*/known != codes.end()); !name.empty())
    nn::setValueName(border, name);
  border->setAttr(QOptDialect::kObserverAttr, observer);
  codes[result] = {border->getResult(0), observer};
  ++counts.borders;
  return success();
}

LogicalResult Converter::convertOp(QuantizableOpInterface op) {
  if (nn::computesOnCodes(op))
    return success(); // converted before
  const std::string reason = reasonForFloat(op, codes);
  if (!reason.empty()) {
    op->setAttr(QOptDialect::kFloatReasonAttr, StringAttr::get(op.getContext(), reason));
    op->removeAttr(QOptDialect::kFloatResultAttr);
    ++counts.inFloat;
    return success();
  }
  FailureOr<Operation *> made = buildOnCodes(op, codes, constants);
  if (failed(made))
    return failure();
  replaced.insert(op);
  if (quantize::isDynamic(op))
    dynamic.push_back(*made);
  ++counts.onCodes;
  if ((*made)->getAttrOfType<ElementsAttr>("table"))
    ++counts.tables;
  return success();
}

/// The one qopt.dequantize of a float value for which codes stand.
Value Converter::dequantized(Value value) {
  const Value source = codes.lookup(value).value;
  Value &border = borders[source];
  if (border)
    return border;
  OpBuilder builder(function.getContext());
  builder.setInsertionPointAfterValue(source);
  auto made = quantize::DequantizeOp::create(builder, source.getLoc(), value.getType(), source);
  ++counts.borders;
  return border = made.getResult();
}

/// Lets an op that stayed float read its inputs: from codes, or a constant as it was.
void Converter::addBorders(Operation *op) {
  for (OpOperand &operand : op->getOpOperands()) {
    const Value value = operand.get();
    if (codes.contains(value))
      operand.set(dequantized(value));
    else if (isPoint(value.getDefiningOp()))
      operand.set(value.getDefiningOp()->getOperand(0));
    else if (auto border = value.getDefiningOp<quantize::DequantizeOp>();
             border && nn::getParameter(border.getInput()))
      operand.set(constants.dequantize(nn::getParameter(border.getInput()), border));
  }
}

/// Removes what codes replaced, then every constant or op that nothing reads any more.
void Converter::eraseFloatNetwork(ArrayRef<Operation *> original) {
  for (Operation *op : llvm::reverse(original)) {
    const bool unread = op->use_empty() && op->getNumResults() != 0;
    if (unread && (replaced.contains(op) || isOpTriviallyDead(op)))
      op->erase();
  }
  makeParameterNamesUnique(function.front());
}

LogicalResult Converter::run() {
  SmallVector<Operation *> original;
  for (Operation &op : function.front())
    original.push_back(&op);
  for (Operation *op : original) {
    LogicalResult result = success();
    if (isPoint(op))
      result = convertPoint(op);
    else if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
      result = convertOp(quantizable);
    if (failed(result))
      return failure();
  }
  for (Operation *op : original)
    if (!replaced.contains(op))
      addBorders(op);
  for (Operation *op : dynamic)
    addBorders(op);
  eraseFloatNetwork(original);
  return success();
}

//===-- before the walk: all points must be usable ----------------------------------===//

/// Reports why a point cannot become a type.
static LogicalResult checkSymbol(Operation *op, FlatSymbolRefAttr symbol, bool perTensor) {
  quantize::QParamsOp qparams = quantize::lookupQParams(op, symbol);
  // A point has no name of its own: it goes by its observer's.
  const std::string layer = isPoint(op) ? "'" + symbol.getValue().str() + "'" : layerName(op);
  if (!qparams)
    return op->emitError() << layer << ": expected the name of a qopt.qparams, got " << symbol;
  const unsigned bits = qparams.getSpec().getBits();
  if (bits > 8)
    return op->emitError() << layer << ": observer " << symbol << " asks for " << bits
                           << " bits, which exist only in simulation (N1); give this layer 2 to "
                              "8 bits in the configuration, or null to leave it float";
  if (!qparams.isResolved())
    return op->emitError() << layer << ": observer " << symbol
                           << " has no scale and zero point yet; calibrate the module first "
                              "(qopt calibrate)";
  if (perTensor && qparams.getSpec().isPerChannel())
    return op->emitError() << layer << ": observer " << symbol
                           << " is per channel, but activations are quantized per tensor (N1); "
                              "configure per_tensor for this layer's activations";
  return success();
}

/// All problems of all points are reported, each symbol once.
static LogicalResult checkPoints(func::FuncOp function) {
  bool valid = true;
  llvm::StringSet<> seen;
  function.walk([&](Operation *op) {
    FlatSymbolRefAttr symbol = isPoint(op) ? pointSymbol(op) : midSymbol(op);
    if (!symbol || !seen.insert(symbol.getValue()).second)
      return;
    const bool perTensor = !isPoint(op) || !isConstant(op->getOperand(0));
    valid &= succeeded(checkSymbol(op, symbol, perTensor));
  });
  return success(valid);
}

/// The stage before: a module that was not even prepared is a mistake in the order.
static LogicalResult checkStage(ModuleOp module) {
  auto stage = module->getAttrOfType<StringAttr>(QOptDialect::kStageAttr);
  if (!stage || !llvm::is_contained({"imported", "fused", "configured"}, stage.getValue()))
    return success();
  return module.emitError() << "convert expects a calibrated module, got one that is "
                            << stage.getValue() << "; run the stages prepare and calibrate first";
}

namespace {
struct ConvertToCodes : convert::impl::ConvertToCodesBase<ConvertToCodes> {
  using ConvertToCodesBase::ConvertToCodesBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(checkStage(module)))
      return signalPassFailure();
    Counts counts;
    for (func::FuncOp function : module.getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      if (failed(checkPoints(function)) || failed(Converter(function, counts).run()))
        return signalPassFailure();
    }
    if (failed(replaceFolds(module))) // those of layers that stay float
      return signalPassFailure();
    if (!keepState)
      for (quantize::QParamsOp qparams : module.getOps<quantize::QParamsOp>())
        qparams.removeStateAttr();
    onCodes += counts.onCodes;
    inFloat += counts.inFloat;
    tables += counts.tables;
    borders += counts.borders;
  }
};
} // namespace
