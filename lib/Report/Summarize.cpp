//===- Summarize.cpp - the facts of a module ----------------------------------------===//

#include "qopt/Report/Summary.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace qopt;
using quantize::QOptDialect;

static std::string typeText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

static std::string stringAttr(Operation *op, StringRef name) {
  auto attribute = op->getAttrOfType<StringAttr>(name);
  return attribute ? attribute.str() : std::string();
}

static bool isPoint(Operation *op) {
  return isa_and_present<quantize::ObserveOp, quantize::FakeQuantOp>(op);
}

static bool movesCodes(QuantizableOpInterface op) {
  const ResultRule rule = op.getQuantRule().result;
  return rule == ResultRule::SameAs || rule == ResultRule::Shared;
}

//===-- codes of a value ------------------------------------------------------------===//

/// Before convert: what the point's symbol says.
static CodesSummary codesOf(quantize::QParamsOp symbol) {
  const quantize::SpecAttr spec = symbol.getSpec();
  CodesSummary codes{spec.getBits(),           spec.getIsSigned(), spec.getQmin(),
                     spec.getQmax(),           std::nullopt,       0,
                     symbol.getSymName().str()};
  if (symbol.isResolved() && !symbol.getScales()->empty()) {
    codes.scale = symbol.getScales()->front();
    codes.zeroPoint = symbol.getZeroPoints()->front();
  }
  return codes;
}

/// In a converted module: what the type says; nothing for float.
static std::optional<CodesSummary> codesOf(Value value) {
  auto type =
      dyn_cast_or_null<quant::UniformQuantizedType>(nn::getQuantizedElementType(value.getType()));
  if (!type)
    return std::nullopt;
  CodesSummary codes{type.getStorageTypeIntegralWidth(),
                     type.isSigned(),
                     type.getStorageTypeMin(),
                     type.getStorageTypeMax(),
                     static_cast<float>(type.getScale()),
                     static_cast<int32_t>(type.getZeroPoint()),
                     std::string()};
  if (Operation *op = value.getDefiningOp())
    if (auto observer = op->getAttrOfType<FlatSymbolRefAttr>(QOptDialect::kObserverAttr))
      codes.observer = observer.getValue().str();
  return codes;
}

//===-- the walk --------------------------------------------------------------------===//

namespace {
class Summarizer {
public:
  Summarizer(func::FuncOp function, ModuleSummary &summary)
      : function(function), summary(summary) {}

  void run() {
    addPorts();
    for (Operation &op : function.front().without_terminator())
      addOp(&op);
  }

private:
  void addPorts();
  void addOp(Operation *op);
  void addLayer(QuantizableOpInterface op);
  void addPoint(Operation *op);
  void addBorder(Operation *op);
  void addParameter(nn::ParameterOp op);
  ValueSummary &addValue(std::string name, Operation *op, StringRef kind, Type type);

  func::FuncOp function;
  ModuleSummary &summary;
  llvm::StringMap<size_t> valueIndex; // by name, into summary.values
  llvm::StringMap<size_t> kindIndex;  // by kind, into summary.kinds
  /// Before convert: the point whose parameters a value has.
  DenseMap<Value, quantize::QParamsOp> points;
};
} // namespace

/// The entry of a name, made if it is new; `op` is null for inputs.
ValueSummary &Summarizer::addValue(std::string name, Operation *op, StringRef kind, Type type) {
  const auto [entry, isNew] = valueIndex.try_emplace(name, summary.values.size());
  if (isNew)
    summary.values.push_back({std::move(name),
                              op ? stringAttr(op, nn::NNDialect::kLayerAttr) : std::string(),
                              kind.str(), typeText(type), std::nullopt});
  return summary.values[entry->second];
}

void Summarizer::addPorts() {
  for (const BlockArgument argument : function.getArguments()) {
    std::string name = nn::getValueName(argument);
    if (name.empty())
      name = "arg" + std::to_string(argument.getArgNumber());
    summary.inputs.push_back({name, typeText(argument.getType())});
    addValue(std::move(name), nullptr, "input", argument.getType());
  }
  for (const auto [index, type] : llvm::enumerate(function.getResultTypes())) {
    auto name = function.getResultAttrOfType<StringAttr>(index, nn::NNDialect::kNameAttr);
    summary.outputs.push_back(
        {name ? name.str() : "result" + std::to_string(index), typeText(type)});
  }
}

void Summarizer::addParameter(nn::ParameterOp op) {
  const auto stored = cast<ShapedType>(op.getValue().getType());
  const int64_t elements = stored.getNumElements();
  ++summary.parameters.count;
  summary.parameters.elements += elements;
  summary.parameters.bytes += elements * ((stored.getElementTypeBitWidth() + 7) / 8);
}

