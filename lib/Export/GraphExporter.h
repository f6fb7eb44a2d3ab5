//===- GraphExporter.h - from ops on codes to ONNX nodes -----------------------------===//
//
// An op becomes one or more steps: an ONNX operator on the numbers that codes stand for, whose
// result is quantized. A step is written as the form asks: between DequantizeLinear and
// QuantizeLinear, or as one operator on codes.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_EXPORT_GRAPHEXPORTER_H
#define QOPT_LIB_EXPORT_GRAPHEXPORTER_H

#include "OnnxFile.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/Parameter.h"
#include "qopt/Export/Export.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace qopt::exporter {

/// A tensor of the ONNX model: its codes, the numbers they stand for, or both; a name is empty
/// until it is needed.
struct Wire {
  std::string codes, numbers;
  mlir::quant::QuantizedType type; // null: float
  std::string scale, zeroPoint;    // initializers with the parameters of `type`
};

/// One ONNX operator on numbers.
struct Step {
  std::string op;
  std::vector<Wire *> operands;
  std::vector<NodeAttribute> attributes = {};
  std::vector<std::string> constants = {}; // inputs behind the operands, by name
  bool moves = false;                      // may run on codes as it is
};

class GraphExporter {
public:
  GraphExporter(mlir::ModuleOp module, OnnxForm form) : module(module), form(form) {}
  mlir::FailureOr<std::string> run();

  Wire &wire(mlir::Value value) { return wires[value]; }
  /// The type of a value's codes, or null.
  static mlir::quant::QuantizedType typeOf(mlir::Value value) {
    return nn::getQuantizedElementType(value.getType());
  }

  /// Writes a step whose result has `type` (null: float) under the name `name`.
  Wire emit(const Step &step, mlir::quant::QuantizedType type, llvm::StringRef name);
  /// The same with several results, which all have `type`.
  std::vector<Wire> emitAll(const Step &step, mlir::quant::QuantizedType type,
                            llvm::ArrayRef<std::string> names);
  /// Narrows codes to [low, high], by number.
  Wire clamp(Wire &input, float low, float high, llvm::StringRef name);

  std::string addFloats(llvm::StringRef name, llvm::ArrayRef<int64_t> shape,
                        llvm::ArrayRef<float> values);
  std::string addInts(llvm::StringRef name, llvm::ArrayRef<int64_t> values);

  /// A node as it is: its outputs bear these names, made new where they are taken.
  std::vector<std::string> addNode(llvm::StringRef op, std::vector<std::string> inputs,
                                   llvm::ArrayRef<std::string> names,
                                   std::vector<NodeAttribute> attributes = {});

  /// What codes stand for, by a DequantizeLinear (called `name` if that is given) where there is
  /// none yet.
  const std::string &numbers(Wire &wire, llvm::StringRef name = {});

private:
  mlir::LogicalResult exportOp(mlir::Operation *op);
  mlir::LogicalResult exportParameter(nn::ParameterOp op);
  mlir::LogicalResult exportReturn(mlir::func::ReturnOp op);
  void exportInputs(mlir::func::FuncOp function);
  void addParameters(Wire &wire, llvm::StringRef name);
  void quantize(Wire &wire, llvm::StringRef name);
  bool emitOnCodes(const Step &step, Wire &result, llvm::StringRef name);
  std::string addConstant(llvm::StringRef name, ElementType type, llvm::ArrayRef<int64_t> shape,
                          llvm::StringRef bytes);
  std::string fresh(llvm::StringRef name);
  std::string numberName(llvm::StringRef name);

  mlir::ModuleOp module;
  OnnxForm form;
  OnnxFile file;
  llvm::DenseMap<mlir::Value, Wire> wires;
  llvm::StringSet<> taken;
  llvm::StringSet<> outputNames; // of the network
  llvm::StringSet<> directNames; // those that float values inside bear, too
};

/// Writes one op; wires of its results are set.
using OpWriter = mlir::LogicalResult (*)(mlir::Operation *op, GraphExporter &graph);

/// The writer of an op, or null.
OpWriter findWriter(llvm::StringRef opName);

using OpWriterRow = std::pair<llvm::StringLiteral, OpWriter>;
// The families, each in its file.
llvm::ArrayRef<OpWriterRow> rootWriters();
llvm::ArrayRef<OpWriterRow> pointwiseWriters();
llvm::ArrayRef<OpWriterRow> moveWriters();
llvm::ArrayRef<OpWriterRow> poolWriters();

} // namespace qopt::exporter

#endif // QOPT_LIB_EXPORT_GRAPHEXPORTER_H
