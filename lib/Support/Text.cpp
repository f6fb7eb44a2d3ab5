//===- Text.cpp - small helpers for the wording of messages ----------------------===//
//
// See Text.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Text.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

namespace qopt {

llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

std::string numberText(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return text;
}

std::string numberText(double value, const char *format) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(format, value);
  return text;
}

template <typename Item>
static std::string joinItems(llvm::ArrayRef<Item> items, bool quote, size_t limit) {
  if (items.empty())
    return "none";
  std::string result;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i == limit)
      return result + llvm::formatv(" and {0} more", items.size() - limit).str();
    if (i)
      result += ", ";
    if (quote)
      result += '\'';
    result += llvm::StringRef(items[i]);
    if (quote)
      result += '\'';
  }
  return result;
}

std::string joinList(llvm::ArrayRef<std::string> items, bool quote, size_t limit) {
  return joinItems(items, quote, limit);
}

std::string joinList(llvm::ArrayRef<llvm::StringRef> items, bool quote, size_t limit) {
  return joinItems(items, quote, limit);
}

template <typename Item>
static std::string nearest(llvm::StringRef word, llvm::ArrayRef<Item> choices) {
  const std::string lower = word.lower();
  std::string best;
  unsigned bestDistance = ~0u;
  for (const Item &choice : choices) {
    const llvm::StringRef candidate(choice);
    const unsigned distance = llvm::StringRef(lower).edit_distance(candidate.lower());
    // A third of the longer word may be wrong; at least one letter, or "int" has no typo.
    const unsigned allowed = std::max<unsigned>(1, std::max(word.size(), candidate.size()) / 3);
    if (distance <= allowed && distance < bestDistance) {
      bestDistance = distance;
      best = candidate.str();
    }
  }
  return best;
}

std::string nearestMatch(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> choices) {
  return nearest(word, choices);
}

std::string nearestMatch(llvm::StringRef word, llvm::ArrayRef<std::string> choices) {
  return nearest(word, choices);
}

bool endsInName(llvm::StringRef name, llvm::StringRef word) {
  return !word.empty() && name.consume_back(word) && (name.ends_with(".") || name.ends_with("/"));
}

static std::string suggestion(const std::string &match) {
  return match.empty() ? "" : " (did you mean '" + match + "'?)";
}

std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> choices) {
  return suggestion(nearest(word, choices));
}

std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<std::string> choices) {
  return suggestion(nearest(word, choices));
}

std::string shapeText(llvm::ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  std::string result;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (i)
      result += 'x';
    result += shape[i] < 0 ? "?" : std::to_string(shape[i]);
  }
  return result;
}

std::string byteSizeText(uint64_t bytes) {
  if (bytes < 1024)
    return std::to_string(bytes) + " B";
  static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024.0;
  size_t unit = 0;
  while (value >= 1024.0 && unit + 1 < std::size(units)) {
    value /= 1024.0;
    ++unit;
  }
  return llvm::formatv("{0:f1} {1}", value, units[unit]).str();
}

} // namespace qopt
