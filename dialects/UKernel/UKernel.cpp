//===- UKernel.cpp - the ukernel dialect and its type -------------------------------===//

#include "dialects/UKernel/UKernel.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt::ukernel;

#include "dialects/UKernel/UKernelOpsDialect.cpp.inc"
#include "dialects/UKernel/UKernelOpsInterfaces.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/UKernel/UKernelOpsTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/UKernel/UKernelOps.cpp.inc"

void UKernelDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/UKernel/UKernelOpsTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/UKernel/UKernelOps.cpp.inc"
      >();
}

LogicalResult BufferType::verify(function_ref<InFlightDiagnostic()> emitError, int64_t count,
                                 Type element) {
  if (count < 1)
    return emitError() << "expected at least one element, got " << count;
  if (!element.isInteger(8) && !element.isF32())
    return emitError() << "expected elements of type i8 or f32, got " << element;
  return success();
}

ArrayRef<char> qopt::ukernel::rawBytes(ElementsAttr data, SmallVectorImpl<char> &storage) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(data)) {
    const AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    return blob ? blob->getData() : ArrayRef<char>();
  }
  auto dense = dyn_cast<DenseElementsAttr>(data);
  if (!dense)
    return {};
  const ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat())
    return raw;
  storage.clear();
  for (int64_t i = 0, count = dense.getNumElements(); i < count; ++i)
    storage.append(raw.begin(), raw.end());
  return storage;
}
