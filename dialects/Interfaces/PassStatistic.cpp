//===- PassStatistic.cpp - the counts of this process -------------------------------===//

#include "dialects/Interfaces/PassStatistic.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

using namespace qopt;

namespace {
/// Passes on several functions may count at once.
struct Counts {
  std::mutex mutex;
  std::vector<PassCount> list;
};
} // namespace

static Counts &counts() {
  static Counts all;
  return all;
}

PassStatistic &PassStatistic::operator+=(uint64_t count) {
  Statistic::operator+=(count); // for an LLVM that keeps it
  const llvm::StringRef pass = owner->getArgument();
  const std::lock_guard lock(counts().mutex);
  for (PassCount &known : counts().list)
    if (known.pass == pass && known.name == name) {
      known.count += count;
      return *this;
    }
  counts().list.push_back({pass.str(), name, description, count});
  return *this;
}

std::vector<PassCount> qopt::passCounts() {
  const std::lock_guard lock(counts().mutex);
  return counts().list;
}

std::string qopt::passCountsText() {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const PassCount &each : passCounts())
    os << llvm::format("%-24s %-22s %10llu  %s\n", each.pass.c_str(), each.name.c_str(),
                       static_cast<unsigned long long>(each.count), each.description.c_str());
  return text;
}
