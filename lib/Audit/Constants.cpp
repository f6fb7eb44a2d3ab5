//===- Constants.cpp - the program's constants beside the module's ------------------===//
//
// The module is planned once more for the program's instruction sets; then every field of
// every parameter block in the loaded program, and all data behind its pointers, must be
// what the plan says.
//
//===-----------------------------------------------------------------------------===//

#include "Checks.h"
#include "Layers.h"

#include "dialects/UKernel/Fields.h"
#include "dialects/UKernel/UKernel.h"
#include "qopt/Lower/Passes.h"
#include "qopt/Report/Summary.h"
#include "qopt/Support/Text.h"
#include "qrt/kernel_table.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"

#include <cstring>
#include <link.h>

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;

//===-- memory of a loaded library --------------------------------------------------===//

namespace {
/// Whether addresses lie in the segments of one library: a damaged pointer must be a finding,
/// not a crash.
class Image {
public:
  explicit Image(const void *inside) : inside(reinterpret_cast<uintptr_t>(inside)) {
    dl_iterate_phdr(&Image::visit, this);
  }
  bool holds(const void *pointer, size_t bytes) const {
    const auto first = reinterpret_cast<uintptr_t>(pointer);
    return llvm::any_of(segments, [&](const auto &segment) {
      return first >= segment.first && first <= segment.second && bytes <= segment.second - first;
    });
  }

private:
  static int visit(dl_phdr_info *info, size_t, void *user) {
    Image &image = *static_cast<Image *>(user);
    std::vector<std::pair<uintptr_t, uintptr_t>> found;
    bool ours = false;
    for (const ElfW(Phdr) &header : ArrayRef(info->dlpi_phdr, info->dlpi_phnum)) {
      if (header.p_type != PT_LOAD)
        continue;
      const uintptr_t begin = info->dlpi_addr + header.p_vaddr;
      found.emplace_back(begin, begin + header.p_memsz);
      ours |= image.inside >= begin && image.inside < begin + header.p_memsz;
    }
    if (ours)
      image.segments = std::move(found);
    return ours;
  }

  uintptr_t inside;
  std::vector<std::pair<uintptr_t, uintptr_t>> segments;
};

/// Compares one call of the program with one of the plan.
class CallChecker {
public:
  CallChecker(const Image &image, const qrt_call_desc &actual, ukernel::KernelCall expected,
              StringRef isa, Check &check)
      : image(image), actual(actual), expected(expected), isa(isa), check(check) {}

  void run();

private:
  void problem(const Twine &message) {
    auto name = expected->getAttrOfType<StringAttr>(nn::NNDialect::kNameAttr);
    check.fail(name ? name.getValue() : "", isa + ", " + expected.getKernel() + ": " + message);
  }
  void checkField(const ukernel::Field &field, const char *at);
  void checkNumber(StringRef name, double inProgram, double inModule);
  void checkData(StringRef name, const void *data, Attribute value);

  const Image &image;
  const qrt_call_desc &actual;
  ukernel::KernelCall expected;
  StringRef isa;
  Check &check;
};
} // namespace

