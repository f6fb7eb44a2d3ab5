//===- Plan.h - a function prepared for runs -----------------------------------------===//
//
// What can be decided once per module: evaluators, parameters, value slots, lifetimes,
// names of reported values.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_PLAN_H
#define QOPT_REFERENCE_PLAN_H

#include "lib/Reference/Evaluator.h"

#include "llvm/ADT/DenseMap.h"

#include <vector>

namespace qopt::reference {

struct OpPlan {
  Operation *op = nullptr;
  const EvaluatorRow *row = nullptr;
  /// All operands are constants, so the op runs once.
  bool isConstant = false;
  /// A float result is the work of a float layer, not a movement or a border.
  bool computesFloat = false;
  llvm::SmallVector<unsigned> operandSlots;
  llvm::SmallVector<unsigned> resultSlots;
  /// Slots whose last reader this op is.
  llvm::SmallVector<unsigned> deadAfter;
  llvm::SmallVector<QuantPtr, 1> resultQuants;
  bool resultIsDerived = false;
  QuantPtr pointQuant;
  /// Per result the name it is reported by; empty: not reported.
  llvm::SmallVector<std::string, 1> reportNames;
  std::unique_ptr<KeptState> state;
};

struct Plan {
  EvalMode mode = EvalMode::Float;
  std::vector<OpPlan> ops;
  unsigned numSlots = 0;
  llvm::SmallVector<unsigned> inputSlots;
  llvm::SmallVector<unsigned> outputSlots;
  llvm::SmallVector<TensorSpec> inputs;
  llvm::SmallVector<TensorSpec> outputs;
};

/// Errors: see Interpreter::create.
llvm::Expected<Plan> makePlan(mlir::ModuleOp module, EvalMode mode);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_PLAN_H
