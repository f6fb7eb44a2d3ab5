//===- Link.h - objects and the runtime become a shared library ---------------------===//

#ifndef QOPT_LIB_LOWER_LINK_H
#define QOPT_LIB_LOWER_LINK_H

#include "qopt/Lower/Compile.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/TargetParser/Triple.h"

namespace qopt::lower {

/// Folder of the runtime libraries for `triple`; they need not exist.
std::string libraryFolder(const CompileOptions &options, const llvm::Triple &triple);

/// Links `object` with the runtime to the shared library `output`. Errors: no linker, no
/// runtime library, no libgomp (each says what to install), the linker's own.
llvm::Error linkSharedLibrary(llvm::StringRef object, llvm::StringRef output,
                              const CompileOptions &options, const llvm::Triple &triple,
                              bool needsDnnl);

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_LINK_H
