//===- Observers.h - the observers of a module and where they look --------------------------===//

#ifndef QOPT_LIB_CALIBRATE_OBSERVERS_H
#define QOPT_LIB_CALIBRATE_OBSERVERS_H

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/RangeSearch.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"

namespace qopt::calibrate {

/// A qparams symbol that points or `mid` attributes name.
struct Observer {
  quantize::QParamsOp symbol;
  /// Some point or `mid` sees values of the run.
  bool seesData = false;
  /// Constants behind its points (parameters, or what a fold makes of them).
  llvm::SmallVector<mlir::Value> constants;
  /// An op whose result the symbol's point observes; for derived parameters and messages.
  mlir::Operation *producer = nullptr;

  llvm::StringRef name() { return symbol.getSymName(); }
  /// "observer @conv1".
  std::string where() { return "observer @" + name().str(); }
  /// No statistics decide: fixed parameters, or the observer is switched off.
  bool isGiven();
};

/// The observers in use, by name, in the order of the module.
using Observers = llvm::MapVector<mlir::StringAttr, Observer>;

/// Collects them. Error, emitted on the op: a name without a symbol.
llvm::FailureOr<Observers> collectObservers(mlir::ModuleOp module);

/// The kind that the spec names; per-channel parameters with a search of their own use it for
/// each channel, `per_channel_min_max` is min_max there.
ObserverKind kindOf(quantize::SpecAttr spec);

/// An empty state for the spec: kind, bins, averaging constant.
ObserverState makeState(quantize::SpecAttr spec);

/// The statistics stored in the symbol; nothing when it has none. Error: damaged bytes.
llvm::Expected<std::optional<ObserverState>> loadState(quantize::QParamsOp symbol);

/// Stores the statistics as a resource.
void storeState(quantize::QParamsOp symbol, const ObserverState &state);

/// qopt.observe or qopt.fake_quant.
bool isPoint(mlir::Operation *op);

/// The symbol whose parameters a value carries: of the point that made it, or behind ops that
/// keep codes of their input's. Null for a float value.
mlir::FlatSymbolRefAttr carriedSymbol(mlir::Value value);

} // namespace qopt::calibrate

#endif // QOPT_LIB_CALIBRATE_OBSERVERS_H
