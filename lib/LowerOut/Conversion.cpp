//===- Conversion.cpp - running a table of patterns over a module ---------------------===//

#include "Conversion.h"

#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;
using quantize::QOptDialect;

CodesTypeConverter::CodesTypeConverter() {
  addConversion([](Type type) { return type; });
  addConversion([](RankedTensorType type) -> Type {
    auto quantized = dyn_cast<quant::QuantizedType>(type.getElementType());
    if (!quantized)
      return type;
    const unsigned bits = quantized.getStorageTypeIntegralWidth() > 8 ? 32 : 8;
    return type.clone(IntegerType::get(type.getContext(), bits));
  });
  // Between an op that is lowered and one that is not: in the module only until that is reported.
  const auto cast = [](OpBuilder &builder, Type type, ValueRange inputs, Location loc) -> Value {
    return UnrealizedConversionCastOp::create(builder, loc, type, inputs).getResult(0);
  };
  addSourceMaterialization(cast);
  addTargetMaterialization(cast);
}

static LogicalResult requireConverted(ModuleOp module, StringRef target) {
  auto stage = module->getAttrOfType<StringAttr>(QOptDialect::kStageAttr);
  if (stage && stage.getValue() == "converted")
    return success();
  return module.emitError() << "lowering to " << target
                            << " expects a converted module, got one that is "
                            << (stage ? stage.getValue() : "at no stage")
                            << "; `qopt quantize` makes a converted one";
}

/// An op of the project; observers' symbols stay behind and go with the other traces.
static bool ofProject(Operation *op) {
  return isa_and_present<nn::NNDialect, QOptDialect>(op->getDialect()) &&
         !isa<quantize::QParamsOp>(op);
}

/// Lowerings take sizes from types; only a batch that an operand has may be unknown.
static LogicalResult requireSizes(ModuleOp module, StringRef target) {
  const auto batchUnknown = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getRank() > 0 && tensor.isDynamicDim(0);
  };
  const auto sizesUnknown = [](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && tensor.getRank() > 0 &&
           llvm::any_of(tensor.getShape().drop_front(), ShapedType::isDynamic);
  };
  bool clean = true;
  module.walk([&](Operation *op) {
    if (!ofProject(op))
      return;
    const bool batch = llvm::any_of(op->getOperandTypes(), batchUnknown);
    for (const Type type : op->getResultTypes())
      if (sizesUnknown(type) || (batchUnknown(type) && !batch)) {
        clean = false;
        op->emitError() << "lowering to " << target << " knows all sizes but the batch, got "
                        << type << "; give the sizes at import (--input-shape)";
      }
  });
  return success(clean);
}

/// Ops of the project that are left, with the reasons; constants only where nothing else tells.
static LogicalResult reportLeft(ModuleOp module, const Refusals &refusals, StringRef target) {
  bool clean = true;
  module.walk([&](Operation *op) {
    if (!ofProject(op) ||
        (isa<nn::ParameterOp>(op) && !op->use_empty() &&
         llvm::all_of(op->getUsers(), [](Operation *user) { return ofProject(user); })))
      return;
    clean = false;
    InFlightDiagnostic error = op->emitError() << op->getName() << " has no lowering to " << target;
    if (auto inFloat = op->getAttrOfType<StringAttr>(QOptDialect::kFloatReasonAttr))
      error << ": left in float: " << inFloat.getValue();
    else if (const std::string reason = refusals.lookup(op); !reason.empty())
      error << ": " << reason;
  });
  if (!clean)
    return failure();
  // A cast that stays joins a lowered op and one that no row knows, a block's argument for one.
  module.walk([&](UnrealizedConversionCastOp cast) {
    clean = false;
    cast.emitError() << "codes of type " << cast.getOperand(0).getType()
                     << " enter or leave what has no lowering to " << target
                     << "; expected functions of one block of nn and qopt ops";
  });
  return success(clean);
}

static bool ofProject(StringRef attribute) {
  return attribute.starts_with("qopt.") || attribute.starts_with("nn.");
}

/// Attributes and symbols that mean nothing outside; names of arguments and results stay.
static void removeTraces(ModuleOp module) {
  for (quantize::QParamsOp symbol :
       llvm::make_early_inc_range(module.getOps<quantize::QParamsOp>()))
    symbol.erase();
  module.walk([](Operation *op) {
    if (isa<func::FuncOp>(op))
      return;
    for (const NamedAttribute attribute : llvm::to_vector(op->getDiscardableAttrs()))
      if (ofProject(attribute.getName()))
        op->removeDiscardableAttr(attribute.getName());
  });
}

/// The function bears the name again that it had before import.
static void restoreEntry(ModuleOp module) {
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (auto name =
            dyn_cast_or_null<StringAttr>(function->removeDiscardableAttr(QOptDialect::kEntryAttr)))
      function.setName(name.getValue());
}

/// Constants whose readers took their data, and chains of ops that nothing reads.
static void eraseUnread(ModuleOp module) {
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    for (Block &block : function.getBody())
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (isOpTriviallyDead(&op))
          op.erase();
}

LogicalResult lowerout::convertModule(ModuleOp module, CodesTypeConverter &converter,
                                      RewritePatternSet &&patterns, const Refusals &refusals,
                                      ArrayRef<StringRef> dialects, StringRef target) {
  if (failed(requireConverted(module, target)) || failed(requireSizes(module, target)))
    return failure();
  populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns, converter);
  populateReturnOpTypeConversionPattern(patterns, converter);
  ConversionTarget legal(*module.getContext());
  for (const StringRef dialect : dialects)
    legal.addLegalDialect(dialect);
  legal.addLegalOp<ModuleOp, quantize::QParamsOp>();
  legal.addDynamicallyLegalOp<func::FuncOp>(
      [&](func::FuncOp op) { return converter.isSignatureLegal(op.getFunctionType()); });
  legal.addDynamicallyLegalOp<func::ReturnOp>([&](Operation *op) { return converter.isLegal(op); });
  // Ops of unknown legality are tried and left where that fails; then they are reported together.
  if (failed(applyPartialConversion(module, legal, std::move(patterns))))
    return failure();
  eraseUnread(module);
  if (failed(reportLeft(module, refusals, target)))
    return failure();
  removeTraces(module);
  restoreEntry(module);
  return success();
}
