//===- Module.cpp - modules and calibration ---------------------------------------------===//

#include "Common.h"

#include "qopt-c/Calibration.h"
#include "qopt-c/Module.h"

using namespace qopt::python;

namespace {

struct Calibration {
  explicit Calibration(Module &module) : handle(check(qopt_calibration_create(module.handle))) {}
  Calibration(const Calibration &) = delete;
  ~Calibration() { qopt_calibration_free(handle); }
  qopt_calibration *handle;
};

const char *severityName(qopt_severity severity) {
  static constexpr const char *names[] = {"note", "warning", "error", "remark"};
  return names[severity];
}

/// Runs `call` without the interpreter's lock and gives what was heard.
template <typename Call> std::vector<Diagnostic> listen(Call call) {
  Heard heard;
  qopt_status status;
  {
    nb::gil_scoped_release release;
    status = call(&Heard::hear, &heard);
  }
  check(status);
  return std::move(heard.list);
}

template <typename Make> Module *make(Make call) {
  qopt_module *handle;
  {
    nb::gil_scoped_release release;
    handle = call();
  }
  return new Module(handle);
}

/// Text (str) or bytecode (bytes).
std::string contents(nb::handle source) {
  if (nb::isinstance<nb::str>(source))
    return nb::cast<std::string>(source);
  if (nb::isinstance<nb::bytes>(source)) {
    const auto bytes = nb::cast<nb::bytes>(source);
    return {bytes.c_str(), bytes.size()};
  }
  throw nb::type_error("expected text (str) or bytecode (bytes)");
}

Module *importOnnx(nb::handle source) {
  if (nb::isinstance<nb::bytes>(source)) {
    const std::string bytes = contents(source);
    return make(
        [&] { return qopt_module_import_onnx_bytes(bytes.data(), bytes.size(), "<bytes>"); });
  }
  const auto path = nb::cast<std::string>(nb::str(source));
  return make([&] { return qopt_module_import_onnx(path.c_str()); });
}

nb::object parameter(nb::handle self, const std::string &name) {
  qopt_array array;
  check(qopt_module_parameter(nb::cast<Module &>(self).handle, name.c_str(), &array));
  size_t shape[QOPT_MAX_RANK];
  for (uint32_t i = 0; i < array.rank; ++i)
    shape[i] = static_cast<size_t>(array.shape[i]);
  static const nb::dlpack::dtype dtypes[] = {nb::dtype<float>(), nb::dtype<int8_t>(),
                                             nb::dtype<int32_t>()};
  // A view that keeps the module alive, whose constants nobody writes to.
  return nb::cast(nb::ndarray<nb::numpy, nb::ro>(const_cast<void *>(array.data), array.rank, shape,
                                                 self, nullptr, dtypes[array.dtype]),
                  nb::rv_policy::reference);
}

void compile(Module &self, const std::string &path, const std::vector<std::string> &isas,
             int64_t batch, const std::string &name) {
  std::vector<const char *> names;
  for (const std::string &isa : isas)
    names.push_back(isa.c_str());
  qopt_compile_options options{};
  options.isas = names.data();
  options.num_isas = names.size();
  options.fixed_batch = batch;
  options.name = name.empty() ? nullptr : name.c_str();
  qopt_status status;
  {
    nb::gil_scoped_release release;
    status = qopt_module_compile(self.handle, path.c_str(), &options);
  }
  check(status);
}

/// {input: array}, or one array.
void add(Calibration &self, nb::handle batch) {
  std::vector<std::pair<std::string, FloatArray>> arrays;
  if (nb::isinstance<nb::dict>(batch))
    for (auto [name, array] : nb::cast<nb::dict>(batch))
      arrays.emplace_back(nb::cast<std::string>(name), nb::cast<FloatArray>(array));
  else
    arrays.emplace_back("", nb::cast<FloatArray>(batch));
  std::vector<qopt_array> plain;
  for (const auto &[name, array] : arrays)
    plain.push_back(describe(array, name.empty() ? nullptr : name.c_str()));
  qopt_status status;
  {
    nb::gil_scoped_release release;
    status = qopt_calibration_add(self.handle, plain.data(), plain.size());
  }
  check(status);
}

/// The parts of "file:line:column"; none of a location that is a node's name.
struct Place {
  explicit Place(const std::string &location) {
    const size_t second = location.rfind(':');
    const size_t first = second ? location.rfind(':', second - 1) : std::string::npos;
    if (second == std::string::npos || first == std::string::npos)
      return;
    const std::string lineText = location.substr(first + 1, second - first - 1),
                      columnText = location.substr(second + 1);
    const auto isNumber = [](const std::string &text) {
      return !text.empty() && text.size() < 10 &&
             text.find_first_not_of("0123456789") == std::string::npos;
    };
    if (!isNumber(lineText) || !isNumber(columnText))
      return;
    file = location.substr(0, first), line = std::stoi(lineText), column = std::stoi(columnText);
  }
  std::optional<std::string> file;
  std::optional<int> line, column;
};

void addDiagnostic(nb::module_ &module) {
  nb::class_<Diagnostic>(module, "Diagnostic", "What a pass or parser had to say.")
      .def_prop_ro("severity", [](const Diagnostic &d) { return severityName(d.severity); })
      .def_ro("location", &Diagnostic::location)
      .def_prop_ro("file", [](const Diagnostic &d) { return Place(d.location).file; })
      .def_prop_ro("line", [](const Diagnostic &d) { return Place(d.location).line; })
      .def_prop_ro("column", [](const Diagnostic &d) { return Place(d.location).column; })
      .def_ro("message", &Diagnostic::message)
      .def_ro("notes", &Diagnostic::notes)
      .def("__repr__", [](const Diagnostic &d) {
        return std::string(severityName(d.severity)) + ": " +
               (d.location.empty() ? "" : d.location + ": ") + d.message;
      });
}

void addCalibration(nb::module_ &module) {
  nb::class_<Calibration>(module, "Calibration", "The native calibrate stage on batches in memory.")
      .def(nb::init<Module &>(), nb::arg("module"), nb::keep_alive<1, 2>())
      .def("add", &add, nb::arg("batch"),
           "One batch of float32: {input name: array} or an array; one step of moving averages.")
      .def(
          "finish",
          [](Calibration &self) {
            return listen([&](qopt_diagnostic_fn tell, void *user) {
              return qopt_calibration_finish(self.handle, tell, user);
            });
          },
          "Statistics, scales and zero points into the module, which is then calibrated.");
}

} // namespace

