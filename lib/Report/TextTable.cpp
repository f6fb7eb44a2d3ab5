//===- TextTable.cpp - rows of text with aligned columns ----------------------------===//

#include "qopt/Report/TextTable.h"

#include "llvm/ADT/STLExtras.h"

#include <cassert>

using namespace qopt::report;

TextTable::TextTable(std::vector<std::string> headings) {
  for (std::string &heading : headings) {
    rightAligned.push_back(llvm::StringRef(heading).starts_with(">"));
    if (rightAligned.back())
      heading.erase(0, 1);
  }
  rows.push_back(std::move(headings));
}

void TextTable::add(std::vector<std::string> cells) {
  assert(cells.size() == rightAligned.size() && "one cell per heading");
  rows.push_back(std::move(cells));
}

std::string TextTable::str() const {
  std::vector<size_t> widths(rightAligned.size(), 0);
  for (const auto &row : rows)
    for (const auto [column, cell] : llvm::enumerate(row))
      widths[column] = std::max(widths[column], cell.size());
  std::string text;
  for (const auto &row : rows) {
    std::string line;
    for (const auto [column, cell] : llvm::enumerate(row)) {
      const std::string blanks(widths[column] - cell.size(), ' ');
      line += "  " + (rightAligned[column] ? blanks + cell : cell + blanks);
    }
    text += llvm::StringRef(line).rtrim().str() + "\n";
  }
  return text;
}
