//===- Parameters.cpp - data of constants, parameters of observers ------------------===//

#include "lib/CAPI/Internal.h"

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

#include <cstring>

using namespace mlir;
using namespace qopt;
using namespace qopt::capi;

//===-- constants -------------------------------------------------------------------===//

/// The parameter of that name, or null after an error.
static nn::ParameterOp findParameter(ModuleOp module, StringRef name) {
  std::vector<std::string> names;
  nn::ParameterOp found;
  module.walk([&](nn::ParameterOp op) {
    names.push_back(op.getName().str());
    if (op.getName() == name)
      found = op;
  });
  if (!found)
    fail("no parameter is called '" + name + "'" + didYouMean(name, names));
  return found;
}

static std::string typeText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// Describes the parameter without data; false for an element type that arrays cannot have.
static bool describe(nn::ParameterOp op, qopt_array *out) {
  const auto type = cast<ShapedType>(op.getValue().getType());
  *out = {};
  out->name = op.getName().data();
  out->rank = static_cast<uint32_t>(type.getRank());
  if (type.getRank() > QOPT_MAX_RANK)
    return false;
  llvm::copy(type.getShape(), out->shape);
  if (type.getElementType().isF32())
    out->dtype = QOPT_F32;
  else if (type.getElementType().isInteger(8))
    out->dtype = QOPT_I8;
  else if (type.getElementType().isInteger(32))
    out->dtype = QOPT_I32;
  else
    return false;
  return true;
}

/// Points to the stored data. A splat stores one element only, so it is stored anew first.
template <typename T, typename Get>
static LogicalResult borrow(nn::ParameterOp op, Get get, qopt_array *out) {
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (dense && dense.isSplat()) {
    const std::vector<T> all(dense.getNumElements(), dense.getSplatValue<T>());
    op.setValueAttr(DenseResourceElementsAttr::get(
        dense.getType(), op.getName(),
        HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<T>(all))));
  }
  FailureOr<nn::ParameterData<T>> data = get(op);
  if (failed(data))
    return failure();
  out->data = data->values().data();
  return success();
}

qopt_status qopt_module_parameter(const qopt_module *module, const char *name, qopt_array *out) {
  Listener listener(module->context.get());
  nn::ParameterOp op = findParameter(module->module.get(), name);
  if (!op)
    return QOPT_ERROR;
  if (!describe(op, out))
    return fail("parameter '" + Twine(name) + "' has a type that arrays cannot hold");
  LogicalResult read = failure();
  if (out->dtype == QOPT_F32)
    read = borrow<float>(op, nn::getF32Data, out);
  else if (out->dtype == QOPT_I8)
    read = borrow<int8_t>(op, nn::getI8Data, out);
  else
    read = borrow<int32_t>(op, nn::getI32Data, out);
  return listener.finish(succeeded(read), "the data cannot be read");
}

/// The array's elements as an attribute; the memory may be unaligned.
template <typename T>
static ElementsAttr copied(MLIRContext *context, const qopt_array &array, StringRef name) {
  const ArrayRef<int64_t> shape(array.shape, array.rank);
  nn::NewElements<T> elements(ShapedType::getNumElements(shape));
  if (!elements.values().empty())
    std::memcpy(elements.values().data(), array.data, elements.values().size() * sizeof(T));
  return std::move(elements).finish(context, name, shape);
}

qopt_status qopt_module_set_parameter(qopt_module *module, const char *name,
                                      const qopt_array *array) {
  nn::ParameterOp op = findParameter(module->module.get(), name);
  if (!op)
    return QOPT_ERROR;
  qopt_array expected;
  const ArrayRef<int64_t> shape(array->shape, std::min<uint32_t>(array->rank, QOPT_MAX_RANK));
  if (!describe(op, &expected) || expected.dtype != array->dtype || expected.rank != array->rank ||
      ArrayRef<int64_t>(expected.shape, expected.rank) != shape)
    return fail("parameter '" + Twine(name) + "' is " + typeText(op.getValue().getType()) +
                ", got an array of shape " + shapeText(shape) + " or of another type");
  if (!array->data && ShapedType::getNumElements(shape) != 0)
    return fail("'" + Twine(name) + "' has no data");
  if (array->dtype == QOPT_F32)
    op.setValueAttr(copied<float>(op.getContext(), *array, name));
  else if (array->dtype == QOPT_I8)
    op.setValueAttr(copied<int8_t>(op.getContext(), *array, name));
  else
    op.setValueAttr(copied<int32_t>(op.getContext(), *array, name));
  return QOPT_OK;
}

//===-- observers -------------------------------------------------------------------===//

static quantize::QParamsOp findSymbol(ModuleOp module, StringRef name) {
  if (auto found = module.lookupSymbol<quantize::QParamsOp>(name))
    return found;
  std::vector<std::string> names;
  for (quantize::QParamsOp op : module.getOps<quantize::QParamsOp>())
    names.push_back(op.getSymName().str());
  fail("no qopt.qparams is called @" + name + didYouMean(name, names));
  return {};
}

qopt_status qopt_module_set_qparams(qopt_module *module, const char *symbol, const float *scales,
                                    const int32_t *zero_points, size_t count) {
  Listener listener(module->context.get());
  quantize::QParamsOp op = findSymbol(module->module.get(), symbol);
  if (!op)
    return QOPT_ERROR;
  const Attribute oldScales = op->getAttr("scales"), oldZeroPoints = op->getAttr("zero_points");
  op.setQParams({scales, count}, {zero_points, count});
  if (succeeded(op.verify()))
    return QOPT_OK;
  if (oldScales) {
    op->setAttr("scales", oldScales);
    op->setAttr("zero_points", oldZeroPoints);
  } else {
    op.removeScalesAttr();
    op.removeZeroPointsAttr();
  }
  return listener.finish(false, "the parameters are not valid");
}

qopt_status qopt_module_qparams(const qopt_module *module, const char *symbol, qopt_bytes *out) {
  quantize::QParamsOp op = findSymbol(module->module.get(), symbol);
  if (!op)
    return QOPT_ERROR;
  giveBytes(qparamsJson(op), out);
  return QOPT_OK;
}
