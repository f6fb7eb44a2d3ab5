//===- Attributes.h - plain values to the attributes that an op expects ---------------===//

#ifndef QOPT_LIB_CAPI_ATTRIBUTES_H
#define QOPT_LIB_CAPI_ATTRIBUTES_H

#include "qopt-c/Builder.h"

#include "mlir/IR/Attributes.h"
#include "mlir/IR/OperationSupport.h"

namespace qopt::capi {

/// The attribute of `op` that the plain one stands for. A number takes the width that the op's own
/// constraint accepts, a string the enumeration. Null after fail().
mlir::Attribute attributeFor(mlir::OperationName op, const qopt_attr &plain);

} // namespace qopt::capi

#endif // QOPT_LIB_CAPI_ATTRIBUTES_H
