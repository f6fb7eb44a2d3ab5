//===- Core.cpp - qopt._core: Python on the C API ---------------------------------------===//

#include "Common.h"

using namespace qopt::python;

Diagnostic::Diagnostic(const qopt_diagnostic &plain)
    : severity(plain.severity), location(plain.location), message(plain.message),
      notes(plain.notes, plain.notes + plain.num_notes) {}

/// qopt._core.Error, a RuntimeError with a list `diagnostics`.
static void addError(nb::module_ &module) {
  static PyObject *type = PyErr_NewExceptionWithDoc(
      "qopt._core.Error",
      "What the compiler refused. `diagnostics` lists the errors, each with its location.",
      PyExc_RuntimeError, nullptr);
  if (!type)
    nb::raise_python_error();
  module.attr("Error") = nb::borrow(type);
  nb::register_exception_translator([](const std::exception_ptr &thrown, void *) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error &error) {
      nb::object made = nb::borrow(type)(error.what());
      made.attr("diagnostics") = nb::cast(error.diagnostics);
      PyErr_SetObject(type, made.ptr());
    }
  });
}

template <typename Array> static qopt_array describeAs(const Array &array, const char *name) {
  qopt_array result{};
  result.name = name;
  const std::string where = std::string("'") + (name ? name : "array") + "'";
  const nb::dlpack::dtype dtype = array.dtype();
  if (dtype == nb::dtype<float>())
    result.dtype = QOPT_F32;
  else if (dtype == nb::dtype<int8_t>())
    result.dtype = QOPT_I8;
  else if (dtype == nb::dtype<int32_t>())
    result.dtype = QOPT_I32;
  else
    throw nb::type_error((where + ": expected elements of float32, int8 or int32").c_str());
  if (array.ndim() > QOPT_MAX_RANK)
    throw nb::value_error((where + ": rank " + std::to_string(array.ndim()) + ", at most " +
                           std::to_string(QOPT_MAX_RANK) + " are possible")
                              .c_str());
  result.rank = static_cast<uint32_t>(array.ndim());
  for (size_t i = 0; i < array.ndim(); ++i)
    result.shape[i] = static_cast<int64_t>(array.shape(i));
  result.data = array.data();
  return result;
}

qopt_array qopt::python::describe(const AnyArray &array, const char *name) {
  return describeAs(array, name);
}
qopt_array qopt::python::describe(const FloatArray &array, const char *name) {
  return describeAs(array, name);
}

NB_MODULE(_core, module) {
  module.doc() = "The compiler from Python: modules, passes, calibration, training kernels. Made "
                 "over qopt-c/*.h only. Arrays are numpy's (or any with __dlpack__ on the CPU).";
  if (qopt_c_version() != QOPT_C_VERSION)
    throw std::runtime_error("qopt._core was built for another version of libqopt-c");
  addError(module);
  addModule(module);
  addBuilder(module);
  addTrain(module);
}
