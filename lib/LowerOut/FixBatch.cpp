//===- FixBatch.cpp - a size for the unknown batch ------------------------------------===//

#include "qopt/LowerOut/Passes.h"

#include "dialects/Interfaces/QoptInterfaces.h"

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
    for (const Value argument : getOperation().getArguments())
      if (failed(fix(argument, getOperation())))
        return signalPassFailure();
    const WalkResult result = getOperation().walk([&](Operation *op) {
      return failed(fixResults(op)) ? WalkResult::interrupt() : WalkResult::advance();
    });
    if (result.wasInterrupted())
      return signalPassFailure();
    updateSignature();
  }

private:
  /// What the op makes of operands that are fixed: a batch that was merged with another dimension
  /// or split is not `batch` any more.
  LogicalResult fixResults(Operation *op) {
    auto shaped = dyn_cast<ShapeOpInterface>(op);
    if (!shaped || !llvm::any_of(op->getResultTypes(), isUnknown)) {
      for (const Value value : op->getResults())
        if (failed(fix(value, op)))
          return failure();
      return success();
    }
    SmallVector<SmallVector<int64_t>> shapes;
    if (failed(shaped.inferResultShapes(shapes)))
      return op->emitError() << "does not fit a batch of " << static_cast<int64_t>(batch)
                             << "; give one that its shape can hold";
    for (auto [value, shape] : llvm::zip_equal(op->getResults(), shapes)) {
      value.setType(cast<RankedTensorType>(value.getType()).clone(shape));
      if (failed(fix(value, op)))
        return failure();
    }
    return success();
  }

  static bool isUnknown(Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    return tensor && !tensor.hasStaticShape();
  }

  LogicalResult fix(Value value, Operation *op) {
    if (!isUnknown(value.getType()))
      return success();
    auto type = cast<RankedTensorType>(value.getType());
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
