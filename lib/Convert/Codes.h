//===- Codes.h - quantized types, constants in codes, tables ------------------------===//
//
// What convert computes from numbers, apart from the walk over the network.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_LIB_CONVERT_CODES_H
#define QOPT_LIB_CONVERT_CODES_H

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/QParams.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

#include <optional>

namespace qopt::convert {

/// "'conv1'" for messages: the name of the value that the op makes, or the op's name.
std::string layerName(mlir::Operation *op);

/// `tensor` with another element type.
mlir::RankedTensorType withElement(mlir::Type tensor, mlir::Type element);

/// The per-tensor quantized element type of a value, or null.
mlir::quant::UniformQuantizedType uniformType(mlir::Type tensor);

/// Scale, zero point and legal codes of a per-tensor type.
CodeSpace codeSpace(mlir::quant::UniformQuantizedType type);

/// The scale of channel `channel` of a uniform type; per-tensor types have one for all.
float scaleOf(mlir::quant::QuantizedType type, int64_t channel);
int32_t zeroPointOf(mlir::quant::QuantizedType type, int64_t channel);

/// [N5] the i32 type of a bias with `channels` elements: scale sx * sw[c], where the weight's
/// scales repeat over groups. Null when a product is no positive finite f32; `badChannel`
/// says which.
mlir::quant::QuantizedType biasType(mlir::quant::UniformQuantizedType input,
                                    mlir::quant::QuantizedType weight, int64_t channels,
                                    int64_t &badChannel);

/// A table attribute: tensor<256xi8> of raw bytes, or tensor<Cx256xi8> with `perChannel`.
mlir::ElementsAttr tableAttr(mlir::MLIRContext *context, llvm::ArrayRef<ByteTable> tables,
                             bool perChannel);

/// Constants turned into codes, each (constant, type) once.
class ConstantCodes {
public:
  /// [N2] the codes of an f32 constant (Reference/Constants.h) under `element`, as an i8 parameter
  /// placed behind it. Errors on `user`: NaN or infinity, a number of scales that does not fit.
  llvm::FailureOr<mlir::Value> quantize(mlir::Value constant, mlir::quant::QuantizedType element,
                                        mlir::Operation *user);

  /// [N5] the i32 codes of a bias under a type made by biasType. Errors on `user`: NaN or
  /// infinity, a code beyond i32.
  llvm::FailureOr<mlir::Value>
  quantizeBias(mlir::Value constant, mlir::quant::QuantizedType element, mlir::Operation *user);

  /// A bias that has codes already: as they are where its type is the one that N5 wants, else
  /// N5 of what they stand for, with a remark that counts the codes that changed.
  llvm::FailureOr<mlir::Value> adoptBias(nn::ParameterOp parameter,
                                         mlir::quant::QuantizedType element, mlir::Operation *user);

  /// [N3] The f32 constant that a bias of i32 codes stands for; `border` is the op that says so.
  mlir::Value dequantize(nn::ParameterOp parameter, quantize::DequantizeOp border);

private:
  template <typename T>
  mlir::Value add(mlir::Value origin, mlir::quant::QuantizedType element, nn::NewElements<T> codes);

  llvm::FailureOr<llvm::ArrayRef<float>> read(mlir::Value constant);

  /// Of the constant in hand: what an attribute holds, or a fold computed. Weights of a network are
  /// folded one after another in this memory; nothing else ever holds all of them.
  std::optional<nn::ParameterData<float>> stored;
  std::vector<float> folded;
  llvm::DenseMap<std::pair<mlir::Value, mlir::Type>, mlir::Value> made;
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> lastMade; // behind each original
};

/// Emits an error on `user` when a constant with these elements holds NaN or infinity.
llvm::LogicalResult checkFinite(llvm::ArrayRef<float> values, llvm::StringRef name,
                                mlir::Operation *user);
llvm::LogicalResult checkFinite(nn::ParameterOp parameter, mlir::Operation *user);

/// Gives later ones of parameters that bear the same name the suffixes ".1", ".2", ...
void makeParameterNamesUnique(mlir::Block &block);

} // namespace qopt::convert

#endif // QOPT_LIB_CONVERT_CODES_H
