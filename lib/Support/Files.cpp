//===- Files.cpp - reading files, and writing them whole or not at all --------------===//
//
// POSIX calls directly, because errno and file modes matter here. See Files.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace qopt {

llvm::Error fileError(llvm::StringRef path, llvm::StringRef what, int code) {
  return makeError(path + ": " + what + ": " + std::strerror(code));
}

/// Closes a descriptor at the end of the scope.
namespace {
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
  int close() {
    const int result = ::close(fd);
    fd = -1;
    return result;
  }
};
} // namespace

llvm::Expected<std::string> readFile(llvm::StringRef path) {
  Descriptor file{::open(path.str().c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.fd < 0)
    return fileError(path, "cannot open", errno);
  std::string result;
  struct stat status;
  if (::fstat(file.fd, &status) == 0 && S_ISREG(status.st_mode))
    result.reserve(status.st_size);
  char chunk[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.fd, chunk, sizeof(chunk));
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fileError(path, "cannot read", errno);
    if (got == 0)
      return result;
    result.append(chunk, got);
  }
}

static llvm::Error writeAll(int fd, llvm::StringRef bytes, llvm::StringRef path) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      return fileError(path, "cannot write", errno);
    bytes = bytes.drop_front(put);
  }
  return llvm::Error::success();
}

static llvm::Error overwrite(llvm::StringRef writePath, llvm::StringRef bytes,
                             llvm::StringRef shownPath) {
  Descriptor file{::open(writePath.str().c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC)};
  if (file.fd < 0)
    return fileError(shownPath, "cannot open for writing", errno);
  if (llvm::Error error = writeAll(file.fd, bytes, shownPath))
    return error;
  if (file.close() != 0)
    return fileError(shownPath, "cannot write", errno);
  return llvm::Error::success();
}

llvm::Error writeFile(llvm::StringRef path, llvm::StringRef bytes) {
  llvm::Expected<TemporaryOutput> output = TemporaryOutput::create(path);
  if (!output)
    return output.takeError();
  if (llvm::Error error = overwrite(output->path(), bytes, path))
    return error;
  return output->commit();
}

/// The end of a chain of symbolic links, so that the rename replaces the file and not the
/// link. A dangling link resolves to the file it names.
static std::string followLinks(std::string path) {
  for (int depth = 0; depth < 40; ++depth) {
    char buffer[PATH_MAX];
    const ssize_t length = ::readlink(path.c_str(), buffer, sizeof(buffer));
    if (length < 0)
      break;
    const std::string link(buffer, length);
    const size_t slash = path.rfind('/');
    path = link[0] == '/' || slash == std::string::npos ? link : path.substr(0, slash + 1) + link;
  }
  return path;
}

static std::string scratchDirectory() {
  const char *directory = std::getenv("TMPDIR");
  return directory && *directory ? directory : "/tmp";
}

llvm::Expected<TemporaryOutput> TemporaryOutput::create(llvm::StringRef finalPath) {
  if (finalPath.empty())
    return makeError("the name of an output file is empty");
  if (finalPath == "-")
    return makeError("-: this output cannot go to standard output; name a file (./- is one of that "
                     "name)");
  TemporaryOutput result;
  result.target = finalPath.str();
  result.resolved = followLinks(result.target);
  struct stat status;
  const bool exists = ::stat(result.resolved.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode))
    return fileError(finalPath, "cannot write", EISDIR);
  result.inPlace = exists && !S_ISREG(status.st_mode);
  if (exists && ::faccessat(AT_FDCWD, result.resolved.c_str(), W_OK, AT_EACCESS) != 0)
    return fileError(finalPath, "cannot write", errno);

  const size_t slash = result.resolved.rfind('/');
  const std::string directory = result.inPlace               ? scratchDirectory() + "/"
                                : slash == std::string::npos ? ""
                                                             : result.resolved.substr(0, slash + 1);
  const std::string base = result.resolved.substr(slash == std::string::npos ? 0 : slash + 1);
  std::string name = directory + "." + base.substr(0, 200) + ".XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0)
    return fileError(finalPath, "cannot create a file there", errno);
  ::close(fd);
  result.temporary = std::move(name);
  return std::move(result);
}

TemporaryOutput::TemporaryOutput(TemporaryOutput &&other) noexcept { *this = std::move(other); }

TemporaryOutput &TemporaryOutput::operator=(TemporaryOutput &&other) noexcept {
  if (this != &other) {
    discard();
    target = std::move(other.target);
    resolved = std::move(other.resolved);
    temporary = std::exchange(other.temporary, std::string());
    inPlace = other.inPlace;
  }
  return *this;
}

TemporaryOutput::~TemporaryOutput() { discard(); }

void TemporaryOutput::discard() {
  if (!temporary.empty())
    ::unlink(temporary.c_str());
  temporary.clear();
}

/// Mode of the final file: that of the file it replaces, else what the umask allows.
static mode_t finalMode(const std::string &resolved, bool executable) {
  struct stat status;
  // There is no way to ask for the umask without setting it.
  const mode_t mask = ::umask(022);
  ::umask(mask);
  mode_t mode = 0666 & ~mask;
  if (::stat(resolved.c_str(), &status) == 0)
    mode = status.st_mode & 07777;
  if (executable)
    mode |= 0111 & ~mask;
  return mode;
}

llvm::Error TemporaryOutput::commit(bool executable) {
  assert(!temporary.empty() && "committed or discarded before");
  if (inPlace) {
    llvm::Expected<std::string> bytes = readFile(temporary);
    discard();
    if (!bytes)
      return bytes.takeError();
    return overwrite(resolved, *bytes, target);
  }
  if (::chmod(temporary.c_str(), finalMode(resolved, executable)) != 0 ||
      ::rename(temporary.c_str(), resolved.c_str()) != 0) {
    const int code = errno;
    discard();
    return fileError(target, "cannot put the finished file in place", code);
  }
  temporary.clear();
  return llvm::Error::success();
}

} // namespace qopt
