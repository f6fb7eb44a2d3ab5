//===- Apply.cpp - one decision per op -------------------------------------------------===//

#include "FixedParams.h"
#include "Match.h"
#include "qopt/QConfig/Passes.h"

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

namespace qopt::qconfig {
#define GEN_PASS_DEF_QCONFIGAPPLY
#include "qopt/QConfig/Passes.h.inc"
} // namespace qopt::qconfig

using namespace mlir;
using namespace qopt;
using namespace qopt::qconfig;
using quantize::QOptDialect;

//===-- to attributes ---------------------------------------------------------------===//

static quantize::SpecAttr toAttr(MLIRContext *context, const Spec &spec) {
  Builder builder(context);
  SmallVector<NamedAttribute> options;
  for (const auto &[name, value] : spec.options) {
    const bool integer = name == "bins" || name == "zero_point";
    options.push_back(builder.getNamedAttr(
        name, integer ? Attribute(builder.getI64IntegerAttr(static_cast<int64_t>(value)))
                      : Attribute(builder.getF64FloatAttr(value))));
  }
  if (spec.learnScale)
    options.push_back(builder.getNamedAttr(
        "learned", quantize::LearnedAttr::get(context, spec.learnZeroPoint,
                                              *quantize::symbolizeGradScale(spec.gradScale))));
  return quantize::SpecAttr::get(
      context, spec.codes.bits, spec.codes.isSigned, spec.codes.qmin, spec.codes.qmax,
      spec.codes.symmetric ? quantize::Scheme::Symmetric : quantize::Scheme::Affine,
      spec.perChannel ? quantize::Granularity::PerChannel : quantize::Granularity::PerTensor,
      builder.getStringAttr(spec.observer),
      options.empty() ? DictionaryAttr() : builder.getDictionaryAttr(options));
}

static quantize::QConfigAttr toAttr(MLIRContext *context, const Rule &rule, StringRef provenance) {
  return quantize::QConfigAttr::get(context, toAttr(context, rule.activation),
                                    toAttr(context, rule.weight),
                                    StringAttr::get(context, provenance), rule.residualAccumulator);
}

/// What is fused behind the op's own computation, in the words of a target.
static SmallVector<StringRef> epiloguesOf(Operation *op) {
  SmallVector<StringRef> names;
  Attribute act;
  if (auto root = dyn_cast<FusionRootOpInterface>(op)) {
    act = root.getFusedActivation();
    if (root.getResidualValue())
      names.push_back("residual");
  } else if (auto binary = dyn_cast<ActivationFusingOpInterface>(op)) {
    act = binary.getFusedClamp();
  }
  if (auto known = dyn_cast_or_null<nn::ActAttr>(act))
    names.push_back(known.isClamp() ? stringifyActKind(known.getKind()) : StringRef("table"));
  return names;
}

static bool hasWeight(QuantizableOpInterface op) {
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    if (op.getOperandRole(i) == OperandRole::Weight)
      return true;
  return false;
}

//===-- the pass --------------------------------------------------------------------===//

namespace {

struct ApplyPass : qconfig::impl::QConfigApplyBase<ApplyPass> {
  using QConfigApplyBase::QConfigApplyBase;

