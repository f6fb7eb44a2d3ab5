//===- Match.cpp - which entry of a configuration decides an op -----------------------===//
//
// Precedence as in FX: module_name_object_type_order, module_name (the nearest enclosing
// module), module_name_regex (the first that matches), object_type, global.
//
//===-----------------------------------------------------------------------------===//

#include "Match.h"

#include "dialects/NN/Names.h"
#include "qopt/Support/Text.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::qconfig;
using llvm::Error;

OpNames qconfig::namesOf(Operation *op) {
  OpNames names;
  if (auto layer = op->getAttrOfType<StringAttr>(nn::NNDialect::kLayerAttr))
    names.layer = layer.str();
  else if (auto parts = op->getAttrOfType<ArrayAttr>(nn::NNDialect::kFusedAttr))
    names.layer = cast<StringAttr>(parts[0]).str();
  if (auto value = op->getAttrOfType<StringAttr>(nn::NNDialect::kNameAttr))
    names.value = value.str();
  SmallVector<StringRef> nodes;
  nn::appendNodeNames(op->getLoc(), nodes);
  if (!nodes.empty())
    names.node = nodes.front().str();
  return names;
}

/// A pattern of Python's `re.match` as POSIX: anchored at the start, with \d, \w and \s.
static llvm::Expected<llvm::Regex> compile(const Config &config, const Entry &entry) {
  std::string posix = "^(";
  const StringRef pattern = entry.key;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    const char *replacement = nullptr;
    if (pattern[i] == '\\') {
      replacement = next == 'd'   ? "[0-9]"
                    : next == 'D' ? "[^0-9]"
                    : next == 'w' ? "[A-Za-z0-9_]"
                    : next == 'W' ? "[^A-Za-z0-9_]"
                    : next == 's' ? "[[:space:]]"
                    : next == 'S' ? "[^[:space:]]"
                                  : nullptr;
      posix += replacement ? replacement : pattern.substr(i, 2).str();
      ++i;
      continue;
    }
    if (pattern[i] == '(' && next == '?')
      return makeError(config.file + ": " + entry.path + ": the pattern '" + pattern +
                       "' has a group that starts with (?, which is not supported; use plain "
                       "groups");
    posix += pattern[i];
  }
  llvm::Regex regex(posix + ")");
  std::string reason;
  if (!regex.isValid(reason))
    return makeError(config.file + ": " + entry.path + ": '" + pattern +
                     "' is no valid pattern: " + reason);
  return regex;
}

/// The module that contains `path`, or nothing.
static StringRef enclosing(StringRef path) {
  const size_t end = path.find_last_of("./");
  return end == StringRef::npos ? StringRef() : path.take_front(end);
}

/// The object types that exist: ops of any dialect with a quantization rule, in alphabetical order.
static std::vector<std::string> objectTypes(MLIRContext *context) {
  std::vector<std::string> kinds;
  for (const RegisteredOperationName name : context->getRegisteredOperations())
    if (name.hasInterface<QuantizableOpInterface>())
      kinds.push_back(name.stripDialect().str());
  llvm::sort(kinds);
  kinds.erase(llvm::unique(kinds), kinds.end());
  return kinds;
}

Error Matcher::prepare(ModuleOp module) {
  const std::vector<std::string> kinds = objectTypes(module.getContext());
  for (const Entry &entry : config.entries) {
    if (entry.kind == Entry::Kind::ModuleNameRegex) {
      llvm::Expected<llvm::Regex> regex = compile(config, entry);
      if (!regex)
        return regex.takeError();
      patterns.emplace_back(&entry, std::move(*regex));
    }
    const bool ordered = entry.kind == Entry::Kind::ModuleNameObjectTypeOrder;
    const std::string &type = ordered ? entry.objectType : entry.key;
    if ((ordered || entry.kind == Entry::Kind::ObjectType) && !llvm::is_contained(kinds, type))
      return makeError(config.file + ": " + entry.path + ": unknown object type '" + type +
                       "'; expected one of " + joinList(kinds, false, 64) +
                       didYouMean(type, kinds));
  }
  module.walk([&](QuantizableOpInterface op) {
    const OpNames names = namesOf(op);
    for (const std::string &name : {names.layer, names.value})
      if (!name.empty() && !llvm::is_contained(known, name))
        known.push_back(name);
    nodes.insert(names.node);
    for (StringRef path = names.layer; !path.empty(); path = enclosing(path))
      modules.insert(path);
    SmallVector<StringRef> merged;
    nn::appendNodeNames(op.getLoc(), merged);
    for (const StringRef node : llvm::drop_begin(merged, merged.empty() ? 0 : 1))
      fusedInto.try_emplace(node, names.shown());
    if (auto parts = op->getAttrOfType<ArrayAttr>(nn::NNDialect::kFusedAttr))
      for (const Attribute part : parts.getValue().drop_front())
        fusedInto.try_emplace(cast<StringAttr>(part).getValue(), names.shown());
  });
  resolveShortNames(module);
  return Error::success();
}

