//===- Explain.cpp - one value's facts as text and JSON -----------------------------===//

#include "qopt/Audit/Facts.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace qopt;
using llvm::raw_ostream;
using llvm::StringRef;

//===-- JSON ------------------------------------------------------------------------===//

static Json orNull(const std::string &text) { return text.empty() ? Json() : Json(text); }

template <typename T> static Json listJson(const std::vector<T> &items) {
  Json list = Json::array();
  for (const T &item : items)
    list.push(item);
  return list;
}

static Json decisionJson(const std::optional<DecisionFacts> &facts) {
  if (!facts)
    return Json();
  Json observed;
  if (facts->observed) {
    const ObservedFacts &seen = *facts->observed;
    observed = Json::object({{"count", seen.count},
                             {"min", seen.min},
                             {"max", seen.max},
                             {"clipped", seen.clipped ? Json(*seen.clipped) : Json()}});
  }
  return Json::object({{"observer", facts->observer},
                       {"kind", facts->kind},
                       {"rule", orNull(facts->rule)},
                       {"scheme", facts->scheme},
                       {"granularity", facts->granularity},
                       {"fixed", facts->fixed},
                       {"derived_from", orNull(facts->derivedFrom)},
                       {"observed", std::move(observed)}});
}

static Json codesJson(const std::optional<CodesSummary> &codes) {
  if (!codes)
    return Json();
  return Json::object({{"type", codesText(*codes)},
                       {"scale", codes->scale ? Json(double(*codes->scale)) : Json()},
                       {"zero_point", codes->scale ? Json(codes->zeroPoint) : Json()},
                       {"bits", codes->bits},
                       {"signed", codes->isSigned},
                       {"qmin", codes->qmin},
                       {"qmax", codes->qmax}});
}

static Json constantJson(const ConstantFacts &constant) {
  return Json::object(
      {{"name", constant.name},
       {"role", constant.role},
       {"type", constant.type},
       {"shape", listJson(constant.shape)},
       {"bytes", constant.bytes},
       {"float_bytes", constant.floatBytes},
       {"scales", constant.channels},
       {"least_scale", constant.channels ? Json(constant.leastScale) : Json()},
       {"greatest_scale", constant.channels ? Json(constant.greatestScale) : Json()},
       {"decision", decisionJson(constant.decision)}});
}

Json qopt::toJson(const ValueFacts &value) {
  Json constants = Json::array();
  for (const ConstantFacts &constant : value.constants)
    constants.push(constantJson(constant));
  return Json::object({{"name", value.summary.name},
                       {"layer", orNull(value.summary.layer)},
                       {"kind", value.summary.kind},
                       {"shape", listJson(value.shape)},
                       {"fused", listJson(value.fused)},
                       {"activation", orNull(value.activation)},
                       {"input", value.isInput},
                       {"output", value.isOutput},
                       {"moves_codes", value.moves},
                       {"codes", codesJson(value.summary.codes)},
                       {"decision", decisionJson(value.decision)},
                       {"mid", codesJson(value.mid)},
                       {"mid_decision", decisionJson(value.midDecision)},
                       {"float_reason", orNull(value.floatReason)},
                       {"float_result", value.floatResult},
                       {"dynamic_rule", value.dynamicRule},
                       {"inputs", listJson(value.inputs)},
                       {"readers", listJson(value.readers)},
                       {"constants", std::move(constants)},
                       {"bytes", value.bytes()},
                       {"float_bytes", value.floatBytes()}});
}

//===-- text ------------------------------------------------------------------------===//

static void writeLine(raw_ostream &out, StringRef key, StringRef text) {
  out << "  " << llvm::left_justify(key, 11) << text << "\n";
}

static std::string shortNumber(double value) { return numberText(value, "%.6g"); }

