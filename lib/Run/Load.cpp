//===- Load.cpp - opening a program file, and compiling one in memory ----------------===//

#include "qopt/Run/Program.h"

#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <dlfcn.h>

using namespace qopt;
using llvm::StringRef;

#if defined(__x86_64__)
static constexpr uint16_t thisMachine = llvm::ELF::EM_X86_64;
#else
static constexpr uint16_t thisMachine = llvm::ELF::EM_AARCH64;
#endif

static std::string machineName(uint16_t machine) {
  switch (machine) {
  case llvm::ELF::EM_X86_64:
    return "x86-64";
  case llvm::ELF::EM_AARCH64:
    return "AArch64";
  default:
    return ("ELF machine " + llvm::Twine(machine)).str();
  }
}

/// The dynamic loader's message about a file that is no library, or of another machine, is
/// of little use, and a file that was cut short makes it crash.
static llvm::Error checkFile(StringRef path, StringRef shownAs) {
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> file =
      llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return fileError(shownAs, "cannot be opened", file.getError().value());
  const StringRef bytes = (*file)->getBuffer();
  if (bytes.size() < 20 || !bytes.starts_with("\x7f"
                                              "ELF"))
    return makeError(shownAs + ": not a compiled program: no shared library; `qopt compile` "
                               "makes one from a module");
  const uint16_t machine = static_cast<uint8_t>(bytes[18]) | static_cast<uint8_t>(bytes[19]) << 8;
  if (machine != thisMachine)
    return makeError(shownAs + ": compiled for " + machineName(machine) + ", this machine is " +
                     machineName(thisMachine) + "; compile it for this machine, or run it there");
  // Section headers end the file, so they are missing from one that was cut.
  llvm::Expected<llvm::object::ELF64LEFile> elf = llvm::object::ELF64LEFile::create(bytes);
  llvm::Error damage = elf ? elf->sections().takeError() : elf.takeError();
  if (damage)
    return makeError(shownAs + ": not a compiled program: the file is damaged: " +
                     llvm::toString(std::move(damage)));
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<Program>> Program::open(StringRef path, StringRef shownAs) {
  llvm::SmallString<256> absolute(path);
  if (const std::error_code code = llvm::sys::fs::make_absolute(absolute))
    return fileError(shownAs, "cannot be opened", code.value());
  if (llvm::Error error = checkFile(absolute, shownAs))
    return error;
  void *library = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return makeError(shownAs + ": not a compiled program: " + dlerror());
  const auto *descriptor = static_cast<const qrt_program *>(dlsym(library, QRT_PROGRAM_SYMBOL));
  if (!descriptor) {
    dlclose(library);
    return makeError(shownAs + ": a shared library, but no program that qopt compiled (it has no "
                               "symbol " QRT_PROGRAM_SYMBOL ")");
  }
  if (descriptor->abi_version != QRT_ABI_VERSION) {
    const uint32_t version = descriptor->abi_version;
    dlclose(library);
    return makeError(shownAs + ": compiled for version " + llvm::Twine(version) +
                     " of the runtime's interface, this qopt has version " +
                     llvm::Twine(QRT_ABI_VERSION) + "; compile it again");
  }
  return std::unique_ptr<Program>(new Program(library, descriptor));
}

llvm::Expected<std::unique_ptr<Program>> Program::load(StringRef path) { return open(path, path); }

llvm::Expected<std::unique_ptr<Program>> Program::jit(mlir::ModuleOp module,
                                                      CompileOptions options) {
  if (options.isas.empty())
    options.isas.push_back("native");
  if (options.name.empty())
    options.name = "module";
  llvm::SmallString<128> path;
  int descriptor = -1;
  if (const std::error_code code =
          llvm::sys::fs::createTemporaryFile("qopt-program", "so", descriptor, path))
    return makeError("no temporary file: " + code.message());
  llvm::FileRemover remover(path); // a loaded library needs its name no more
  llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
  if (llvm::Error error = compileToSharedLibrary(module, options, path))
    return error;
  return open(path, options.name);
}
