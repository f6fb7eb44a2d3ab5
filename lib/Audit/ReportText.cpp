//===- ReportText.cpp - a report as text, JSON and HTML -----------------------------===//

#include "qopt/Audit/Report.h"
#include "qopt/Report/TextTable.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace qopt;
using llvm::StringRef;

//===-- JSON ------------------------------------------------------------------------===//

static Json orNull(const std::optional<double> &number) { return number ? Json(*number) : Json(); }
static Json orNull(const std::string &text) { return text.empty() ? Json() : Json(text); }

/// Infinity has no word in JSON; a value without error says so.
static Json sqnrJson(const std::optional<double> &sqnr) {
  return sqnr && std::isinf(*sqnr) ? Json("exact") : orNull(sqnr);
}

static Json measuresJson(const Measures &measures) {
  Json histogram;
  if (!measures.histogram.empty()) {
    histogram = Json::array();
    for (const int64_t count : measures.histogram)
      histogram.push(count);
  }
  return Json::object({{"elements", measures.elements},
                       {"sqnr_db", sqnrJson(measures.sqnr())},
                       {"clipped", orNull(measures.clipped())},
                       {"histogram", std::move(histogram)},
                       {"int8_ms", orNull(measures.int8Ms)},
                       {"float_ms", orNull(measures.floatMs)}});
}

/// The named value with the least SQNR.
static std::pair<std::string, double> worstValue(const AuditReport &report) {
  std::pair<std::string, double> worst{"", std::numeric_limits<double>::infinity()};
  for (const ValueFacts &value : report.facts.values) {
    auto found = report.measures.find(value.summary.name);
    const std::optional<double> sqnr =
        found == report.measures.end() ? std::nullopt : found->second.sqnr();
    if (sqnr && *sqnr < worst.second)
      worst = {value.summary.name, *sqnr};
  }
  return worst;
}

static Json totalsJson(const AuditReport &report) {
  const auto [worst, sqnr] = worstValue(report);
  return Json::object({{"int8_layers", report.facts.summary.int8Layers()},
                       {"float_layers", report.facts.summary.floatLayerCount()},
                       {"values", static_cast<int64_t>(report.facts.values.size())},
                       {"bytes", report.modelBytes},
                       {"float_bytes", report.floatBytes ? Json(report.floatBytes) : Json()},
                       {"int8_ms", orNull(report.int8Ms)},
                       {"float_ms", orNull(report.floatMs)},
                       {"isa", orNull(report.isa)},
                       {"threads", report.options.threads},
                       {"worst_value", orNull(worst)},
                       {"worst_sqnr_db", worst.empty() ? Json() : Json(sqnr)}});
}

Json qopt::toJson(const AuditReport &report) {
  Json values = Json::array();
  for (const ValueFacts &value : report.facts.values) {
    Json row = toJson(value);
    auto found = report.measures.find(value.summary.name);
    row.set("measured", found == report.measures.end() ? Json() : measuresJson(found->second));
    values.push(std::move(row));
  }
  return Json::object({{"qopt_report", 1},
                       {"model", report.options.modelPath},
                       {"stage", orNull(report.facts.summary.stage)},
                       {"float_model", orNull(report.options.floatPath)},
                       {"program", orNull(report.options.programPath)},
                       {"data", orNull(report.options.dataPath)},
                       {"samples", report.samples},
                       {"totals", totalsJson(report)},
                       {"values", std::move(values)}});
}

//===-- text ------------------------------------------------------------------------===//

static std::string formatted(const char *format, const std::optional<double> &number) {
  return number ? numberText(*number, format) : "";
}

static void writeTotals(llvm::raw_ostream &out, const AuditReport &report) {
  const ModuleSummary &summary = report.facts.summary;
  out << "layers   " << summary.int8Layers() << " int8, " << summary.floatLayerCount()
      << " float\n";
  out << "weights  " << byteSizeText(report.modelBytes);
  if (report.floatBytes)
    out << ", float " << byteSizeText(report.floatBytes);
  out << "\n";
  if (report.int8Ms) {
    out << "latency  " << llvm::format("%.4f ms", *report.int8Ms);
    if (report.floatMs)
      out << ", float " << llvm::format("%.4f ms", *report.floatMs);
    out << " (" << report.isa << ", batch 1, " << report.options.threads << " threads)\n";
  }
  const auto [worst, sqnr] = worstValue(report);
  if (!worst.empty())
    out << "worst    '" << worst << "' with " << llvm::format("%.2f dB", sqnr)
        << " against float\n";
  for (const FloatLayer &layer : summary.floatLayers)
    out << "float    " << layer.kind << " '" << layer.name << "': " << layer.reason << "\n";
}

std::string qopt::toText(const AuditReport &report) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << report.options.modelPath << ": " << report.facts.summary.stage;
  if (report.samples)
    out << ", measured on " << report.samples << " samples of " << report.options.dataPath;
  if (!report.options.floatPath.empty())
    out << ", float model " << report.options.floatPath;
  out << "\n";
  writeTotals(out, report);
  report::TextTable table({"value", "kind", "type", ">scale", ">zero", "decided by", ">SQNR dB",
                           ">clipped %", ">ms", ">float ms", ">bytes"});
  for (const ValueFacts &value : report.facts.values) {
    auto found = report.measures.find(value.summary.name);
    const Measures measures = found == report.measures.end() ? Measures() : found->second;
    const std::optional<CodesSummary> &codes = value.summary.codes;
    std::optional<double> scale, clipped = measures.clipped();
    if (codes && codes->scale)
      scale = *codes->scale;
    if (clipped)
      *clipped *= 100.0;
    table.add({value.summary.name, value.summary.kind, codes ? codesText(*codes) : "f32",
               formatted("%.6g", scale), scale ? std::to_string(codes->zeroPoint) : "",
               value.decision ? value.decision->kind : "", formatted("%.2f", measures.sqnr()),
               formatted("%.3f", clipped), formatted("%.4f", measures.int8Ms),
               formatted("%.4f", measures.floatMs),
               value.bytes() ? std::to_string(value.bytes()) : ""});
  }
  out << table.str();
  return text;
}

//===-- HTML ------------------------------------------------------------------------===//

namespace qopt::audit {
/// The page with its style and script, and "@DATA@" where the report's JSON goes.
extern const char *const reportTemplate;
} // namespace qopt::audit

std::string qopt::toHtml(const AuditReport &report) {
  // Inside a script element only "<" could end it.
  std::string data;
  for (const char c : toJson(report).dump(-1))
    if (c == '<')
      data += "\\u003c";
    else
      data += c;
  const auto [before, after] = StringRef(audit::reportTemplate).split("@DATA@");
  return (before + data + after).str();
}
