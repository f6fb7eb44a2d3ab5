//===- Module.cpp - modules: read, run, write, compile ------------------------------===//

#include "lib/CAPI/Internal.h"

#include "dialects/QOpt/ReadModule.h"
#include "qopt/Import/Import.h"
#include "qopt/Lower/Compile.h"
#include "qopt/Pipelines/Stages.h"
#include "qopt/QConfig/Passes.h"
#include "qopt/Support/Files.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"

#include <dlfcn.h>

using namespace mlir;
using namespace qopt;
using namespace qopt::capi;

/// `read(context)` gives an owned module, null after errors.
template <typename Read> static qopt_module *make(Read read, StringRef otherwise) {
  auto result = std::make_unique<qopt_module>();
  result->context = makeContext();
  Listener listener(result->context.get());
  result->module = read(result->context.get());
  return listener.finish(static_cast<bool>(result->module), otherwise) == QOPT_OK ? result.release()
                                                                                  : nullptr;
}

qopt_module *qopt_module_parse(const char *data, size_t size, const char *name) {
  if (!name)
    name = "module";
  return make(
      [&](MLIRContext *context) {
        // The parser wants a zero behind the text.
        auto buffer = llvm::MemoryBuffer::getMemBufferCopy(StringRef(data, size), name);
        auto sources = std::make_shared<llvm::SourceMgr>();
        sources->AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
        return readModule(sources, context);
      },
      "not a readable module");
}

qopt_module *qopt_module_parse_file(const char *path) {
  if (!path) {
    fail("the path of a module is null");
    return nullptr;
  }
  return make([&](MLIRContext *context) { return readModule(path, context); },
              (Twine(path) + ": is not a readable module").str());
}

qopt_module *qopt_module_import_onnx(const char *path) {
  return make(
      [&](MLIRContext *context) {
        FailureOr<OwningOpRef<ModuleOp>> module = importOnnx(path, *context);
        return failed(module) ? OwningOpRef<ModuleOp>() : std::move(*module);
      },
      (Twine(path) + ": cannot be imported").str());
}

qopt_module *qopt_module_import_onnx_bytes(const char *data, size_t size, const char *name) {
  return make(
      [&](MLIRContext *context) {
        const ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(data), size);
        FailureOr<OwningOpRef<ModuleOp>> module = importOnnxBytes(bytes, name, "", *context);
        return failed(module) ? OwningOpRef<ModuleOp>() : std::move(*module);
      },
      (Twine(name) + ": cannot be imported").str());
}

qopt_module *qopt_module_clone(const qopt_module *module) {
  return new qopt_module{module->context,
                         mlir::OwningOpRef<ModuleOp>(module->module.get().clone())};
}

void qopt_module_free(qopt_module *module) {
  if (!module)
    return;
  module->module = nullptr; // before its context
  delete module;
}

//===-- passes ----------------------------------------------------------------------===//

/// `fill` adds passes; false after it reported why it cannot.
template <typename Fill>
static qopt_status runPasses(qopt_module *module, qopt_diagnostic_fn tell, void *user, Fill fill,
                             StringRef otherwise) {
  Listener listener(module->context.get(), tell, user);
  PassManager manager(module->context.get(), ModuleOp::getOperationName());
  if (!fill(manager))
    return QOPT_ERROR;
  return listener.finish(succeeded(manager.run(*module->module)), otherwise);
}

qopt_status qopt_module_run(qopt_module *module, const char *pipeline, qopt_diagnostic_fn tell,
                            void *user) {
  auto fill = [&](PassManager &manager) {
    std::string message;
    llvm::raw_string_ostream os(message);
    if (succeeded(parsePassPipeline(pipeline, manager, os)))
      return true;
    fail("pipeline '" + Twine(pipeline) + "': " + StringRef(message).rtrim());
    return false;
  };
  return runPasses(module, tell, user, fill, (Twine("pipeline '") + pipeline + "' failed").str());
}

qopt_status qopt_module_configure(qopt_module *module, const char *config_json, const char *target,
                                  qopt_diagnostic_fn tell, void *user) {
  auto fill = [&](PassManager &manager) {
    QConfigOptions options;
    options.configText = std::string(config_json ? config_json : "");
    options.target = std::string(target ? target : "x86");
    buildQConfigPipeline(manager, options);
    return true;
  };
  return runPasses(module, tell, user, fill, "the configuration failed");
}

//===-- writing ---------------------------------------------------------------------===//

const char *qopt_module_stage(const qopt_module *module) {
  return stageOf(module->module.get()).data(); // strings of attributes end in a zero
}

static std::string textOf(ModuleOp module, bool elide) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OpPrintingFlags flags;
  if (elide)
    flags.elideLargeElementsAttrs(32).elideLargeResourceString(32);
  module.print(os, flags);
  os << "\n";
  return text;
}

static LogicalResult bytecodeOf(ModuleOp module, std::string &bytes) {
  llvm::raw_string_ostream os(bytes);
  return writeBytecodeToFile(module, os);
}

qopt_status qopt_module_text(const qopt_module *module, int elide, qopt_bytes *out) {
  giveBytes(textOf(module->module.get(), elide != 0), out);
  return QOPT_OK;
}

qopt_status qopt_module_bytecode(const qopt_module *module, qopt_bytes *out) {
  std::string bytes;
  Listener listener(module->context.get());
  const bool ok = succeeded(bytecodeOf(module->module.get(), bytes));
  if (ok)
    giveBytes(bytes, out);
  return listener.finish(ok, "the module cannot be written as bytecode");
}

qopt_status qopt_module_save(const qopt_module *module, const char *path) {
  std::string bytes;
  Listener listener(module->context.get());
  if (!StringRef(path).ends_with(".mlirbc"))
    bytes = textOf(module->module.get(), /*elide=*/false);
  else if (failed(bytecodeOf(module->module.get(), bytes)))
    return listener.finish(false, (Twine(path) + ": cannot be written as bytecode").str());
  llvm::Error error = writeFile(path, bytes);
  return error ? fail(std::move(error)) : QOPT_OK;
}

//===-- programs --------------------------------------------------------------------===//

/// The runtime's archives lie beside this library, in a build tree as in a wheel.
static std::string ownFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void *>(&qopt_c_version), &info) || !info.dli_fname)
    return {};
  return llvm::sys::path::parent_path(info.dli_fname).str();
}

qopt_status qopt_module_compile(const qopt_module *module, const char *path,
                                const qopt_compile_options *options) {
  CompileOptions plain;
  if (options) {
    plain.isas.assign(options->isas, options->isas + options->num_isas);
    plain.fixedBatch = options->fixed_batch;
    plain.mtriple = options->triple ? options->triple : "";
    plain.mcpu = options->cpu ? options->cpu : "";
    plain.name = options->name ? options->name : "";
  }
  if (!std::getenv("QOPT_LIB_DIR"))
    plain.libraryDir = ownFolder();
  Listener listener(module->context.get());
  llvm::Error error = compileToFile(module->module.get(), plain, path);
  return error ? fail(std::move(error)) : QOPT_OK;
}
