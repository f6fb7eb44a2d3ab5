//===- VerifyExit.cpp - what a converted module promises ----------------------------===//

#include "Layer.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Convert/Passes.h"

#include "mlir/IR/BuiltinOps.h"

namespace qopt::convert {
#define GEN_PASS_DEF_CONVERTVERIFYEXIT
#include "qopt/Convert/Passes.h.inc"
} // namespace qopt::convert

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;
using quantize::QOptDialect;

/// The bias is an i32 constant at the scale of input and weight (N5).
static LogicalResult verifyBias(Operation *op, Value input, Value weight, Value bias) {
  int64_t badChannel = 0;
  const int64_t channels = cast<RankedTensorType>(bias.getType()).getNumElements();
  const quant::QuantizedType expected =
      biasType(uniformType(input.getType()), nn::getQuantizedElementType(weight.getType()),
               channels, badChannel);
  const quant::QuantizedType actual = nn::getQuantizedElementType(bias.getType());
  if (expected && actual == expected)
    return success();
  return op->emitError() << layerName(op) << ": expected the bias to have the element type "
                         << expected << " (input scale times weight scale, N5), got " << actual;
}

static LogicalResult verifyConstants(QuantizableOpInterface op) {
  Value input, weight, bias;
  for (OpOperand &operand : op->getOpOperands()) {
    const OperandRole role = op.getOperandRole(operand.getOperandNumber());
    if (role == OperandRole::Activation) {
      input = input ? input : operand.get();
      continue;
    }
    if (role == OperandRole::Residual)
      continue;
    if (!nn::getParameter(operand.get()))
      return op.emitError() << layerName(op) << ": expected its " << stringifyRole(role)
                            << " to be an nn.parameter, got " << operand.get();
    if (role == OperandRole::Weight)
      weight = operand.get();
    if (role == OperandRole::Bias)
      bias = operand.get();
  }
  return bias ? verifyBias(op, input, weight, bias) : success();
}

/// A table of 256 bytes, or one per channel, wherever the function is none of the clamps.
static LogicalResult verifyTable(QuantizableOpInterface op) {
  auto root = dyn_cast<FusionRootOpInterface>(op.getOperation());
  auto act = root ? dyn_cast_if_present<nn::ActAttr>(root.getFusedActivation()) : nn::ActAttr();
  auto pointwise = dyn_cast<PointwiseOpInterface>(op.getOperation());
  auto table = op->getAttrOfType<ElementsAttr>("table");
  const bool needed = pointwise || (act && !act.isClamp() && !nn::hasFloatResultOfCodes(op));
  if (!needed)
    return success();
  SmallVector<int64_t> shape{256};
  if (pointwise && pointwise.getPointwiseChannels() > 0)
    shape.insert(shape.begin(), pointwise.getPointwiseChannels());
  const auto expected = RankedTensorType::get(shape, IntegerType::get(op.getContext(), 8));
  if (!table)
    return op.emitError() << layerName(op) << ": expected a 'table' of type " << expected
                          << " for its function on codes (N10)";
  if (cast<ShapedType>(table.getType()) != expected)
    return op.emitError() << layerName(op) << ": expected a 'table' of type " << expected
                          << ", got " << table.getType();
  return success();
}

static LogicalResult verifyLayer(QuantizableOpInterface op) {
  if (!nn::computesOnCodes(op)) {
    if (op->hasAttr(QOptDialect::kFloatReasonAttr))
      return success();
    return op.emitError() << layerName(op) << ": a float layer without '"
                          << QOptDialect::kFloatReasonAttr << "'; run convert-to-codes";
  }
  if (op->hasAttr(QOptDialect::kFloatReasonAttr))
    return op.emitError() << layerName(op) << ": a layer on codes has '"
                          << QOptDialect::kFloatReasonAttr << "'";
  if (midSymbol(op))
    return op.emitError() << layerName(op) << ": expected 'mid' to be a quantized type, got "
                          << midSymbol(op);
  if (failed(verifyConstants(op)))
    return failure();
  return verifyTable(op);
}

/// No border undoes the one before it.
static LogicalResult verifyBorder(quantize::DequantizeOp op) {
  for (Operation *user : op->getUsers())
    if (isa<quantize::QuantizeOp>(user))
      return user->emitError() << "quantizes what qopt.dequantize made; expected "
                                  "qopt.requantize on the codes";
  return success();
}

namespace {
struct ConvertVerifyExit : convert::impl::ConvertVerifyExitBase<ConvertVerifyExit> {
  using ConvertVerifyExitBase::ConvertVerifyExitBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool valid = true;
    module.walk([&](Operation *op) {
      if (isPoint(op)) {
        op->emitError() << "a quantization point is left (" << pointSymbol(op)
                        << "); run convert-to-codes";
        valid = false;
      } else if (auto layer = dyn_cast<QuantizableOpInterface>(op)) {
        valid &= succeeded(verifyLayer(layer));
      } else if (auto border = dyn_cast<quantize::DequantizeOp>(op)) {
        valid &= succeeded(verifyBorder(border));
      }
    });
    if (!valid)
      return signalPassFailure();
    module->setAttr(QOptDialect::kStageAttr, StringAttr::get(&getContext(), "converted"));
  }
};
} // namespace
