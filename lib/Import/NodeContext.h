//===- NodeContext.h - what an op importer sees of its node --------------------------===//

#ifndef QOPT_LIB_IMPORT_NODECONTEXT_H
#define QOPT_LIB_IMPORT_NODECONTEXT_H

#include "GraphImporter.h"

namespace qopt::importer {

class NodeContext {
public:
  NodeContext(GraphImporter &importer, const OnnxNode &node);

  const OnnxNode &node() const { return onnxNode; }
  int64_t opset() const { return importer.getOpset(); }
  GraphImporter &graph() { return importer; }
  mlir::OpBuilder &builder() { return importer.getBuilder(); }
  mlir::Location loc() const { return location; }
  /// "Conv: ...", at the node's name.
  mlir::InFlightDiagnostic error();

  //===-- attributes: the default where absent -------------------------------------===//
  bool hasAttr(llvm::StringRef name) const { return onnxNode.attributes.contains(name); }
  int64_t getInt(llvm::StringRef name, int64_t fallback) const;
  double getFloat(llvm::StringRef name, double fallback) const;
  std::string getString(llvm::StringRef name, llvm::StringRef fallback) const;
  llvm::SmallVector<int64_t> getInts(llvm::StringRef name,
                                     llvm::ArrayRef<int64_t> fallback = {}) const;

  //===-- inputs --------------------------------------------------------------------===//
  unsigned numInputs() const { return onnxNode.inputs.size(); }
  bool hasInput(unsigned index) const {
    return index < onnxNode.inputs.size() && !onnxNode.inputs[index].empty();
  }
  /// The constant behind an input, or null.
  ConstantRef constant(unsigned index) const;
  /// An activation, or a float constant as a parameter.
  mlir::FailureOr<mlir::Value> value(unsigned index);
  /// A float constant; an error that says what it is needed for otherwise.
  mlir::FailureOr<ConstantRef> weights(unsigned index, llvm::StringRef what);
  mlir::FailureOr<mlir::Value> parameter(const ConstantRef &constant) {
    return importer.parameter(constant, location);
  }
  /// Known integers of a constant input.
  mlir::FailureOr<llvm::SmallVector<int64_t>> ints(unsigned index, llvm::StringRef what);
  /// The integers of attribute `name`, or of input `index` where newer opsets put them;
  /// `fallback` where neither is there.
  mlir::FailureOr<llvm::SmallVector<int64_t>> attrOrInput(llvm::StringRef name, unsigned index,
                                                          llvm::ArrayRef<int64_t> fallback = {});

  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
    return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }
  static int64_t rankOf(mlir::Value value) { return shapeOf(value).size(); }
  /// Counts a negative axis from the back; error if it lies outside the rank.
  mlir::FailureOr<int64_t> axis(int64_t axis, int64_t rank);
  mlir::FailureOr<llvm::SmallVector<int64_t>> axes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  //===-- results -------------------------------------------------------------------===//
  bool usesOutput(unsigned index) const;
  /// Binds output 0 to a constant.
  mlir::LogicalResult bind(ConstantRef constant);
  /// Binds output 0 to a value as it is (Identity).
  mlir::LogicalResult bind(mlir::Value value);
  /// Binds the outputs to the results of `op`, which gets their name and the layer's.
  mlir::LogicalResult bindOp(mlir::Operation *op);
  /// A helper op that makes no output of the node: named after it with a suffix.
  void name(mlir::Operation *op, llvm::StringRef suffix);
  /// The module path, by the name of a weight if one is given.
  void setLayer(mlir::Operation *op, llvm::StringRef weightName = {});

  template <typename OpTy>
  OpTy create(mlir::ValueRange operands, llvm::ArrayRef<mlir::NamedAttribute> attributes = {},
              unsigned numResults = 1) {
    return nn::createInferred<OpTy>(builder(), location, operands, attributes, numResults);
  }
  /// Creates an op that makes output 0, and binds it; `weightName` as in setLayer.
  template <typename OpTy>
  mlir::LogicalResult emit(mlir::ValueRange operands,
                           llvm::ArrayRef<mlir::NamedAttribute> attributes = {},
                           llvm::StringRef weightName = {}) {
    OpTy op = create<OpTy>(operands, attributes);
    if (!op)
      return mlir::failure();
    setLayer(op, weightName);
    return bindOp(op);
  }
  /// Creates a helper op (see name()).
  template <typename OpTy>
  mlir::FailureOr<mlir::Value> emitHelper(llvm::StringRef suffix, mlir::ValueRange operands,
                                          llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
    OpTy op = create<OpTy>(operands, attributes);
    if (!op)
      return mlir::failure();
    name(op, suffix);
    return op->getResult(0);
  }

  mlir::NamedAttribute attr(llvm::StringRef name, mlir::Attribute value) {
    return builder().getNamedAttr(name, value);
  }
  mlir::NamedAttribute i64s(llvm::StringRef name, llvm::ArrayRef<int64_t> values) {
    return attr(name, builder().getDenseI64ArrayAttr(values));
  }
  mlir::NamedAttribute i64(llvm::StringRef name, int64_t value) {
    return attr(name, builder().getI64IntegerAttr(value));
  }
  mlir::NamedAttribute f64(llvm::StringRef name, double value) {
    return attr(name, builder().getF64FloatAttr(value));
  }
  mlir::NamedAttribute f32(llvm::StringRef name, float value) {
    return attr(name, builder().getF32FloatAttr(value));
  }
  mlir::NamedAttribute flag(llvm::StringRef name, bool value) {
    return attr(name, builder().getBoolAttr(value));
  }

private:
  GraphImporter &importer;
  const OnnxNode &onnxNode;
  mlir::Location location;
};

//===-- the op table ----------------------------------------------------------------===//

using Handler = mlir::LogicalResult (*)(NodeContext &);

/// One importable operator: versions [since, until] of the default domain's operator set (for
/// another domain's operator, `op` is "domain.Op", and the versions do not matter).
/// `makes` lists the nn ops that it becomes ("add add_scalar"; helpers that change shapes are left
/// out), empty where it vanishes. `fold` takes nodes whose inputs are all constants, where it is
/// given.
struct OpRow {
  llvm::StringLiteral op;
  int64_t since, until;
  Handler import;
  llvm::StringLiteral makes;
  Handler fold = nullptr;
  /// Reads codes itself. Of the others only those that move elements may be given codes.
  bool takesCodes = false;
};
inline constexpr int64_t kFirstOpset = 7, kLastOpset = 23;

/// The row for an operator at an opset, or null.
const OpRow *findRow(llvm::StringRef domain, llvm::StringRef op, int64_t opset);

/// What to do about an operator without a row.
std::string hintFor(const OnnxNode &node, int64_t opset);

// The families, each in its file under ops/.
llvm::ArrayRef<OpRow> convRows();
llvm::ArrayRef<OpRow> linearRows();
llvm::ArrayRef<OpRow> activationRows();
llvm::ArrayRef<OpRow> elementwiseRows();
llvm::ArrayRef<OpRow> poolRows();
llvm::ArrayRef<OpRow> resizeRows();
llvm::ArrayRef<OpRow> shapeRows();
llvm::ArrayRef<OpRow> sliceRows();
llvm::ArrayRef<OpRow> constantRows();
llvm::ArrayRef<OpRow> quantizeRows();

/// Domain of the nodes that rewritePatterns makes.
inline constexpr llvm::StringLiteral kPatternDomain = "qopt.pattern";

} // namespace qopt::importer

#endif // QOPT_LIB_IMPORT_NODECONTEXT_H
