//===- Interpreter.h - runs a network op by op ---------------------------------------===//
//
// The oracle: evaluates a module's @main on host arrays in one of three ways. It is the
// float baseline, what calibration runs, and the definition that programs are compared to.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_INTERPRETER_H
#define QOPT_REFERENCE_INTERPRETER_H

#include "qopt/Support/Tensor.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

#include <functional>
#include <memory>
#include <string>

namespace qopt {

enum class EvalMode : uint8_t {
  /// f32 throughout; a quantization point passes its value on. For imported, fused and
  /// prepared modules. Convolutions and products run on oneDNN.
  Float,
  /// A prepared module with known parameters: a point is N3(N2(x)), the ops between points
  /// follow N4 to N10 and N18, computed from dequantized values in f64 (N12).
  Simulate,
  /// A converted module on integer codes; layers left in float run as in Float.
  Codes,
};

/// "float", "simulate", "codes".
llvm::StringRef evalModeName(EvalMode mode);

/// The modes in which an op has an evaluator of its own.
struct EvaluatorModes {
  bool inFloat = false, inSimulate = false, inCodes = false;
};
/// What the table of evaluators holds for `op` ("nn.conv2d").
EvaluatorModes evaluatorModes(llvm::StringRef op);

/// Quantization parameters of an array; one scale and zero point unless per channel.
struct TensorQuant {
  llvm::SmallVector<float, 1> scales;
  llvm::SmallVector<int32_t, 1> zeroPoints;
  /// Channel axis, or -1: per tensor.
  int64_t axis = -1;
  unsigned bits = 8;
  bool isSigned = false;
  int32_t qmin = 0;
  int32_t qmax = 255;

  float scale() const { return scales.front(); }
  int32_t zeroPoint() const { return zeroPoints.front(); }
  bool isPerChannel() const { return axis >= 0; }
  /// The array type that holds the codes: i8, u8, i16 or u16; i32 for biases.
  DType codeDType() const;
  bool operator==(const TensorQuant &other) const;
  bool operator!=(const TensorQuant &other) const { return !(*this == other); }
};

/// One value of a run, reported once, when it is known.
struct ValueRecord {
  /// The value's `nn.name`.
  llvm::StringRef name;
  mlir::Value value;
  /// Codes (of `quant->codeDType()`) when the value is quantized, else f32.
  const Tensor &data;
  /// Null for a float value. Lives as long as the interpreter.
  const TensorQuant *quant;
  /// The codes depend on a layer that is evaluated in float, so they lie outside the bit
  /// contract (N12, N14).
  bool behindFloat;
  /// A float value whose bits are defined: an accumulator given as float (N6).
  bool exactFloat = false;
};

/// The float value at a quantization point of a Float run: a `qopt.observe`, or the `mid` of
/// a fused group. Points on constants are not reported.
struct PointRecord {
  /// Name of the qparams symbol.
  llvm::StringRef symbol;
  /// The op that holds the point.
  mlir::Operation *op;
  const Tensor &data;
};

struct RunHooks {
  /// Called for each named value, in program order. Constants are not reported.
  std::function<void(const ValueRecord &)> onValue;
  /// Called in Float runs at each point; an error ends the run.
  std::function<llvm::Error(const PointRecord &)> onPoint;
  /// Values to feed in place of the computed ones, by name: f32, or codes of the value's own
  /// type where it is quantized. For comparing behind a float layer on equal codes.
  std::function<Tensor(const ValueRecord &)> replace;
};

/// An input or output of the network.
struct TensorSpec {
  std::string name;
  /// Sizes; ShapedType::kDynamic for an unknown batch.
  llvm::SmallVector<int64_t> shape;
};

/// All values of a finished run, for resume().
class RunTrace {
public:
  struct Values;

private:
  friend class Interpreter;
  std::shared_ptr<const Values> values;
};

class Interpreter {
public:
  /// Prepares a module for runs; it must outlive the interpreter and stay unchanged.
  /// Errors: no @main, ops without an evaluator in this mode (all are listed), a point
  /// without parameters in Simulate, constants that cannot be read.
  static llvm::Expected<std::unique_ptr<Interpreter>> create(mlir::ModuleOp module, EvalMode mode);
  ~Interpreter();

  EvalMode mode() const;
  llvm::ArrayRef<TensorSpec> inputs() const;
  llvm::ArrayRef<TensorSpec> outputs() const;
  /// The batch size if all inputs fix it, or nothing: any batch.
  std::optional<int64_t> fixedBatch() const;

  /// One run on f32 arrays in the order of inputs(); outputs are f32. NaN and infinity are
  /// allowed. Errors: number, dtype or shape of the inputs, batches that differ.
  llvm::Error run(llvm::ArrayRef<Tensor> inputs, llvm::SmallVectorImpl<Tensor> &outputs,
                  const RunHooks &hooks = {});

  /// The same, and keeps every value of the run (their memory is not reused).
  llvm::Error run(llvm::ArrayRef<Tensor> inputs, llvm::SmallVectorImpl<Tensor> &outputs,
                  RunTrace &trace);

  /// Runs the ops from number `first` of @main on, on what the ops before it made in `trace`: of
  /// an interpreter in the same mode for a module with the same ops, whose parameters may
  /// differ. Constants are this interpreter's own.
  llvm::Error resume(const RunTrace &trace, size_t first, llvm::SmallVectorImpl<Tensor> &outputs);

private:
  struct Impl;
  explicit Interpreter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl;
};

} // namespace qopt

#endif // QOPT_REFERENCE_INTERPRETER_H