static void writeCodes(raw_ostream &out, StringRef key, const CodesSummary &codes) {
  std::string text = codesText(codes);
  if (codes.scale) {
    const double scale = *codes.scale;
    text += ", scale " + shortNumber(scale) + ", zero point " + std::to_string(codes.zeroPoint) +
            ": real values from " + shortNumber(double(codes.qmin - codes.zeroPoint) * scale) +
            " to " + shortNumber(double(codes.qmax - codes.zeroPoint) * scale);
  } else {
    text += ", scale not known before calibration";
  }
  writeLine(out, key, text);
}

static void writeDecision(raw_ostream &out, const DecisionFacts &facts) {
  writeLine(out, "rule", facts.rule.empty() ? "none is recorded" : facts.rule);
  std::string how = "@\"" + facts.observer + "\": ";
  if (!facts.derivedFrom.empty())
    how += "follows from @\"" + facts.derivedFrom + "\" (N8)";
  else if (facts.fixed)
    how += "fixed by the configuration or by the function's bounds";
  else
    how += facts.kind;
  writeLine(out, "observer", how + ", " + facts.scheme + ", " + facts.granularity);
  if (!facts.observed)
    return;
  std::string seen = "[" + shortNumber(facts.observed->min) + ", " +
                     shortNumber(facts.observed->max) + "] in " +
                     std::to_string(facts.observed->count) + " values";
  if (facts.observed->clipped)
    seen += ", " + shortNumber(100.0 * *facts.observed->clipped) + " % beyond the grid";
  writeLine(out, "observed", seen);
}

static std::string sizeText(const ConstantFacts &constant) {
  return constant.type + " " + shapeText(constant.shape) + ", " + byteSizeText(constant.bytes) +
         " (f32: " + byteSizeText(constant.floatBytes) + ")";
}

/// "x (u8, scale 0.02)": a neighbour.
static std::string neighbourText(const std::string &name, const ModuleFacts &facts) {
  const ValueFacts *value = facts.find(name);
  if (!value)
    return name;
  const std::optional<CodesSummary> &codes = value->summary.codes;
  std::string text = name + " (" + value->summary.kind + ", ";
  text += codes ? codesText(*codes) : std::string("f32");
  if (codes && codes->scale)
    text += ", scale " + shortNumber(*codes->scale);
  return text + ")";
}

std::string qopt::toText(const ValueFacts &value, const ModuleFacts &facts) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << value.summary.name << "\n";
  std::string made = value.summary.kind;
  if (!value.summary.layer.empty())
    made += " of layer " + value.summary.layer;
  if (!value.activation.empty())
    made += " with " + value.activation;
  if (!value.fused.empty())
    made += ", fused of " + llvm::join(value.fused, ", ");
  writeLine(out, "made by", made + (value.isOutput ? "; an output" : ""));
  writeLine(out, "sizes", shapeText(value.shape));
  if (value.summary.codes)
    writeCodes(out, "codes", *value.summary.codes);
  else
    writeLine(out, "float",
              !value.dynamicRule.empty()
                  ? "of u8 codes, whose scale and zero point are found at run time (N17)"
              : value.floatResult         ? "the accumulator of a layer on codes (N6)"
              : value.floatReason.empty() ? "no layer on codes makes or reads it"
                                          : value.floatReason);
  if (!value.dynamicRule.empty())
    writeLine(out, "rule", value.dynamicRule);
  if (value.decision)
    writeDecision(out, *value.decision);
  if (value.mid) {
    writeCodes(out, "mid", *value.mid);
    if (value.midDecision)
      writeDecision(out, *value.midDecision);
  }
  for (const ConstantFacts &constant : value.constants) {
    writeLine(out, constant.role, constant.name + ": " + sizeText(constant));
    if (constant.channels)
      writeLine(
          out, "",
          std::to_string(constant.channels) + (constant.channels == 1 ? " scale, " : " scales, ") +
              shortNumber(constant.leastScale) + " to " + shortNumber(constant.greatestScale));
  }
  for (const std::string &input : value.inputs)
    writeLine(out, "reads", neighbourText(input, facts));
  for (const std::string &reader : value.readers)
    writeLine(out, "read by", neighbourText(reader, facts));
  return text;
}
