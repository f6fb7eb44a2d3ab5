//===- Parameter.h - reading and making constants -----------------------------------===//
//
// The data of `nn.parameter`, wherever it is stored (a dense attribute, a splat, a
// resource blob), and new parameters that keep the framework's names.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_NN_PARAMETER_H
#define QOPT_NN_PARAMETER_H

#include "dialects/NN/NN.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"

#include <vector>

namespace qopt::nn {

/// The elements of a constant in row-major order: a view of the stored data, or an
/// expanded copy of a splat. A view lives as long as the attribute's storage.
template <typename T> class ParameterData {
public:
  explicit ParameterData(llvm::ArrayRef<T> stored) : view(stored) {}
  explicit ParameterData(std::vector<T> expanded) : owned(std::move(expanded)), view(owned) {}
  ParameterData(ParameterData &&other) = default;
  ParameterData &operator=(ParameterData &&other) = default;
  ParameterData(const ParameterData &) = delete;

  llvm::ArrayRef<T> values() const { return view; }
  operator llvm::ArrayRef<T>() const { return view; }
  size_t size() const { return view.size(); }
  const T &operator[](size_t index) const { return view[index]; }
  const T *begin() const { return view.begin(); }
  const T *end() const { return view.end(); }

private:
  std::vector<T> owned; // moving a vector keeps its buffer, so `view` stays valid
  llvm::ArrayRef<T> view;
};

/// The parameter that makes `value`, or null: not a constant.
ParameterOp getParameter(mlir::Value value);

/// The stored f32 data. Errors, emitted on the op: another element type, a resource whose
/// blob is missing or of the wrong size.
llvm::FailureOr<ParameterData<float>> getF32Data(ParameterOp parameter);

/// The stored codes: i8 for weights, i32 for biases. Errors as above.
llvm::FailureOr<ParameterData<int8_t>> getI8Data(ParameterOp parameter);
llvm::FailureOr<ParameterData<int32_t>> getI32Data(ParameterOp parameter);

/// A dense or resource attribute with a copy of `data`, which has as many elements as
/// `shape`. Few elements are stored inline (readable in text), more in a blob named after
/// `name`, which is made unique in the context.
mlir::ElementsAttr makeElements(mlir::MLIRContext *context, llvm::StringRef name,
                                llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> data);
mlir::ElementsAttr makeElements(mlir::MLIRContext *context, llvm::StringRef name,
                                llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int8_t> data);
mlir::ElementsAttr makeElements(mlir::MLIRContext *context, llvm::StringRef name,
                                llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int32_t> data);

/// Memory for the elements of a new constant: filled in place, it becomes an attribute as above
/// without a copy. T is float, int8_t or int32_t.
template <typename T> class NewElements {
public:
  explicit NewElements(int64_t count) : blob(allocate(count * sizeof(T))) {}
  llvm::MutableArrayRef<T> values() {
    const llvm::MutableArrayRef<char> bytes = blob.getMutableData();
    return {reinterpret_cast<T *>(bytes.data()), bytes.size() / sizeof(T)};
  }
  /// Uses the memory up; `shape` has as many elements.
  mlir::ElementsAttr finish(mlir::MLIRContext *context, llvm::StringRef name,
                            llvm::ArrayRef<int64_t> shape) &&;

private:
  static mlir::AsmResourceBlob allocate(size_t bytes);
  mlir::AsmResourceBlob blob;
};

/// A new parameter with such an attribute; `type` may be quantized.
ParameterOp createParameter(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                            mlir::RankedTensorType type, mlir::ElementsAttr value);

/// A new f32 parameter at the builder's insertion point.
ParameterOp createParameter(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                            llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> data);

/// A new quantized parameter: the codes in the data, `type` (a tensor of `!quant.uniform`)
/// on the result.
ParameterOp createParameter(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                            mlir::RankedTensorType type, llvm::ArrayRef<int8_t> codes);
ParameterOp createParameter(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                            mlir::RankedTensorType type, llvm::ArrayRef<int32_t> codes);

/// `base`, or `base` with the first suffix ".1", ".2", ... that no parameter in the
/// function around `anchor` (itself excepted) bears.
std::string uniqueParameterName(mlir::Operation *anchor, llvm::StringRef base);

} // namespace qopt::nn

#endif // QOPT_NN_PARAMETER_H
