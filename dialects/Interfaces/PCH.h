//===- PCH.h - the precompiled header of all rooms on MLIR -----------------------===//
//
// Only headers that nearly every room includes; they cost most of a build's time.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_INTERFACES_PCH_H
#define QOPT_INTERFACES_PCH_H

// A pass's statistics must have the layout that libMLIR was built with: without assertions,
// therefore without counters. With ours on, the same class would carry members that libMLIR's
// constructor never sets.
#ifndef NDEBUG
#define NDEBUG
#include "llvm/ADT/Statistic.h"
#undef NDEBUG
#include <cassert>
#endif

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/TypeSwitch.h"

#endif // QOPT_INTERFACES_PCH_H
