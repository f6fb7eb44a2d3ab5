//===- Json.h - JSON values, parsing with positions, schema-checked reading -----------===//
//
// A small value type of our own, so that the JSON library's heavy header is compiled in
// one file only. JsonReader walks a value and produces errors that name the file, the
// path and the valid choices.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_JSON_H
#define QOPT_SUPPORT_JSON_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qopt {

/// A JSON value. Objects keep the order of their keys.
class Json {
public:
  enum class Kind : uint8_t { Null, Bool, Integer, Number, String, Array, Object };
  using Member = std::pair<std::string, Json>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : type(Kind::Bool), flag(value) {}
  Json(int value) : Json(static_cast<int64_t>(value)) {}
  Json(unsigned value) : Json(static_cast<int64_t>(value)) {}
  Json(long value) : type(Kind::Integer), integerValue(value) {}
  Json(long long value) : type(Kind::Integer), integerValue(value) {}
  Json(unsigned long value) : type(Kind::Integer), integerValue(static_cast<int64_t>(value)) {}
  /// NaN and infinity print as null: JSON has no word for them.
  Json(double value) : type(Kind::Number), numberValue(value) {}
  Json(const char *value) : type(Kind::String), text(value) {}
  Json(llvm::StringRef value) : type(Kind::String), text(value.str()) {}
  Json(std::string value) : type(Kind::String), text(std::move(value)) {}
  static Json array(std::vector<Json> items = {});
  static Json object(std::vector<Member> members = {});

  Kind kind() const { return type; }
  bool isNull() const { return type == Kind::Null; }
  bool isBool() const { return type == Kind::Bool; }
  bool isInteger() const { return type == Kind::Integer; }
  /// An integer or a number with a fraction.
  bool isNumber() const { return type == Kind::Number || type == Kind::Integer; }
  bool isString() const { return type == Kind::String; }
  bool isArray() const { return type == Kind::Array; }
  bool isObject() const { return type == Kind::Object; }

  bool asBool() const { return flag; }
  int64_t asInteger() const { return integerValue; }
  double asNumber() const {
    return type == Kind::Integer ? static_cast<double>(integerValue) : numberValue;
  }
  const std::string &asString() const { return text; }
  const std::vector<Json> &items() const { return elements; }
  const std::vector<Member> &members() const { return fields; }

  /// The member of that name, or null pointer.
  const Json *find(llvm::StringRef key) const;

  /// Adds or replaces a member; makes an object of a null value.
  Json &set(llvm::StringRef key, Json value);
  /// Appends an element; makes an array of a null value.
  Json &push(Json value);

  /// Text, indented by `indent` spaces per level, or on one line when negative.
  std::string dump(int indent = 2) const;

private:
  Kind type = Kind::Null;
  bool flag = false;
  int64_t integerValue = 0;
  double numberValue = 0;
  std::string text;
  std::vector<Json> elements;
  std::vector<Member> fields;
};

/// "null", "an integer", "a string", ...: as errors name a value's kind.
llvm::StringRef kindText(Json::Kind kind);

/// Parses `text`; `file` is only for messages: "config.json:3:7: ...". Errors also:
/// a repeated key, nesting deeper than 200, an integer beyond int64.
llvm::Expected<Json> parseJson(llvm::StringRef text, llvm::StringRef file);

/// Reads and parses a file.
llvm::Expected<Json> readJsonFile(llvm::StringRef path);

/// A cursor on a value that knows its place. Errors look like
///   config.json: $.global.activation.observer: expected one of histogram, min_max, got
///   "histgram" (did you mean 'histogram'?)
/// The value must outlive the reader.
class JsonReader {
public:
  JsonReader(const Json &value, llvm::StringRef file, llvm::StringRef path = "$")
      : current(&value), file(file.str()), place(path.str()) {}

  const Json &value() const { return *current; }
  const std::string &path() const { return place; }

  /// "file: path: message".
  llvm::Error error(const llvm::Twine &message) const;
  /// "file: path: expected <what>, got <value>".
  llvm::Error expected(const llvm::Twine &what) const;

  llvm::Error requireObject() const;
  llvm::Error requireArray() const;

  /// The value itself, checked.
  llvm::Expected<bool> boolean() const;
  llvm::Expected<std::string> string() const;
  /// An integer in [low, high].
  llvm::Expected<int64_t> integer(int64_t low = INT64_MIN, int64_t high = INT64_MAX) const;
  /// A finite number in [low, high].
  llvm::Expected<double> number(double low, double high) const;
  /// A string that is one of `choices`.
  llvm::Expected<std::string> oneOf(llvm::ArrayRef<llvm::StringRef> choices) const;

  /// Objects: presence, members. A present null counts as present.
  bool has(llvm::StringRef key) const;
  std::optional<JsonReader> optional(llvm::StringRef key) const;
  llvm::Expected<JsonReader> required(llvm::StringRef key) const;
  std::vector<std::pair<std::string, JsonReader>> members() const;

  /// Members that may be absent: `out` is left alone then.
  llvm::Error optionalBool(llvm::StringRef key, bool &out) const;
  llvm::Error optionalString(llvm::StringRef key, std::string &out) const;
  llvm::Error optionalInteger(llvm::StringRef key, int64_t &out, int64_t low, int64_t high) const;
  llvm::Error optionalNumber(llvm::StringRef key, double &out, double low, double high) const;
  llvm::Error optionalOneOf(llvm::StringRef key, std::string &out,
                            llvm::ArrayRef<llvm::StringRef> choices) const;

  /// Arrays.
  size_t size() const;
  JsonReader at(size_t index) const;
  std::vector<JsonReader> items() const;

  /// An object may have only these keys; the error lists them and suggests the nearest.
  llvm::Error rejectUnknownKeys(llvm::ArrayRef<llvm::StringRef> known) const;

private:
  const Json *current;
  std::string file;
  std::string place;
};

} // namespace qopt

#endif // QOPT_SUPPORT_JSON_H
