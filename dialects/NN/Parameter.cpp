//===- Parameter.cpp - reading and making constants ---------------------------------===//

#include "dialects/NN/Parameter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/StringSet.h"

#include <cstring>

using namespace mlir;
using namespace qopt;
using namespace qopt::nn;

/// Constants with at most this many elements are written inline.
static constexpr size_t kInlineElements = 32;

template <typename T> static Type elementTypeOf(MLIRContext *context) {
  if constexpr (std::is_same_v<T, float>)
    return Float32Type::get(context);
  else
    return IntegerType::get(context, 8 * sizeof(T));
}

ParameterOp nn::getParameter(Value value) {
  return value ? value.getDefiningOp<ParameterOp>() : ParameterOp();
}

/// The elements in `bytes`, or a failure when their number is wrong.
template <typename T>
static FailureOr<ParameterData<T>> fromBytes(ParameterOp op, ArrayRef<char> bytes, int64_t count) {
  if (bytes.size() != count * sizeof(T))
    return op.emitOpError() << "\"" << op.getName() << "\" needs " << count * sizeof(T)
                            << " bytes of data, its resource has " << bytes.size();
  const T *data = reinterpret_cast<const T *>(bytes.data());
  if (reinterpret_cast<uintptr_t>(data) % alignof(T) == 0)
    return ParameterData<T>(ArrayRef<T>(data, count));
  std::vector<T> aligned(count);
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  return ParameterData<T>(std::move(aligned));
}

template <typename T> static FailureOr<ParameterData<T>> getData(ParameterOp op) {
  const auto type = cast<ShapedType>(op.getValue().getType());
  const Type expected = elementTypeOf<T>(op.getContext());
  if (type.getElementType() != expected)
    return op.emitOpError() << "\"" << op.getName() << "\" holds " << type.getElementType()
                            << " data where " << expected << " is needed";
  const int64_t count = type.getNumElements();
  if (auto dense = dyn_cast<DenseElementsAttr>(op.getValue())) {
    if (dense.isSplat())
      return ParameterData<T>(std::vector<T>(count, dense.getSplatValue<T>()));
    return fromBytes<T>(op, dense.getRawData(), count);
  }
  auto resource = dyn_cast<DenseResourceElementsAttr>(op.getValue());
  if (!resource)
    return op.emitOpError() << "\"" << op.getName()
                            << "\" has data of an unknown form; expected dense or dense_resource";
  const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  if (!blob)
    return op.emitOpError() << "\"" << op.getName() << "\" names the resource '"
                            << resource.getRawHandle().getKey()
                            << "', which the file does not hold (was it printed with its "
                               "resources left out?)";
  return fromBytes<T>(op, blob->getData(), count);
}

FailureOr<ParameterData<float>> nn::getF32Data(ParameterOp op) { return getData<float>(op); }
FailureOr<ParameterData<int8_t>> nn::getI8Data(ParameterOp op) { return getData<int8_t>(op); }
FailureOr<ParameterData<int32_t>> nn::getI32Data(ParameterOp op) { return getData<int32_t>(op); }

template <typename T> AsmResourceBlob NewElements<T>::allocate(size_t bytes) {
  return HeapAsmResourceBlob::allocate(bytes, alignof(T), /*dataIsMutable=*/true);
}

template <typename T>
ElementsAttr NewElements<T>::finish(MLIRContext *context, StringRef name,
                                    ArrayRef<int64_t> shape) && {
  const auto type = RankedTensorType::get(shape, elementTypeOf<T>(context));
  assert(type.getNumElements() == static_cast<int64_t>(values().size()) && "data does not fit");
  if (values().size() <= kInlineElements)
    return DenseElementsAttr::get(type, ArrayRef<T>(values()));
  return cast<ElementsAttr>(DenseResourceElementsAttr::get(type, name, std::move(blob)));
}

namespace qopt::nn {
template class NewElements<float>;
template class NewElements<int8_t>;
template class NewElements<int32_t>;
} // namespace qopt::nn

template <typename T>
static ElementsAttr makeData(MLIRContext *context, StringRef name, ArrayRef<int64_t> shape,
                             ArrayRef<T> data) {
  NewElements<T> elements(static_cast<int64_t>(data.size()));
  std::memcpy(elements.values().data(), data.data(), data.size() * sizeof(T));
  return std::move(elements).finish(context, name, shape);
}

ElementsAttr nn::makeElements(MLIRContext *context, StringRef name, ArrayRef<int64_t> shape,
                              ArrayRef<float> data) {
  return makeData(context, name, shape, data);
}
ElementsAttr nn::makeElements(MLIRContext *context, StringRef name, ArrayRef<int64_t> shape,
                              ArrayRef<int8_t> data) {
  return makeData(context, name, shape, data);
}
ElementsAttr nn::makeElements(MLIRContext *context, StringRef name, ArrayRef<int64_t> shape,
                              ArrayRef<int32_t> data) {
  return makeData(context, name, shape, data);
}

ParameterOp nn::createParameter(OpBuilder &builder, Location loc, StringRef name,
                                RankedTensorType type, ElementsAttr value) {
  return ParameterOp::create(builder, loc, type, builder.getStringAttr(name), value);
}
ParameterOp nn::createParameter(OpBuilder &builder, Location loc, StringRef name,
                                ArrayRef<int64_t> shape, ArrayRef<float> data) {
  return ParameterOp::create(builder, loc, RankedTensorType::get(shape, builder.getF32Type()),
                             builder.getStringAttr(name),
                             makeData(builder.getContext(), name, shape, data));
}
ParameterOp nn::createParameter(OpBuilder &builder, Location loc, StringRef name,
                                RankedTensorType type, ArrayRef<int8_t> codes) {
  return ParameterOp::create(builder, loc, type, builder.getStringAttr(name),
                             makeData(builder.getContext(), name, type.getShape(), codes));
}
ParameterOp nn::createParameter(OpBuilder &builder, Location loc, StringRef name,
                                RankedTensorType type, ArrayRef<int32_t> codes) {
  return ParameterOp::create(builder, loc, type, builder.getStringAttr(name),
                             makeData(builder.getContext(), name, type.getShape(), codes));
}

std::string nn::uniqueParameterName(Operation *anchor, StringRef base) {
  auto function = dyn_cast<func::FuncOp>(anchor);
  if (!function)
    function = anchor->getParentOfType<func::FuncOp>();
  llvm::StringSet<> taken;
  function.walk([&](ParameterOp other) {
    if (other != anchor)
      taken.insert(other.getName());
  });
  std::string name = base.str();
  for (unsigned suffix = 1; taken.contains(name); ++suffix)
    name = (base + "." + Twine(suffix)).str();
  return name;
}
