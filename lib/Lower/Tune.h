//===- Tune.h - kernels chosen by measuring them ------------------------------------===//
//
// The cost model of the packers knows what kernels cost on average machines. A Tuner runs
// the candidates of a layer on this one instead, and keeps what it saw in a cache file, so
// that the same compilation chooses the same again. All candidates give the same bytes: a
// choice changes time, never results.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_LOWER_TUNE_H
#define QOPT_LIB_LOWER_TUNE_H

#include "qopt/Support/Json.h"
#include "qrt/kernel_table.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>

namespace qopt::lower {

class Tuner {
public:
  /// `mode` is "off" (gives no tuner), "fast" (about 3 ms a candidate, only those whose
  /// estimate is within twice the least) or "full" (30 ms, all of them). `cachePath` is read
  /// where it exists; empty: tune.json in the user's cache folder. Errors: an unknown mode, a
  /// cache that is no such file.
  static llvm::Expected<std::unique_ptr<Tuner>> create(llvm::StringRef mode,
                                                       llvm::StringRef cachePath);

  /// Whether a kernel with this estimate is worth a run, `least` being the best estimate.
  bool considers(double estimate, double least) const { return full || estimate <= 2 * least; }

  /// Microseconds of one thread for `batch` samples, the weights coming from L3 as they do
  /// within a network. Nothing where this machine cannot run the row. `weights` are codes in
  /// logical order; `params` as for packers.
  std::optional<double> microseconds(const qrt_kernel_row &row, const qrt_conv2d_params &params,
                                     llvm::ArrayRef<int8_t> weights, int64_t batch);

  /// Writes what was measured. Errors: a folder or file that cannot be written.
  llvm::Error save() const;

private:
  Tuner(bool full, llvm::StringRef cachePath);
  std::string keyOf(const qrt_kernel_row &row, const qrt_conv2d_params &params,
                    int64_t batch) const;

  bool full;
  std::string path, machine;
  Json times = Json::object();
  bool changed = false;
};

} // namespace qopt::lower

#endif // QOPT_LIB_LOWER_TUNE_H
