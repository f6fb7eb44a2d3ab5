//===- Elements.cpp - constants of MLIR as host arrays --------------------------------===//

#include "Reader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

#include <cstring>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

static std::optional<DType> dtypeOf(Type type) {
  if (type.isF32())
    return DType::F32;
  if (type.isF64())
    return DType::F64;
  if (type.isF16())
    return DType::F16;
  if (type.isBF16())
    return DType::BF16;
  if (type.isIndex())
    return DType::I64;
  auto integer = dyn_cast<IntegerType>(type);
  const bool isUnsigned = integer && integer.isUnsigned();
  switch (integer ? integer.getWidth() : 0) {
  case 8:
    return isUnsigned ? DType::U8 : DType::I8;
  case 16:
    return isUnsigned ? DType::U16 : DType::I16;
  case 32:
    return isUnsigned ? DType::U32 : DType::I32;
  case 64:
    return isUnsigned ? DType::U64 : DType::I64;
  default:
    return std::nullopt;
  }
}

std::string importer::narrowing(Type to) {
  std::string text;
  llvm::raw_string_ostream(text) << "rounds to " << to
                                 << ", which the network here would not; export it in f32";
  return text;
}

ElementsAttr importer::elementsOf(Value value) {
  Operation *op = value.getDefiningOp();
  Attribute attribute;
  if (auto constant = dyn_cast_or_null<arith::ConstantOp>(op))
    attribute = constant.getValue();
  else if (auto constant = dyn_cast_or_null<tosa::ConstOp>(op))
    attribute = constant.getValues();
  else if (op && op->getName().getStringRef() == "onnx.Constant")
    attribute = op->getAttr("value");
  return dyn_cast_or_null<ElementsAttr>(attribute);
}

Tensor importer::tensorOf(ElementsAttr elements, std::string &problem) {
  const ArrayRef<int64_t> shape = elements.getShapedType().getShape();
  const std::optional<DType> dtype = dtypeOf(elements.getElementType());
  if (!dtype) {
    llvm::raw_string_ostream(problem) << "has element type " << elements.getElementType()
                                      << ", expected floats, or integers of 8 to 64 bits";
    return {};
  }
  llvm::Expected<Tensor> made = Tensor::create(*dtype, shape);
  if (!made) {
    problem = llvm::toString(made.takeError());
    return {};
  }
  const size_t wanted = made->bytes();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() != wanted) {
      problem = "has no data in the file; print the module with all its resources (large constants "
                "not elided)";
      return {};
    }
    std::memcpy(made->raw(), blob->getData().data(), wanted);
    return std::move(*made);
  }
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (!dense) {
    problem = "is stored in a form that is not read; expected dense or dense_resource elements";
    return {};
  }
  const ArrayRef<char> raw = dense.getRawData();
  const size_t size = dtypeSize(*dtype);
  for (size_t at = 0; at < wanted; at += dense.isSplat() ? size : raw.size())
    std::memcpy(made->raw() + at, raw.data(), dense.isSplat() ? size : raw.size());
  return std::move(*made);
}

std::optional<double> importer::numberOf(Value value) {
  Attribute attribute;
  if (matchPattern(value, m_Constant(&attribute))) {
    if (auto number = dyn_cast<FloatAttr>(attribute))
      return number.getValueAsDouble();
    if (auto number = dyn_cast<IntegerAttr>(attribute))
      return static_cast<double>(number.getValue().getSExtValue());
    return std::nullopt;
  }
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<arith::TruncFOp>(op)) {
    const std::optional<double> wide = numberOf(op->getOperand(0));
    return wide && value.getType().isF32() ? std::optional<double>(static_cast<float>(*wide))
                                           : std::nullopt;
  }
  if (isa_and_nonnull<arith::ExtFOp, arith::SIToFPOp, arith::ExtSIOp, arith::IndexCastOp,
                      arith::TruncIOp>(op))
    return numberOf(op->getOperand(0));
  return std::nullopt;
}