void Summarizer::addOp(Operation *op) {
  if (auto parameter = dyn_cast<nn::ParameterOp>(op))
    return addParameter(parameter);
  if (isPoint(op))
    return addPoint(op);
  if (isa<quantize::QuantizeOp, quantize::RequantizeOp>(op))
    return addBorder(op);
  if (auto layer = dyn_cast<QuantizableOpInterface>(op))
    addLayer(layer);
}

/// Why a layer that is float now is so.
static std::string floatReason(QuantizableOpInterface op, const ModuleSummary &summary) {
  std::string given = stringAttr(op, QOptDialect::kFloatReasonAttr);
  if (!given.empty())
    return given;
  return summary.isConfigured() ? "no reason is recorded" : "not configured yet";
}

void Summarizer::addLayer(QuantizableOpInterface op) {
  const StringRef kind = op.getQuantRule().kind;
  const bool converted = nn::computesOnCodes(op);
  // Before convert the configuration's word counts.
  const bool planned = summary.stage != "converted" && op->hasAttr(QOptDialect::kQConfigAttr) &&
                       !op->hasAttr(QOptDialect::kFloatReasonAttr);
  const bool onCodes = converted || planned;
  const auto [entry, isNew] = kindIndex.try_emplace(kind, summary.kinds.size());
  if (isNew)
    summary.kinds.push_back({kind.str(), movesCodes(op)});
  ++(onCodes ? summary.kinds[entry->second].int8 : summary.kinds[entry->second].inFloat);
  const std::string name = nn::getValueName(op->getResult(0));
  if (!onCodes && !movesCodes(op))
    summary.floatLayers.push_back(
        {name, stringAttr(op, nn::NNDialect::kLayerAttr), kind.str(), floatReason(op, summary)});
  quantize::QParamsOp carried;
  if (planned && movesCodes(op))
    carried = points.lookup(op->getOperand(0));
  for (const Value result : op->getResults()) {
    std::string resultName = nn::getValueName(result);
    if (resultName.empty())
      continue;
    ValueSummary &value = addValue(std::move(resultName), op, kind, result.getType());
    value.codes = codesOf(result);
    if (carried) {
      value.codes = codesOf(carried);
      points[result] = carried;
    }
  }
}

/// The name under which a point's or border's input is listed.
static std::string sourceName(Value input) {
  Operation *op = input.getDefiningOp();
  while (op && (isPoint(op) || (isa<quantize::QuantizeOp, quantize::RequantizeOp>(op) &&
                                !op->hasAttr(nn::NNDialect::kNameAttr)))) {
    input = op->getOperand(0);
    op = input.getDefiningOp();
  }
  return nn::getValueName(input);
}

/// A value gets its parameters; a second point behind the first makes a value of its own.
void Summarizer::addPoint(Operation *op) {
  const Value input = op->getOperand(0);
  auto symbol = op->getAttrOfType<FlatSymbolRefAttr>("qparams");
  quantize::QParamsOp qparams = quantize::lookupQParams(op, symbol);
  std::string name = sourceName(input);
  if (!qparams || name.empty() || input.getDefiningOp<nn::ParameterOp>())
    return;
  StringRef kind = "input"; // an entry of that name is there already, but for second points
  if (points.contains(input) && points.lookup(input) != qparams) {
    name += "@" + symbol.getValue().str();
    kind = "requantize";
  }
  addValue(std::move(name), op, kind, op->getResult(0).getType()).codes = codesOf(qparams);
  points[op->getResult(0)] = qparams;
}

/// qopt.quantize lists its input's name, now with codes; qopt.requantize its own.
void Summarizer::addBorder(Operation *op) {
  const Value result = op->getResult(0);
  std::string name = nn::getValueName(result);
  if (name.empty())
    name = sourceName(op->getOperand(0));
  if (name.empty())
    return;
  const StringRef kind = isa<quantize::RequantizeOp>(op) ? "requantize" : "quantize";
  ValueSummary &value = addValue(std::move(name), op, kind, result.getType());
  value.type = typeText(result.getType());
  value.codes = codesOf(result);
}

int64_t ModuleSummary::int8Layers() const {
  int64_t count = 0;
  for (const KindCount &kind : kinds)
    count += kind.moves ? 0 : kind.int8;
  return count;
}

llvm::Expected<ModuleSummary> qopt::summarize(ModuleOp module) {
  auto function = module.lookupSymbol<func::FuncOp>("main");
  if (!function || function.isExternal())
    return makeError("the module has no function @main with a body; a network is one function");
  ModuleSummary summary;
  summary.stage = stringAttr(module, QOptDialect::kStageAttr);
  if (auto version = module->getAttrOfType<IntegerAttr>(QOptDialect::kVersionAttr))
    summary.version = version.getInt();
  if (auto numerics = module->getAttrOfType<quantize::NumericsAttr>(QOptDialect::kNumericsAttr))
    summary.numerics = numerics.getVersion().str();
  Summarizer(function, summary).run();
  return summary;
}
