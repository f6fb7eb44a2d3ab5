//===- Calibrator.h - observers of a module see batches in memory --------------------------===//
//
// What calibrate-run does with the arrays of a file, for hosts that have the arrays.
//
//===-----------------------------------------------------------------------------------===//

#ifndef QOPT_CALIBRATE_CALIBRATOR_H
#define QOPT_CALIBRATE_CALIBRATOR_H

#include "qopt/Reference/Interpreter.h"

namespace qopt {

class Calibrator {
public:
  /// On a prepared module, which must outlive it and stay unchanged until store(). Errors: no
  /// network that runs in f32; others (an observer per channel on an activation, a name without a
  /// symbol) are emitted on the op and the text here is empty.
  static llvm::Expected<std::unique_ptr<Calibrator>> create(mlir::ModuleOp module);
  ~Calibrator();

  llvm::ArrayRef<TensorSpec> inputs() const;
  /// The batch that the network fixes, or 1: samples run one by one, so that statistics do not
  /// depend on how they were batched.
  int64_t step() const;
  /// The name of an observer whose result depends on the order of samples, or "".
  std::string movingAverage() const;

  /// Runs one batch of f32 arrays in the order of inputs(); moving averages take one step. A batch
  /// that is no multiple of step() is filled with its last sample, which is not counted twice.
  llvm::Error add(llvm::ArrayRef<Tensor> batch);

  /// Writes the statistics to the symbols; the number of observers that recorded.
  unsigned store();

private:
  struct Impl;
  explicit Calibrator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace qopt

#endif // QOPT_CALIBRATE_CALIBRATOR_H
