//===- NpyTestSupport.h - .npy and .npz files made by hand ----------------------------------===//
//
// The writer under test must not be the only source of files for the reader.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_TEST_UNIT_NPYTESTSUPPORT_H
#define QOPT_TEST_UNIT_NPYTESTSUPPORT_H

#include "TestSupport.h"
#include "qopt/Support/Files.h"

#include <cstring>
#include <utility>
#include <zip.h>

namespace qopt::test {

/// A .npy with this dictionary text and data.
inline std::string npyWithHeader(std::string dictionary, const std::string &data, int version = 1) {
  dictionary += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes += static_cast<char>(dictionary.size() >> (8 * i) & 255);
  return bytes + dictionary + data;
}

inline std::string npy(const std::string &descr, const std::string &shape, const std::string &data,
                       bool fortran = false, int version = 1) {
  return npyWithHeader("{'descr': '" + descr + "', 'fortran_order': " +
                           (fortran ? "True" : "False") + ", 'shape': " + shape + ", }",
                       data, version);
}

template <typename T> std::string bytesOf(const std::vector<T> &values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// An archive of these members (names with their suffix).
inline void writeZip(const std::string &path,
                     const std::vector<std::pair<std::string, std::string>> &members,
                     bool compress = false) {
  int code = 0;
  zip_t *archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  for (const auto &[name, bytes] : members) {
    zip_source_t *source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, 0);
    zip_set_file_compression(archive, index, compress ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  zip_close(archive);
}

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_NPYTESTSUPPORT_H
