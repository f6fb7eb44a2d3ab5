//===- Print.cpp - a module's facts as text and JSON --------------------------------===//

#include "qopt/Report/TextTable.h"

#include "qopt/Report/Summary.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace qopt;
using namespace qopt::report;

//===-- JSON ------------------------------------------------------------------------===//

static Json orNull(const std::string &text) { return text.empty() ? Json() : Json(text); }

static Json portsJson(const std::vector<PortSummary> &ports) {
  Json list = Json::array();
  for (const PortSummary &port : ports)
    list.push(Json::object({{"name", port.name}, {"type", port.type}}));
  return list;
}

static Json layersJson(const ModuleSummary &summary) {
  Json floats = Json::array();
  for (const FloatLayer &layer : summary.floatLayers)
    floats.push(Json::object({{"name", layer.name},
                              {"layer", orNull(layer.layer)},
                              {"kind", layer.kind},
                              {"reason", layer.reason}}));
  return Json::object({{"int8", summary.int8Layers()},
                       {"float", summary.floatLayerCount()},
                       {"float_layers", std::move(floats)}});
}

static Json kindsJson(const ModuleSummary &summary) {
  Json list = Json::array();
  for (const KindCount &kind : summary.kinds)
    list.push(Json::object({{"kind", kind.kind},
                            {"int8", kind.int8},
                            {"float", kind.inFloat},
                            {"moves_codes", kind.moves}}));
  return list;
}

static Json valueJson(const ValueSummary &value) {
  Json row = Json::object({{"name", value.name},
                           {"layer", orNull(value.layer)},
                           {"kind", value.kind},
                           {"type", value.type},
                           {"quantized", value.codes.has_value()}});
  const bool resolved = value.codes && value.codes->scale;
  row.set("scale", resolved ? Json(static_cast<double>(*value.codes->scale)) : Json());
  row.set("zero_point", resolved ? Json(value.codes->zeroPoint) : Json());
  row.set("bits", value.codes ? Json(value.codes->bits) : Json());
  row.set("signed", value.codes ? Json(value.codes->isSigned) : Json());
  row.set("qmin", value.codes ? Json(value.codes->qmin) : Json());
  row.set("qmax", value.codes ? Json(value.codes->qmax) : Json());
  row.set("observer", value.codes ? orNull(value.codes->observer) : Json());
  return row;
}

Json qopt::toJson(const ModuleSummary &summary) {
  Json result = Json::object({{"stage", orNull(summary.stage)},
                              {"version", summary.version ? Json(summary.version) : Json()},
                              {"numerics", orNull(summary.numerics)},
                              {"inputs", portsJson(summary.inputs)},
                              {"outputs", portsJson(summary.outputs)},
                              {"layers", layersJson(summary)},
                              {"kinds", kindsJson(summary)}});
  Json tensors = Json::array();
  for (const ValueSummary &value : summary.values)
    tensors.push(valueJson(value));
  result.set("tensors", std::move(tensors));
  result.set("parameters", Json::object({{"count", summary.parameters.count},
                                         {"elements", summary.parameters.elements},
                                         {"bytes", summary.parameters.bytes}}));
  return result;
}

//===-- text ------------------------------------------------------------------------===//

static std::string scaleText(float scale) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.6g", static_cast<double>(scale));
  return text;
}

std::string qopt::codesText(const CodesSummary &codes) {
  std::string text = (codes.isSigned ? "s" : "u") + std::to_string(codes.bits);
  const int64_t low = codes.isSigned ? -(int64_t(1) << (codes.bits - 1)) : 0;
  const int64_t high = low + (int64_t(1) << codes.bits) - 1;
  if (codes.qmin != low || codes.qmax != high)
    text += " [" + std::to_string(codes.qmin) + ", " + std::to_string(codes.qmax) + "]";
  return text;
}

/// The sizes of a tensor type: "?x3x32x32" of "tensor<?x3x32x32xf32>".
static std::string sizesText(llvm::StringRef type) {
  llvm::StringRef inside = type;
  inside.consume_front("tensor<");
  const size_t end =
      inside.find_if_not([](char c) { return llvm::isDigit(c) || c == '?' || c == 'x'; });
  llvm::StringRef sizes = inside.take_front(end);
  sizes.consume_back("x");
  return sizes.empty() ? "scalar" : sizes.str();
}

static void printPorts(llvm::raw_ostream &os, llvm::StringRef label,
                       const std::vector<PortSummary> &ports) {
  for (const PortSummary &port : ports)
    os << label << port.name << "  " << port.type << "\n";
}

static void printLayers(llvm::raw_ostream &os, const ModuleSummary &summary) {
  os << "layers      " << summary.int8Layers() << " int8, " << summary.floatLayerCount() << " float"
     << (summary.isConfigured() ? "" : " (not configured yet)") << "\n";
  TextTable kinds({"kind", ">int8", ">float", ""});
  for (const KindCount &kind : summary.kinds)
    kinds.add({kind.kind, std::to_string(kind.int8), std::to_string(kind.inFloat),
               kind.moves ? "moves codes, not counted" : ""});
  if (!kinds.empty())
    os << kinds.str();
  if (summary.floatLayers.empty() || !summary.isConfigured())
    return; // they would all give the same reason
  os << "float layers\n";
  TextTable floats({"name", "kind", "reason"});
  for (const FloatLayer &layer : summary.floatLayers)
    floats.add({layer.name, layer.kind, layer.reason});
  os << floats.str();
}

static void printValues(llvm::raw_ostream &os, const ModuleSummary &summary) {
  TextTable table({"name", "kind", "sizes", "type", ">scale", ">zero", "observer"});
  size_t quantized = 0;
  for (const ValueSummary &value : summary.values) {
    const bool resolved = value.codes && value.codes->scale;
    quantized += value.codes.has_value();
    table.add({value.name, value.kind, sizesText(value.type),
               value.codes ? codesText(*value.codes) : "f32",
               resolved ? scaleText(*value.codes->scale) : "",
               resolved ? std::to_string(value.codes->zeroPoint) : "",
               value.codes ? value.codes->observer : ""});
  }
  os << "values      " << summary.values.size() << ", of which quantized " << quantized << "\n";
  if (!table.empty())
    os << table.str();
}

std::string qopt::toText(const ModuleSummary &summary, llvm::StringRef title) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << title << ": " << (summary.stage.empty() ? "a module of no stage" : summary.stage);
  if (summary.version)
    os << ", version " << summary.version;
  if (!summary.numerics.empty())
    os << ", numerics " << summary.numerics;
  os << "\n";
  printPorts(os, "input       ", summary.inputs);
  printPorts(os, "output      ", summary.outputs);
  os << "parameters  " << summary.parameters.count << " tensors, " << summary.parameters.elements
     << " elements, " << byteSizeText(static_cast<uint64_t>(summary.parameters.bytes)) << "\n";
  printLayers(os, summary);
  printValues(os, summary);
  return text;
}
