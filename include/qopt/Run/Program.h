//===- Program.h - compiled programs in this process ---------------------------------===//
//
// Loads a program file, or compiles a module in memory, and runs it on host arrays.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_RUN_PROGRAM_H
#define QOPT_RUN_PROGRAM_H

#include "qopt/Lower/Compile.h"
#include "qopt/Support/Tensor.h"
#include "qrt/calls.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace qopt {

/// An input, output or named tensor of a program.
struct ProgramTensor {
  std::string name;
  DType dtype = DType::F32;
  /// Logical (NCHW) sizes; -1 in dimension 0 stands for the batch.
  std::vector<int64_t> shape;
  /// Of codes (u8, i8); scale 0 for floats.
  float scale = 0.0f;
  int32_t zeroPoint = 0;
  /// Floats whose bits are defined: accumulators given as float (N6).
  bool exact = false;
};

/// One kernel call of a plan.
struct ProgramStep {
  std::string name;                       ///< of the value that it helps to make; may be empty
  std::string kernel;                     ///< its symbol in the runtime
  std::string reason;                     ///< why it was chosen
  int64_t macs = 0;                       ///< multiply-accumulates of a sample
  int64_t dataBytes = 0, weightBytes = 0; ///< inputs and outputs of a sample; constants
};

struct ProgramRunOptions {
  int32_t threads = 1;
  /// ISA to run on; empty: QRT_ISA of the environment, else the best present.
  std::string isa;
  /// Sees each named tensor once it is there, copied to logical (NCHW) row-major order. A
  /// program with a fixed batch runs once for each batch of that size, and so reports.
  std::function<void(const ProgramTensor &, const Tensor &)> callback;
  /// Called as each step of the plan ends, with its index in steps().
  std::function<void(int32_t)> step;
};

/// Not for use by two threads at once.
class Program {
public:
  /// Opens a file that `qopt compile` wrote. Errors: absent, no shared library, of another
  /// architecture, no program of qopt, compiled for another version of the runtime.
  static llvm::Expected<std::unique_ptr<Program>> load(llvm::StringRef path);

  /// Compiles a converted, float or mixed module for this machine and loads it. With no ISA
  /// named, the best of this CPU. Errors as compileToSharedLibrary.
  static llvm::Expected<std::unique_ptr<Program>> jit(mlir::ModuleOp module,
                                                      CompileOptions options = {});

  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  /// What the file exports; lives as long as the program.
  const qrt_program &description() const { return *descriptor; }
  /// What it calls, or null in a program of an older compiler.
  const qrt_call_list *calls() const;
  llvm::StringRef name() const { return descriptor->name; }
  /// Hash of the module it was compiled from.
  llvm::StringRef fingerprint() const { return descriptor->fingerprint; }
  /// The one batch size it takes, or 0: any.
  int64_t fixedBatch() const { return descriptor->fixed_batch; }
  const std::vector<ProgramTensor> &inputs() const { return inputList; }
  const std::vector<ProgramTensor> &outputs() const { return outputList; }
  /// Named tensors in the order in which runs report them.
  const std::vector<ProgramTensor> &tensors() const { return tensorList; }
  /// ISAs it was compiled for.
  std::vector<std::string> isas() const;
  /// Bytes of memory for tensors that one sample needs on `isa`; 0 for an ISA it lacks.
  uint64_t arenaBytes(llvm::StringRef isa) const;
  /// The plan for `isa`, in the order in which it runs; empty for an ISA it lacks.
  std::vector<ProgramStep> steps(llvm::StringRef isa) const;
  /// The ISA that a run with these options takes. Errors as run.
  llvm::Expected<std::string> isaOf(const ProgramRunOptions &options);

  /// Runs one batch, inputs in the order of inputs(); a program with a fixed batch takes any
  /// multiple of it. Errors: number, dtype or shape of the inputs, batches that differ or do
  /// not fit, an ISA that is absent or that this CPU lacks, no memory.
  llvm::Error run(llvm::ArrayRef<Tensor> inputs, llvm::SmallVectorImpl<Tensor> &outputs,
                  const ProgramRunOptions &options = {});

  /// The same with inputs by name, in any order. Errors also: names that are unknown,
  /// missing or given twice.
  llvm::Error run(llvm::ArrayRef<std::pair<std::string, Tensor>> inputs,
                  llvm::SmallVectorImpl<Tensor> &outputs, const ProgramRunOptions &options = {});

private:
  struct Session;
  Program(void *library, const qrt_program *descriptor);
  static llvm::Expected<std::unique_ptr<Program>> open(llvm::StringRef path,
                                                       llvm::StringRef shownAs);
  llvm::Expected<Session *> session(const ProgramRunOptions &options);
  llvm::Expected<int64_t> checkInputs(llvm::ArrayRef<Tensor> inputs) const;
  llvm::Error runBatch(Session &session, int64_t begin, int64_t batch,
                       llvm::ArrayRef<Tensor> inputs, llvm::ArrayRef<Tensor> outputs);
  static void endStep(void *user, int32_t step);
  static void report(void *user, const qrt_tensor_desc *tensor, const void *data, int64_t batch);

  void *library;
  const qrt_program *descriptor;
  std::vector<ProgramTensor> inputList, outputList, tensorList;
  std::vector<std::unique_ptr<Session>> sessions;
};

} // namespace qopt

#endif // QOPT_RUN_PROGRAM_H
