//===- ParseConfig.cpp - a configuration from JSON -------------------------------------===//

#include "Parse.h"

#include "qopt/Support/Text.h"

#include "llvm/Support/Regex.h"

using namespace qopt;
using namespace qopt::qconfig;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

std::string Entry::text() const {
  switch (kind) {
  case Kind::ObjectType:
    return "object_type '" + key + "'";
  case Kind::ModuleNameRegex:
    return "module_name_regex '" + key + "'";
  case Kind::ModuleName:
    return "module_name '" + key + "'";
  case Kind::ModuleNameObjectTypeOrder:
    return "module_name_object_type_order '" + key + "', " + objectType + " " +
           std::to_string(index);
  }
  llvm_unreachable("all kinds are handled");
}

Expected<std::optional<Rule>> qconfig::parseRule(const JsonReader &reader, const Rule &defaults) {
  if (reader.value().isNull())
    return std::nullopt;
  if (reader.value().isString()) {
    std::vector<StringRef> names(presetNames().begin(), presetNames().end());
    names.push_back("dynamic");
    Expected<std::string> name = reader.oneOf(names);
    if (!name)
      return name.takeError();
    return *name == "dynamic" ? dynamicRule(defaults) : presetRule(*name);
  }
  if (!reader.value().isObject())
    return reader.expected("null, the name of a preset (" + joinList(presetNames()) +
                           ", dynamic) or an object");
  if (Error error = reader.rejectUnknownKeys({"activation", "weight", "residual"}))
    return error;
  Rule rule = defaults;
  for (const bool isWeight : {false, true}) {
    const auto member = reader.optional(isWeight ? "weight" : "activation");
    if (!member)
      continue;
    Spec &part = isWeight ? rule.weight : rule.activation;
    Expected<Spec> spec = parseSpec(*member, part, isWeight);
    if (!spec)
      return spec.takeError();
    part = std::move(*spec);
  }
  std::string residual = rule.residualAccumulator ? "accumulator" : "mid";
  if (Error error = reader.optionalOneOf("residual", residual, {"mid", "accumulator"}))
    return error;
  rule.residualAccumulator = residual == "accumulator";
  return rule;
}

namespace {

class ConfigParser {
public:
  ConfigParser(const JsonReader &reader, const Target &target) : reader(reader), target(target) {}

  Expected<Config> run() {
    static constexpr StringRef keys[] = {"global",
                                         "object_type",
                                         "module_name_regex",
                                         "module_name",
                                         "module_name_object_type_order",
                                         "fixed_qparams",
                                         "inputs",
                                         "outputs",
                                         "allow_unmatched"};
    if (Error error = reader.rejectUnknownKeys(keys))
      return error;
    for (auto step : {&ConfigParser::global, &ConfigParser::named, &ConfigParser::ordered,
                      &ConfigParser::fixedValues, &ConfigParser::ports})
      if (Error error = (this->*step)())
        return error;
    if (Error error = reader.optionalBool("allow_unmatched", config.allowUnmatched))
      return error;
    return std::move(config);
  }

private:
  Error global() {
    config.global = target.defaults;
    config.globalText = "default of target '" + target.name + "'";
    const auto member = reader.optional("global");
    if (!member)
      return Error::success();
    Expected<std::optional<Rule>> rule = parseRule(*member, target.defaults);
    if (!rule)
      return rule.takeError();
    config.global = std::move(*rule);
    config.globalText = "global";
    return Error::success();
  }

  Error entry(Entry entry, const JsonReader &value) {
    entry.path = value.path();
    if (value.value().isObject() && value.optional("float"))
      return floatEntry(std::move(entry), value);
    Expected<std::optional<Rule>> rule = parseRule(value, target.defaults);
    if (!rule)
      return rule.takeError();
    entry.rule = std::move(*rule);
    config.entries.push_back(std::move(entry));
    return Error::success();
  }

  /// {"float": "why"}: as null, with a reason for the report.
  Error floatEntry(Entry entry, const JsonReader &value) {
    if (Error error = value.rejectUnknownKeys({"float"}))
      return error;
    Expected<std::string> reason = value.optional("float")->string();
    if (!reason)
      return reason.takeError();
    entry.reason = std::move(*reason);
    config.entries.push_back(std::move(entry));
    return Error::success();
  }

