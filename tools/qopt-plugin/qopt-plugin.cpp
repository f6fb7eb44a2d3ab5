//===- qopt-plugin.cpp - qopt's dialects and passes for a stock mlir-opt ------------===//
//
// mlir-opt --load-dialect-plugin=libqopt-plugin.so --load-pass-plugin=libqopt-plugin.so ...
// The host must be of the MLIR version this was built against.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Pipelines/Register.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Compiler.h"

extern "C" LLVM_ATTRIBUTE_WEAK LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "qopt", LLVM_VERSION_STRING,
          [](mlir::DialectRegistry *registry) { qopt::registerAllDialects(*registry); }};
}

extern "C" LLVM_ATTRIBUTE_WEAK LLVM_ATTRIBUTE_VISIBILITY_DEFAULT mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "qopt", LLVM_VERSION_STRING,
          [] { qopt::registerStagePasses(); }};
}
