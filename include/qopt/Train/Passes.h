//===- Passes.h - the train stage ------------------------------------------------------===//
//
// What happens to a module between prepare and convert when a framework trains it: flags and
// policies in it say what the trainer does (docs/stages/QAT.md).
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_TRAIN_PASSES_H
#define QOPT_TRAIN_PASSES_H

#include "dialects/Interfaces/PassStatistic.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace qopt::train {

#define GEN_PASS_DECL
#include "qopt/Train/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "qopt/Train/Passes.h.inc"

} // namespace qopt::train

#endif // QOPT_TRAIN_PASSES_H
