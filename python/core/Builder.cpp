//===- Builder.cpp - modules op by op ---------------------------------------------------===//

#include "Common.h"

#include "qopt-c/Builder.h"

#include <deque>

using namespace qopt::python;

namespace {

/// Owns a qopt_builder.
struct Builder {
  explicit Builder(const std::vector<std::pair<std::string, nb::sequence>> &inputs);
  Builder(const Builder &) = delete;
  ~Builder() { qopt_builder_free(handle); }
  qopt_builder *handle = nullptr;
};

Builder::Builder(const std::vector<std::pair<std::string, nb::sequence>> &inputs) {
  std::vector<qopt_input> plain;
  for (const auto &[name, shape] : inputs) {
    qopt_input input{};
    input.name = name.c_str();
    for (nb::handle size : shape) {
      if (input.rank == QOPT_MAX_RANK)
        throw nb::value_error(("input '" + name + "': more than 8 dimensions").c_str());
      input.shape[input.rank++] = size.is_none() ? -1 : nb::cast<int64_t>(size);
    }
    plain.push_back(input);
  }
  handle = check(qopt_builder_create(plain.data(), plain.size()));
}

/// Plain attributes, and the memory that they point to.
class Attributes {
public:
  explicit Attributes(nb::dict values) {
    for (auto [name, value] : values)
      add(nb::cast<std::string>(name), value);
  }
  const std::vector<qopt_attr> &list() const { return attributes; }

private:
  void add(const std::string &name, nb::handle value);
  void addAct(qopt_attr &attr, nb::handle value);
  void addList(qopt_attr &attr, nb::handle value);
  const char *keep(std::string text) { return strings.emplace_back(std::move(text)).c_str(); }

