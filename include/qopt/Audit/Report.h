//===- Report.h - the audit of a quantized model ------------------------------------===//
//
// The facts of every value and, where data, the float model or a program are given, what was
// measured: error against float, clipping, use of the grid, time.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_AUDIT_REPORT_H
#define QOPT_AUDIT_REPORT_H

#include "qopt/Audit/Facts.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringMap.h"

namespace qopt {

struct ReportOptions {
  std::string modelPath;   ///< a module at any stage, or a float model
  std::string floatPath;   ///< float model; empty: the module's own, where it is found
  std::string dataPath;    ///< samples; empty: nothing is measured on data
  std::string programPath; ///< compiled program to time; empty: no times
  int64_t limit = 0;       ///< use only the first samples; 0: all
  int64_t batch = 8;
  int32_t threads = 1;
  double seconds = 0.5; ///< to time each side
};

/// Of one value.
struct Measures {
  int64_t elements = 0;
  bool againstFloat = false;
  double signal = 0.0, noise = 0.0;
  int64_t beyondGrid = 0;         ///< float values that the grid does not reach
  std::vector<int64_t> histogram; ///< by code from qmin on; empty for float values
  std::optional<double> int8Ms, floatMs;

  std::optional<double> sqnr() const;
  std::optional<double> clipped() const;
};

struct AuditReport {
  ReportOptions options;
  ModuleFacts facts;
  llvm::StringMap<Measures> measures; ///< by value name
  int64_t samples = 0;
  std::string isa;                        ///< of the times
  std::optional<double> int8Ms, floatMs;  ///< one call at batch 1
  int64_t modelBytes = 0, floatBytes = 0; ///< constants
};

/// Errors: files that cannot be read or do not fit each other.
llvm::Expected<AuditReport> makeReport(mlir::MLIRContext &context, const ReportOptions &options);

Json toJson(const AuditReport &report);
std::string toText(const AuditReport &report);
/// One file without references to others.
std::string toHtml(const AuditReport &report);

/// Conditions that a report must meet.
struct Gates {
  std::vector<std::string> kinds; ///< layers of these kinds ("conv", "all", ...) may not be float
  std::optional<double> minSqnr;  ///< dB, of every value measured
  std::optional<double> maxClip;  ///< percent of values beyond the grid, of every value
};
/// What is not met: "'fc' has 12.30 dB, less than 20 dB (--min-sqnr)". Error: a gate that needs
/// what was not measured.
llvm::Expected<std::vector<std::string>> unmet(const AuditReport &report, const Gates &gates);

} // namespace qopt

#endif // QOPT_AUDIT_REPORT_H
