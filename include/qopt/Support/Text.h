//===- Text.h - small helpers for the wording of messages ------------------------===//
//
// What every error message needs: lists of valid choices, nearest match for a typo,
// sizes and shapes as text.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_TEXT_H
#define QOPT_SUPPORT_TEXT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace qopt {

/// An error that prints as exactly `message`. Messages start in lower case (or with the
/// file's name) and have no full stop at the end.
llvm::Error makeError(const llvm::Twine &message);

/// "a, b, c"; with `quote` set, "'a', 'b', 'c'". At most `limit` items are written, the
/// rest as "and 7 more". An empty list gives "none".
std::string joinList(llvm::ArrayRef<std::string> items, bool quote = false, size_t limit = 32);
std::string joinList(llvm::ArrayRef<llvm::StringRef> items, bool quote = false, size_t limit = 32);

/// The choice nearest to `word` by edit distance (case ignored), or an empty string when
/// none is near enough to be a typo (more than a third of the letters differ).
std::string nearestMatch(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> choices);
std::string nearestMatch(llvm::StringRef word, llvm::ArrayRef<std::string> choices);

/// " (did you mean 'x'?)" for the nearest match, or nothing: to be appended to an error.
std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> choices);
std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<std::string> choices);

/// Whether `word` is the end of `name`, from a '.' or '/' on: "conv1" of "block1.conv1".
bool endsInName(llvm::StringRef name, llvm::StringRef word);

/// A shape as "2x3x4", with "?" for a negative (unknown) size; "scalar" for rank 0.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

/// A size in bytes as "512 B", "1.5 KiB", "12.0 MiB", ...
std::string byteSizeText(uint64_t bytes);

/// A number for messages, as LLVM's streams print it: "-5.000000e-01", "nan".
std::string numberText(double value);

/// A number in a printf format of one double, such as "%.2f dB".
std::string numberText(double value, const char *format);

} // namespace qopt

#endif // QOPT_SUPPORT_TEXT_H