template <typename T> static T load(const char *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

static size_t fieldBytes(const ukernel::Field &field) {
  return field.kind == ukernel::FieldKind::Pointer ? sizeof(void *) : 4 * field.count;
}

void CallChecker::run() {
  if (expected.getKernel() != actual.kernel || expected.getKind() != actual.kind)
    return problem(Twine("the program calls ") + actual.kernel + ", this compiler " +
                   expected.getKernel() + "; was it compiled by another version?");
  const ukernel::ParamsBlock &block = *ukernel::findParamsBlock(expected.getKind());
  size_t offset = 0;
  for (const ukernel::Field &field : block.fields) {
    if (field.kind == ukernel::FieldKind::Pointer)
      offset = (offset + 7) / 8 * 8;
    const char *at = static_cast<const char *>(actual.params) + offset;
    offset += fieldBytes(field);
    if (!image.holds(at, fieldBytes(field)))
      return problem("its parameters lie outside the program");
    checkField(field, at);
  }
  for (const auto &[index, input] : llvm::enumerate(expected.getInputs()))
    if (auto constant = input.getDefiningOp<ukernel::ConstantOp>())
      checkData("input", actual.constants[index], constant.getValue());
}

void CallChecker::checkNumber(StringRef name, double inProgram, double inModule) {
  ++check.examined;
  if (std::memcmp(&inProgram, &inModule, sizeof inProgram) == 0)
    return;
  std::string text;
  llvm::raw_string_ostream(text) << name << " is " << llvm::format("%.9g", inProgram)
                                 << " in the program, " << llvm::format("%.9g", inModule)
                                 << " by the module";
  problem(text);
}

void CallChecker::checkField(const ukernel::Field &field, const char *at) {
  const Attribute value = expected.getParams().get(field.name);
  switch (field.kind) {
  case ukernel::FieldKind::I32:
    return checkNumber(field.name, load<int32_t>(at),
                       static_cast<double>(cast<IntegerAttr>(value).getInt()));
  case ukernel::FieldKind::F32:
    return checkNumber(field.name, static_cast<double>(load<float>(at)),
                       static_cast<double>(cast<FloatAttr>(value).getValue().convertToFloat()));
  case ukernel::FieldKind::I32Array:
    for (const auto &[i, element] : llvm::enumerate(cast<DenseI32ArrayAttr>(value).asArrayRef()))
      checkNumber((field.name + "[" + Twine(i) + "]").str(), load<int32_t>(at + 4 * i), element);
    return;
  case ukernel::FieldKind::Pointer:
    return checkData(field.name, load<const void *>(at), value);
  }
}

/// The element in which two arrays differ, as text: numbers for i32 and f32, else bytes.
static std::string differenceText(StringRef name, Type element, const char *inProgram,
                                  ArrayRef<char> inModule) {
  size_t at = 0;
  while (inProgram[at] == inModule[at])
    ++at;
  std::string text;
  llvm::raw_string_ostream out(text);
  if (element.getIntOrFloatBitWidth() == 32) {
    at = at / 4 * 4;
    out << name << "[" << at / 4 << "] is ";
    if (element.isF32())
      out << llvm::format("%.9g", double(load<float>(inProgram + at))) << " in the program, "
          << llvm::format("%.9g", double(load<float>(inModule.data() + at)));
    else
      out << load<int32_t>(inProgram + at) << " in the program, "
          << load<int32_t>(inModule.data() + at);
    out << " by the module";
    return text;
  }
  const bool packed = name == "packed";
  out << (packed ? "packed constants (weights, biases, multipliers) differ in byte "
                 : name.str() + " differs in entry ")
      << at << " of " << inModule.size() << ": " << int(uint8_t(inProgram[at]))
      << " in the program, " << int(uint8_t(inModule[at])) << " by the module";
  return text;
}

void CallChecker::checkData(StringRef name, const void *data, Attribute value) {
  auto wanted = dyn_cast_or_null<ElementsAttr>(value);
  ++check.examined;
  if (!wanted || !data) {
    if (static_cast<bool>(wanted) != (data != nullptr))
      problem(name + (wanted ? Twine(" is missing in the program")
                             : Twine(" is there in the program but not by the module")));
    return;
  }
  SmallVector<char> storage;
  const ArrayRef<char> bytes = ukernel::rawBytes(wanted, storage);
  if (!image.holds(data, bytes.size()))
    return problem(name + " lies outside the program");
  if (std::memcmp(data, bytes.data(), bytes.size()) != 0)
    problem(differenceText(name, wanted.getElementType(), static_cast<const char *>(data), bytes));
}

//===-- the plan --------------------------------------------------------------------===//

static bool needsDnnl(const qrt_call_list &list) {
  llvm::StringMap<bool> needs;
  size_t count = 0;
  const qrt_kernel_row *rows = qrt_kernels(&count);
  for (const qrt_kernel_row &row : ArrayRef(rows, count))
    needs[row.symbol] = row.needs_dnnl != 0;
  for (const qrt_variant_calls &variant : ArrayRef(list.variants, list.num_variants))
    for (const qrt_call_desc &call : ArrayRef(variant.calls, variant.num_calls))
      if (needs.lookup(call.kernel))
        return true;
  return false;
}

/// The module as plans of kernel calls, one per instruction set of the program.
static llvm::Expected<OwningOpRef<ModuleOp>> plan(ModuleOp module, const Program &program) {
  OwningOpRef<ModuleOp> plans = module.clone();
  lower::LowerToUKernelOptions options;
  const std::vector<std::string> isas = program.isas();
  options.isas.assign(isas.begin(), isas.end());
  options.dnnl = needsDnnl(*program.calls());
  options.fixedBatch = program.fixedBatch();
  PassManager manager(module.getContext());
  manager.addPass(lower::createLowerToUKernel(std::move(options)));
  if (failed(manager.run(*plans)))
    return makeError("the module cannot be compiled, so no program can agree with it");
  return std::move(plans);
}

llvm::Expected<Check> audit::checkConstants(ModuleOp module, const Program &program) {
  Check check{"constants",
              "every parameter, weight, bias, multiplier, table and zero point of every kernel "
              "call is what the module gives",
              "fields",
              0,
              {},
              Json()};
  llvm::Expected<OwningOpRef<ModuleOp>> plans = plan(module, program);
  if (!plans)
    return plans.takeError();
  const qrt_call_list &list = *program.calls();
  const Image image(&list);
  SmallVector<ukernel::ProgramOp> variants((*plans)->getOps<ukernel::ProgramOp>());
  for (auto [index, variant] : llvm::enumerate(variants)) {
    if (index >= list.num_variants) {
      check.fail("", "the program lists no calls for " + variant.getIsa());
      break;
    }
    const ArrayRef<qrt_call_desc> calls(list.variants[index].calls, list.variants[index].num_calls);
    const SmallVector<ukernel::KernelCall> expected(
        variant.getBody().getOps<ukernel::KernelCall>());
    if (calls.size() != expected.size())
      check.fail("", variant.getIsa() + ": " + Twine(calls.size()) +
                         " kernel calls in the program, " + Twine(expected.size()) +
                         " by the module");
    for (const auto &[actual, wanted] : llvm::zip(calls, expected))
      CallChecker(image, actual, wanted, variant.getIsa(), check).run();
  }
  return check;
}

//===-- the description -------------------------------------------------------------===//

/// Scale, zero point and storage of a named tensor beside the module's value of that name.
static void checkTensor(const qrt_tensor_desc &tensor, const CodesSummary &codes, Check &check) {
  const bool isSigned = tensor.dtype == QRT_DTYPE_S8;
  if (tensor.scale == codes.scale.value_or(0) && tensor.zero_point == codes.zeroPoint &&
      isSigned == codes.isSigned)
    return;
  std::string text;
  llvm::raw_string_ostream(text) << "the program reports scale "
                                 << llvm::format("%.9g", double(tensor.scale)) << ", zero point "
                                 << tensor.zero_point << (isSigned ? ", signed" : ", unsigned")
                                 << "; the module says "
                                 << llvm::format("%.9g", double(codes.scale.value_or(0))) << ", "
                                 << codes.zeroPoint << (codes.isSigned ? ", signed" : ", unsigned");
  check.fail(tensor.name, text);
}

Check audit::checkDescription(ModuleOp module, const Program &program,
                              const Certificate &certificate) {
  Check check{"description",
              "the program was compiled from this module and describes its values as the module "
              "does",
              "values",
              0,
              {},
              Json()};
  if (certificate.modelFingerprint != certificate.programFingerprint)
    check.fail("", "the program was compiled from a module of fingerprint " +
                       certificate.programFingerprint + ", this one has " +
                       certificate.modelFingerprint);
  llvm::Expected<ModuleSummary> summary = summarize(module);
  if (!summary) {
    check.fail("", toString(summary.takeError()));
    return check;
  }
  llvm::StringMap<const ValueSummary *> values;
  for (const ValueSummary &value : summary->values)
    values[value.name] = &value;
  const qrt_program &description = program.description();
  for (const qrt_tensor_desc &tensor : ArrayRef(description.tensors, description.num_tensors)) {
    ++check.examined;
    const ValueSummary *value = values.lookup(tensor.name);
    if (!value)
      check.fail(tensor.name, "the program reports a value that the module does not have");
    else if (value->codes.has_value() != (tensor.scale != 0.0f))
      check.fail(tensor.name, Twine("the value is ") + (value->codes ? "codes" : "float") +
                                  " in the module, not in the program");
    else if (value->codes)
      checkTensor(tensor, *value->codes, check);
  }
  return check;
}
