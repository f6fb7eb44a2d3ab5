//===- Match.h - which entry of a configuration decides an op -------------------------===//

#ifndef QOPT_LIB_QCONFIG_MATCH_H
#define QOPT_LIB_QCONFIG_MATCH_H

#include "qopt/QConfig/Config.h"

#include "dialects/NN/NN.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Regex.h"

#include <set>

namespace qopt::qconfig {

/// The names by which a configuration may mean an op.
struct OpNames {
  std::string layer; ///< module path, or the name of the group's root where it has none
  std::string value; ///< name of the value that it makes
  std::string node;  ///< name of the (root's) node in the model, where it is known

  /// What errors and patterns go by.
  const std::string &shown() const { return layer.empty() ? value : layer; }
};

/// Finds the deciding entry of each op, and in the end those that never decided anything.
class Matcher {
public:
  explicit Matcher(const Config &config) : config(config) {}

  /// Compiles the patterns and learns the module's names. Errors: an invalid pattern, an
  /// unknown object type.
  llvm::Error prepare(mlir::ModuleOp module);

  /// The entry for `op`, or null: the global rule. Ops must come in program order.
  const Entry *find(QuantizableOpInterface op);

  /// "x86.json: $.module_name.fc1: ..." for each entry that named nothing.
  std::vector<std::string> unmatched() const;

  /// An error's text about a value name of the configuration that the module lacks.
  std::string unknownValue(llvm::StringRef name, llvm::StringRef path,
                           llvm::ArrayRef<std::string> choices) const;

  /// Where `name` was merged into another op: "; it was fused into 'conv1'", or nothing.
  std::string fusedHint(llvm::StringRef name) const;

private:
  /// Entries whose name is only the end of one op's: those of that op.
  void resolveShortNames(mlir::ModuleOp module);
  bool isKnown(llvm::StringRef name) const;
  const Entry *findByName(const std::string &name, Entry::Kind kind);
  const Entry *findByModule(const OpNames &names);
  const Entry *findByOrder(const OpNames &names, llvm::StringRef kind);
  const Entry *findByPattern(const OpNames &names);
  const Entry *use(const Entry &entry);

  const Config &config;
  std::vector<std::pair<const Entry *, llvm::Regex>> patterns;
  std::set<const Entry *> used;
  std::vector<std::string> known;   // every layer and value of an op
  llvm::StringSet<> nodes, modules; // names of nodes; layers and what contains them
  llvm::StringMap<std::vector<std::string>> shortFor; // ends of names -> the ops they may mean
  llvm::StringMap<std::string> fusedInto;             // merged op -> its group
  llvm::StringMap<int64_t> occurrences;               // "module\0kind" -> ops seen so far
};

/// The op's names; a fused group without a module path goes by its root's name too.
OpNames namesOf(mlir::Operation *op);

} // namespace qopt::qconfig

#endif // QOPT_LIB_QCONFIG_MATCH_H
