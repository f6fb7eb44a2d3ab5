//===- FakeQuant.cpp - quantization points for training ---------------------------------===//

#include "Codes.h"
#include "qopt/Prepare/Passes.h"

namespace qopt::prepare {
#define GEN_PASS_DEF_PREPAREFAKEQUANT
#include "qopt/Prepare/Passes.h.inc"
} // namespace qopt::prepare

using namespace mlir;
using namespace qopt;
using namespace qopt::prepare;
using quantize::FakeQuantOp;
using quantize::LearnedAttr;
using quantize::ObserveOp;
using quantize::QParamsOp;

/// What the configuration says of a symbol's training, or null: it is observed.
static LearnedAttr learnedOf(QParamsOp symbol) {
  const DictionaryAttr options = symbol.getSpec().getOptions();
  return options ? options.getAs<LearnedAttr>("learned") : LearnedAttr();
}

namespace {

struct FakeQuantPass : prepare::impl::PrepareFakeQuantBase<FakeQuantPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    module.walk([&](ObserveOp op) {
      OpBuilder builder(op);
      auto point = FakeQuantOp::create(builder, op.getLoc(), op.getType(), op.getInput(),
                                       op.getQparamsAttr());
      point->setDiscardableAttrs(llvm::to_vector(op->getDiscardableAttrs()));
      op.replaceAllUsesWith(point.getResult());
      op.erase();
      ++points;
    });
    for (QParamsOp symbol : module.getOps<QParamsOp>()) {
      const LearnedAttr attribute = learnedOf(symbol);
      if (!attribute || symbol.getFixed() || symbol.getDerivedFrom())
        continue;
      symbol.setLearnedAttr(attribute);
      ++learned;
    }
  }
};

} // namespace
