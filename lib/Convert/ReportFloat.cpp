//===- ReportFloat.cpp - which layers stay float, and why ---------------------------===//

#include "Codes.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Support/Text.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringSet.h"

namespace qopt::convert {
#define GEN_PASS_DEF_CONVERTREPORTFLOAT
#include "qopt/Convert/Passes.h.inc"
} // namespace qopt::convert

using namespace mlir;
using namespace qopt;
using namespace qopt::convert;

/// The kinds that ops of loaded dialects have, sorted, with the group names.
static std::vector<std::string> knownKinds(MLIRContext *context) {
  std::vector<std::string> kinds{"all", "conv"};
  for (const RegisteredOperationName name : context->getRegisteredOperations())
    if (name.hasInterface<QuantizableOpInterface>())
      kinds.push_back(name.stripDialect().str());
  llvm::sort(kinds);
  return kinds;
}

/// The kinds that `word` stands for, added to `chosen`.
static void addKind(StringRef word, llvm::StringSet<> &chosen) {
  chosen.insert(word);
  if (word == "conv") {
    chosen.insert("conv2d");
    chosen.insert("conv_transpose2d");
  }
}

namespace {
struct ConvertReportFloat : convert::impl::ConvertReportFloatBase<ConvertReportFloat> {
  using ConvertReportFloatBase::ConvertReportFloatBase;

  LogicalResult readKinds(llvm::StringSet<> &chosen) {
    const std::vector<std::string> known = knownKinds(&getContext());
    for (const std::string &word : failOnFloat) {
      if (!llvm::is_contained(known, word))
        return getOperation().emitError()
               << "fail-on-float: unknown kind '" << word << "'" << didYouMean(word, known)
               << "; expected " << joinList(known, /*quote=*/false, /*limit=*/64);
      addKind(word, chosen);
    }
    return success();
  }

  /// False when the layer must not stay float.
  bool report(QuantizableOpInterface op, const llvm::StringSet<> &forbidden) {
    auto given = op->getAttrOfType<StringAttr>(quantize::QOptDialect::kFloatReasonAttr);
    const StringRef reason = given ? given.getValue() : "no reason is recorded";
    const StringRef kind = op.getQuantRule().kind;
    if (forbidden.contains("all") || forbidden.contains(kind)) {
      mlir::emitError(op.getLoc())
          << kind << " " << layerName(op) << " is left in float: " << reason << " (fail-on-float)";
      return false;
    }
    mlir::emitRemark(op.getLoc()) << kind << " " << layerName(op) << " left in float: " << reason;
    remark::missed(op.getLoc(), remark::RemarkOpts::name("LeftInFloat").category("convert"))
        << remark::reason("{0} {1} left in float: {2}", kind, layerName(op), reason);
    return true;
  }

  void runOnOperation() override {
    llvm::StringSet<> forbidden;
    if (failed(readKinds(forbidden)))
      return signalPassFailure();
    bool valid = true;
    getOperation().walk([&](QuantizableOpInterface op) {
      if (!nn::computesOnCodes(op))
        valid &= report(op, forbidden);
    });
    if (!valid)
      signalPassFailure();
  }
};
} // namespace
