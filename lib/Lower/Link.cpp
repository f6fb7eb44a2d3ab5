//===- Link.cpp - objects and the runtime become a shared library -------------------===//

#include "Link.h"

#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/TargetParser/Host.h"

using namespace qopt;
using namespace qopt::lower;
using llvm::StringRef;

/// Where this code lies: any function of the executable.
static void anchor() {}

std::string lower::libraryFolder(const CompileOptions &options, const llvm::Triple &triple) {
  llvm::SmallString<256> folder;
  if (!options.libraryDir.empty()) {
    folder = options.libraryDir;
  } else if (const std::optional<std::string> given = llvm::sys::Process::GetEnv("QOPT_LIB_DIR")) {
    folder = *given;
  } else {
    const std::string executable =
        llvm::sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&anchor));
    folder = llvm::sys::path::parent_path(llvm::sys::path::parent_path(executable));
    llvm::sys::path::append(folder, "lib");
  }
  const llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  if (triple.getArch() != host.getArch())
    llvm::sys::path::append(folder, triple.getArchName());
  return folder.str().str();
}

static llvm::Expected<std::string> findLinker() {
  for (const char *name : {"ld.lld-22", "ld.lld"})
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(name))
      return *found;
  return makeError("no linker: neither ld.lld-22 nor ld.lld is in PATH; install it (apt install "
                   "lld-22), or compile to an object file (.o)");
}

/// Folders where the target's system keeps its shared libraries.
static std::vector<std::string> systemFolders(const llvm::Triple &triple) {
  const std::string gnu = (triple.getArchName() + "-linux-gnu").str();
  std::vector<std::string> folders{"/usr/" + gnu + "/lib", "/lib/" + gnu, "/usr/lib/" + gnu};
  const llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  if (triple.getArch() == host.getArch())
    folders.insert(folders.end(), {"/lib64", "/usr/lib64", "/lib", "/usr/lib"});
  return folders;
}

static llvm::Expected<std::string> findSystemLibrary(StringRef name, StringRef package,
                                                     const llvm::Triple &triple) {
  for (const std::string &folder : systemFolders(triple)) {
    llvm::SmallString<256> path(folder);
    llvm::sys::path::append(path, name);
    if (llvm::sys::fs::exists(path))
      return path.str().str();
  }
  return makeError("no " + name + " for " + triple.str() + "; install it (apt install " + package +
                   ")");
}

static llvm::Expected<std::string> findRuntime(StringRef name, const CompileOptions &options,
                                               const llvm::Triple &triple) {
  llvm::SmallString<256> path(libraryFolder(options, triple));
  llvm::sys::path::append(path, name);
  if (llvm::sys::fs::exists(path))
    return path.str().str();
  const bool isCross =
      triple.getArch() != llvm::Triple(llvm::sys::getDefaultTargetTriple()).getArch();
  return makeError("no runtime library " + path.str() +
                   (isCross ? "; build the target qrt_" + triple.getArchName().str() + " of qopt, "
                            : "; build the target qrt of qopt, ") +
                   "or name its folder in QOPT_LIB_DIR");
}

/// Runs the linker; its messages become the error.
static llvm::Error runLinker(StringRef linker, llvm::ArrayRef<std::string> arguments) {
  llvm::SmallString<128> log;
  int descriptor = -1;
  if (const std::error_code code =
          llvm::sys::fs::createTemporaryFile("qopt-link", "log", descriptor, log))
    return makeError("no temporary file for the linker: " + code.message());
  llvm::FileRemover remover(log);
  llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  llvm::SmallVector<StringRef> words{linker};
  words.append(arguments.begin(), arguments.end());
  const std::optional<StringRef> redirects[] = {StringRef(), log.str(), log.str()};
  std::string message;
  const int status = llvm::sys::ExecuteAndWait(linker, words, std::nullopt, redirects,
                                               /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  if (status == 0)
    return llvm::Error::success();
  llvm::Expected<std::string> output = readFile(log);
  if (output)
    message += *output;
  else
    llvm::consumeError(output.takeError());
  return makeError(linker + " failed: " + StringRef(message).rtrim());
}

llvm::Error lower::linkSharedLibrary(StringRef object, StringRef output,
                                     const CompileOptions &options, const llvm::Triple &triple,
                                     bool needsDnnl) {
  llvm::Expected<std::string> linker = findLinker();
  if (!linker)
    return linker.takeError();
  // The host's entry points come along although the program does not call them.
  std::vector<std::string> arguments{"-shared",
                                     "-o",
                                     output.str(),
                                     "--gc-sections",
                                     "-Bsymbolic",
                                     "--build-id=none",
                                     "--as-needed",
                                     "-znoexecstack",
                                     "-zrelro",
                                     "-znow",
                                     "--undefined=qrt_session_open",
                                     object.str()};
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
  arguments.push_back("-zdefs"); // a sanitized runtime finds its symbols in the process
#endif
  const auto add = [&](llvm::Expected<std::string> path) -> llvm::Error {
    if (!path)
      return path.takeError();
    arguments.push_back(*path);
    return llvm::Error::success();
  };
  const bool isCross =
      triple.getArch() != llvm::Triple(llvm::sys::getDefaultTargetTriple()).getArch();
  const bool isArm = triple.getArch() == llvm::Triple::aarch64;
  const std::string arch = isArm ? "arm64" : "amd64";
  const std::string cross = isCross ? "-" + arch + "-cross" : "";
  if (needsDnnl) {
    if (llvm::Error error = add(findRuntime("libqrt_dnnl.a", options, triple)))
      return error;
    if (llvm::Error error = add(findSystemLibrary("libdnnl.so.2", "libdnnl2", triple)))
      return error;
    if (llvm::Error error = add(findSystemLibrary("libstdc++.so.6", "libstdc++6", triple)))
      return error;
  }
  if (llvm::Error error = add(findRuntime("libqrt.a", options, triple)))
    return error;
  if (llvm::Error error = add(findSystemLibrary("libgomp.so.1", "libgomp1" + cross, triple)))
    return error;
  // The dynamic loader resolves thread-local variables.
  const char *loader = isArm ? "ld-linux-aarch64.so.1" : "ld-linux-x86-64.so.2";
  for (const char *name : {"libm.so.6", "libc.so.6", loader})
    if (llvm::Error error = add(findSystemLibrary(name, "libc6" + cross, triple)))
      return error;
  return runLinker(*linker, arguments);
}