void qopt::python::addModule(nb::module_ &module) {
  addDiagnostic(module);
  nb::class_<Module>(module, "Module", "A network at any stage; see docs/IR.md.")
      .def_static(
          "parse",
          [](nb::handle source, const std::string &name) {
            const std::string text = contents(source);
            return make([&] { return qopt_module_parse(text.data(), text.size(), name.c_str()); });
          },
          nb::arg("source"), nb::arg("name") = "<memory>", "From text (str) or bytecode (bytes).")
      .def_static(
          "parse_file",
          [](nb::handle path) {
            const auto text = nb::cast<std::string>(nb::str(path));
            return make([&] { return qopt_module_parse_file(text.c_str()); });
          },
          nb::arg("path"))
      .def_static("import_onnx", &importOnnx, nb::arg("source"),
                  "From the path of a float ONNX file, or its bytes (weights inside).")
      .def(
          "run",
          [](Module &self, const std::string &pipeline) {
            return listen([&](qopt_diagnostic_fn tell, void *user) {
              return qopt_module_run(self.handle, pipeline.c_str(), tell, user);
            });
          },
          nb::arg("pipeline"),
          "Runs a pipeline in text form; returns its remarks and warnings. On an error the "
          "module may be half changed.")
      .def(
          "configure",
          [](Module &self, const std::string &config, const std::string &target) {
            return listen([&](qopt_diagnostic_fn tell, void *user) {
              return qopt_module_configure(self.handle, config.c_str(), target.c_str(), tell, user);
            });
          },
          nb::arg("config") = "", nb::arg("target") = "x86",
          "The qconfig stage with a configuration as JSON text (docs/stages/QConfig.md).")
      .def(
          "text",
          [](Module &self, bool elide) {
            Bytes out;
            check(qopt_module_text(self.handle, elide, &out.bytes));
            return out.str();
          },
          nb::arg("elide") = false)
      .def("bytecode",
           [](Module &self) {
             Bytes out;
             check(qopt_module_bytecode(self.handle, &out.bytes));
             return out.raw();
           })
      .def(
          "save",
          [](Module &self, nb::handle path) {
            check(qopt_module_save(self.handle, nb::cast<std::string>(nb::str(path)).c_str()));
          },
          nb::arg("path"), "Text, or bytecode for a path that ends in .mlirbc.")
      .def("clone", [](Module &self) { return new Module(qopt_module_clone(self.handle)); })
      .def_prop_ro("stage", [](Module &self) { return qopt_module_stage(self.handle); })
      .def(
          "graph",
          [](Module &self) {
            Bytes out;
            check(qopt_module_graph(self.handle, &out.bytes));
            return out.json();
          },
          "The network as plain values; the form is told in qopt-c/Module.h.")
      .def("data", &parameter, nb::arg("name"),
           "The data of a parameter: a read-only view that keeps the module alive.")
      .def(
          "set_data",
          [](Module &self, const std::string &name, const AnyArray &array) {
            const qopt_array plain = describe(array, name.c_str());
            check(qopt_module_set_parameter(self.handle, name.c_str(), &plain));
          },
          nb::arg("name"), nb::arg("array"))
      .def(
          "qparams",
          [](Module &self, const std::string &symbol) {
            Bytes out;
            check(qopt_module_qparams(self.handle, symbol.c_str(), &out.bytes));
            return out.json();
          },
          nb::arg("symbol"), "Every field of an observer's qopt.qparams.")
      .def(
          "set_qparams",
          [](Module &self, const std::string &symbol, const std::vector<float> &scales,
             const std::vector<int32_t> &zeroPoints) {
            if (scales.size() != zeroPoints.size())
              throw nb::value_error("expected as many zero points as scales");
            check(qopt_module_set_qparams(self.handle, symbol.c_str(), scales.data(),
                                          zeroPoints.data(), scales.size()));
          },
          nb::arg("symbol"), nb::arg("scales"), nb::arg("zero_points"))
      .def("compile", &compile, nb::arg("path"), nb::arg("isas") = std::vector<std::string>(),
           nb::arg("batch") = 0, nb::arg("name") = "",
           "To a program: a shared library, or an object and a C header for a path ending in .o. "
           "isas: plans to make (none: all); batch: 0 for any.");
  addCalibration(module);
}
