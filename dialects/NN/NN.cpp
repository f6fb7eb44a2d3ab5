//===- NN.cpp - the nn dialect: registration, names, generated op code --------------===//

#include "dialects/NN/NN.h"

#include "dialects/Interfaces/Version.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::nn;

#include "dialects/NN/NNOpsDialect.cpp.inc"
#include "dialects/NN/NNOpsEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/NN/NNOpsAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/NN/NNOps.cpp.inc"

void NNDialect::initialize() {
  addVersionToBytecode(*this);
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/NN/NNOpsAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/NN/NNOps.cpp.inc"
      >();
}

std::string nn::getValueName(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    auto function = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
    if (!function)
      return {};
    auto name =
        function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), NNDialect::kNameAttr);
    return name ? name.str() : std::string();
  }
  Operation *op = value.getDefiningOp();
  auto name = op->getAttrOfType<StringAttr>(NNDialect::kNameAttr);
  if (!name)
    return {};
  if (op->getNumResults() == 1)
    return name.str();
  return (name.getValue() + "." + Twine(cast<OpResult>(value).getResultNumber())).str();
}

void nn::setValueName(Operation *op, StringRef name) {
  op->setAttr(NNDialect::kNameAttr, StringAttr::get(op->getContext(), name));
}

quant::QuantizedType nn::getQuantizedElementType(Type tensorType) {
  auto tensor = dyn_cast<RankedTensorType>(tensorType);
  return tensor ? dyn_cast<quant::QuantizedType>(tensor.getElementType()) : quant::QuantizedType();
}

bool nn::hasFloatResultOfCodes(Operation *op) {
  return isa<DynamicLinearOp>(op) ||
         (isa<FusionRootOpInterface>(op) && !getQuantizedElementType(op->getResult(0).getType()) &&
          getQuantizedElementType(op->getOperand(0).getType()));
}

bool nn::givesDefinedFloat(Operation *op) {
  auto root = dyn_cast<FusionRootOpInterface>(op);
  auto act = root ? dyn_cast_or_null<ActAttr>(root.getFusedActivation()) : ActAttr();
  return !act || act.isClamp();
}

bool nn::computesOnCodes(Operation *op) {
  return getQuantizedElementType(op->getResult(0).getType()) || hasFloatResultOfCodes(op);
}

OperandRole nn::roleInSegments(const QuantRule &rule, ArrayRef<int32_t> segments, unsigned index) {
  unsigned end = 0;
  for (const auto [group, size] : llvm::enumerate(segments)) {
    end += size;
    if (index < end)
      return rule.operands[std::min<size_t>(group, rule.operands.size() - 1)];
  }
  return rule.operands.back();
}
