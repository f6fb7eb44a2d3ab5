//===- Evaluator.h - what an op's evaluator sees, and the table of evaluators -------===//
//
// To teach the interpreter an op, write its evaluators and add one row to Rows.cpp.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_REFERENCE_EVALUATOR_H
#define QOPT_REFERENCE_EVALUATOR_H

#include "qopt/Reference/Interpreter.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"

namespace qopt::reference {

using mlir::Operation;
using QuantPtr = std::shared_ptr<const TensorQuant>;

/// A value during a run. Float and Simulate hold f32 (Simulate: dequantized values when
/// `quant` is set); Codes holds codes when `quant` is set.
struct RuntimeValue {
  Tensor data;
  QuantPtr quant;
  bool behindFloat = false;
  /// A float that is an accumulator's (N6), so that its bits are defined.
  bool exactFloat = false;
};

/// What an op keeps between runs: packed weights, primitives, tables.
struct KeptState {
  virtual ~KeptState() = default;
};

/// The run of one op.
class OpContext {
public:
  OpContext(Operation *op, EvalMode mode) : op(op), mode(mode) {}

  Operation *const op;
  const EvalMode mode;
  llvm::SmallVector<const RuntimeValue *> operands;
  llvm::SmallVector<RuntimeValue> results;
  /// Parameters that results take: of the point behind them (Simulate) or of the result
  /// type (Codes); null for float.
  llvm::ArrayRef<QuantPtr> resultQuants;
  /// The result's parameters follow from those of the input (N8, scalars).
  bool resultIsDerived = false;
  /// Parameters of the op's own point: what an observe names, or a group's `mid`.
  QuantPtr pointQuant;
  std::unique_ptr<KeptState> *stateSlot = nullptr;
  const RunHooks *hooks = nullptr;

  const RuntimeValue &in(unsigned index) const { return *operands[index]; }
  const Tensor &data(unsigned index) const { return operands[index]->data; }
  /// The run-time value of an operand given by accessor; null when `value` is.
  const RuntimeValue *find(mlir::Value value) const;

  QuantPtr resultQuant() const { return resultQuants.front(); }

  /// Shape of a result: its type's, with an unknown size taken from the operands.
  llvm::SmallVector<int64_t> resultShape(unsigned index = 0) const;

  /// Whether the op gives its accumulator as float (N6, N17): it is marked so in Simulate, and its
  /// types say so in Codes.
  bool givesFloat() const;

  /// Simulate: whether the parameters of its input are found at run time (N17).
  bool isDynamic() const { return quantize::isDynamic(op); }

  /// Simulate: whether the op is computed on codes (all activations and weights come from
  /// points and the op is not marked float).
  bool runsOnCodes() const;

  void set(Tensor data, QuantPtr quant = nullptr, unsigned index = 0) {
    results[index] = {std::move(data), std::move(quant)};
  }

  /// The op's kept state, made at first use.
  template <typename T> T &state() {
    if (!*stateSlot)
      *stateSlot = std::make_unique<T>();
    return static_cast<T &>(**stateSlot);
  }

  /// "op 'conv1' (nn.conv2d): message".
  llvm::Error error(const llvm::Twine &message) const;
};

using Evaluator = llvm::Error (*)(OpContext &);

/// A row of the table: how one op is evaluated in each mode; null where it cannot occur.
struct EvaluatorRow {
  llvm::StringLiteral name;
  Evaluator inFloat;
  Evaluator inSimulate;
  Evaluator inCodes;
};

/// The row of an op, or null.
const EvaluatorRow *findEvaluator(Operation *op);

/// The configuration gives the op a quantized form and nothing says it stays float.
bool isConfigured(QuantizableOpInterface op);

/// The data of a constant as an array: f32, or codes in the array type of `quant`.
llvm::Expected<Tensor> constantData(mlir::ElementsAttr value, const TensorQuant *quant);

/// Parameters of a resolved symbol, or of a quantized type; null for others.
QuantPtr quantOf(quantize::QParamsOp symbol);
QuantPtr quantOf(mlir::Type type);

} // namespace qopt::reference

#endif // QOPT_REFERENCE_EVALUATOR_H
