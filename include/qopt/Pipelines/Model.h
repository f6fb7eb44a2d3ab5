//===- Model.h - anything that can be run, behind one interface ---------------------===//
//
// A float ONNX file, a module at any stage, or a compiled program: the driver's run,
// eval, compare and bench treat them alike.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_PIPELINES_MODEL_H
#define QOPT_PIPELINES_MODEL_H

#include "qopt/Run/Program.h"
#include "qopt/Support/Npy.h"
#include "qopt/Support/Tensor.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

#include <memory>
#include <string>

namespace qopt {

/// An input or output of a model. Dimension 0 is the batch; -1 = any size.
struct Port {
  std::string name;
  std::vector<int64_t> shape;
};

/// A named value of a run, in logical (NCHW) order.
struct Record {
  std::string name;
  Tensor data; ///< codes (u8, i8; i16/u16 in simulation) or f32
  bool isCodes = false;
  float scale = 0.0f;
  int32_t zeroPoint = 0;
  /// Least and greatest legal code; a program reports those of its storage.
  int32_t qmin = 0, qmax = 0;
  /// Codes that depend on a layer evaluated in float, outside the bit contract (N12).
  bool behindFloat = false;
  /// f32 whose bits are defined: an accumulator given as float (N6).
  bool exactFloat = false;
};
using RecordCallback = llvm::function_ref<void(const Record &)>;

/// Gives codes to use in place of those computed at a border behind a float layer, so that
/// what follows is compared on equal codes; a null tensor keeps the computed ones.
using Substitute = llvm::function_ref<Tensor(llvm::StringRef name)>;

/// How a module (not a program) is executed.
enum class Engine {
  Oracle, ///< the reference interpreters: float, f64 simulation, or scalar codes
  Fast,   ///< compiled in memory with the runtime's kernels
};

struct ModelOptions {
  Engine engine = Engine::Fast;
  int32_t threads = 1;
  std::string isa; ///< empty: QRT_ISA of the environment, else the best
  /// Of an interpreter: `substitute` is asked at every value that holds codes, after `record` saw
  /// the computed ones. So each op is judged alone, on another runtime's own inputs to it.
  bool substituteAll = false;
};

/// An opened model. Not for use by two threads at once.
class Model {
public:
  virtual ~Model() = default;

  /// Opens P.so, MODEL.onnx, or a .mlir/.mlirbc at any stage: a module up to "fused" runs in
  /// float, a calibrated one in simulation (N12), a converted one on codes. Errors: absent or
  /// foreign files; a prepared module that was not calibrated.
  static llvm::Expected<std::unique_ptr<Model>>
  open(llvm::StringRef path, mlir::MLIRContext &context, const ModelOptions &options);

  const std::vector<Port> &inputs() const { return inputPorts; }
  const std::vector<Port> &outputs() const { return outputPorts; }

  /// What runs it: "float", "simulation", "codes", or the ISA of a program.
  virtual std::string engineName() const = 0;

  /// The one batch size that the model takes, or 0 for any.
  int64_t fixedBatch() const;

  /// Runs one batch of f32 inputs in the order of inputs(). `record` sees every named value
  /// that exists in memory; null for speed.
  virtual llvm::Error run(llvm::ArrayRef<Tensor> inputs, llvm::SmallVectorImpl<Tensor> &outputs,
                          RecordCallback record = nullptr, Substitute substitute = nullptr) = 0;

  /// The steps of a program's plan; empty for what is interpreted.
  virtual std::vector<ProgramStep> steps() const { return {}; }
  /// Runs as run(), and calls `ended` with the index of each step that is through.
  virtual llvm::Error runSteps(llvm::ArrayRef<Tensor> inputs,
                               llvm::SmallVectorImpl<Tensor> &outputs,
                               const std::function<void(int32_t)> &ended);

  /// Whether run() honours `substitute` (the reference interpreters do, programs cannot).
  virtual bool canSubstitute() const { return false; }

protected:
  std::vector<Port> inputPorts, outputPorts;
};

/// Feeds a model from an .npz (or .npy) file, batch by batch.
class BatchReader {
public:
  /// Arrays are named as the model's inputs, or `x` for a single one. Errors: missing
  /// arrays, shapes that do not fit, different numbers of samples, no samples.
  static llvm::Expected<BatchReader> open(llvm::StringRef path, const Model &model);

  int64_t samples() const { return count; }
  NpzFile &file() { return archive; }

  /// Rows [begin, end) of each input as f32. For a fixed-batch model the last rows repeat
  /// until the batch is full.
  llvm::Expected<llvm::SmallVector<Tensor>> read(int64_t begin, int64_t end);

  /// Rows to ask for at once: the model's fixed batch, or `wanted`.
  int64_t batchSize(int64_t wanted) const { return fixed ? fixed : wanted; }

private:
  explicit BatchReader(NpzFile archive) : archive(std::move(archive)) {}
  NpzFile archive;
  std::vector<std::string> arrays;
  int64_t count = 0;
  int64_t fixed = 0;
};

/// Called per batch with samples [begin, end) and the outputs cut to them; an error stops.
/// Dimension 0 of an output counts samples, or so many rows for each of them: a model fixed to
/// batches of B has outputs of k * B rows, the k of a sample together. A result without
/// dimensions (of a model fixed to one sample) becomes one row.
using BatchConsumer = llvm::function_ref<llvm::Error(int64_t, int64_t, llvm::ArrayRef<Tensor>)>;

/// Runs one batch of inputs, samples from `begin` on.
using BatchRunner = llvm::function_ref<llvm::Error(int64_t begin, llvm::ArrayRef<Tensor> inputs,
                                                   llvm::SmallVectorImpl<Tensor> &outputs)>;

/// Runs the whole file through the model with a progress bar, each batch by `run` or, without it,
/// by Model::run. Errors also: an output whose dimension 0 is no multiple of the batch, so that no
/// rows of it belong to a sample.
llvm::Error runAll(Model &model, BatchReader &reader, int64_t batch, llvm::StringRef label,
                   BatchConsumer consumer, BatchRunner run = nullptr);

/// Puts samples [begin, end) of all `samples` into `whole`, which is allocated with the first:
/// the first rows of `part`, which has as many for each of its `batch` samples.
void putSamples(const Tensor &part, int64_t batch, int64_t begin, int64_t end, int64_t samples,
                Tensor &whole);

} // namespace qopt

#endif // QOPT_PIPELINES_MODEL_H
