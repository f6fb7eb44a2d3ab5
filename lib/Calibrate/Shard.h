//===- Shard.h - a part of the samples, and whether parts are the whole ---------------===//

#ifndef QOPT_LIB_CALIBRATE_SHARD_H
#define QOPT_LIB_CALIBRATE_SHARD_H

#include "mlir/IR/BuiltinOps.h"

#include <map>
#include <optional>

namespace qopt::calibrate {

/// Every n-th sample from the i-th on.
struct Shard {
  int64_t index = 0, count = 1;
  int64_t samples = 0; ///< of all shards together; 0: not known yet

  /// Parses "i/n"; an empty text is the whole. Error: another form, i outside [0, n).
  static llvm::Expected<Shard> parse(llvm::StringRef text);

  /// What the module's statistics are of, if not of a whole.
  static std::optional<Shard> of(mlir::ModuleOp module);
  /// Notes it in the module; the whole leaves no note.
  void store(mlir::ModuleOp module) const;

  std::string text() const { return std::to_string(index) + "/" + std::to_string(count); }
};

/// Checks that shards which are merged are all of one whole, each once. Modules that know of no
/// shards are wholes of their own; the two kinds do not mix.
class ShardSet {
public:
  /// Error: a shard that is there, of another number of shards or of other samples.
  llvm::Error add(mlir::ModuleOp module, llvm::StringRef path);
  /// Error: shards that are missing, by their numbers.
  llvm::Error complete() const;

private:
  std::optional<Shard> first;
  std::string firstPath;
  std::map<int64_t, std::string> paths; ///< by index
};

} // namespace qopt::calibrate

#endif // QOPT_LIB_CALIBRATE_SHARD_H