  void runOnOperation() override {
    if (llvm::Error error = run()) {
      emitError(getOperation().getLoc()) << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

  llvm::Error run() {
    llvm::Expected<Target> loaded = loadTarget(target);
    if (!loaded)
      return loaded.takeError();
    llvm::Expected<Config> parsed = readConfig(*loaded);
    if (!parsed)
      return parsed.takeError();
    Matcher matcher(*parsed);
    if (llvm::Error error = matcher.prepare(getOperation()))
      return error;
    if (llvm::Error error = collectFloatPorts(*parsed))
      return error;
    getOperation().walk([&](QuantizableOpInterface op) { decide(op, *parsed, *loaded, matcher); });
    if (llvm::Error error = checkDynamic(*parsed))
      return error;
    if (llvm::Error error = addFixedValues(*parsed, matcher))
      return error;
    return reportUnmatched(*parsed, matcher);
  }

  llvm::Expected<Config> readConfig(const Target &loaded) {
    if (!config.empty() && !configText.empty())
      return makeError("qconfig-apply: 'config' and 'config-text' exclude each other");
    Json json = Json::object();
    std::string file = "config";
    if (!config.empty() || !configText.empty()) {
      // Pass options lose the outermost braces on their way here.
      const StringRef given = StringRef(configText).trim();
      const std::string text = given.starts_with("{") ? given.str() : ("{" + given + "}").str();
      llvm::Expected<Json> read = config.empty() ? parseJson(text, file) : readJsonFile(config);
      if (!read)
        return read.takeError();
      json = std::move(*read);
      if (!config.empty())
        file = config;
    }
    return parseConfig(json, file, loaded);
  }

  void decide(QuantizableOpInterface op, const Config &config, const Target &target,
              Matcher &matcher) {
    op->removeAttr(QOptDialect::kQConfigAttr);
    op->removeAttr(QOptDialect::kFloatReasonAttr);
    op->removeAttr(QOptDialect::kFloatResultAttr);
    const Entry *entry = matcher.find(op);
    const std::optional<Rule> &rule = entry ? entry->rule : config.global;
    const std::string from = entry ? entry->text() : config.globalText;
    if (rule && rule->activation.isDynamic())
      dynamicEntries[entry] |= isa<DynamicFormOpInterface>(op.getOperation());
    const bool stated = entry && !entry->reason.empty();
    const std::string reason = stated ? entry->reason : whyFloat(op, rule, from, target);
    if (!reason.empty()) {
      op->setAttr(QOptDialect::kFloatReasonAttr, StringAttr::get(&getContext(), reason));
      ++floating;
      return;
    }
    op->setAttr(QOptDialect::kQConfigAttr, toAttr(&getContext(), *rule, from));
    if (floatResults.contains(op) && !rule->activation.isDynamic())
      op->setAttr(QOptDialect::kFloatResultAttr, UnitAttr::get(&getContext()));
    ++configured;
  }

  std::string whyFloat(QuantizableOpInterface op, const std::optional<Rule> &rule,
                       const std::string &from, const Target &target) {
    const StringRef kind = op.getQuantRule().kind;
    if (!rule)
      return "config: null for " + from;
    if (op.getQuantRule().result == ResultRule::Float)
      return ("no integer form (" + kind + ")").str();
    const bool dynamic = rule->activation.isDynamic();
    if (dynamic && !isa<DynamicFormOpInterface>(op.getOperation()))
      return ("dynamic quantization has no form for " + kind).str();
    const auto port = floatPorts.find(op);
    if (port != floatPorts.end() && !dynamic) // which reads and makes float anyway
      return port->second;
    const std::string lacking =
        whyTargetCannot(target, kind, *rule, hasWeight(op), epiloguesOf(op));
    return lacking.empty() ? std::string() : "target '" + target.name + "' cannot run " + lacking;
  }

  //===-- inputs and outputs --------------------------------------------------------===//

  /// A bare accumulator, which N6 defines as a float result too.
  static bool canGiveAccumulator(Operation *op) {
    auto root = dyn_cast<FusionRootOpInterface>(op);
    return root && !root.getResidualValue() && !root.getFusedActivation();
  }

  /// What makes a float output gives its accumulator as float where it is one, else stays
  /// float; so do the ops between that only move.
  void makeOutputFloat(Value value, const std::string &reason) {
    while (auto op = value.getDefiningOp<QuantizableOpInterface>()) {
      if (canGiveAccumulator(op)) {
        floatResults.insert(op);
        return;
      }
      floatPorts[op] = reason;
      if (op.getQuantRule().result != ResultRule::SameAs || !op->getOperand(0).hasOneUse())
        return;
      value = op->getOperand(0);
    }
  }

  /// Ops that read a float input stay float; see makeOutputFloat for outputs.
  llvm::Error collectFloatPorts(const Config &config) {
    floatPorts.clear();
    floatResults.clear();
    dynamicEntries.clear();
    std::vector<std::string> inputs, outputs;
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal())
        continue;
      for (const BlockArgument argument : function.getArguments()) {
        inputs.push_back(nn::getValueName(argument));
        if (isFloat(config.inputs, inputs.back()))
          for (Operation *user : argument.getUsers())
            floatPorts[user] = "config: input '" + inputs.back() + "' is float";
      }
      Operation *end = function.front().getTerminator();
      for (auto [index, value] : llvm::enumerate(end->getOperands())) {
        auto given = function.getResultAttrOfType<StringAttr>(index, nn::NNDialect::kNameAttr);
        outputs.push_back(given ? given.str() : nn::getValueName(value));
        if (isFloat(config.outputs, outputs.back()))
          makeOutputFloat(value, "config: output '" + outputs.back() + "' is float");
      }
    }
    if (llvm::Error error = checkPorts(config, config.inputs, inputs, "input"))
      return error;
    return checkPorts(config, config.outputs, outputs, "output");
  }

