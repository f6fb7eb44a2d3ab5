//===- Npy.h - numpy's .npy and .npz files --------------------------------------------===//
//
// The data format of the command line. Reads versions 1 to 3, C and Fortran order, both
// byte orders, dtypes f2 f4 f8 i1 u1 i2 u2 i4 u4 i8 u8 b1; .npz members stored or
// deflated. What comes out is always C order in the machine's byte order.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_NPY_H
#define QOPT_SUPPORT_NPY_H

#include "qopt/Support/Tensor.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace qopt {

/// What an array's header says.
struct ArrayInfo {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  bool fortranOrder = false;
  bool byteSwapped = false;
  /// Bytes of the header, the distance from the start of the .npy to its data.
  uint64_t headerBytes = 0;
};

/// An open .npz file, or a plain .npy file, which counts as one array named "x".
/// Only headers are read at opening. Movable; not for use by two threads at once.
class NpzFile {
public:
  /// Opens and reads the headers. Errors: unreadable, neither format, an archive without
  /// arrays, truncated members, object and structured dtypes (by array, when used).
  static llvm::Expected<NpzFile> open(llvm::StringRef path);

  NpzFile(NpzFile &&) noexcept;
  NpzFile &operator=(NpzFile &&) noexcept;
  ~NpzFile();

  const std::string &path() const;

  /// True for a plain .npy file, whose only array has no name of its own ("x" here).
  bool isSingleArray() const;

  /// Names of the arrays in the order of the file, without ".npy".
  const std::vector<std::string> &names() const;
  bool has(llvm::StringRef name) const;

  /// Shape and dtype without loading. Errors: no such array (the message lists those
  /// present), a dtype that cannot be read.
  llvm::Expected<ArrayInfo> info(llvm::StringRef name) const;

  /// The whole array, in its dtype.
  llvm::Expected<Tensor> load(llvm::StringRef name);

  /// The whole array, which must have dtype `dtype`; the error says how to convert.
  llvm::Expected<Tensor> loadAs(llvm::StringRef name, DType dtype);

  /// Rows [begin, end) along axis 0 without loading the rest: memory is that of the rows.
  /// Going forward through an array is linear in its size; going back in a deflated
  /// member restarts it. Fortran-order arrays are loaded whole and sliced.
  /// Errors: rank 0, a range outside the array.
  llvm::Expected<Tensor> loadRows(llvm::StringRef name, int64_t begin, int64_t end);

private:
  struct State;
  explicit NpzFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

/// Writes one array as .npy version 1 (atomic, see Files.h).
llvm::Error writeNpy(llvm::StringRef path, const Tensor &tensor);

/// Writes arrays as .npz (atomic). The same arrays give the same bytes: members carry a
/// fixed date and come in the order of the map. BF16 has no numpy dtype and is an error.
llvm::Error writeNpz(llvm::StringRef path, const std::map<std::string, Tensor> &arrays,
                     bool compress = false);

} // namespace qopt

#endif // QOPT_SUPPORT_NPY_H
