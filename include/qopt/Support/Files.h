//===- Files.h - reading files, and writing them whole or not at all -----------------===//
//
// Outputs appear under their name only when complete: they are written to a temporary
// file in the same directory and renamed. Targets that are no regular files (a pipe,
// /dev/stdout, /dev/null) are written in place instead: renaming over them would
// replace the device. A symbolic link is followed, and an existing file keeps its mode.
// Errors read "path: what failed: the system's reason".
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_FILES_H
#define QOPT_SUPPORT_FILES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace qopt {

/// The whole file. Errors: absent, unreadable, a directory.
llvm::Expected<std::string> readFile(llvm::StringRef path);

/// Writes `bytes` to `path`, atomically where it is a regular file.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef bytes);

/// An error "path: what: strerror(code)".
llvm::Error fileError(llvm::StringRef path, llvm::StringRef what, int code);

/// A temporary file beside the final one, for outputs that somebody else writes (the
/// linker, libzip). Without commit() the destructor removes it.
class TemporaryOutput {
public:
  /// Creates the empty temporary file. Errors: directory absent or not writable, target
  /// is a directory.
  static llvm::Expected<TemporaryOutput> create(llvm::StringRef finalPath);

  TemporaryOutput(TemporaryOutput &&other) noexcept;
  TemporaryOutput &operator=(TemporaryOutput &&other) noexcept;
  TemporaryOutput(const TemporaryOutput &) = delete;
  TemporaryOutput &operator=(const TemporaryOutput &) = delete;
  ~TemporaryOutput();

  /// Where to write. The writer may replace the file (unlink and create).
  const std::string &path() const { return temporary; }
  const std::string &finalPath() const { return target; }

  /// Gives the file its final name. `executable` adds the execute bits that the umask
  /// allows. On failure the temporary file is removed.
  llvm::Error commit(bool executable = false);

  /// Removes the temporary file now.
  void discard();

private:
  TemporaryOutput() = default;
  std::string target;
  std::string resolved;
  std::string temporary;
  bool inPlace = false;
};

} // namespace qopt

#endif // QOPT_SUPPORT_FILES_H
