//===- Json.cpp - JSON values: parsing and printing -----------------------------------===//
//
// The only file that includes nlohmann's header, which is heavy. Exceptions are off
// there: the SAX handler builds our values and reports errors by position. See Json.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Json.h"
#include "qopt/Support/Files.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/ErrorHandling.h"

#include <cmath>

#define JSON_NOEXCEPTION 1
#include <nlohmann/json.hpp>

namespace qopt {

Json Json::array(std::vector<Json> items) {
  Json result;
  result.type = Kind::Array;
  result.elements = std::move(items);
  return result;
}

Json Json::object(std::vector<Member> members) {
  Json result;
  result.type = Kind::Object;
  result.fields = std::move(members);
  return result;
}

const Json *Json::find(llvm::StringRef key) const {
  for (const Member &member : fields)
    if (member.first == key)
      return &member.second;
  return nullptr;
}

Json &Json::set(llvm::StringRef key, Json value) {
  assert((type == Kind::Null || type == Kind::Object) && "not an object");
  type = Kind::Object;
  for (Member &member : fields)
    if (member.first == key) {
      member.second = std::move(value);
      return *this;
    }
  fields.emplace_back(key.str(), std::move(value));
  return *this;
}

Json &Json::push(Json value) {
  assert((type == Kind::Null || type == Kind::Array) && "not an array");
  type = Kind::Array;
  elements.push_back(std::move(value));
  return *this;
}

llvm::StringRef kindText(Json::Kind kind) {
  switch (kind) {
  case Json::Kind::Null:
    return "null";
  case Json::Kind::Bool:
    return "true or false";
  case Json::Kind::Integer:
    return "an integer";
  case Json::Kind::Number:
    return "a number";
  case Json::Kind::String:
    return "a string";
  case Json::Kind::Array:
    return "an array";
  case Json::Kind::Object:
    return "an object";
  }
  llvm_unreachable("unknown kind");
}

//===-----------------------------------------------------------------------------===//
// Parsing
//===-----------------------------------------------------------------------------===//

namespace {
/// Builds a value from the parser's events. A handler that returns false stops the parse.
class Builder : public nlohmann::json_sax<nlohmann::json> {
public:
  explicit Builder(llvm::StringRef text) : text(text) {}

  Json result;
  std::string message;
  /// Byte offset of a syntax error, 1-based; 0 where the parser gives no position.
  size_t position = 0;

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(int64_t value) override { return add(Json(value)); }
  bool number_unsigned(uint64_t value) override {
    if (value > static_cast<uint64_t>(INT64_MAX))
      return fail("the integer " + std::to_string(value) + " is beyond 64 bits");
    return add(Json(static_cast<int64_t>(value)));
  }
  bool number_float(double value, const std::string &spelling) override {
    // A long integer arrives here as well: it would lose digits in silence.
    if (llvm::StringRef(spelling).find_first_of(".eE") == llvm::StringRef::npos)
      return fail("the integer " + spelling + " is beyond 64 bits");
    return add(Json(value));
  }
  bool string(std::string &value) override { return add(Json(std::move(value))); }
  bool binary(nlohmann::json::binary_t &) override { return fail("binary data"); }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(std::string &name) override {
    Level &level = levels.back();
    if (level.value.find(name))
      return fail("the key '" + name + "' appears twice in one object");
    level.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t where, const std::string &token,
                   const nlohmann::detail::exception &error) override {
    position = where;
    // Overflows carry no position, and put the spelling into the reason only.
    message = describe(llvm::StringRef(token).trim(), error.what());
    return false;
  }

private:
  struct Level {
    Json value;
    std::string key;
  };
  static constexpr size_t kMaxDepth = 200;
  llvm::StringRef text;
  std::vector<Level> levels;

  bool fail(std::string what) {
    message = std::move(what);
    return false;
  }

  bool add(Json value) {
    if (levels.empty())
      result = std::move(value);
    else if (levels.back().value.isArray())
      levels.back().value.push(std::move(value));
    else
      levels.back().value.set(levels.back().key, std::move(value));
    return true;
  }

  bool open(Json value) {
    // Values are destroyed recursively, so their depth must have a bound.
    if (levels.size() == kMaxDepth)
      return fail("nested deeper than " + std::to_string(kMaxDepth) + " levels");
    levels.push_back({std::move(value), {}});
    return true;
  }

  bool close() {
    Json value = std::move(levels.back().value);
    levels.pop_back();
    return add(std::move(value));
  }

  /// Our words for the parser's reasons, which name its own states and numbers.
  static std::string describe(llvm::StringRef token, llvm::StringRef what) {
    if (what.contains("number overflow"))
      return "the number " + token.str() + " is beyond f64";
    if (what.contains("invalid string"))
      return "damaged string (" + what.rsplit("invalid string: ").second.split("; ").first.str() +
             ")";
    const char *wanted = what.contains("parsing object key")         ? "a key in double quotes"
                         : what.contains("parsing object separator") ? "':' after the key"
                         : what.contains("parsing object")           ? "',' or '}'"
                         : what.contains("parsing array")            ? "',' or ']'"
                         : what.contains("end of input; expected") || !what.contains("expected end")
                             ? "a value"
                             : "the end of the text";
    const bool atEnd = what.contains("unexpected end of input");
    return (atEnd ? "the text ends too early: expected " : "expected ") + std::string(wanted);
  }
};
} // namespace

/// "file:line:column: " of a 1-based byte position; "file: " when it is 0.
static std::string placeOf(llvm::StringRef file, llvm::StringRef text, size_t position) {
  if (position == 0)
    return (file + ": ").str();
  const llvm::StringRef before = text.take_front(position - 1);
  const size_t line = before.count('\n') + 1;
  const size_t lineStart = before.rfind('\n') + 1; // npos + 1 is 0
  return (file + ":" + std::to_string(line) + ":" + std::to_string(before.size() - lineStart + 1) +
          ": ")
      .str();
}

llvm::Expected<Json> parseJson(llvm::StringRef text, llvm::StringRef file) {
  Builder builder(text);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder))
    return std::move(builder.result);
  return makeError(placeOf(file, text, builder.position) + builder.message);
}

llvm::Expected<Json> readJsonFile(llvm::StringRef path) {
  llvm::Expected<std::string> text = readFile(path);
  if (!text)
    return text.takeError();
  return parseJson(*text, path);
}

//===-----------------------------------------------------------------------------===//
// Printing
//===-----------------------------------------------------------------------------===//

static nlohmann::ordered_json convert(const Json &value) {
  switch (value.kind()) {
  case Json::Kind::Null:
    return nullptr;
  case Json::Kind::Bool:
    return value.asBool();
  case Json::Kind::Integer:
    return value.asInteger();
  case Json::Kind::Number:
    return value.asNumber();
  case Json::Kind::String:
    return value.asString();
  case Json::Kind::Array: {
    auto result = nlohmann::ordered_json::array();
    for (const Json &item : value.items())
      result.push_back(convert(item));
    return result;
  }
  case Json::Kind::Object: {
    auto result = nlohmann::ordered_json::object();
    for (const Json::Member &member : value.members())
      result[member.first] = convert(member.second);
    return result;
  }
  }
  llvm_unreachable("unknown kind");
}

std::string Json::dump(int indent) const {
  // Bytes that are not UTF-8 become U+FFFD: a strange file name must not stop a report.
  return convert(*this).dump(indent, ' ', /*ensure_ascii=*/false,
                             nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace qopt
