//===- ExternalData.cpp - weights stored beside the model ---------------------------===//
//
// A model may only name files in its own directory: an untrusted model must not be able to
// read others. Links are resolved before that is judged.
//
//===-----------------------------------------------------------------------------===//

#include "OnnxModel.h"

#include "qopt/Support/Text.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;

static Expected<std::string> resolveInside(StringRef baseDir, StringRef location) {
  const auto refused = [&] {
    return qopt::makeError("external data '" + location +
                           "' lies outside the model's directory; put the file beside the model "
                           "and name it without a path that leads out");
  };
  if (location.empty())
    return qopt::makeError("external data names no file");
  if (sys::path::is_absolute(location) ||
      llvm::is_contained(llvm::make_range(sys::path::begin(location), sys::path::end(location)),
                         ".."))
    return refused();
  SmallString<256> path(baseDir), realBase, realPath;
  sys::path::append(path, location);
  if (const std::error_code code = sys::fs::real_path(path, realPath))
    return qopt::makeError("external data '" + path + "' cannot be read: " + code.message() +
                           "; it must lie beside the model");
  if (sys::fs::real_path(baseDir.empty() ? "." : baseDir, realBase))
    return refused();
  // A whole path component must match: "/models" is no prefix of "/models2".
  if (!realBase.ends_with("/"))
    realBase += '/';
  if (!realPath.starts_with(realBase))
    return refused();
  return std::string(realPath);
}

Expected<std::string> qopt::importer::readExternalData(StringRef baseDir, StringRef location,
                                                       uint64_t offset,
                                                       std::optional<uint64_t> length) {
  Expected<std::string> path = resolveInside(baseDir, location);
  if (!path)
    return path.takeError();
  sys::fs::file_status status;
  if (const std::error_code code = sys::fs::status(*path, status))
    return makeError("external data '" + location + "' cannot be read: " + code.message());
  if (!sys::fs::is_regular_file(status))
    return makeError("external data '" + location + "' is no regular file");
  const uint64_t size = status.getSize();
  const uint64_t wanted = length ? *length : (offset <= size ? size - offset : 0);
  if (offset > size || wanted > size - offset)
    return makeError("external data '" + location + "' is too short: " + Twine(wanted) +
                     " bytes at offset " + Twine(offset) + " are needed, it has " + Twine(size));
  ErrorOr<std::unique_ptr<MemoryBuffer>> slice = MemoryBuffer::getFileSlice(*path, wanted, offset);
  if (!slice)
    return makeError("external data '" + location +
                     "' cannot be read: " + slice.getError().message());
  return (*slice)->getBuffer().str();
}
