//===- FixedParams.cpp - parameters that no observer finds ------------------------------===//

#include "FixedParams.h"

#include "qopt/Support/Text.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace qopt;

llvm::Error qconfig::addFixedParams(ModuleOp module, StringRef name, Location loc,
                                    quantize::SpecAttr spec, ArrayRef<float> scales,
                                    ArrayRef<int32_t> zeroPoints, std::optional<int64_t> axis,
                                    StringRef rule) {
  if (Operation *old = SymbolTable::lookupSymbolIn(module, name)) {
    if (!isa<quantize::QParamsOp>(old))
      return makeError("'" + name +
                       "' is the name of a function too; rename the value in the model");
    old->erase();
  }
  OpBuilder builder(*module.getOps<func::FuncOp>().begin());
  const NamedAttribute attributes[] = {
      builder.getNamedAttr("sym_name", builder.getStringAttr(name)),
      builder.getNamedAttr("spec", spec)};
  auto qparams = quantize::QParamsOp::create(builder, loc, TypeRange(), ValueRange(), attributes);
  if (axis)
    qparams.setAxis(*axis);
  qparams.setQParams(scales, zeroPoints);
  qparams.setFixed(true);
  qparams.setRule(rule);
  return llvm::Error::success();
}
