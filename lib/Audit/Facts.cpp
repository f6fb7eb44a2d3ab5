//===- Facts.cpp - everything a module says of each of its values -------------------===//

#include "qopt/Audit/Facts.h"

#include "Layers.h"

#include "dialects/NN/Names.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;
using quantize::QOptDialect;

//===-- decisions -------------------------------------------------------------------===//

static std::optional<ObservedFacts> observedOf(quantize::QParamsOp symbol) {
  auto entry = symbol->getAttrOfType<DictionaryAttr>(QOptDialect::kObservedAttr);
  if (!entry)
    return std::nullopt;
  ObservedFacts observed;
  const auto number = [&](StringRef name) {
    auto value = entry.getAs<FloatAttr>(name);
    return value ? value.getValueAsDouble() : 0.0;
  };
  if (auto count = entry.getAs<IntegerAttr>("count"))
    observed.count = count.getInt();
  observed.min = number("min");
  observed.max = number("max");
  if (entry.get("clipped"))
    observed.clipped = number("clipped");
  return observed;
}

static std::optional<DecisionFacts> decisionOf(quantize::QParamsOp symbol) {
  if (!symbol)
    return std::nullopt;
  const quantize::SpecAttr spec = symbol.getSpec();
  DecisionFacts facts;
  facts.observer = symbol.getSymName().str();
  facts.kind = spec.getObserver().str();
  facts.rule = symbol.getRule().value_or("").str();
  facts.scheme = stringifyScheme(spec.getScheme()).str();
  facts.granularity = stringifyGranularity(spec.getGranularity()).str();
  facts.fixed = symbol.getFixed();
  if (symbol.getDerivedFrom())
    facts.derivedFrom = symbol.getDerivedFrom()->str();
  facts.observed = observedOf(symbol);
  return facts;
}

static CodesSummary codesOf(UniformType type) {
  return {type.getStorageTypeIntegralWidth(),
          type.isSigned(),
          type.getStorageTypeMin(),
          type.getStorageTypeMax(),
          static_cast<float>(type.getScale()),
          static_cast<int32_t>(type.getZeroPoint()),
          std::string()};
}

static CodesSummary codesOf(quantize::QParamsOp symbol) {
  const quantize::SpecAttr spec = symbol.getSpec();
  CodesSummary codes{spec.getBits(),           spec.getIsSigned(), spec.getQmin(),
                     spec.getQmax(),           std::nullopt,       0,
                     symbol.getSymName().str()};
  if (symbol.isResolved()) {
    codes.scale = symbol.getScales()->front();
    codes.zeroPoint = symbol.getZeroPoints()->front();
  }
  return codes;
}

//===-- the walk --------------------------------------------------------------------===//

namespace {
class Collector {
public:
  Collector(ModuleOp module, ModuleFacts &facts) : module(module), facts(facts) {}
  void run();

private:
  quantize::QParamsOp symbol(StringRef name) {
    return name.empty() ? nullptr : module.lookupSymbol<quantize::QParamsOp>(name);
  }
  void addValue(const ValueSummary &summary);
  void describe(Operation *op, ValueFacts &value);
  void addMid(Operation *op, ValueFacts &value);
  ConstantFacts constantOf(nn::ParameterOp parameter, OperandRole role, Value operand);

  ModuleOp module;
  ModuleFacts &facts;
  llvm::StringMap<Value> named;
  llvm::StringMap<size_t> index;
};
} // namespace

static bool isPassage(Operation *op) {
  return isa_and_present<quantize::ObserveOp, quantize::FakeQuantOp, quantize::QuantizeOp,
                         quantize::DequantizeOp>(op);
}

