//===- Progress.h - progress of long work on stderr -------------------------------------===//
//
// On a terminal one line that is redrawn in place; elsewhere (a log) one line every ten
// seconds, so that a log of a short run stays empty. Not for use by two threads at once.
//
//===-----------------------------------------------------------------------------===//

#ifndef QOPT_SUPPORT_PROGRESS_H
#define QOPT_SUPPORT_PROGRESS_H

#include "llvm/ADT/StringRef.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace qopt {

class Progress {
public:
  using Clock = std::chrono::steady_clock;

  /// `total` in units of `unit` ("images"); 0 when it is not known (no bar, no ETA).
  Progress(llvm::StringRef label, uint64_t total, llvm::StringRef unit = "",
           std::FILE *stream = stderr);
  /// Ends the line on a terminal if finish() was not called.
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// `done` units are done now, in all.
  void update(uint64_t done);

  /// Draws the final state with the time taken, and ends the line.
  void finish();

  /// What a line says after `seconds`; `width` is the bar's width in characters, 0 for none.
  static std::string render(llvm::StringRef label, uint64_t done, uint64_t total,
                            llvm::StringRef unit, double seconds, unsigned width);

private:
  void draw(bool last);

  std::string label;
  std::string unit;
  uint64_t total;
  uint64_t done = 0;
  std::FILE *stream;
  bool terminal;
  bool open = false;
  Clock::time_point start;
  Clock::time_point lastDraw;
};

} // namespace qopt

#endif // QOPT_SUPPORT_PROGRESS_H
