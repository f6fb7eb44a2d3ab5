//===- ReadModule.cpp - modules from files of this and of older versions --------------===//

#include "dialects/QOpt/ReadModule.h"

#include "dialects/Interfaces/Version.h"
#include "dialects/QOpt/QOptDialect.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace qopt;

/// The version that a text says it has, which points to its place; 0: none. Text of a newer version
/// need not even parse, so this looks without a parser at what stands before the first function.
static int64_t versionInText(StringRef text, const char *&place) {
  while (!text.empty()) {
    const auto [whole, rest] = text.split('\n');
    const StringRef line = whole.split("//").first;
    text = rest;
    if (line.contains("func.func"))
      break;
    const size_t at = line.find(kIRVersionAttr);
    if (at == StringRef::npos)
      continue;
    place = line.data() + at;
    StringRef number = line.drop_front(at + kIRVersionAttr.size()).ltrim();
    int64_t version = 0;
    if (number.consume_front("=")) {
      number = number.ltrim();
      if (!number.consumeInteger(10, version))
        return version;
    }
  }
  return 0;
}

static LogicalResult checkText(const llvm::SourceMgr &sources, MLIRContext *context) {
  const llvm::MemoryBuffer *buffer = sources.getMemoryBuffer(sources.getMainFileID());
  if (isBytecode(buffer->getMemBufferRef()))
    return success(); // its reader asks the dialects
  const char *place = nullptr;
  const int64_t version = versionInText(buffer->getBuffer(), place);
  if (version <= kIRVersion)
    return success();
  const auto [line, column] = sources.getLineAndColumn(llvm::SMLoc::getFromPointer(place));
  return emitError(FileLineColLoc::get(context, buffer->getBufferIdentifier(), line, column))
         << unknownVersionText(version);
}

OwningOpRef<ModuleOp> qopt::readModule(const std::shared_ptr<llvm::SourceMgr> &sources,
                                       MLIRContext *context) {
  context->loadDialect<quantize::QOptDialect>(); // verifies the module's attributes
  if (failed(checkText(*sources, context)))
    return {};
  const ParserConfig config(context, /*verifyAfterParse=*/false);
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(sources, config);
  if (!module)
    return {};
  auto version = (*module)->getAttrOfType<IntegerAttr>(kIRVersionAttr);
  if (version && version.getInt() >= 1 && failed(upgradeIR(*module, version.getInt())))
    return {};
  return succeeded(verify(*module)) ? std::move(module) : OwningOpRef<ModuleOp>();
}

OwningOpRef<ModuleOp> qopt::readModule(StringRef path, MLIRContext *context) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(path, &message);
  if (!file) {
    emitError(UnknownLoc::get(context)) << message;
    return {};
  }
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  return readModule(sources, context);
}
