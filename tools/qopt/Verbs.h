//===- Verbs.h - what the driver's verbs share --------------------------------------===//

#ifndef QOPT_TOOLS_VERBS_H
#define QOPT_TOOLS_VERBS_H

#include "qopt/Pipelines/Stages.h"
#include "qopt/Support/Json.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"

namespace qopt {

/// One verb of the driver: its subcommand and what it does. Construct one statically per
/// verb; the driver finds it by name.
struct Verb {
  using Action = int (*)();
  Verb(llvm::StringRef name, llvm::StringRef summary, Action action);
  llvm::cl::SubCommand command;
  Action action;
};

/// The verb of that name, or null.
Verb *findVerb(llvm::StringRef name);

/// Prints "error: ..." and returns the exit code 1.
int fail(llvm::Error error);
int fail(const llvm::Twine &message);

/// Prints a JSON value on standard output.
void printJson(const Json &value);

/// The option --dump-stages of a verb.
struct StageDumps {
  explicit StageDumps(Verb &verb)
      : directory("dump-stages", llvm::cl::value_desc("DIR"),
                  llvm::cl::desc("write the module after each stage to DIR"),
                  llvm::cl::sub(verb.command)) {}

  llvm::Error apply(StageRunner &stages) const {
    return directory.empty() ? llvm::Error::success() : stages.dumpInto(directory.getValue());
  }

  llvm::cl::opt<std::string> directory;
};

/// A context with all dialects, whose diagnostics print as "error: 'layer': message" with
/// notes indented below. `quietRemarks` leaves remarks out.
class DriverContext {
public:
  explicit DriverContext(bool quietRemarks = false);
  mlir::MLIRContext &operator*() { return context; }
  mlir::MLIRContext *operator->() { return &context; }

private:
  static mlir::DialectRegistry registry();
  mlir::MLIRContext context;
};

/// Writes a file whole or not at all; "-" is standard output.
llvm::Error writeText(llvm::StringRef path, llvm::StringRef text);

/// Writes a module as text, or as bytecode when the path ends in .mlirbc; as writeText.
llvm::Error writeModule(mlir::ModuleOp module, llvm::StringRef path);

/// Runs `verb` in the driver after its options were parsed.
int runVerb(int argc, char **argv);

} // namespace qopt

#endif // QOPT_TOOLS_VERBS_H
