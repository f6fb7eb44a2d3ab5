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

namespace {
/// Of a thread.
struct LastError {
  std::string text;
  std::vector<capi::OwnedDiagnostic> list;
  std::vector<qopt_diagnostic> views; ///< of the list, as they were asked for
};
} // namespace

static LastError &lastError() {
  thread_local LastError error;
  return error;
}

uint32_t qopt_c_version(void) { return QOPT_C_VERSION; }

const char *qopt_release(void) { return QOPT_VERSION; }

const char *qopt_last_error(void) { return lastError().text.c_str(); }

const qopt_diagnostic *qopt_last_diagnostic(size_t index) {
  LastError &last = lastError();
  if (index >= last.list.size())
    return nullptr;
  last.views.resize(last.list.size());
  last.views[index] = last.list[index].view();
  return &last.views[index];
}

void qopt_bytes_free(qopt_bytes *bytes) {
  if (!bytes)
    return;
  std::free(bytes->data);
  *bytes = {nullptr, 0};
}

qopt_status capi::fail(const Twine &message) {
  LastError &last = lastError();
  last = {message.str(), {}, {}};
  last.list.emplace_back().message = last.text;
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

qopt_diagnostic capi::OwnedDiagnostic::view() {
  noteTexts.clear();
  for (const std::string &note : notes)
    noteTexts.push_back(note.c_str());
  return {severity, location.c_str(), message.c_str(), static_cast<uint32_t>(noteTexts.size()),
          noteTexts.data()};
}

LogicalResult capi::Listener::hear(Diagnostic &diagnostic) {
  OwnedDiagnostic heard{severityOf(diagnostic.getSeverity()),
                        locationText(diagnostic.getLocation()),
                        diagnostic.str(),
                        {},
                        {}};
  for (Diagnostic &note : diagnostic.getNotes())
    heard.notes.push_back(note.str());
  if (diagnostic.getSeverity() == DiagnosticSeverity::Error) {
    errors.push_back(std::move(heard));
  } else if (tell) {
    const qopt_diagnostic plain = heard.view();
    tell(user, &plain);
  }
  return success();
}

/// "location: message", and the notes indented below.
static std::string textOf(const capi::OwnedDiagnostic &error) {
  std::string text = (error.location.empty() ? "" : error.location + ": ") + error.message;
  for (const std::string &note : error.notes)
    text += "\n  note: " + note;
  return text;
}

qopt_status capi::Listener::finish(bool ok, StringRef otherwise) {
  if (ok)
    return QOPT_OK;
  if (errors.empty())
    return fail(otherwise);
  LastError &last = lastError();
  last = {{}, std::move(errors), {}};
  for (const OwnedDiagnostic &error : last.list)
    last.text += (last.text.empty() ? "" : "\n") + textOf(error);
  return QOPT_ERROR;
}
