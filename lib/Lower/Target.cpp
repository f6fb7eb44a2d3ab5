//===- Target.cpp - what a program is compiled for ----------------------------------===//

#include "Target.h"

#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"
#include "qrt/kernel_table.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace qopt;
using namespace qopt::lower;

static void initializeTargets() {
  static const bool once = [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    return true;
  }();
  (void)once;
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
lower::makeTarget(const CompileOptions &options) {
  initializeTargets();
  const llvm::Triple triple(llvm::Triple::normalize(
      options.mtriple.empty() ? llvm::sys::getDefaultTargetTriple() : options.mtriple));
  if (triple.getArch() != llvm::Triple::x86_64 && triple.getArch() != llvm::Triple::aarch64)
    return makeError("no runtime for the target '" + triple.str() +
                     "'; x86_64-linux-gnu and aarch64-linux-gnu have one");
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return makeError("target '" + triple.str() + "': " + message);
  const std::string cpu =
      options.mcpu == "native" ? llvm::sys::getHostCPUName().str() : options.mcpu;
  const std::unique_ptr<llvm::MCSubtargetInfo> plain(target->createMCSubtargetInfo(triple, "", ""));
  if (!cpu.empty() && !(plain && plain->isCPUStringValid(cpu)))
    return makeError("unknown CPU '" + cpu + "' of target '" + triple.str() + "'");
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(triple, cpu, "", llvm::TargetOptions(), llvm::Reloc::PIC_,
                                  std::nullopt, llvm::CodeGenOptLevel::Less));
  if (!machine)
    return makeError("target '" + triple.str() + "' cannot generate code");
  return machine;
}

bool lower::isHostTarget(const llvm::TargetMachine &target) {
  const llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  return target.getTargetTriple().getArch() == host.getArch() &&
         target.getTargetTriple().getOS() == host.getOS();
}

static bool belongsTo(qrt_isa isa, const llvm::Triple &triple) {
  if (isa == QRT_ISA_SCALAR)
    return true;
  const bool isArm = qrt_isa_includes(isa, QRT_ISA_NEON);
  return isArm == (triple.getArch() == llvm::Triple::aarch64);
}

/// Plans for an ISA without kernels of its own would repeat the scalar one.
static bool hasKernels(qrt_isa isa) {
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  return llvm::any_of(llvm::ArrayRef(rows, count),
                      [&](const qrt_kernel_row &row) { return row.isa == isa; });
}

std::vector<std::string> qopt::hostIsas() {
  std::vector<std::string> names;
  for (int isa = 0; isa < QRT_ISA_COUNT; ++isa)
    if (qrt_cpu_supports(static_cast<qrt_isa>(isa)))
      names.push_back(qrt_isa_name(static_cast<qrt_isa>(isa)));
  return names;
}

llvm::Expected<std::vector<std::string>> lower::resolveIsas(const CompileOptions &options,
                                                            const llvm::TargetMachine &target) {
  const llvm::Triple &triple = target.getTargetTriple();
  std::vector<std::string> available, result;
  for (int i = 0; i < QRT_ISA_COUNT; ++i) {
    const qrt_isa isa = static_cast<qrt_isa>(i);
    if (!belongsTo(isa, triple))
      continue;
    available.push_back(qrt_isa_name(isa));
    if (options.isas.empty() && hasKernels(isa))
      result.push_back(qrt_isa_name(isa));
  }
  for (const std::string &wanted : options.isas) {
    std::string name = wanted;
    if (wanted == "native") {
      if (!isHostTarget(target))
        return makeError("--isa=native is for this machine, not for '" + triple.str() + "'");
      name = hostIsas().back();
    }
    if (!llvm::is_contained(available, name))
      return makeError("unknown ISA '" + name + "' for the target '" + triple.str() + "'" +
                       didYouMean(name, available) + "; expected " + joinList(available) +
                       " or native");
    if (!llvm::is_contained(result, name))
      result.push_back(name);
  }
  return result;
}

llvm::Error lower::writeObject(mlir::ModuleOp module, llvm::TargetMachine &target,
                               llvm::StringRef path) {
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated =
      mlir::translateModuleToLLVMIR(module, context, "program");
  if (!translated)
    return makeError("the LLVM dialect could not be translated");
  translated->setDataLayout(target.createDataLayout());
  translated->setTargetTriple(target.getTargetTriple());
  std::error_code failure;
  llvm::raw_fd_ostream stream(path, failure);
  if (failure)
    return fileError(path, "cannot be written", failure.value());
  llvm::legacy::PassManager passes;
  if (target.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
    return makeError("target '" + target.getTargetTriple().str() + "' writes no object files");
  passes.run(*translated);
  stream.close();
  if (!stream.has_error())
    return llvm::Error::success();
  const std::error_code error = stream.error();
  stream.clear_error();
  return fileError(path, "cannot be written", error.value());
}
