//===- Target.cpp - what a backend can run, and the presets ----------------------------===//

#include "Parse.h"

#include "qopt/Support/Text.h"

#include "llvm/ADT/STLExtras.h"

using namespace qopt;
using namespace qopt::qconfig;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===-- presets ---------------------------------------------------------------------===//

llvm::ArrayRef<StringRef> qconfig::presetNames() {
  static constexpr StringRef names[] = {"x86", "arm"};
  return names;
}

Rule qconfig::presetRule(StringRef name) {
  Rule rule;
  const bool signedActivations = name == "arm";
  rule.activation.codes = QuantRange::make(8, signedActivations, /*symmetric=*/false);
  rule.weight.codes = QuantRange::make(8, true, /*symmetric=*/true, /*narrow=*/true);
  rule.weight.perChannel = true;
  rule.weight.observer = "per_channel_min_max";
  return rule;
}

Rule qconfig::dynamicRule(Rule rule) {
  rule.activation = Spec();
  rule.activation.codes = QuantRange::make(8, /*isSigned=*/false, /*symmetric=*/false);
  rule.activation.observer = "dynamic";
  return rule;
}

//===-- target files ----------------------------------------------------------------===//

static Error parseNames(const JsonReader &reader, StringRef key, llvm::ArrayRef<StringRef> choices,
                        std::vector<std::string> &out) {
  const auto member = reader.optional(key);
  if (!member)
    return Error::success();
  if (Error error = member->requireArray())
    return error;
  if (member->size() == 0 && key != "epilogues")
    return member->expected("at least one entry");
  out.clear();
  for (const JsonReader &item : member->items()) {
    Expected<std::string> word = choices.empty() ? item.string() : item.oneOf(choices);
    if (!word)
      return word.takeError();
    out.push_back(std::move(*word));
  }
  return Error::success();
}

static std::vector<std::string> dtypes(StringRef signs, int most) {
  std::vector<std::string> names;
  for (const char sign : signs)
    for (int bits = 2; bits <= most; ++bits)
      names.push_back(sign + std::to_string(bits));
  return names;
}

static Error parseTensorLimits(const JsonReader &reader, StringRef key, StringRef secondKey,
                               llvm::ArrayRef<StringRef> secondChoices,
                               std::vector<std::string> &types, std::vector<std::string> &second) {
  const auto member = reader.optional(key);
  if (!member)
    return Error::success();
  if (Error error = member->requireObject())
    return error;
  if (Error error = member->rejectUnknownKeys({"dtypes", secondKey}))
    return error;
  const std::vector<StringRef> all(types.begin(), types.end());
  const std::vector<std::string> kept = types; // `all` points into it while `types` changes
  const std::vector<StringRef> choices(kept.begin(), kept.end());
  if (Error error = parseNames(*member, "dtypes", choices, types))
    return error;
  return parseNames(*member, secondKey, secondChoices, second);
}

static Target everything(StringRef name) {
  Target target;
  target.name = name.str();
  target.defaults = presetRule(name == "arm" ? "arm" : "x86");
  target.activationDtypes = dtypes("us", 16);
  target.activationSchemes = {"affine", "symmetric"};
  target.weightDtypes = dtypes("s", 8);
  target.weightGranularities = {"per_tensor", "per_channel"};
  target.epilogues = {"relu", "relu6", "clip", "table", "residual"};
  return target;
}

/// The x86 preset moved inside the target's limits.
static void fitDefaults(Target &target) {
  Spec &activation = target.defaults.activation, &weight = target.defaults.weight;
  auto fitType = [](Spec &spec, const std::vector<std::string> &types) {
    if (llvm::is_contained(types, spec.dtype()))
      return;
    spec.codes.isSigned = types.front()[0] == 's';
    spec.codes.bits = std::stoi(types.front().substr(1));
  };
  fitType(activation, target.activationDtypes);
  activation.codes.symmetric = !llvm::is_contained(target.activationSchemes, "affine");
  activation.codes = QuantRange::make(activation.codes.bits, activation.codes.isSigned,
                                      activation.codes.symmetric);
  fitType(weight, target.weightDtypes);
  weight.codes = QuantRange::make(weight.codes.bits, true, true, /*narrow=*/true);
  weight.perChannel = llvm::is_contained(target.weightGranularities, "per_channel");
  weight.observer = weight.perChannel ? "per_channel_min_max" : "min_max";
}

