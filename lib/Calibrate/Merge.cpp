//===- Merge.cpp - add up the statistics of shards -------------------------------------===//

#include "Observers.h"
#include "Shard.h"

#include "dialects/QOpt/ReadModule.h"
#include "qopt/Calibrate/Passes.h"
#include "qopt/Support/Text.h"

namespace qopt::calibrate {
#define GEN_PASS_DEF_CALIBRATEMERGE
#include "qopt/Calibrate/Passes.h.inc"
} // namespace qopt::calibrate

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;

/// Specs of different contexts are compared as text.
static std::string textOf(quantize::SpecAttr spec) {
  std::string text;
  llvm::raw_string_ostream(text) << spec;
  return text;
}

/// The statistics that module `path` recorded for `observer`.
static llvm::Expected<ObserverState> stateIn(ModuleOp module, StringRef path, Observer &observer) {
  const std::string where = path.str() + ": " + observer.where();
  auto other = module.lookupSymbol<quantize::QParamsOp>(observer.name());
  if (!other)
    return makeError(where + " is missing; the shards must come from the same prepared module");
  if (textOf(other.getSpec()) != textOf(observer.symbol.getSpec()))
    return makeError(where + " is configured otherwise; the shards must come from the same "
                             "prepared module");
  llvm::Expected<std::optional<ObserverState>> state = loadState(other);
  if (!state)
    return llvm::joinErrors(makeError(path + " cannot be merged"), state.takeError());
  if (!*state)
    return makeError(where + " has no statistics; run calibrate-run with a shard first");
  return std::move(**state);
}

namespace {
struct CalibrateMerge : calibrate::impl::CalibrateMergeBase<CalibrateMerge> {
  using CalibrateMergeBase::CalibrateMergeBase;

  /// Adds what the module of one shard recorded.
  llvm::Error addShard(ModuleOp shard, StringRef path, Observers &observers,
                       llvm::MapVector<StringAttr, ObserverState> &sums) {
    for (auto &[name, observer] : observers) {
      if (!observer.seesData || observer.isGiven())
        continue;
      llvm::Expected<ObserverState> state = stateIn(shard, path, observer);
      if (!state)
        return state.takeError();
      // Into an empty state, so that one shard alone is checked too.
      auto [sum, isNew] = sums.try_emplace(name, makeState(observer.symbol.getSpec()));
      if (llvm::Error error = sum->second.merge(*state, path.str() + ": " + observer.where()))
        return error;
    }
    return llvm::Error::success();
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    if (inputs.empty())
      return module.emitError("calibrate-merge needs the shards' modules: inputs=A.mlir,B.mlir");
    FailureOr<Observers> observers = collectObservers(module);
    if (failed(observers))
      return failure();
    llvm::MapVector<StringAttr, ObserverState> sums;
    ShardSet shards;
    for (const std::string &path : inputs) {
      if (llvm::count(inputs, path) > 1)
        return module.emitError() << path << ": is named twice; each shard is merged once";
      // A context of its own: its resources go with it, and names of ours stay free.
      MLIRContext context(getContext().getDialectRegistry(), MLIRContext::Threading::DISABLED);
      OwningOpRef<ModuleOp> shard = readModule(path, &context);
      if (!shard)
        return module.emitError() << path << ": cannot be read as a module";
      if (llvm::Error error = addShard(*shard, path, *observers, sums))
        return module.emitError() << llvm::toString(std::move(error));
      if (llvm::Error error = shards.add(*shard, path))
        return module.emitError() << llvm::toString(std::move(error));
    }
    if (llvm::Error error = shards.complete())
      return module.emitError() << llvm::toString(std::move(error));
    Shard().store(module);
    for (auto &[name, sum] : sums)
      storeState((*observers)[name].symbol, sum);
    return success();
  }

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }
};
} // namespace
