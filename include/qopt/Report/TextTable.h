//===- TextTable.h - rows of text with aligned columns ------------------------------===//

#ifndef QOPT_REPORT_TEXTTABLE_H
#define QOPT_REPORT_TEXTTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace qopt::report {

/// Collects rows, then prints them with each column as wide as its widest cell. Columns
/// whose heading starts with '>' are aligned to the right (numbers).
class TextTable {
public:
  explicit TextTable(std::vector<std::string> headings);
  /// As many cells as there are headings.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows.size() <= 1; }
  /// Each line indented by two spaces, without blanks at its end.
  std::string str() const;

private:
  std::vector<bool> rightAligned;
  std::vector<std::vector<std::string>> rows; // the headings first
};

} // namespace qopt::report

#endif // QOPT_REPORT_TEXTTABLE_H
