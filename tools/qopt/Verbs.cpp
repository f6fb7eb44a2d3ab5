//===- Verbs.cpp - finding and running verbs, their diagnostics and outputs ---------===//

#include "Verbs.h"

#include "qopt/Pipelines/Register.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/Support/ManagedStatic.h"
#include "llvm/Support/raw_ostream.h"

using namespace qopt;

static std::vector<Verb *> &verbs() {
  static std::vector<Verb *> list;
  return list;
}

Verb::Verb(llvm::StringRef name, llvm::StringRef summary, Action action)
    : command(name, summary), action(action) {
  verbs().push_back(this);
}

Verb *qopt::findVerb(llvm::StringRef name) {
  for (Verb *verb : verbs())
    if (verb->command.getName() == name)
      return verb;
  return nullptr;
}

int qopt::fail(llvm::Error error) {
  llvm::outs().flush(); // what was printed before comes first where both go to one place
  llvm::handleAllErrors(std::move(error), [](const llvm::ErrorInfoBase &info) {
    llvm::errs() << "error: " << info.message() << "\n";
  });
  return 1;
}

int qopt::fail(const llvm::Twine &message) {
  llvm::outs().flush();
  llvm::errs() << "error: " << message << "\n";
  return 1;
}

void qopt::printJson(const Json &value) { llvm::outs() << value.dump(2) << "\n"; }

/// "'layer': " for a named location, "file:line:col: " for a place in a file.
static void printLocation(mlir::Location location, llvm::raw_ostream &os) {
  if (auto name = llvm::dyn_cast<mlir::NameLoc>(location))
    os << "'" << name.getName().getValue() << "': ";
  else if (auto place = llvm::dyn_cast<mlir::FileLineColLoc>(location))
    os << place.getFilename().getValue() << ":" << place.getLine() << ":" << place.getColumn()
       << ": ";
  else if (auto fused = llvm::dyn_cast<mlir::FusedLoc>(location);
           fused && !fused.getLocations().empty())
    printLocation(fused.getLocations().front(), os);
}

static llvm::StringRef severityText(mlir::DiagnosticSeverity severity) {
  switch (severity) {
  case mlir::DiagnosticSeverity::Error:
    return "error: ";
  case mlir::DiagnosticSeverity::Warning:
    return "warning: ";
  case mlir::DiagnosticSeverity::Remark:
    return "remark: ";
  case mlir::DiagnosticSeverity::Note:
    return "note: ";
  }
  return "";
}

static void printDiagnostic(mlir::Diagnostic &diagnostic) {
  llvm::raw_ostream &os = llvm::errs();
  os << severityText(diagnostic.getSeverity());
  printLocation(diagnostic.getLocation(), os);
  os << diagnostic.str() << "\n";
  for (mlir::Diagnostic &note : diagnostic.getNotes()) {
    os << "  note: ";
    printLocation(note.getLocation(), os);
    os << note.str() << "\n";
  }
}

mlir::DialectRegistry DriverContext::registry() {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  return registry;
}

DriverContext::DriverContext(bool quietRemarks)
    : context(registry(), mlir::MLIRContext::Threading::DISABLED) {
  context.loadAllAvailableDialects();
  context.printOpOnDiagnostic(false); // an op may be the whole module, with its weights
  context.getDiagEngine().registerHandler([quietRemarks](mlir::Diagnostic &diagnostic) {
    if (!quietRemarks || diagnostic.getSeverity() != mlir::DiagnosticSeverity::Remark)
      printDiagnostic(diagnostic);
    return mlir::success();
  });
}

llvm::Error qopt::writeText(llvm::StringRef path, llvm::StringRef text) {
  if (path != "-")
    return writeFile(path, text);
  llvm::outs() << text;
  return llvm::Error::success();
}

llvm::Error qopt::writeModule(mlir::ModuleOp module, llvm::StringRef path) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (path.ends_with(".mlirbc")) {
    if (failed(mlir::writeBytecodeToFile(module, os)))
      return makeError(path + ": the module could not be written as bytecode");
  } else {
    module.print(os);
    os << "\n";
  }
  return writeText(path, text);
}

static void printVerbs() {
  llvm::errs() << "verbs:\n";
  for (Verb *verb : verbs())
    llvm::errs() << "  " << llvm::left_justify(verb->command.getName(), 12)
                 << verb->command.getDescription() << "\n";
  llvm::errs() << "`qopt VERB --help` explains a verb; `qopt --help` lists passes and pipelines\n";
}

static std::string usage(llvm::StringRef verb) {
  return ("qopt " + verb + ": " + findVerb(verb)->command.getDescription() + "\n").str();
}

static int unknownVerb(llvm::StringRef name) {
  std::vector<std::string> names;
  for (Verb *known : verbs())
    names.push_back(known->command.getName().str());
  fail("unknown verb '" + name + "'" + didYouMean(name, names));
  printVerbs();
  return 1;
}

/// `qopt help VERB` is `qopt VERB --help`, which ends the process.
static int help(const char *tool, const char *name) {
  if (!findVerb(name))
    return unknownVerb(name);
  const char *const arguments[] = {tool, name, "--help"};
  llvm::cl::ParseCommandLineOptions(3, arguments, usage(name));
  return 0;
}

int qopt::runVerb(int argc, char **argv) {
  const llvm::StringRef name = argv[1];
  if (name == "help" && argc > 2)
    return help(argv[0], argv[2]);
  if (name == "help") {
    printVerbs();
    return 0;
  }
  Verb *verb = findVerb(name);
  if (!verb)
    return unknownVerb(name);
  llvm::cl::ParseCommandLineOptions(argc, argv, usage(name));
  return verb->action();
}
