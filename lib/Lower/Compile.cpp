//===- Compile.cpp - from a module to a program file --------------------------------===//

#include "qopt/Lower/Compile.h"

#include "Header.h"
#include "Link.h"
#include "Target.h"
#include "qopt/Lower/Passes.h"
#include "qopt/Reference/Constants.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"
#include "qrt/kernel_table.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

namespace {

/// Collects the errors of a compilation, with their notes, as one text.
class Messages {
public:
  explicit Messages(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
            return failure(); // to the next handler
          if (!text.empty())
            text += "\n";
          text += diagnostic.str();
          for (const Diagnostic &note : diagnostic.getNotes())
            text += "\n  note: " + note.str();
          return success();
        }) {}

  llvm::Error error(const Twine &otherwise) const {
    return makeError(text.empty() ? otherwise : Twine(text));
  }

private:
  std::string text;
  ScopedDiagnosticHandler handler;
};

/// A module of LLVM ops, and what was learnt on the way.
struct Compiled {
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<llvm::TargetMachine> target;
  std::string name, header;
  bool needsDnnl = false;
};

/// A file that goes away with the object.
class TemporaryFile {
public:
  static llvm::Expected<TemporaryFile> create(StringRef extension) {
    TemporaryFile file;
    int descriptor = -1;
    if (const std::error_code code =
            llvm::sys::fs::createTemporaryFile("qopt", extension, descriptor, file.path))
      return makeError("no temporary file: " + code.message());
    llvm::sys::Process::SafelyCloseFileDescriptor(descriptor);
    file.remover.setFile(file.path);
    return file;
  }
  StringRef getPath() const { return path; }

private:
  SmallString<128> path;
  llvm::FileRemover remover;
};

} // namespace

static bool usesDnnl(ModuleOp module) {
  llvm::StringSet<llvm::MallocAllocator> kernels;
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  for (const qrt_kernel_row &row : llvm::ArrayRef(rows, count))
    if (row.needs_dnnl)
      kernels.insert(row.symbol);
  return module
      ->walk([&](ukernel::KernelCall call) {
        return kernels.contains(call.getKernel()) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

static bool mayUseDnnl(const CompileOptions &options, const llvm::TargetMachine &target) {
  if (!options.useDnnl || !isHostTarget(target))
    return false;
  SmallString<256> path(libraryFolder(options, target.getTargetTriple()));
  llvm::sys::path::append(path, "libqrt_dnnl.a");
  return llvm::sys::fs::exists(path);
}

static llvm::Error dumpStage(ModuleOp module, const CompileOptions &options, StringRef name) {
  if (options.dumpDirectory.empty())
    return llvm::Error::success();
  if (const std::error_code code = llvm::sys::fs::create_directories(options.dumpDirectory))
    return fileError(options.dumpDirectory, "cannot create the directory for stage dumps",
                     code.value());
  std::string text;
  llvm::raw_string_ostream(text) << *module << "\n";
  return writeFile(options.dumpDirectory + "/" + name.str(), text);
}

static llvm::Expected<Compiled> lowerModule(ModuleOp module, const CompileOptions &options,
                                            StringRef outputPath) {
  Compiled compiled;
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> target = makeTarget(options);
  if (!target)
    return target.takeError();
  compiled.target = std::move(*target);
  llvm::Expected<std::vector<std::string>> isas = resolveIsas(options, *compiled.target);
  if (!isas)
    return isas.takeError();
  compiled.name = options.name.empty() ? llvm::sys::path::stem(outputPath).str() : options.name;
  compiled.module = module.clone();

  Messages messages(module.getContext());
  if (failed(replaceFolds(*compiled.module))) // of a float network prepared for training
    return messages.error("a batch normalization could not be folded");
  LowerToUKernelOptions plan;
  plan.isas.assign(isas->begin(), isas->end());
  plan.dnnl = mayUseDnnl(options, *compiled.target);
  plan.fixedBatch = options.fixedBatch;
  plan.tune = options.tune;
  plan.tuneCache = options.tuneCache;
  PassManager plans(module.getContext());
  plans.addPass(createLowerToUKernel(std::move(plan)));
  plans.addNestedPass<ukernel::ProgramOp>(createPlanMemory());
  if (failed(plans.run(*compiled.module)))
    return messages.error("the module could not be lowered to kernel calls");
  if (llvm::Error error = dumpStage(*compiled.module, options, "010_plan.mlir"))
    return std::move(error);
  compiled.needsDnnl = usesDnnl(*compiled.module);
  compiled.header =
      makeHeader(*compiled.module->getOps<ukernel::ProgramOp>().begin(), compiled.name,
                 llvm::sys::path::filename(outputPath), compiled.needsDnnl);
  UKernelToLLVMOptions descriptor;
  descriptor.name = compiled.name;
  PassManager last(module.getContext());
  last.addPass(createUKernelToLLVM(std::move(descriptor)));
  if (failed(last.run(*compiled.module)))
    return messages.error("the kernel calls could not be lowered to LLVM");
  if (llvm::Error error = dumpStage(*compiled.module, options, "020_llvm.mlir"))
    return std::move(error);
  return compiled;
}

llvm::Error qopt::compileToSharedLibrary(ModuleOp module, const CompileOptions &options,
                                         StringRef outputPath) {
  // First the output: a path that cannot be written should not cost a compilation.
  llvm::Expected<TemporaryOutput> output = TemporaryOutput::create(outputPath);
  if (!output)
    return output.takeError();
  llvm::Expected<Compiled> compiled = lowerModule(module, options, outputPath);
  if (!compiled)
    return compiled.takeError();
  llvm::Expected<TemporaryFile> object = TemporaryFile::create("o");
  if (!object)
    return object.takeError();
  if (llvm::Error error = writeObject(*compiled->module, *compiled->target, object->getPath()))
    return error;
  if (llvm::Error error =
          linkSharedLibrary(object->getPath(), output->path(), options,
                            compiled->target->getTargetTriple(), compiled->needsDnnl))
    return error;
  return output->commit(/*executable=*/true);
}

llvm::Error qopt::compileToObject(ModuleOp module, const CompileOptions &options,
                                  StringRef outputPath) {
  SmallString<256> headerPath(outputPath);
  llvm::sys::path::replace_extension(headerPath, "h");
  if (headerPath == outputPath)
    return makeError(outputPath + ": an object file cannot have the extension of its header");
  llvm::Expected<TemporaryOutput> output = TemporaryOutput::create(outputPath);
  if (!output)
    return output.takeError();
  llvm::Expected<Compiled> compiled = lowerModule(module, options, outputPath);
  if (!compiled)
    return compiled.takeError();
  if (llvm::Error error = writeObject(*compiled->module, *compiled->target, output->path()))
    return error;
  if (llvm::Error error = writeFile(headerPath, compiled->header))
    return error;
  return output->commit();
}

llvm::Error qopt::compileToFile(ModuleOp module, const CompileOptions &options,
                                StringRef outputPath) {
  return outputPath.ends_with(".o") ? compileToObject(module, options, outputPath)
                                    : compileToSharedLibrary(module, options, outputPath);
}
