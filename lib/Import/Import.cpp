//===- Import.cpp - float ONNX models to the nn dialect ------------------------------===//

#include "qopt/Import/Import.h"

#include "GraphImporter.h"

#include "dialects/QOpt/QOptDialect.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace qopt;

FailureOr<OwningOpRef<ModuleOp>> qopt::importOnnxBytes(ArrayRef<uint8_t> bytes, StringRef name,
                                                       StringRef baseDir, MLIRContext &context,
                                                       const ImportOptions &options) {
  context
      .loadDialect<nn::NNDialect, quantize::QOptDialect, func::FuncDialect, quant::QuantDialect>();
  llvm::Expected<importer::OnnxModel> model = importer::readOnnx(bytes, baseDir);
  if (!model)
    return emitError(NameLoc::get(StringAttr::get(&context, name)))
           << llvm::toString(model.takeError());
  return importer::GraphImporter(*model, name, context, options).run();
}

FailureOr<OwningOpRef<ModuleOp>> qopt::importOnnx(StringRef path, MLIRContext &context,
                                                  const ImportOptions &options) {
  auto fail = [&](const Twine &reason) {
    return emitError(NameLoc::get(StringAttr::get(&context, path))) << "cannot be read: " << reason;
  };
  if (llvm::sys::fs::is_directory(path))
    return fail("it is a directory; give the .onnx file in it");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fail(buffer.getError().message());
  SmallString<256> baseDir(llvm::sys::path::parent_path(path));
  if (baseDir.empty())
    baseDir = ".";
  const StringRef text = (*buffer)->getBuffer();
  return importOnnxBytes(ArrayRef(reinterpret_cast<const uint8_t *>(text.data()), text.size()),
                         path, baseDir, context, options);
}