  Error named() {
    static constexpr std::pair<StringRef, Entry::Kind> groups[] = {
        {"object_type", Entry::Kind::ObjectType},
        {"module_name_regex", Entry::Kind::ModuleNameRegex},
        {"module_name", Entry::Kind::ModuleName}};
    for (const auto &[key, kind] : groups) {
      const auto group = reader.optional(key);
      if (!group)
        continue;
      if (Error error = group->requireObject())
        return error;
      for (const auto &[name, value] : group->members())
        if (Error error = entry({kind, name, "", 0, std::nullopt, "", ""}, value))
          return error;
    }
    return Error::success();
  }

  /// [[module, object type, index, qconfig], ...].
  Error ordered() {
    const auto list = reader.optional("module_name_object_type_order");
    if (!list)
      return Error::success();
    if (Error error = list->requireArray())
      return error;
    for (const JsonReader &row : list->items()) {
      if (!row.value().isArray() || row.size() != 4)
        return row.expected("[module name, object type, index, qconfig]");
      Expected<std::string> module = row.at(0).string();
      if (!module)
        return module.takeError();
      Expected<std::string> type = row.at(1).string();
      if (!type)
        return type.takeError();
      Expected<int64_t> index = row.at(2).integer(0, INT32_MAX);
      if (!index)
        return index.takeError();
      if (Error error = entry({Entry::Kind::ModuleNameObjectTypeOrder, *module, *type, *index,
                               std::nullopt, "", ""},
                              row.at(3)))
        return error;
    }
    return Error::success();
  }

  Error fixedValues() {
    const auto group = reader.optional("fixed_qparams");
    if (!group)
      return Error::success();
    if (Error error = group->requireObject())
      return error;
    for (const auto &[name, value] : group->members())
      if (Error error = fixedValue(name, value))
        return error;
    return Error::success();
  }

  Error fixedValue(const std::string &name, const JsonReader &value) {
    if (Error error = value.requireObject())
      return error;
    if (Error error = value.rejectUnknownKeys({"scale", "zero_point", "dtype"}))
      return error;
    FixedValue fixed{
        name, (config.global ? *config.global : target.defaults).activation, {}, value.path()};
    QuantRange &codes = fixed.spec.codes;
    if (const auto dtype = value.optional("dtype")) {
      if (Error error = parseDtype(*dtype, /*isWeight=*/false, codes))
        return error;
      codes = QuantRange::make(codes.bits, codes.isSigned, codes.symmetric);
    }
    fixed.spec.observer = "fixed";
    fixed.spec.options.clear();
    Expected<JsonReader> scale = value.required("scale");
    if (!scale)
      return scale.takeError();
    Expected<JsonReader> zeroPoint = value.required("zero_point");
    if (!zeroPoint)
      return zeroPoint.takeError();
    Expected<float> scaleValue = parseScale(*scale);
    if (!scaleValue)
      return scaleValue.takeError();
    Expected<int64_t> zeroPointValue = zeroPoint->integer(codes.qmin, codes.qmax);
    if (!zeroPointValue)
      return zeroPointValue.takeError();
    const int64_t middle = codes.isSigned ? 0 : int64_t(1) << (codes.bits - 1);
    codes.symmetric &= *zeroPointValue == middle;
    fixed.qparams = {*scaleValue, static_cast<int32_t>(*zeroPointValue)};
    config.fixed.push_back(std::move(fixed));
    return Error::success();
  }

  Error ports() {
    if (Error error = port("inputs", config.inputs))
      return error;
    return port("outputs", config.outputs);
  }

  /// "quantize", "float", or one of them per name.
  Error port(StringRef key, FloatPorts &ports) {
    static constexpr StringRef choices[] = {"quantize", "float"};
    const auto member = reader.optional(key);
    if (!member)
      return Error::success();
    if (!member->value().isObject()) {
      if (!member->value().isString())
        return member->expected("\"quantize\", \"float\" or an object of them by name");
      Expected<std::string> word = member->oneOf(choices);
      if (!word)
        return word.takeError();
      ports.all = *word == "float";
      return Error::success();
    }
    for (const auto &[name, value] : member->members()) {
      Expected<std::string> word = value.oneOf(choices);
      if (!word)
        return word.takeError();
      if (*word == "float")
        ports.names.emplace_back(name, value.path());
    }
    return Error::success();
  }

  const JsonReader &reader;
  const Target &target;
  Config config;
};

} // namespace

Expected<Config> qconfig::parseConfig(const Json &json, StringRef file, const Target &target) {
  const JsonReader reader(json, file);
  if (!json.isObject())
    return reader.expected("an object, as in {\"module_name\": {\"fc\": null}} ({} is the target's "
                           "default for all)");
  Expected<Config> config = ConfigParser(reader, target).run();
  if (config)
    config->file = file.str();
  return config;
}