/// A value behind the points and borders that it came through.
static Value sourceOf(Value value) {
  while (isPassage(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

static std::string elementText(Type tensor) {
  if (const quant::QuantizedType type = nn::getQuantizedElementType(tensor))
    return (type.isSigned() ? "s" : "u") + std::to_string(type.getStorageTypeIntegralWidth());
  return "f32";
}

ConstantFacts Collector::constantOf(nn::ParameterOp parameter, OperandRole role, Value operand) {
  const auto stored = cast<ShapedType>(parameter.getValue().getType());
  ConstantFacts constant;
  constant.name = parameter.getName().str();
  constant.role = stringifyRole(role).str();
  constant.type = elementText(parameter.getType());
  constant.shape.assign(stored.getShape().begin(), stored.getShape().end());
  constant.bytes = stored.getNumElements() * ((stored.getElementTypeBitWidth() + 7) / 8);
  constant.floatBytes = stored.getNumElements() * 4;
  quantize::QParamsOp qparams = symbol(parameter.getName());
  if (auto point = operand.getDefiningOp<quantize::ObserveOp>())
    qparams = quantize::lookupQParams(point, point.getQparamsAttr());
  constant.decision = decisionOf(qparams);
  SmallVector<double> scales;
  if (auto type = nn::getQuantizedElementType(parameter.getType())) {
    if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type))
      scales.assign(perAxis.getScales().begin(), perAxis.getScales().end());
    else
      scales.push_back(cast<UniformType>(type).getScale());
  } else if (qparams && qparams.isResolved()) {
    const ArrayRef<float> known = *qparams.getScales();
    scales.assign(known.begin(), known.end());
  }
  if (!scales.empty()) {
    constant.channels = static_cast<int64_t>(scales.size());
    constant.leastScale = *std::min_element(scales.begin(), scales.end());
    constant.greatestScale = *std::max_element(scales.begin(), scales.end());
  }
  return constant;
}

/// The point inside a fused group: a type after convert, a symbol before.
void Collector::addMid(Operation *op, ValueFacts &value) {
  const Attribute mid = op->getAttr("mid");
  if (auto type = dyn_cast_or_null<TypeAttr>(mid)) {
    if (auto uniform = dyn_cast<UniformType>(type.getValue()))
      value.mid = codesOf(uniform);
    value.midDecision = decisionOf(symbol(value.summary.name + ".mid"));
  } else if (auto name = dyn_cast_or_null<FlatSymbolRefAttr>(mid)) {
    if (quantize::QParamsOp qparams = quantize::lookupQParams(op, name)) {
      value.mid = codesOf(qparams);
      value.midDecision = decisionOf(qparams);
    }
  }
}

void Collector::describe(Operation *op, ValueFacts &value) {
  if (auto fused = op->getAttrOfType<ArrayAttr>(nn::NNDialect::kFusedAttr))
    for (const Attribute name : fused)
      if (auto text = dyn_cast<StringAttr>(name))
        value.fused.push_back(text.str());
  SmallVector<StringRef> nodes;
  nn::appendNodeNames(op->getLoc(), nodes);
  for (const StringRef node : nodes)
    value.nodes.push_back(node.str());
  auto layer = dyn_cast<QuantizableOpInterface>(op);
  value.floatResult = op->hasAttr(QOptDialect::kFloatResultAttr);
  if (quantize::isDynamic(op))
    value.dynamicRule =
        op->getAttrOfType<quantize::QConfigAttr>(QOptDialect::kQConfigAttr).getRule().str();
  if (layer) {
    const ResultRule rule = layer.getQuantRule().result;
    value.moves = rule == ResultRule::SameAs || rule == ResultRule::Shared;
  }
  Attribute act;
  if (auto root = dyn_cast<FusionRootOpInterface>(op))
    act = root.getFusedActivation();
  else if (auto fusing = dyn_cast<ActivationFusingOpInterface>(op))
    act = fusing.getFusedClamp();
  if (auto known = dyn_cast_or_null<nn::ActAttr>(act))
    value.activation = stringifyActKind(known.getKind()).str();
  addMid(op, value);
  for (OpOperand &operand : op->getOpOperands()) {
    const Value source = sourceOf(operand.get());
    const OperandRole role =
        layer ? layer.getOperandRole(operand.getOperandNumber()) : OperandRole::Activation;
    if (nn::ParameterOp parameter = nn::getParameter(source))
      value.constants.push_back(constantOf(parameter, role, operand.get()));
    else if (std::string name = nn::getValueName(source); !name.empty())
      value.inputs.push_back(std::move(name));
  }
}

void Collector::addValue(const ValueSummary &summary) {
  ValueFacts value;
  value.summary = summary;
  value.isInput = llvm::any_of(facts.summary.inputs,
                               [&](const PortSummary &port) { return port.name == summary.name; });
  if (summary.codes)
    value.decision = decisionOf(symbol(summary.codes->observer));
  for (const FloatLayer &layer : facts.summary.floatLayers)
    if (layer.name == summary.name)
      value.floatReason = layer.reason;
  if (const Value made = named.lookup(summary.name)) {
    for (const int64_t size : cast<RankedTensorType>(made.getType()).getShape())
      value.shape.push_back(ShapedType::isDynamic(size) ? -1 : size);
    if (Operation *op = made.getDefiningOp())
      describe(op, value);
  }
  index[summary.name] = facts.values.size();
  facts.values.push_back(std::move(value));
}

void Collector::run() {
  func::FuncOp main = mainOf(module);
  for (const BlockArgument argument : main.getArguments())
    named[nn::getValueName(argument)] = argument;
  for (Operation &op : main.front())
    for (const Value result : op.getResults())
      if (std::string name = nn::getValueName(result); !name.empty() && !isPassage(&op))
        named[name] = result;
  for (const ValueSummary &summary : facts.summary.values)
    addValue(summary);
  for (const ValueFacts &value : facts.values)
    for (const std::string &input : value.inputs)
      if (auto found = index.find(input); found != index.end())
        facts.values[found->second].readers.push_back(value.summary.name);
  for (const Value output : main.front().getTerminator()->getOperands())
    if (auto found = index.find(nn::getValueName(sourceOf(output))); found != index.end())
      facts.values[found->second].isOutput = true;
}

llvm::Expected<ModuleFacts> qopt::collectFacts(ModuleOp module) {
  llvm::Expected<ModuleSummary> summary = summarize(module);
  if (!summary)
    return summary.takeError();
  ModuleFacts facts;
  facts.summary = std::move(*summary);
  if (auto source = module->getAttrOfType<StringAttr>(QOptDialect::kSourceAttr))
    facts.source = source.str();
  Collector(module, facts).run();
  return facts;
}

//===-- looking up ------------------------------------------------------------------===//

int64_t ValueFacts::bytes() const {
  int64_t total = 0;
  for (const ConstantFacts &constant : constants)
    total += constant.bytes;
  return total;
}

int64_t ValueFacts::floatBytes() const {
  int64_t total = 0;
  for (const ConstantFacts &constant : constants)
    total += constant.floatBytes;
  return total;
}

/// All names of a value but its own.
static std::vector<std::string> otherNames(const ValueFacts &value) {
  std::vector<std::string> names = value.fused;
  if (!value.summary.layer.empty())
    names.push_back(value.summary.layer);
  for (const ConstantFacts &constant : value.constants)
    names.push_back(constant.name);
  llvm::append_range(names, value.nodes);
  return names;
}

const ValueFacts *ModuleFacts::find(StringRef name) const {
  if (name.empty())
    return nullptr;
  for (const ValueFacts &value : values)
    if (value.summary.name == name)
      return &value;
  for (const ValueFacts &value : values)
    if (llvm::is_contained(otherNames(value), name.str()))
      return &value;
  return nullptr;
}

llvm::Expected<const ValueFacts *> ModuleFacts::lookUp(StringRef name) const {
  if (const ValueFacts *value = find(name))
    return value;
  // A node of a module that was read from a file: what it made, or the layer that it belonged to.
  if (const ValueFacts *value = find((name + "_output_0").str()))
    return value;
  const std::string layer = nn::layerOfNode(name);
  std::vector<std::string> all, meant;
  const ValueFacts *found = nullptr;
  for (const ValueFacts &value : values) {
    std::vector<std::string> names = otherNames(value);
    names.push_back(value.summary.name);
    if (llvm::is_contained(names, layer) ||
        llvm::any_of(names, [&](const std::string &known) { return endsInName(known, name); })) {
      meant.push_back(value.summary.name);
      found = &value;
    }
    llvm::append_range(all, names);
  }
  if (meant.size() == 1)
    return found;
  if (meant.empty())
    return makeError("has no value, layer, node or constant named '" + name + "'" +
                     didYouMean(name, all));
  return makeError("'" + name + "' may mean several values: " + joinList(meant, true, 12));
}
