//===- FixBatch.cpp - a size for the unknown batch ------------------------------------===//

#include "qopt/LowerOut/Passes.h"

#include "mlir/IR/BuiltinTypes.h"

namespace qopt::lowerout {
#define GEN_PASS_DEF_FIXBATCH
#include "qopt/LowerOut/Passes.h.inc"
} // namespace qopt::lowerout

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

namespace {
struct FixBatch : lowerout::impl::FixBatchBase<FixBatch> {
  using FixBatchBase::FixBatchBase;

  void runOnOperation() override {
    if (batch == 0)
      return;
    if (batch < 0) {
      getOperation().emitError() << "expected a positive batch, got "
                                 << static_cast<int64_t>(batch);
      return signalPassFailure();
    }
    WalkResult result = getOperation().walk([&](Operation *op) {
      for (const Value value : op->getResults())
        if (failed(fix(value, op)))
          return WalkResult::interrupt();
      return WalkResult::advance();
    });
    for (const Value argument : getOperation().getArguments())
      if (!result.wasInterrupted() && failed(fix(argument, getOperation())))
        result = WalkResult::interrupt();
    if (result.wasInterrupted())
      return signalPassFailure();
    updateSignature();
  }

private:
  LogicalResult fix(Value value, Operation *op) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    if (!type || type.hasStaticShape())
      return success();
    SmallVector<int64_t> shape(type.getShape());
    if (ShapedType::isDynamic(shape[0]))
      shape[0] = batch;
    if (ShapedType::isDynamicShape(shape))
      return op->emitError() << "has an unknown size other than the batch: " << type;
    value.setType(type.clone(shape));
    return success();
  }

  void updateSignature() {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    Operation *end = function.front().getTerminator();
    function.setFunctionType(FunctionType::get(&getContext(), function.front().getArgumentTypes(),
                                               end->getOperandTypes()));
  }
};
} // namespace
