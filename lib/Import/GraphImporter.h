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

/// What an ONNX value name stands for: exactly one of the two is set.
struct Binding {
  mlir::Value value;
  ConstantRef constant;
};

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

  const Binding *lookup(llvm::StringRef name) const;
  void bind(llvm::StringRef name, Binding binding) { bindings[name] = std::move(binding); }
  /// How many inputs of needed nodes, and outputs of the model, name the value.
  unsigned useCount(llvm::StringRef name) const { return uses.lookup(name); }

  /// The parameter of a float constant, made once per constant and shape. Error: NaN or
  /// infinite elements, integers.
  mlir::FailureOr<mlir::Value> parameter(const ConstantRef &constant, mlir::Location loc);

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
  mlir::LogicalResult checkModel();
  mlir::LogicalResult markNeeded();
  mlir::LogicalResult checkSupported();
  mlir::LogicalResult bindInitializers();
  mlir::FailureOr<mlir::RankedTensorType> inputType(const OnnxValue &input);
  mlir::LogicalResult makeFunction();
  mlir::LogicalResult importNodes();
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
  llvm::StringSet<> valueNames, parameterNames;
  llvm::DenseMap<const Constant *, mlir::Value> parameters;
  std::vector<ConstantRef> keepAlive; // keys of `parameters`
  llvm::DenseMap<const void *, mlir::ElementsAttr> blobs;
  llvm::DenseMap<mlir::Value, int64_t> multiples;
};

/// Rewrites subgraphs that spell one function (hard-swish, GELU, SiLU) into one node.
void rewritePatterns(OnnxModel &model);

/// Moves transposes through the graph and cancels inverse pairs, so that the interior of
/// an NHWC model is NCHW.
void foldTransposes(mlir::func::FuncOp function);

/// What docs/IR.md promises of an imported module.
mlir::LogicalResult checkImported(mlir::ModuleOp module);

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_GRAPHIMPORTER_H
