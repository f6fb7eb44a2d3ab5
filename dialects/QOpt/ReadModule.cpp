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

/// Where `word` stands in a line outside of strings and comments, or npos.
static size_t findBare(StringRef line, StringRef word) {
  if (!line.contains(word))
    return StringRef::npos;
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"')
      quoted = !quoted;
    else if (quoted)
      i += line[i] == '\\';
    else if (line.substr(i).starts_with("//"))
      break;
    else if (line.substr(i).starts_with(word))
      return i;
  }
  return StringRef::npos;
}

/// The version that a text says it has, which points to its place; 0: none. Text of a newer version
/// need not even parse, so this looks without a parser: before the first function and, for the
/// generic form, at what closes the module.
static int64_t versionInText(StringRef text, const char *&place) {
  bool inside = false;
  while (!text.empty()) {
    const auto [line, rest] = text.split('\n');
    text = rest;
    if (line.starts_with("{-#"))
      break;
    const bool closes = line.starts_with("}");
    const size_t at = inside && !closes ? StringRef::npos : findBare(line, kIRVersionAttr);
    inside |= line.contains("func.func");
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

/// What a file is that is no module, or nothing: the parser would complain of its first byte.
static StringRef foreignKind(StringRef path, StringRef bytes) {
  if (bytes.starts_with("\x7f"
                        "ELF"))
    return "a compiled program or library (ELF), not a module; `qopt run`, `eval`, `bench`, "
           "`compare`, "
           "`verify` and `info` take programs, whose names end in .so";
  if (bytes.starts_with("PK\x03\x04"))
    return "a zip archive, as .npz files are, not a module";
  if (bytes.starts_with("\x93NUMPY"))
    return "an array (.npy), not a module";
  if (path.ends_with(".onnx"))
    return "an ONNX model, not a module; `qopt quantize` and `prepare` start from it, `qopt "
           "import` "
           "makes a module of it";
  return {};
}

OwningOpRef<ModuleOp> qopt::readModule(StringRef path, MLIRContext *context) {
  std::string message;
  std::unique_ptr<llvm::MemoryBuffer> file = openInputFile(path, &message);
  if (!file) {
    emitError(UnknownLoc::get(context)) << message;
    return {};
  }
  if (const StringRef kind = foreignKind(path, file->getBuffer()); !kind.empty()) {
    emitError(UnknownLoc::get(context)) << path << ": is " << kind;
    return {};
  }
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(file), llvm::SMLoc());
  return readModule(sources, context);
}
