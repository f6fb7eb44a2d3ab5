//===- ExitCheck.cpp - what holds for every imported module --------------------------===//

#include "GraphImporter.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// Only the batch may be of unknown size.
static LogicalResult checkSizes(Operation *op) {
  for (const Value result : op->getResults()) {
    auto type = dyn_cast<RankedTensorType>(result.getType());
    for (int64_t i = 1; type && i < type.getRank(); ++i)
      if (type.isDynamicDim(i))
        return op->emitError() << "dimension " << i << " of '" << nn::getValueName(result)
                               << "' has no known size (" << type
                               << "); only dimension 0 may depend on the free batch: fix the "
                                  "batch, as in --input-shape=x=1,...";
  }
  return success();
}

LogicalResult importer::checkImported(ModuleOp module) {
  llvm::StringMap<Operation *> names;
  const WalkResult result = module.walk([&](Operation *op) {
    if (!isa<nn::NNDialect>(op->getDialect()) || isa<nn::ParameterOp>(op))
      return WalkResult::advance();
    if (failed(checkSizes(op)))
      return WalkResult::interrupt();
    for (const Value value : op->getResults()) {
      const std::string name = nn::getValueName(value);
      if (!name.empty() && names.try_emplace(name, op).second)
        continue;
      op->emitError() << (name.empty() ? "has no name" : "shares its name '" + name + "'");
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}
