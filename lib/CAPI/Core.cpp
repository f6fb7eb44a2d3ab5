//===- Core.cpp - errors, bytes, contexts, diagnostics ------------------------------===//

#include "lib/CAPI/Internal.h"

#include "qopt/Pipelines/Register.h"
#include "qopt/Support/Text.h"

#include "mlir/IR/Location.h"

#include <cstdlib>
#include <cstring>
#include <mutex>

using namespace mlir;
using namespace qopt;

static std::string &lastError() {
  thread_local std::string message;
  return message;
}

uint32_t qopt_c_version(void) { return QOPT_C_VERSION; }

const char *qopt_last_error(void) { return lastError().c_str(); }

void qopt_bytes_free(qopt_bytes *bytes) {
  if (!bytes)
    return;
  std::free(bytes->data);
  *bytes = {nullptr, 0};
}

qopt_status capi::fail(const Twine &message) {
  lastError() = message.str();
  return QOPT_ERROR;
}

qopt_status capi::fail(llvm::Error error) { return fail(llvm::toString(std::move(error))); }

void capi::giveBytes(StringRef text, qopt_bytes *out) {
  out->size = text.size();
  out->data = static_cast<char *>(std::malloc(text.size() + 1));
  if (!out->data)
    llvm::report_bad_alloc_error("no memory for a result of the C API");
  std::memcpy(out->data, text.data(), text.size());
  out->data[text.size()] = 0;
}

std::shared_ptr<MLIRContext> capi::makeContext() {
  static std::once_flag once;
  std::call_once(once, registerAllPasses);
  DialectRegistry registry;
  registerAllDialects(registry);
  auto context = std::make_shared<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  context->printOpOnDiagnostic(false); // its constants are no part of a message
  return context;
}

llvm::Expected<Tensor> capi::tensorOf(const qopt_array &array) {
  const std::string name = array.name ? array.name : "array";
  static constexpr DType dtypes[] = {DType::F32, DType::I8, DType::I32};
  if (array.dtype < 0 || array.dtype > QOPT_I32)
    return makeError("'" + name + "': unknown dtype " + Twine(static_cast<int>(array.dtype)));
  if (array.rank > QOPT_MAX_RANK)
    return makeError("'" + name + "': rank " + Twine(array.rank) + " is more than " +
                     Twine(QOPT_MAX_RANK));
  llvm::Expected<Tensor> tensor =
      Tensor::create(dtypes[array.dtype], ArrayRef<int64_t>(array.shape, array.rank));
  if (!tensor)
    return tensor.takeError();
  if (!array.data && tensor->bytes())
    return makeError("'" + name + "' has no data");
  if (tensor->bytes())
    std::memcpy(tensor->raw(), array.data, static_cast<size_t>(tensor->bytes()));
  return tensor;
}

//===-- diagnostics -----------------------------------------------------------------===//

std::string capi::locationText(Location location) {
  if (auto file = dyn_cast<FileLineColLoc>(location))
    return (file.getFilename().getValue() + ":" + Twine(file.getLine()) + ":" +
            Twine(file.getColumn()))
        .str();
  if (auto name = dyn_cast<NameLoc>(location)) {
    const std::string inner = locationText(name.getChildLoc());
    return name.getName().str() + (inner.empty() ? "" : " (" + inner + ")");
  }
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (const Location part : fused.getLocations())
      if (std::string text = locationText(part); !text.empty())
        return text;
  return {};
}

capi::Listener::Listener(MLIRContext *context, qopt_diagnostic_fn tell, void *user)
    : tell(tell), user(user),
      handler(context, [this](Diagnostic &diagnostic) { return hear(diagnostic); }) {}

static qopt_severity severityOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return QOPT_SEVERITY_NOTE;
  case DiagnosticSeverity::Warning:
    return QOPT_SEVERITY_WARNING;
  case DiagnosticSeverity::Error:
    return QOPT_SEVERITY_ERROR;
  case DiagnosticSeverity::Remark:
    return QOPT_SEVERITY_REMARK;
  }
  llvm_unreachable("all severities are handled");
}

LogicalResult capi::Listener::hear(Diagnostic &diagnostic) {
  const std::string location = locationText(diagnostic.getLocation()), message = diagnostic.str();
  std::vector<std::string> notes;
  for (Diagnostic &note : diagnostic.getNotes())
    notes.push_back(note.str());
  if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
    errors += (errors.empty() ? "" : "\n") + (location.empty() ? "" : location + ": ") + message;
    for (const std::string &note : notes)
      errors += "\n  note: " + note;
    return success();
  }
  if (!tell)
    return success();
  std::vector<const char *> texts;
  for (const std::string &note : notes)
    texts.push_back(note.c_str());
  const qopt_diagnostic plain = {severityOf(diagnostic.getSeverity()), location.c_str(),
                                 message.c_str(), static_cast<uint32_t>(texts.size()),
                                 texts.data()};
  tell(user, &plain);
  return success();
}

qopt_status capi::Listener::finish(bool ok, StringRef otherwise) {
  if (ok)
    return QOPT_OK;
  return fail(errors.empty() ? otherwise : StringRef(errors));
}
