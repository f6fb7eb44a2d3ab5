//===- NpyWrite.cpp - writing numpy's .npy and .npz files --------------------------------===//
//
// See Npy.h.
//
//===-----------------------------------------------------------------------------===//

#include "NpyHeader.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include <list>
#include <zip.h>

namespace qopt {

static llvm::Expected<std::string> headerOf(llvm::StringRef path, llvm::StringRef name,
                                            const Tensor &tensor) {
  llvm::Expected<std::string> header = formatNpyHeader(tensor);
  if (!header)
    return makeError(path + ": array '" + name + "': " + llvm::toString(header.takeError()));
  return header;
}

llvm::Error writeNpy(llvm::StringRef path, const Tensor &tensor) {
  llvm::Expected<std::string> header = headerOf(path, "x", tensor);
  if (!header)
    return header.takeError();
  header->append(reinterpret_cast<const char *>(tensor.raw()), tensor.bytes());
  return writeFile(path, *header);
}

/// 1 January 1980, the first date that a zip archive can hold, in its own encoding.
static constexpr zip_uint16_t kFixedDate = 1 << 5 | 1;

static bool addMember(zip_t *archive, const std::string &name, const std::string &header,
                      const Tensor &tensor, bool compress) {
  // libzip only reads through these pointers.
  zip_buffer_fragment_t parts[2] = {
      {reinterpret_cast<zip_uint8_t *>(const_cast<char *>(header.data())), header.size()},
      {const_cast<zip_uint8_t *>(tensor.raw()), static_cast<zip_uint64_t>(tensor.bytes())}};
  zip_source_t *source = zip_source_buffer_fragment(archive, parts, tensor.bytes() ? 2 : 1, 0);
  if (!source)
    return false;
  const zip_int64_t index =
      zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    return false;
  }
  const zip_int32_t method = compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
  return zip_set_file_compression(archive, index, method, 0) == 0 &&
         zip_file_set_dostime(archive, index, 0, kFixedDate, 0) == 0;
}

llvm::Error writeNpz(llvm::StringRef path, const std::map<std::string, Tensor> &arrays,
                     bool compress) {
  if (arrays.empty())
    return makeError(path + ": no arrays to write");
  // The archive refers to the headers until it is closed.
  std::list<std::string> headers;
  for (const auto &[name, tensor] : arrays) {
    llvm::Expected<std::string> header = headerOf(path, name, tensor);
    if (!header)
      return header.takeError();
    headers.push_back(std::move(*header));
  }
  llvm::Expected<TemporaryOutput> output = TemporaryOutput::create(path);
  if (!output)
    return output.takeError();
  int code = 0;
  zip_t *archive = zip_open(output->path().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (!archive)
    return makeError(path + ": cannot start a zip archive (libzip error " + std::to_string(code) +
                     ")");
  bool good = true;
  auto header = headers.begin();
  for (const auto &[name, tensor] : arrays)
    good = good && addMember(archive, name, *header++, tensor, compress);
  if (!good || zip_close(archive) != 0) {
    const std::string reason = zip_strerror(archive);
    zip_discard(archive);
    return makeError(path + ": cannot write the archive: " + reason);
  }
  return output->commit();
}

} // namespace qopt
