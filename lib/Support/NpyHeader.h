//===- NpyHeader.h - the text header of .npy files --------------------------------------===//
//
// Internal to Support: what the reader and the writer of .npy and .npz share.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_SUPPORT_NPYHEADER_H
#define QOPT_LIB_SUPPORT_NPYHEADER_H

#include "qopt/Support/Npy.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace qopt {

inline constexpr llvm::StringLiteral kNpyMagic("\x93NUMPY");

/// Reads `size` bytes at the current place, and returns how many there were.
using ByteReader = llvm::function_ref<llvm::Expected<uint64_t>(char *, uint64_t size)>;

/// Parses the header that `read` gives; what follows it in `read` is the data.
llvm::Expected<ArrayInfo> readNpyHeader(ByteReader read);

/// Magic, version, length and dictionary of a tensor, padded to 64 bytes.
llvm::Expected<std::string> formatNpyHeader(const Tensor &tensor);

} // namespace qopt

#endif // QOPT_LIB_SUPPORT_NPYHEADER_H