bool Matcher::isKnown(StringRef name) const {
  return llvm::is_contained(known, name) || nodes.contains(name) || modules.contains(name);
}

void Matcher::resolveShortNames(ModuleOp module) {
  for (const Entry &entry : config.entries) {
    if (entry.kind != Entry::Kind::ModuleName || isKnown(entry.key) || fusedInto.count(entry.key))
      continue;
    std::vector<std::string> &meant = shortFor[entry.key];
    module.walk([&](QuantizableOpInterface op) {
      const OpNames names = namesOf(op);
      const bool ends = llvm::any_of(ArrayRef<StringRef>{names.layer, names.value, names.node},
                                     [&](StringRef name) { return endsInName(name, entry.key); });
      if (ends && !llvm::is_contained(meant, names.shown()))
        meant.push_back(names.shown());
    });
    if (meant.size() == 1)
      emitRemark(module.getLoc()) << config.file << ": " << entry.path << ": '" << entry.key
                                  << "' is taken for '" << meant.front()
                                  << "', the only name that ends so";
  }
}

const Entry *Matcher::use(const Entry &entry) {
  used.insert(&entry);
  return &entry;
}

const Entry *Matcher::findByName(const std::string &name, Entry::Kind kind) {
  for (const Entry &entry : config.entries)
    if (entry.kind == kind && entry.key == name)
      return use(entry);
  return nullptr;
}

const Entry *Matcher::findByModule(const OpNames &names) {
  for (const std::string *name : {&names.layer, &names.value, &names.node})
    if (const Entry *entry = findByName(*name, Entry::Kind::ModuleName))
      return entry;
  for (const auto &meant : shortFor)
    if (meant.second.size() == 1 && meant.second.front() == names.shown())
      return findByName(meant.first().str(), Entry::Kind::ModuleName);
  // A module's entry holds for all that it contains.
  for (StringRef path = enclosing(names.layer); !path.empty(); path = enclosing(path))
    if (const Entry *entry = findByName(path.str(), Entry::Kind::ModuleName))
      return entry;
  return nullptr;
}

const Entry *Matcher::findByOrder(const OpNames &names, StringRef kind) {
  const std::string key = names.layer + '\0' + kind.str();
  const int64_t index = occurrences[key]++;
  for (const Entry &entry : config.entries)
    if (entry.kind == Entry::Kind::ModuleNameObjectTypeOrder && entry.key == names.layer &&
        entry.objectType == kind && entry.index == index)
      return use(entry);
  return nullptr;
}

const Entry *Matcher::findByPattern(const OpNames &names) {
  const Entry *first = nullptr;
  for (const auto &[entry, regex] : patterns) {
    if (!regex.match(names.layer) && !regex.match(names.value) && !regex.match(names.node))
      continue;
    // Patterns that only ever lose to an earlier one still name something.
    use(*entry);
    if (!first)
      first = entry;
  }
  return first;
}

const Entry *Matcher::find(QuantizableOpInterface op) {
  const OpNames names = namesOf(op);
  const StringRef kind = op.getQuantRule().kind;
  // All are asked, so that an entry that another one overrules counts as matching.
  const Entry *const candidates[] = {findByOrder(names, kind), findByModule(names),
                                     findByPattern(names),
                                     findByName(kind.str(), Entry::Kind::ObjectType)};
  for (const Entry *entry : candidates)
    if (entry)
      return entry;
  return nullptr;
}

std::string Matcher::fusedHint(StringRef name) const {
  const auto group = fusedInto.find(name);
  return group == fusedInto.end() ? std::string()
                                  : "; it was fused into '" + group->second + "': name that";
}

std::vector<std::string> Matcher::unmatched() const {
  std::vector<std::string> problems;
  for (const Entry &entry : config.entries) {
    // A type that this network does not have may well be in the next one.
    if (used.count(&entry) || entry.kind == Entry::Kind::ObjectType)
      continue;
    std::string text =
        config.file + ": " + entry.path + ": " + entry.text() + " matches nothing in the network";
    const std::string hint = fusedHint(entry.key);
    const auto meant = shortFor.find(entry.key);
    if (!hint.empty())
      text += hint;
    else if (meant != shortFor.end() && meant->second.size() > 1)
      text += "; it is the end of several names: " + joinList(meant->second, true, 12);
    else if (const std::string layer = nn::layerOfNode(entry.key);
             layer != entry.key && llvm::is_contained(known, layer))
      text += " (did you mean '" + layer + "'?)";
    else if (entry.kind != Entry::Kind::ModuleNameRegex)
      text += didYouMean(entry.key, known);
    problems.push_back(text + "; its names: " + joinList(known, true, 12) +
                       "; \"allow_unmatched\": true makes this a warning");
  }
  return problems;
}

std::string Matcher::unknownValue(StringRef name, StringRef path,
                                  ArrayRef<std::string> choices) const {
  const std::string hint = fusedHint(name);
  return config.file + ": " + path.str() + ": no value is named '" + name.str() + "'" +
         (hint.empty() ? didYouMean(name, choices) : hint) +
         "; the names: " + joinList(choices, true, 12);
}
