//===- Fingerprint.cpp - by which a program names its module ------------------------===//

#include "qopt/Lower/Passes.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

/// Where a module was read from is no part of it.
static void dropLocations(ModuleOp module) {
  const Location unknown = UnknownLoc::get(module.getContext());
  module->walk([&](Operation *op) {
    op->setLoc(unknown);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (BlockArgument argument : block.getArguments())
          argument.setLoc(unknown);
  });
}

std::string qopt::lower::moduleFingerprint(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  dropLocations(*copy);
  std::string bytes;
  llvm::raw_string_ostream stream(bytes);
  if (failed(writeBytecodeToFile(*copy, stream)))
    return "";
  return llvm::utohexstr(llvm::xxh3_64bits(bytes), /*LowerCase=*/true, /*Width=*/16);
}
