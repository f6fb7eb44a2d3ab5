//===- GraphImporter.h - from ONNX nodes to nn ops -----------------------------------===//
//
// GraphImporter walks the nodes that the outputs need; each is imported by a row of the op
// table through a NodeContext, which hides names, constants, locations and messages.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_IMPORT_GRAPHIMPORTER_H
#define QOPT_LIB_IMPORT_GRAPHIMPORTER_H

#include "Constant.h"
#include "OnnxModel.h"

#include "dialects/NN/NN.h"
#include "qopt/Import/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

namespace qopt::importer {

/// What an ONNX value name stands for: exactly one of `value` and `constant` is set. Where the
/// model computes with integer codes, `codes` has their parameters and `value` is what they
/// stand for, in f32 behind a quantization point (except for the network's own integer inputs,
/// which get theirs when a node reads them).
struct Binding {
  mlir::Value value;
  ConstantRef constant;
  QuantRef codes = nullptr;
};

class NodeContext;
struct OpRow;

class GraphImporter {
public:
  GraphImporter(OnnxModel &model, llvm::StringRef fileName, mlir::MLIRContext &context,
                const ImportOptions &options);

  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> run();

  mlir::OpBuilder &getBuilder() { return builder; }
  int64_t getOpset() const { return model.opset; }
  /// An error at the file.
  mlir::InFlightDiagnostic error();
  mlir::Location fileLoc();
  /// The node's name, at the op that it was read from.
  mlir::Location nodeLoc(const OnnxNode &node);

  const Binding *lookup(llvm::StringRef name) const;
  void bind(llvm::StringRef name, Binding binding) { bindings[name] = std::move(binding); }
  /// How many inputs of needed nodes, and outputs of the model, name the value.
  unsigned useCount(llvm::StringRef name) const { return uses.lookup(name); }

  /// The parameter of a float constant, made once per constant and shape. Error: NaN or
  /// infinite elements, integers.
  mlir::FailureOr<mlir::Value> parameter(const ConstantRef &constant, mlir::Location loc);

  /// A quantization point with these parameters behind `value`: what it holds afterwards lies
  /// on their grid. `name` is that of the qopt.qparams symbol, made unique.
  mlir::Value addPoint(mlir::Value value, const QuantInfo &quant, llvm::StringRef name,
                       mlir::Location loc);
  /// The value that the codes of `binding` stand for under the parameters `wanted`
  /// (DequantizeLinear need not name the ones that QuantizeLinear used). Codes do not change;
  /// `name` starts the names of helper ops.
  mlir::FailureOr<mlir::Value> reinterpretCodes(const Binding &binding, const QuantInfo &wanted,
                                                llvm::StringRef name, mlir::Location loc);

  /// "y" of "y_QuantizeLinear_Input", as quantizers call what stands before the QuantizeLinear of
  /// an output y, if y itself is only what DequantizeLinear makes of it; else the name as it is.
  llvm::StringRef plainName(llvm::StringRef name) const;

  /// `name`, or with the first free suffix if a value bears it already.
  std::string uniqueValueName(llvm::StringRef name);

  /// Unknown dimension 0 of a value as a multiple of the batch; 1 unless a reshape merged
  /// or split it.
  int64_t batchMultiple(mlir::Value value) const {
    auto found = multiples.find(value);
    return found == multiples.end() ? 1 : found->second;
  }
  void setBatchMultiple(mlir::Value value, int64_t multiple) { multiples[value] = multiple; }

private:
  std::string uniqueParameterName(llvm::StringRef wanted);
  void goBehindParameters();
  mlir::FailureOr<mlir::Value> wideParameter(const ConstantRef &constant);
  mlir::LogicalResult checkModel();
  mlir::LogicalResult markNeeded();
  mlir::LogicalResult checkSupported();
  mlir::LogicalResult bindInitializers();
  mlir::FailureOr<mlir::RankedTensorType> inputType(const OnnxValue &input);
  mlir::LogicalResult makeFunction();
  mlir::LogicalResult importNodes();
  mlir::LogicalResult followCodes(const OnnxNode &node, const OpRow &row, NodeContext &context);
  mlir::FailureOr<mlir::Value> outputValue(const OnnxValue &output);
  mlir::LogicalResult finishFunction();

  OnnxModel &model;
  std::string fileName;
  mlir::MLIRContext &context;
  const ImportOptions &options;
  mlir::OpBuilder builder;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp function;
  llvm::StringMap<Binding> bindings;
  llvm::StringMap<unsigned> uses;
  std::vector<const OnnxNode *> needed;
  llvm::StringSet<> dequantized; // outputs of DequantizeLinear
  llvm::StringSet<> valueNames, parameterNames, symbolNames;
  llvm::DenseMap<const Constant *, mlir::Value> parameters;
  std::vector<ConstantRef> keepAlive; // keys of `parameters`
  llvm::DenseMap<const void *, mlir::ElementsAttr> blobs;
  llvm::DenseMap<mlir::Value, int64_t> multiples;
};

/// Rewrites subgraphs that spell one function (hard-swish, GELU, SiLU) into one node.
void rewritePatterns(OnnxModel &model);

/// The 8-bit type that ONNX calls "uint8" or "int8"; nothing for other names.
std::optional<CodeType> codeTypeOf(llvm::StringRef elementType);

/// Parameters of codes that stand for themselves: scale 1, zero point 0.
QuantRef plainNumbers(CodeType type);

/// Joins the nodes of a linear layer that quantizes its input at run time, as ONNX Runtime's
/// quantize_dynamic writes it, to one (N17).
void joinDynamicLinears(OnnxModel &model);

/// Rewrites operators on codes (QLinearConv, QGemm, ConvInteger, ...) as DequantizeLinear, the
/// float operator, QuantizeLinear. Error: an operator that lacks inputs, or
/// whose layout is not NCHW.
llvm::Error expandQuantized(OnnxModel &model);

/// Moves transposes through the graph and cancels inverse pairs, so that the interior of
/// an NHWC model is NCHW.
void foldTransposes(mlir::func::FuncOp function);

/// What docs/IR.md promises of an imported module.
mlir::LogicalResult checkImported(mlir::ModuleOp module);

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_GRAPHIMPORTER_H
