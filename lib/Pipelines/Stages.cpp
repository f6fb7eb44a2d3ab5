//===- Stages.cpp - running named stages in order -----------------------------------===//

#include "qopt/Pipelines/Stages.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Convert/Passes.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"

using namespace qopt;
using namespace llvm;

StringRef qopt::stageOf(mlir::ModuleOp module) {
  auto stage = module->getAttrOfType<mlir::StringAttr>(quantize::QOptDialect::kStageAttr);
  return stage ? stage.getValue() : "";
}

Error qopt::checkConverted(mlir::ModuleOp module, StringRef path) {
  if (stageOf(module) != "converted")
    return Error::success();
  mlir::PassManager manager(module.getContext());
  manager.addPass(convert::createConvertVerifyExit());
  if (failed(manager.run(module)))
    return makeError(path + ": is no valid converted module; convert it again");
  return Error::success();
}

Error StageRunner::dumpInto(StringRef directory) {
  if (const std::error_code code = sys::fs::create_directories(directory))
    return fileError(directory, "cannot create the directory for stage dumps", code.value());
  dumpDirectory = directory.str();
  return Error::success();
}

mlir::LogicalResult StageRunner::dump(mlir::ModuleOp module, StringRef stage) {
  if (dumpDirectory.empty())
    return mlir::success();
  std::string text;
  raw_string_ostream os(text);
  module.print(os);
  os << "\n";
  number += 10;
  std::string path;
  raw_string_ostream(path) << dumpDirectory << "/" << format("%03d_", number) << stage << ".mlir";
  if (Error error = writeFile(path, text))
    return module.emitError() << toString(std::move(error));
  return mlir::success();
}

mlir::LogicalResult StageRunner::run(mlir::ModuleOp module, StringRef stage,
                                     function_ref<void(mlir::OpPassManager &)> build) {
  mlir::PassManager manager(module.getContext());
  build(manager);
  if (failed(manager.run(module)))
    return mlir::failure();
  return dump(module, stage);
}
