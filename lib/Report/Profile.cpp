//===- Profile.cpp - where the time of a program goes -------------------------------===//

#include "qopt/Report/Profile.h"

#include "qopt/Report/TextTable.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace qopt;
using namespace qopt::report;

double qopt::limitMs(const ProfiledStep &step, const MachineLimits &limits) {
  const auto seconds = [](int64_t amount, double rate) {
    return rate > 0 ? static_cast<double>(amount) / rate : 0.0;
  };
  return 1e3 * std::max(seconds(step.macs, limits.macsPerSecond),
                        seconds(step.bytes, limits.bytesPerSecond));
}

static double gmacs(const ProfiledStep &step) {
  return step.ms > 0 ? static_cast<double>(step.macs) / step.ms / 1e6 : 0;
}

static double share(const ProfiledStep &step, const MachineLimits &limits) {
  return step.ms > 0 ? limitMs(step, limits) / step.ms : 0;
}

static std::string number(const char *form, double value) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format(form, value);
  return text;
}

std::string qopt::profileText(llvm::ArrayRef<ProfiledStep> steps, const MachineLimits &limits) {
  double total = 0;
  for (const ProfiledStep &step : steps)
    total += step.ms;
  TextTable table({">ms", ">share", ">GMAC/s", ">of limit", "name", "kernel", "chosen"});
  for (const ProfiledStep &step : steps)
    table.add({number("%.4f", step.ms), number("%.1f %%", total > 0 ? 100 * step.ms / total : 0),
               step.macs ? number("%.1f", gmacs(step)) : "",
               number("%.0f %%", 100 * share(step, limits)), step.name.empty() ? "-" : step.name,
               step.kernel, step.reason});
  std::string text = table.str();
  llvm::raw_string_ostream(text) << llvm::format(
      "  %.4f ms in %zu steps; limits: %.1f GMAC/s, %.1f GB/s\n", total, steps.size(),
      limits.macsPerSecond / 1e9, limits.bytesPerSecond / 1e9);
  return text;
}

Json qopt::profileJson(llvm::ArrayRef<ProfiledStep> steps, const MachineLimits &limits) {
  std::vector<Json> rows;
  for (const ProfiledStep &step : steps)
    rows.push_back(Json::object({{"name", step.name},
                                 {"kernel", step.kernel},
                                 {"reason", step.reason},
                                 {"ms", step.ms},
                                 {"macs", step.macs},
                                 {"bytes", step.bytes},
                                 {"gmacs", gmacs(step)},
                                 {"limit_share", share(step, limits)}}));
  return Json::array(std::move(rows));
}
