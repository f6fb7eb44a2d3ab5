//===- Fields.cpp - the parameter blocks of params.def as data ----------------------===//

#include "dialects/UKernel/Fields.h"

#include "llvm/ADT/STLExtras.h"

using namespace qopt::ukernel;

namespace {
#define QRT_PARAMS(kind) constexpr Field kind##Fields[] = {
#define QRT_I32(name) {#name, FieldKind::I32, 1},
#define QRT_F32(name) {#name, FieldKind::F32, 1},
#define QRT_I32S(name, n) {#name, FieldKind::I32Array, n},
#define QRT_PTR(name) {#name, FieldKind::Pointer, 1},
#define QRT_END(kind)                                                                              \
  }                                                                                                \
  ;
#include "qrt/params.def"
} // namespace

llvm::ArrayRef<ParamsBlock> qopt::ukernel::paramsBlocks() {
  static const ParamsBlock blocks[] = {
#define QRT_PARAMS(kind) {#kind, kind##Fields},
#define QRT_I32(name)
#define QRT_F32(name)
#define QRT_I32S(name, n)
#define QRT_PTR(name)
#define QRT_END(kind)
#include "qrt/params.def"
  };
  return blocks;
}

const ParamsBlock *qopt::ukernel::findParamsBlock(llvm::StringRef kind) {
  const auto *found =
      llvm::find_if(paramsBlocks(), [&](const ParamsBlock &block) { return block.kind == kind; });
  return found == paramsBlocks().end() ? nullptr : found;
}
