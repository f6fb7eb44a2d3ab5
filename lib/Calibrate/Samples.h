//===- Samples.h - the samples of a data file, one after another ----------------------------===//

#ifndef QOPT_LIB_CALIBRATE_SAMPLES_H
#define QOPT_LIB_CALIBRATE_SAMPLES_H

#include "Shard.h"

#include "qopt/Reference/Interpreter.h"
#include "qopt/Support/Npy.h"

namespace qopt::calibrate {

/// A batch with its last row repeated up to `size` rows, for a network of fixed batch.
Tensor fillRows(const Tensor &batch, int64_t size);

class Samples {
public:
  /// Opens the file and checks it against the network's inputs. Errors: unreadable, missing
  /// arrays, shapes that do not fit, different numbers of samples, no samples.
  static llvm::Expected<Samples> open(llvm::StringRef path, llvm::ArrayRef<TensorSpec> inputs,
                                      Shard shard);

  /// Samples of the shard.
  int64_t size() const { return total; }
  /// Samples of all shards.
  int64_t sizeOfAll() const { return rows; }

  /// Notes on conversions that will happen, for the user.
  llvm::ArrayRef<std::string> notes() const { return conversions; }

  /// Samples [begin, end) of the shard as one f32 batch per input. Errors: unreadable, NaN or
  /// infinity (named by array and sample).
  llvm::Expected<llvm::SmallVector<Tensor>> read(int64_t begin, int64_t end);

private:
  explicit Samples(NpzFile file) : file(std::move(file)) {}
  llvm::Error addInput(const TensorSpec &spec, bool single);
  llvm::Expected<Tensor> readArray(llvm::StringRef name, int64_t begin, int64_t end);

  NpzFile file;
  Shard shard;
  std::vector<std::string> arrays;
  std::vector<std::string> conversions;
  int64_t rows = -1;
  int64_t total = 0;
};

} // namespace qopt::calibrate

#endif // QOPT_LIB_CALIBRATE_SAMPLES_H
