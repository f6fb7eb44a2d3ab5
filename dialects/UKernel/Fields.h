//===- Fields.h - the parameter blocks of params.def as data ------------------------===//
//
// The one reading of params.def for the compiler: the ukernel ops' parameters are
// verified against it, and the LLVM structs are laid out by it.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_UKERNEL_FIELDS_H
#define QOPT_UKERNEL_FIELDS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace qopt::ukernel {

enum class FieldKind : uint8_t {
  I32,      ///< an I32Attr
  F32,      ///< an F32Attr
  I32Array, ///< a DenseI32ArrayAttr of `count` elements
  Pointer,  ///< an ElementsAttr with the bytes, or absent for a null pointer
};

/// One field of a block, in the order of the C struct.
struct Field {
  llvm::StringLiteral name;
  FieldKind kind;
  unsigned count;
};

/// The block of one kind of kernel ("conv2d").
struct ParamsBlock {
  llvm::StringLiteral kind;
  llvm::ArrayRef<Field> fields;
};

/// All blocks, in the order of params.def.
llvm::ArrayRef<ParamsBlock> paramsBlocks();

/// The block of `kind`, or null.
const ParamsBlock *findParamsBlock(llvm::StringRef kind);

} // namespace qopt::ukernel

#endif // QOPT_UKERNEL_FIELDS_H