static Expected<Target> parseTarget(const JsonReader &reader, StringRef path) {
  if (Error error = reader.requireObject())
    return error;
  if (Error error =
          reader.rejectUnknownKeys({"name", "default", "activation", "weight", "epilogues", "ops"}))
    return error;
  Target target = everything(path);
  if (Error error = reader.optionalString("name", target.name))
    return error;
  if (Error error = parseTensorLimits(reader, "activation", "schemes", {"affine", "symmetric"},
                                      target.activationDtypes, target.activationSchemes))
    return error;
  if (Error error =
          parseTensorLimits(reader, "weight", "granularities", {"per_tensor", "per_channel"},
                            target.weightDtypes, target.weightGranularities))
    return error;
  if (Error error = parseNames(reader, "epilogues", {"relu", "relu6", "clip", "table", "residual"},
                               target.epilogues))
    return error;
  if (reader.has("ops"))
    if (Error error = parseNames(reader, "ops", {}, target.ops.emplace()))
      return error;
  fitDefaults(target);
  const auto given = reader.optional("default");
  if (!given)
    return target;
  Expected<std::optional<Rule>> rule = parseRule(*given, target.defaults);
  if (!rule)
    return rule.takeError();
  if (!*rule)
    return given->expected("a qconfig (null belongs into a configuration)");
  target.defaults = **rule;
  const std::string why = whyTargetCannot(target, "", target.defaults, /*hasWeight=*/true, {});
  if (!why.empty())
    return given->error("the target cannot run its own default: " + why);
  return target;
}

Expected<Target> qconfig::loadTarget(StringRef nameOrPath) {
  if (llvm::is_contained(presetNames(), nameOrPath))
    return everything(nameOrPath);
  if (!nameOrPath.ends_with(".json"))
    return makeError("unknown target '" + nameOrPath + "'; expected " + joinList(presetNames()) +
                     " or the path of a .json file");
  Expected<Json> json = readJsonFile(nameOrPath);
  if (!json)
    return json.takeError();
  return parseTarget(JsonReader(*json, nameOrPath), nameOrPath);
}

//===-- what it cannot run ----------------------------------------------------------===//

std::string qconfig::whyTargetCannot(const Target &target, StringRef kind, const Rule &rule,
                                     bool hasWeight, llvm::ArrayRef<StringRef> epilogues) {
  auto lacks = [](const std::vector<std::string> &list, StringRef word) {
    return !llvm::is_contained(list, word);
  };
  if (target.ops && !kind.empty() && lacks(*target.ops, kind))
    return kind.str();
  if (rule.activation.isDynamic() && lacks(target.activationDtypes, "u8"))
    return "dynamic quantization, which needs u8 activations";
  const StringRef scheme = rule.activation.codes.symmetric ? "symmetric" : "affine";
  if (lacks(target.activationDtypes, rule.activation.dtype()))
    return rule.activation.dtype() + " activations";
  if (lacks(target.activationSchemes, scheme))
    return scheme.str() + " activations";
  if (hasWeight && lacks(target.weightDtypes, rule.weight.dtype()))
    return rule.weight.dtype() + " weights";
  if (hasWeight &&
      lacks(target.weightGranularities, rule.weight.perChannel ? "per_channel" : "per_tensor"))
    return rule.weight.perChannel ? "per-channel weights" : "per-tensor weights";
  for (const StringRef epilogue : epilogues)
    if (lacks(target.epilogues, epilogue))
      return (kind + " with fused " + epilogue).str();
  return {};
}