  static bool isFloat(const FloatPorts &ports, StringRef name) {
    return ports.all ||
           llvm::any_of(ports.names, [&](const auto &port) { return port.first == name; });
  }

  static llvm::Error checkPorts(const Config &config, const FloatPorts &ports,
                                ArrayRef<std::string> names, StringRef what) {
    for (const auto &[name, path] : ports.names)
      if (!llvm::is_contained(names, name))
        return makeError(config.file + ": " + path + ": the network has no " + what + " '" + name +
                         "'" + didYouMean(name, names) + "; its " + what +
                         "s: " + joinList(names, true));
    return llvm::Error::success();
  }

  //===-- fixed parameters ----------------------------------------------------------===//

  llvm::Error addFixedValues(const Config &config, const Matcher &matcher) {
    llvm::StringMap<Value> values;
    std::vector<std::string> names;
    auto add = [&](Value value) {
      const std::string name = nn::getValueName(value);
      if (!name.empty() && values.try_emplace(name, value).second)
        names.push_back(name);
    };
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
      llvm::for_each(function.getArguments(), add);
    getOperation().walk([&](QuantizableOpInterface op) { llvm::for_each(op->getResults(), add); });
    for (const FixedValue &fixed : config.fixed) {
      const auto found = values.find(fixed.name);
      if (found == values.end())
        return makeError(matcher.unknownValue(fixed.name, fixed.path, names));
      if (llvm::Error error = addFixed(config, fixed, found->second))
        return error;
    }
    return llvm::Error::success();
  }

  llvm::Error addFixed(const Config &config, const FixedValue &fixed, Value value) {
    auto producer = value.getDefiningOp<QuantizableOpInterface>();
    if (producer && producer.getQuantRule().result == ResultRule::SameAs)
      return makeError(config.file + ": " + fixed.path + ": '" + fixed.name +
                       "' has the parameters of the input of its " + producer.getQuantRule().kind +
                       ", '" + nn::getValueName(producer->getOperand(0)) + "': name that instead");
    if (llvm::Error failed = addFixedParams(
            getOperation(), fixed.name, value.getLoc(), toAttr(&getContext(), fixed.spec),
            {fixed.qparams.scale}, {fixed.qparams.zeroPoint}, std::nullopt, "fixed_qparams"))
      return makeError(config.file + ": " + fixed.path + ": " + llvm::toString(std::move(failed)));
    ++fixedValues;
    return llvm::Error::success();
  }

  //===-- dynamic quantization ------------------------------------------------------===//

  /// An entry that asks for it decides at least one op that has such a form; what else it decides
  /// stays float with a reason.
  llvm::Error checkDynamic(const Config &config) {
    for (const auto &[entry, hasForm] : dynamicEntries)
      if (!hasForm)
        return makeError(config.file + ": " + (entry ? entry->path : config.globalText) +
                         ": asks for dynamic quantization, but no op that it decides has such a "
                         "form; expected " +
                         joinList(kindsWithDynamicForm(), true) +
                         ": name such layers, or configure another observer");
    return llvm::Error::success();
  }

  std::vector<std::string> kindsWithDynamicForm() {
    std::vector<std::string> kinds;
    for (const RegisteredOperationName name : getContext().getRegisteredOperations())
      if (name.hasInterface<DynamicFormOpInterface>())
        kinds.push_back(name.stripDialect().str());
    llvm::sort(kinds);
    return kinds;
  }

  //===-- entries that matched nothing ----------------------------------------------===//

  llvm::Error reportUnmatched(const Config &config, const Matcher &matcher) {
    const std::vector<std::string> problems = matcher.unmatched();
    if (problems.empty())
      return llvm::Error::success();
    if (!config.allowUnmatched) {
      for (const std::string &problem : ArrayRef(problems).drop_back())
        emitError(getOperation().getLoc()) << problem;
      return makeError(problems.back());
    }
    for (const std::string &problem : problems)
      emitWarning(getOperation().getLoc())
          << StringRef(problem).rsplit("; \"allow_unmatched").first;
    return llvm::Error::success();
  }

  /// Entries (null: the global rule) that ask for dynamic quantization, and whether an op has it.
  llvm::MapVector<const Entry *, bool> dynamicEntries;
  DenseMap<Operation *, std::string> floatPorts;
  DenseSet<Operation *> floatResults;
};

} // namespace
