//===- Progress.cpp - progress of long work on stderr -----------------------------------===//
//
// See Progress.h.
//
//===-----------------------------------------------------------------------------===//

#include "qopt/Support/Progress.h"

#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <unistd.h>

namespace qopt {

static std::string durationText(double seconds) {
  const auto whole = static_cast<uint64_t>(std::max(0.0, seconds) + 0.5);
  if (whole < 60)
    return llvm::formatv("{0}s", whole).str();
  if (whole < 3600)
    return llvm::formatv("{0}m{1}s", whole / 60, whole % 60).str();
  return llvm::formatv("{0}h{1}m", whole / 3600, whole % 3600 / 60).str();
}

static std::string rateText(double rate) {
  return llvm::formatv(rate < 10 ? "{0:f2}" : rate < 100 ? "{0:f1}" : "{0:f0}", rate).str();
}

std::string Progress::render(llvm::StringRef label, uint64_t done, uint64_t total,
                             llvm::StringRef unit, double seconds, unsigned width) {
  std::string line = label.str();
  if (total && width) {
    const uint64_t filled = std::min<uint64_t>(width, width * std::min(done, total) / total);
    line += " [" + std::string(filled, '#') + std::string(width - filled, '.') + "]";
  }
  line += " " + std::to_string(done);
  if (total)
    line += "/" + std::to_string(total);
  if (!unit.empty())
    line += " " + unit.str();
  if (seconds > 0 && done > 0) {
    const double rate = static_cast<double>(done) / seconds;
    line += ", " + rateText(rate) + "/s";
    if (total && done < total)
      line += ", " + durationText(static_cast<double>(total - done) / rate) + " left";
    else
      line += ", " + durationText(seconds);
  }
  return line;
}

Progress::Progress(llvm::StringRef label, uint64_t total, llvm::StringRef unit, std::FILE *stream)
    : label(label.str()), unit(unit.str()), total(total), stream(stream),
      terminal(::isatty(::fileno(stream)) == 1), start(Clock::now()), lastDraw(start) {}

Progress::~Progress() {
  if (open)
    std::fputc('\n', stream);
}

void Progress::draw(bool last) {
  const double seconds = std::chrono::duration<double>(lastDraw - start).count();
  const std::string line = render(label, done, total, unit, seconds, terminal ? 30 : 0);
  // \x1b[K clears what a longer line before left over.
  if (terminal)
    std::fprintf(stream, "\r%s\x1b[K%s", line.c_str(), last ? "\n" : "");
  else
    std::fprintf(stream, "%s\n", line.c_str());
  std::fflush(stream);
  open = terminal && !last;
}

void Progress::update(uint64_t newDone) {
  done = newDone;
  const Clock::time_point now = Clock::now();
  const auto interval = terminal ? std::chrono::milliseconds(100) : std::chrono::seconds(10);
  if (now - lastDraw < interval)
    return;
  lastDraw = now;
  draw(/*last=*/false);
}

void Progress::finish() {
  // A log that showed no line of this work so far needs no last one either.
  const bool shown = lastDraw != start;
  lastDraw = Clock::now();
  if (terminal || shown)
    draw(/*last=*/true);
}

} // namespace qopt