  std::vector<qopt_attr> attributes;
  std::deque<std::string> strings;
  std::deque<std::vector<int64_t>> integers;
  std::deque<std::vector<double>> numbers;
};

/// {"kind": "clip", "a": 0.0, "b": 4.0}, or the kind alone.
void Attributes::addAct(qopt_attr &attr, nb::handle value) {
  attr.kind = QOPT_ATTR_ACT;
  std::vector<double> parameters(2, 0.0);
  if (nb::isinstance<nb::str>(value)) {
    attr.text = keep(nb::cast<std::string>(value));
  } else {
    const auto fields = nb::cast<nb::dict>(value);
    attr.text = keep(nb::cast<std::string>(fields["kind"]));
    parameters[0] = nb::cast<double>(fields.get("a", nb::float_(0.0)));
    parameters[1] = nb::cast<double>(fields.get("b", nb::float_(0.0)));
  }
  attr.numbers = numbers.emplace_back(std::move(parameters)).data();
  attr.count = 2;
}

void Attributes::addList(qopt_attr &attr, nb::handle value) {
  bool whole = true;
  for (nb::handle item : nb::cast<nb::sequence>(value))
    whole &= nb::isinstance<nb::int_>(item);
  attr.count = nb::len(value);
  attr.kind = whole ? QOPT_ATTR_INTS : QOPT_ATTR_FLOATS;
  if (whole)
    attr.integers = integers.emplace_back(nb::cast<std::vector<int64_t>>(value)).data();
  else
    attr.numbers = numbers.emplace_back(nb::cast<std::vector<double>>(value)).data();
}

void Attributes::add(const std::string &name, nb::handle value) {
  qopt_attr attr{};
  attr.name = keep(name);
  if (name == "act") {
    addAct(attr, value);
  } else if (nb::isinstance<nb::bool_>(value)) {
    attr.kind = QOPT_ATTR_BOOL;
    attr.integer = nb::cast<bool>(value);
  } else if (nb::isinstance<nb::int_>(value)) {
    attr.kind = QOPT_ATTR_INT;
    attr.integer = nb::cast<int64_t>(value);
  } else if (nb::isinstance<nb::float_>(value)) {
    attr.kind = QOPT_ATTR_FLOAT;
    attr.number = nb::cast<double>(value);
  } else if (nb::isinstance<nb::str>(value)) {
    attr.kind = QOPT_ATTR_STRING;
    attr.text = keep(nb::cast<std::string>(value));
  } else if (nb::isinstance<nb::list>(value) || nb::isinstance<nb::tuple>(value)) {
    addList(attr, value);
  } else {
    throw nb::type_error(
        ("attribute '" + name + "': expected bool, int, float, str, or a list of numbers").c_str());
  }
  attributes.push_back(attr);
}

qopt_value valueOf(nb::handle value) {
  return value.is_none() ? QOPT_NO_VALUE : nb::cast<qopt_value>(value);
}

nb::object addOp(Builder &self, const std::string &op, nb::sequence operands, nb::dict attrs,
                 const std::string &name, const std::optional<std::string> &layer, size_t results) {
  std::vector<qopt_value> values;
  for (nb::handle operand : operands)
    values.push_back(valueOf(operand));
  const Attributes attributes(attrs);
  qopt_op plain{};
  plain.op = op.c_str();
  plain.name = name.c_str();
  plain.layer = layer ? layer->c_str() : nullptr;
  plain.operands = values.data();
  plain.num_operands = values.size();
  plain.attrs = attributes.list().data();
  plain.num_attrs = attributes.list().size();
  plain.num_results = results;
  qopt_value first;
  check(qopt_builder_op(self.handle, &plain, &first));
  if (results == 1)
    return nb::int_(first);
  nb::list list;
  for (size_t i = 0; i < results; ++i)
    list.append(nb::int_(first + static_cast<qopt_value>(i)));
  return nb::tuple(list);
}

nb::object shapeOf(Builder &self, qopt_value value) {
  int64_t shape[QOPT_MAX_RANK];
  uint32_t rank;
  check(qopt_builder_shape(self.handle, value, shape, &rank));
  nb::list list;
  for (uint32_t i = 0; i < rank; ++i)
    list.append(shape[i] < 0 ? nb::object(nb::none()) : nb::object(nb::int_(shape[i])));
  return nb::tuple(list);
}

/// [(output name, value)] to a module.
Module *finish(Builder &self, const std::vector<std::pair<std::string, qopt_value>> &outputs) {
  std::vector<const char *> names;
  std::vector<qopt_value> values;
  for (const auto &[name, value] : outputs) {
    names.push_back(name.c_str());
    values.push_back(value);
  }
  return new Module(qopt_builder_finish(self.handle, values.data(), names.data(), values.size()));
}

} // namespace

void qopt::python::addBuilder(nb::module_ &module) {
  nb::class_<Builder>(module, "Builder",
                      "Makes an imported module op by op. Values are numbers; the inputs are 0 "
                      "to n - 1. None in dimension 0 of an input is the unknown batch.")
      .def(nb::init<const std::vector<std::pair<std::string, nb::sequence>> &>(), nb::arg("inputs"),
           "inputs: [(name, shape)]")
      .def(
          "parameter",
          [](Builder &self, const std::string &name, const FloatArray &array) {
            const qopt_array plain = describe(array, name.c_str());
            const qopt_value value = qopt_builder_parameter(self.handle, name.c_str(), &plain);
            if (value == QOPT_NO_VALUE)
              throw Error();
            return value;
          },
          nb::arg("name"), nb::arg("array"), "A constant under the framework's name; copied.")
      .def("op", &addOp, nb::arg("op"), nb::arg("operands"), nb::arg("attrs") = nb::dict(),
           nb::arg("name"), nb::arg("layer") = nb::none(), nb::arg("results") = 1,
           "Adds an op (\"nn.conv2d\") with its operands in order, None for an absent one, and "
           "returns its value, or a tuple for several results. Verified at once.")
      .def("shape", &shapeOf, nb::arg("value"), "Its shape; None stands for the batch.")
      .def("finish", &finish, nb::arg("outputs"), "outputs: [(name, value)]");
}
