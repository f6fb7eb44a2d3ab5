//===- Common.h - between Python's values and the C API -------------------------------===//

#ifndef QOPT_PYTHON_CORE_COMMON_H
#define QOPT_PYTHON_CORE_COMMON_H

#include "qopt-c/Module.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace nb = nanobind;

namespace qopt::python {

/// What a pass or parser had to say.
struct Diagnostic {
  explicit Diagnostic(const qopt_diagnostic &plain);
  qopt_severity severity;
  std::string location, message;
  std::vector<std::string> notes;
};

/// Becomes qopt._core.Error: the thread's last error of the C API, with its diagnostics.
struct Error : std::runtime_error {
  Error() : std::runtime_error(qopt_last_error()) {
    for (size_t i = 0; const qopt_diagnostic *each = qopt_last_diagnostic(i); ++i)
      diagnostics.emplace_back(*each);
  }
  std::vector<Diagnostic> diagnostics;
};

/// Throws the thread's last error unless `status` is QOPT_OK.
inline void check(qopt_status status) {
  if (status != QOPT_OK)
    throw Error();
}
template <typename Handle> Handle *check(Handle *handle) {
  if (!handle)
    throw Error();
  return handle;
}

/// Owns what the C API returned.
struct Bytes {
  qopt_bytes bytes{nullptr, 0};
  ~Bytes() { qopt_bytes_free(&bytes); }
  nb::str str() const { return nb::str(bytes.data, bytes.size); }
  nb::bytes raw() const { return nb::bytes(bytes.data, bytes.size); }
  /// Parsed as JSON.
  nb::object json() const { return nb::module_::import_("json").attr("loads")(str()); }
};

/// Owns a qopt_module.
struct Module {
  explicit Module(qopt_module *handle) : handle(check(handle)) {}
  Module(const Module &) = delete;
  ~Module() { qopt_module_free(handle); }
  qopt_module *handle;
};

/// Collects what passes say, without Python while it runs.
struct Heard {
  std::vector<Diagnostic> list;

  static void hear(void *user, const qopt_diagnostic *diagnostic) {
    static_cast<Heard *>(user)->list.emplace_back(*diagnostic);
  }
};

/// A contiguous array of any type on the CPU.
using AnyArray = nb::ndarray<nb::c_contig, nb::device::cpu, nb::ro>;
/// A contiguous f32 array on the CPU.
using FloatArray = nb::ndarray<const float, nb::c_contig, nb::device::cpu>;

/// Describes an array; throws for a type or rank that the C API does not take. `name` outlives it.
qopt_array describe(const AnyArray &array, const char *name);
qopt_array describe(const FloatArray &array, const char *name);

void addModule(nb::module_ &module);
void addBuilder(nb::module_ &module);
void addTrain(nb::module_ &module);

} // namespace qopt::python

#endif // QOPT_PYTHON_CORE_COMMON_H
