//===- Certificate.cpp - what was verified, as text and JSON ------------------------===//

#include "qopt/Audit/Verify.h"
#include "qopt/Report/TextTable.h"
#include "qopt/Support/Text.h"

#include "llvm/Support/raw_ostream.h"

using namespace qopt;

static Json listJson(llvm::ArrayRef<std::string> texts) {
  Json list = Json::array();
  for (const std::string &text : texts)
    list.push(text);
  return list;
}

static Json toJson(const Check &check) {
  Json problems = Json::array();
  for (const Problem &problem : check.problems)
    problems.push(Json::object({{"layer", problem.layer.empty() ? Json() : Json(problem.layer)},
                                {"message", problem.message}}));
  Json result = Json::object({{"name", check.name},
                              {"claim", check.claim},
                              {"examined", check.examined},
                              {"unit", check.unit},
                              {"passed", check.passed()},
                              {"problems", std::move(problems)}});
  if (!check.details.isNull())
    result.set("layers", check.details);
  return result;
}

Json qopt::toJson(const Certificate &certificate) {
  Json checks = Json::array();
  for (const Check &check : certificate.checks)
    checks.push(::toJson(check));
  return Json::object({{"qopt_certificate", 1},
                       {"verified", certificate.verified()},
                       {"numerics", "qopt.v1"},
                       {"tool", certificate.options.version},
                       {"machine", certificate.machine},
                       {"model", Json::object({{"file", certificate.modelPath},
                                               {"sha256", certificate.modelSha256},
                                               {"fingerprint", certificate.modelFingerprint}})},
                       {"program", Json::object({{"file", certificate.programPath},
                                                 {"sha256", certificate.programSha256},
                                                 {"name", certificate.programName},
                                                 {"fingerprint", certificate.programFingerprint},
                                                 {"isas", listJson(certificate.isas)},
                                                 {"isas_run", listJson(certificate.isasRun)}})},
                       {"samples", certificate.options.samples},
                       {"seed", static_cast<int64_t>(certificate.options.seed)},
                       {"checks", std::move(checks)}});
}

std::string qopt::toText(const Certificate &certificate) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "model    " << certificate.modelPath << "  sha256 "
      << certificate.modelSha256.substr(0, 16) << "..., fingerprint "
      << certificate.modelFingerprint << "\n"
      << "program  " << certificate.programPath << "  sha256 "
      << certificate.programSha256.substr(0, 16) << "..., for " << joinList(certificate.isas)
      << "; run here: " << joinList(certificate.isasRun) << "\n";
  report::TextTable table({"check", ">examined", "", "result", "claim"});
  for (const Check &check : certificate.checks)
    table.add({check.name, std::to_string(check.examined), check.unit,
               check.passed() ? "holds" : std::to_string(check.problems.size()) + " problems",
               check.claim});
  out << table.str();
  for (const Check &check : certificate.checks)
    for (const auto &[index, problem] : llvm::enumerate(check.problems)) {
      if (index == 8) {
        out << "  " << check.name << ": " << check.problems.size() - index << " more\n";
        break;
      }
      out << "  " << check.name << ": "
          << (problem.layer.empty() ? "" : "'" + problem.layer + "': ") << problem.message << "\n";
    }
  return text;
}
