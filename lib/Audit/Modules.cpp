//===- Modules.cpp - reading modules for audits -------------------------------------===//

#include "qopt/Audit/Modules.h"

#include "dialects/QOpt/QOptDialect.h"
#include "dialects/QOpt/ReadModule.h"
#include "qopt/Fuse/Passes.h"
#include "qopt/Pipelines/ImportModel.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/Support/Text.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace qopt;

llvm::Expected<OwningOpRef<ModuleOp>> qopt::loadModule(StringRef path, MLIRContext &context) {
  if (const std::error_code code = llvm::sys::fs::access(path, llvm::sys::fs::AccessMode::Exist))
    return makeError(path + ": " + code.message());
  if (path.ends_with(".onnx")) {
    FailureOr<OwningOpRef<ModuleOp>> module = importModel(path, context);
    if (failed(module))
      return makeError(path + ": could not be imported");
    return std::move(*module);
  }
  OwningOpRef<ModuleOp> module = readModule(path, &context);
  if (!module)
    return makeError(path + ": is not a readable module");
  return std::move(module);
}

llvm::Expected<OwningOpRef<ModuleOp>> qopt::loadFloatModule(StringRef path, MLIRContext &context) {
  llvm::Expected<OwningOpRef<ModuleOp>> module = loadModule(path, context);
  if (!module)
    return module.takeError();
  const StringRef stage = stageOf(**module);
  if (stage == "converted")
    return makeError(path + ": is a converted module; expected the float model, an .onnx or a "
                            "module before convert");
  if (stage != "imported")
    return std::move(*module);
  PassManager manager(&context);
  buildFusePipeline(manager, {});
  if (failed(manager.run(**module)))
    return makeError(path + ": could not be fused");
  return std::move(*module);
}

std::string qopt::findSource(ModuleOp module, StringRef modulePath) {
  auto source = module->getAttrOfType<StringAttr>(quantize::QOptDialect::kSourceAttr);
  if (!source)
    return "";
  if (llvm::sys::fs::exists(source.getValue()))
    return source.str();
  llvm::SmallString<256> beside(llvm::sys::path::parent_path(modulePath));
  llvm::sys::path::append(beside, llvm::sys::path::filename(source.getValue()));
  return llvm::sys::fs::exists(beside) ? beside.str().str() : std::string();
}
