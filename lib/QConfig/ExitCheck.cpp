//===- ExitCheck.cpp - what holds after qconfig ----------------------------------------===//

#include "qopt/QConfig/Passes.h"

#include "dialects/NN/Names.h"
#include "dialects/QOpt/QOptDialect.h"

namespace qopt::qconfig {
#define GEN_PASS_DEF_QCONFIGVERIFYEXIT
#include "qopt/QConfig/Passes.h.inc"
} // namespace qopt::qconfig

using namespace mlir;
using namespace qopt;
using quantize::QOptDialect;

static LogicalResult check(QuantizableOpInterface op) {
  const bool configured = op->hasAttr(QOptDialect::kQConfigAttr);
  const bool hasReason = op->hasAttr(QOptDialect::kFloatReasonAttr);
  if (configured == hasReason)
    return op.emitError() << "expected either '" << QOptDialect::kQConfigAttr << "' or '"
                          << QOptDialect::kFloatReasonAttr << "', got "
                          << (configured ? "both" : "none") << "; run --qconfig-apply";
  if (configured && op.getQuantRule().result == ResultRule::Float)
    return op.emitError() << "has no integer form, so it needs '" << QOptDialect::kFloatReasonAttr
                          << "' instead of '" << QOptDialect::kQConfigAttr << "'";
  return success();
}

namespace {

struct VerifyExitPass : qconfig::impl::QConfigVerifyExitBase<VerifyExitPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    bool ok = succeeded(nn::verifyNames(module));
    module.walk([&](QuantizableOpInterface op) { ok &= succeeded(check(op)); });
    if (!ok)
      return signalPassFailure();
    module->setAttr(QOptDialect::kStageAttr, StringAttr::get(&getContext(), "configured"));
  }
};

} // namespace
