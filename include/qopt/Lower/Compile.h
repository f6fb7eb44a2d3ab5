//===- Compile.h - from a module to a program file ----------------------------------===//
//
// A converted, float or mixed module becomes a shared library (or an object and a C
// header) that needs nothing of the compiler. See qrt/qrt.h for how a host runs it.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LOWER_COMPILE_H
#define QOPT_LOWER_COMPILE_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace qopt {

struct CompileOptions {
  /// Plans to make, by the names of qrt_isa ("scalar", "avx2", ...), or "native" (the best of
  /// this CPU). Empty: all that the target's architecture has.
  std::vector<std::string> isas;
  /// Target triple; empty: this machine's.
  std::string mtriple;
  /// CPU that the calling code is tuned for (kernels choose at run time); empty: generic.
  std::string mcpu;
  /// Batch size to fix an unknown batch to; 0: programs take any.
  int64_t fixedBatch = 0;
  /// Name of the program; empty: the output's file name without extension.
  std::string name;
  /// Folder of libqrt.a; empty: QOPT_LIB_DIR of the environment, else ../lib beside the
  /// running executable.
  std::string libraryDir;
  /// Whether float convolutions may use oneDNN, where libqrt_dnnl.a was built for this
  /// machine; the program then needs libdnnl to run.
  bool useDnnl = true;
  /// How kernels are chosen where several can run a layer: "off" by estimate, "fast" or "full"
  /// by running them on this machine, about 3 or 30 ms each.
  std::string tune = "off";
  /// File that keeps what was measured; empty: qopt/tune.json in the user's cache folder.
  std::string tuneCache;
  /// Folder for 010_plan.mlir (kernel calls and memory) and 020_llvm.mlir; empty: neither.
  std::string dumpDirectory;
};

/// Writes a shared library. The module stays as it is. Errors carry the compiler's messages:
/// ops without kernels, an unknown ISA or target, no linker or runtime library, a path that
/// cannot be written.
llvm::Error compileToSharedLibrary(mlir::ModuleOp module, const CompileOptions &options,
                                   llvm::StringRef outputPath);

/// Writes an object file, and beside it a C header (".h" in place of the extension) that says
/// how to link it and what its inputs and outputs are. Errors as above.
llvm::Error compileToObject(mlir::ModuleOp module, const CompileOptions &options,
                            llvm::StringRef outputPath);

/// Writes an object for a path that ends in ".o", else a shared library.
llvm::Error compileToFile(mlir::ModuleOp module, const CompileOptions &options,
                          llvm::StringRef outputPath);

/// The ISAs that this machine can run, best last.
std::vector<std::string> hostIsas();

} // namespace qopt

#endif // QOPT_LOWER_COMPILE_H
