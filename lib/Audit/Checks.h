//===- Checks.h - the checks of qopt verify -----------------------------------------===//
//
// Each returns what it examined and what it found wrong; an error means that it could not
// be made at all.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_AUDIT_CHECKS_H
#define QOPT_LIB_AUDIT_CHECKS_H

#include "qopt/Audit/Verify.h"
#include "qopt/Run/Program.h"

#include "mlir/IR/BuiltinOps.h"

namespace qopt::audit {

/// [N4] no partial sum of any layer leaves i32, whatever the order.
Check checkAccumulators(mlir::ModuleOp module);

/// [N5] a bias has the scale of input times weight, so that its codes mean what N4 adds.
Check checkBiases(mlir::ModuleOp module);

/// The kernels multiply in 16 bits, add pairs (AVX2) or fours (VNNI) without saturation,
/// and some convolutions by Winograd's way: the ranges that this needs.
Check checkProducts(mlir::ModuleOp module, const Program &program);

/// [N10] each table, for all 256 bytes and every channel.
Check checkTables(mlir::ModuleOp module);

/// The program was compiled from this module and describes its values as the module does.
Check checkDescription(mlir::ModuleOp module, const Program &program,
                       const Certificate &certificate);

/// Every constant of every call: parameters, packed weights, biases, multipliers, tables.
llvm::Expected<Check> checkConstants(mlir::ModuleOp module, const Program &program);

/// [N6, N8, N10] the kernels' arithmetic with the module's own parameters against formulas
/// evaluated here: all pairs of codes of each add, subtract and multiply (also fused behind
/// mid), all codes of each fused table, each channel's requantization at its corners.
llvm::Expected<std::vector<Check>> checkArithmetic(mlir::ModuleOp module,
                                                   const std::vector<std::string> &isas);

/// Each layer alone, compiled here, on inputs that drive its accumulators to their bounds and
/// on random codes, against the reference interpreter.
llvm::Expected<Check> checkLayers(mlir::ModuleOp module, const std::vector<std::string> &isas,
                                  const VerifyOptions &options);

/// The program itself, with 1 and 2 threads, against the reference: every named value.
llvm::Expected<Check> checkRuns(llvm::StringRef programPath, llvm::StringRef modulePath,
                                mlir::ModuleOp module, const std::vector<std::string> &isas,
                                const VerifyOptions &options);

} // namespace qopt::audit

#endif // QOPT_LIB_AUDIT_CHECKS_H
