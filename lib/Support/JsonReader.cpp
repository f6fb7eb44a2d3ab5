//===- JsonReader.cpp - schema-checked reading of JSON values --------------------------===//
//
// See Json.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Json.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <cmath>

namespace qopt {

/// A value in few words, for "got ...".
static std::string gotText(const Json &value) {
  if (value.isArray() || value.isObject())
    return kindText(value.kind()).str();
  std::string text = value.dump(-1);
  if (text.size() > 60)
    text = text.substr(0, 57) + "...";
  return text;
}

static std::string memberPath(const std::string &path, llvm::StringRef key) {
  const bool plain = !key.empty() && llvm::all_of(key, [](char c) {
    return llvm::isAlnum(c) || c == '_' || c == '-';
  });
  return plain ? path + "." + key.str() : path + "[" + Json(key).dump(-1) + "]";
}

llvm::Error JsonReader::error(const llvm::Twine &message) const {
  return makeError(file + ": " + place + ": " + message);
}

llvm::Error JsonReader::expected(const llvm::Twine &what) const {
  return error("expected " + what + ", got " + gotText(*current));
}

llvm::Error JsonReader::requireObject() const {
  return current->isObject() ? llvm::Error::success() : expected("an object");
}

llvm::Error JsonReader::requireArray() const {
  return current->isArray() ? llvm::Error::success() : expected("an array");
}

llvm::Expected<bool> JsonReader::boolean() const {
  if (!current->isBool())
    return expected("true or false");
  return current->asBool();
}

llvm::Expected<std::string> JsonReader::string() const {
  if (!current->isString())
    return expected("a string");
  return current->asString();
}

llvm::Expected<int64_t> JsonReader::integer(int64_t low, int64_t high) const {
  if (current->isInteger() && current->asInteger() >= low && current->asInteger() <= high)
    return current->asInteger();
  if (low == INT64_MIN && high == INT64_MAX)
    return expected("an integer");
  if (high == INT64_MAX)
    return expected("an integer of at least " + llvm::Twine(low));
  if (low == INT64_MIN)
    return expected("an integer of at most " + llvm::Twine(high));
  return expected("an integer from " + llvm::Twine(low) + " to " + llvm::Twine(high));
}

llvm::Expected<double> JsonReader::number(double low, double high) const {
  if (current->isNumber() && std::isfinite(current->asNumber()) && current->asNumber() >= low &&
      current->asNumber() <= high)
    return current->asNumber();
  if (std::isinf(low) && std::isinf(high))
    return expected("a number");
  // The shortest text that reads back as the bound.
  return expected("a number from " + llvm::Twine(Json(low).dump()) + " to " +
                  llvm::Twine(Json(high).dump()));
}

llvm::Expected<std::string> JsonReader::oneOf(llvm::ArrayRef<llvm::StringRef> choices) const {
  if (current->isString() && llvm::is_contained(choices, llvm::StringRef(current->asString())))
    return current->asString();
  const std::string hint =
      current->isString() ? didYouMean(current->asString(), choices) : std::string();
  return error("expected one of " + joinList(choices) + ", got " + gotText(*current) + hint);
}

bool JsonReader::has(llvm::StringRef key) const { return current->find(key) != nullptr; }

std::optional<JsonReader> JsonReader::optional(llvm::StringRef key) const {
  if (const Json *member = current->find(key))
    return JsonReader(*member, file, memberPath(place, key));
  return std::nullopt;
}

llvm::Expected<JsonReader> JsonReader::required(llvm::StringRef key) const {
  if (llvm::Error error = requireObject())
    return std::move(error);
  if (std::optional<JsonReader> member = optional(key))
    return *member;
  return error("the key '" + key + "' is missing");
}

std::vector<std::pair<std::string, JsonReader>> JsonReader::members() const {
  std::vector<std::pair<std::string, JsonReader>> result;
  for (const Json::Member &member : current->members())
    result.emplace_back(member.first,
                        JsonReader(member.second, file, memberPath(place, member.first)));
  return result;
}

/// Reads an optional member by one of the checked readers.
template <typename Out, typename Read>
static llvm::Error readOptional(const JsonReader &reader, llvm::StringRef key, Out &out,
                                Read read) {
  std::optional<JsonReader> member = reader.optional(key);
  if (!member)
    return llvm::Error::success();
  auto value = read(*member);
  if (!value)
    return value.takeError();
  out = *value;
  return llvm::Error::success();
}

llvm::Error JsonReader::optionalBool(llvm::StringRef key, bool &out) const {
  return readOptional(*this, key, out, [](const JsonReader &r) { return r.boolean(); });
}

llvm::Error JsonReader::optionalString(llvm::StringRef key, std::string &out) const {
  return readOptional(*this, key, out, [](const JsonReader &r) { return r.string(); });
}

llvm::Error JsonReader::optionalInteger(llvm::StringRef key, int64_t &out, int64_t low,
                                        int64_t high) const {
  return readOptional(*this, key, out, [=](const JsonReader &r) { return r.integer(low, high); });
}

llvm::Error JsonReader::optionalNumber(llvm::StringRef key, double &out, double low,
                                       double high) const {
  return readOptional(*this, key, out, [=](const JsonReader &r) { return r.number(low, high); });
}

llvm::Error JsonReader::optionalOneOf(llvm::StringRef key, std::string &out,
                                      llvm::ArrayRef<llvm::StringRef> choices) const {
  return readOptional(*this, key, out, [=](const JsonReader &r) { return r.oneOf(choices); });
}

size_t JsonReader::size() const { return current->items().size(); }

JsonReader JsonReader::at(size_t index) const {
  assert(index < size() && "index out of range");
  return JsonReader(current->items()[index], file, place + "[" + std::to_string(index) + "]");
}

std::vector<JsonReader> JsonReader::items() const {
  std::vector<JsonReader> result;
  result.reserve(size());
  for (size_t i = 0; i < size(); ++i)
    result.push_back(at(i));
  return result;
}

llvm::Error JsonReader::rejectUnknownKeys(llvm::ArrayRef<llvm::StringRef> known) const {
  if (llvm::Error error = requireObject())
    return error;
  for (const Json::Member &member : current->members())
    if (!llvm::is_contained(known, llvm::StringRef(member.first)))
      return error("unknown key '" + member.first + "'" + didYouMean(member.first, known) +
                   "; known keys are " + joinList(known));
  return llvm::Error::success();
}

} // namespace qopt
