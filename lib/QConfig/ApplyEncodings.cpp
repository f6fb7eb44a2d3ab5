//===- ApplyEncodings.cpp - take scales from another tool's file ------------------------===//

#include "FixedParams.h"
#include "Match.h"
#include "qopt/QConfig/Encodings.h"
#include "qopt/QConfig/Passes.h"

#include "dialects/NN/Parameter.h"
#include "qopt/Support/Text.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace qopt::qconfig {
#define GEN_PASS_DEF_QCONFIGAPPLYENCODINGS
#include "qopt/QConfig/Passes.h.inc"
} // namespace qopt::qconfig

using namespace mlir;
using namespace qopt;
using namespace qopt::qconfig;
using quantize::QConfigAttr;
using quantize::QOptDialect;

static QConfigAttr configOf(Operation *op) {
  return op ? op->getAttrOfType<QConfigAttr>(QOptDialect::kQConfigAttr) : QConfigAttr();
}

/// Whether the rule around a value wants signed codes; both kinds hold the same grid.
static bool wantsSigned(Value value) {
  QConfigAttr config = configOf(value.getDefiningOp());
  for (Operation *user : value.getUsers())
    if (!config)
      config = configOf(user);
  return config && config.getActivation().getIsSigned();
}

namespace {

/// Parameters as the IR has them.
struct Resolved {
  QuantRange codes;
  SmallVector<float> scales;
  SmallVector<int32_t> zeroPoints;
};

class EncodingApplier {
public:
  EncodingApplier(ModuleOp module, std::string file, StringRef rule)
      : module(module), file(std::move(file)), rule(rule) {}

  llvm::Error run(ArrayRef<Encoding> encodings);
  unsigned used = 0;

private:
  void learnNames();
  llvm::Error error(const Encoding &encoding, const Twine &message) const {
    return makeError(file + ": " + encoding.path + ": '" + encoding.name + "' " + message);
  }
  llvm::Error apply(const Encoding &encoding);
  llvm::Error applyActivation(const Encoding &encoding, Value value);
  llvm::Error applyParameter(const Encoding &encoding, nn::ParameterOp parameter);
  llvm::Error applyWeight(const Encoding &encoding, nn::ParameterOp parameter, int64_t axis);
  llvm::Expected<Resolved> resolve(const Encoding &encoding, bool isWeight, bool isSigned);
  llvm::Error add(const Encoding &encoding, Location loc, const Resolved &resolved,
                  std::optional<int64_t> axis);
  void leave(const Encoding &encoding, const Twine &reason) {
    unused.push_back(("'" + encoding.name + "' (" + reason + ")").str());
  }

  ModuleOp module;
  std::string file;
  StringRef rule;
  llvm::StringMap<Value> values;
  llvm::StringMap<nn::ParameterOp> parameters;
  std::vector<std::string> unused;
};

} // namespace

void EncodingApplier::learnNames() {
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    for (const BlockArgument argument : function.getArguments())
      values.try_emplace(nn::getValueName(argument), argument);
  module.walk([&](QuantizableOpInterface op) {
    for (const Value result : op->getResults())
      values.try_emplace(nn::getValueName(result), result);
  });
  module.walk([&](nn::ParameterOp op) { parameters.try_emplace(op.getName(), op); });
}

/// Scales, or N15 of the ranges; zero points of unsigned codes moved to signed ones where the
/// file leaves the kind open.
llvm::Expected<Resolved> EncodingApplier::resolve(const Encoding &encoding, bool isWeight,
                                                  bool isSigned) {
  if (encoding.bits > 16)
    return error(encoding, "has codes of " + Twine(encoding.bits) + " bits; expected 2 to 16");
  Resolved result;
  result.codes = QuantRange::make(encoding.bits, encoding.isSigned.value_or(isSigned), false);
  const bool moved = !encoding.isSigned && isSigned;
  result.scales.assign(encoding.scales.begin(), encoding.scales.end());
  for (const int64_t zeroPoint : encoding.zeroPoints) // of at most 16 bits here
    result.zeroPoints.push_back(
        static_cast<int32_t>(moved ? zeroPoint - (1 << (encoding.bits - 1)) : zeroPoint));
  for (const Encoding::Range &range : encoding.ranges) {
    const QuantRange codes =
        QuantRange::make(encoding.bits, result.codes.isSigned, range.symmetric.value_or(isWeight));
    const QParams chosen = chooseQParams(range.low, range.high, codes);
    result.scales.push_back(chosen.scale);
    result.zeroPoints.push_back(chosen.zeroPoint);
  }
  return result;
}

llvm::Error EncodingApplier::add(const Encoding &encoding, Location loc, const Resolved &resolved,
                                 std::optional<int64_t> axis) {
  auto known = module.lookupSymbol<quantize::QParamsOp>(encoding.name);
  if (known && known.getRule() == StringRef("fixed_qparams")) {
    leave(encoding, "fixed by the configuration");
    return llvm::Error::success();
  }
  const QuantRange &codes = resolved.codes;
  const int32_t middle = codes.isSigned ? 0 : 1 << (codes.bits - 1);
  const bool symmetric = llvm::all_of(resolved.zeroPoints, [&](int32_t z) { return z == middle; });
  const auto spec = quantize::SpecAttr::get(
      module.getContext(), codes.bits, codes.isSigned, codes.qmin, codes.qmax,
      symmetric ? quantize::Scheme::Symmetric : quantize::Scheme::Affine,
      axis ? quantize::Granularity::PerChannel : quantize::Granularity::PerTensor, "fixed",
      DictionaryAttr());
  if (llvm::Error failed = addFixedParams(module, encoding.name, loc, spec, resolved.scales,
                                          resolved.zeroPoints, axis, rule))
    return makeError(file + ": " + encoding.path + ": " + llvm::toString(std::move(failed)));
  ++used;
  return llvm::Error::success();
}

llvm::Error EncodingApplier::applyActivation(const Encoding &encoding, Value value) {
  if (encoding.perChannel)
    return error(encoding, "is an activation, which is quantized per tensor (N1 in "
                           "docs/Numerics.md), but has parameters per channel");
  auto producer = value.getDefiningOp<QuantizableOpInterface>();
  if (producer && producer.getQuantRule().result == ResultRule::SameAs) {
    leave(encoding, "has the parameters of its input");
    return llvm::Error::success();
  }
  llvm::Expected<Resolved> resolved = resolve(encoding, /*isWeight=*/false, wantsSigned(value));
  return resolved ? add(encoding, value.getLoc(), *resolved, std::nullopt) : resolved.takeError();
}

llvm::Error EncodingApplier::applyWeight(const Encoding &encoding, nn::ParameterOp parameter,
                                         int64_t axis) {
  llvm::Expected<Resolved> resolved = resolve(encoding, /*isWeight=*/true, /*isSigned=*/true);
  if (!resolved)
    return resolved.takeError();
  if (!encoding.perChannel)
    return add(encoding, parameter.getLoc(), *resolved, std::nullopt);
  const auto type = cast<RankedTensorType>(parameter.getResult().getType());
  const int64_t rank = type.getRank(), given = encoding.axis.value_or(axis);
  // Import may have transposed a matrix, so that either axis of it can be meant.
  if (const int64_t of = given < 0 ? given + rank : given;
      of < 0 || of >= rank || (rank > 2 && of != axis))
    return error(encoding, "has parameters along axis " + Twine(given) + "; expected axis " +
                               Twine(axis) + ", which counts output channels");
  const auto channels = static_cast<size_t>(type.getDimSize(axis));
  if (resolved->scales.size() == 1) { // one for all of them
    resolved->scales.assign(channels, resolved->scales.front());
    resolved->zeroPoints.assign(channels, resolved->zeroPoints.front());
  }
  if (resolved->scales.size() != channels)
    return error(encoding, "has " + Twine(resolved->scales.size()) + " scales; expected one, or " +
                               Twine(channels) + ", one for each output channel");
  return add(encoding, parameter.getLoc(), *resolved, axis);
}

/// A parameter that is a weight somewhere has a weight's codes everywhere.
llvm::Error EncodingApplier::applyParameter(const Encoding &encoding, nn::ParameterOp parameter) {
  for (OpOperand &use : parameter->getUses())
    if (auto op = dyn_cast<QuantizableOpInterface>(use.getOwner());
        op && op.getOperandRole(use.getOperandNumber()) == OperandRole::Weight)
      return applyWeight(encoding, parameter, op.getQuantRule().weightAxis);
  for (OpOperand &use : parameter->getUses()) {
    auto op = dyn_cast<QuantizableOpInterface>(use.getOwner());
    if (!op)
      continue;
    const OperandRole role = op.getOperandRole(use.getOperandNumber());
    if (role == OperandRole::Activation || role == OperandRole::Residual)
      return applyActivation(encoding, parameter.getResult());
  }
  leave(encoding, "a bias has the scale of input times weight (N5), other parameters none");
  return llvm::Error::success();
}

llvm::Error EncodingApplier::apply(const Encoding &encoding) {
  if (const auto value = values.find(encoding.name); value != values.end())
    return applyActivation(encoding, value->second);
  if (const auto parameter = parameters.find(encoding.name); parameter != parameters.end())
    return applyParameter(encoding, parameter->second);
  leave(encoding, "fused into another value, or not in the network");
  return llvm::Error::success();
}

llvm::Error EncodingApplier::run(ArrayRef<Encoding> encodings) {
  learnNames();
  for (const Encoding &encoding : encodings)
    if (llvm::Error error = apply(encoding))
      return error;
  if (!used && !encodings.empty())
    return makeError(file + ": none of its " + Twine(encodings.size()) +
                     " tensors can be given parameters: " + joinList(unused, false, 12));
  if (!unused.empty())
    emitWarning(module.getLoc()) << file << ": the parameters of " << unused.size() << " of "
                                 << encodings.size()
                                 << " tensors are not used: " << joinList(unused, false, 12);
  return llvm::Error::success();
}

namespace {
struct ApplyEncodingsPass : qconfig::impl::QConfigApplyEncodingsBase<ApplyEncodingsPass> {
  using QConfigApplyEncodingsBase::QConfigApplyEncodingsBase;

  using Parser = llvm::Expected<std::vector<Encoding>> (*)(const Json &, StringRef);

  llvm::Error read(const std::string &path, Parser parse, StringRef rule) {
    if (path.empty())
      return llvm::Error::success();
    llvm::Expected<Json> json = readJsonFile(path);
    if (!json)
      return json.takeError();
    llvm::Expected<std::vector<Encoding>> parsed = parse(*json, path);
    if (!parsed)
      return parsed.takeError();
    EncodingApplier applier(getOperation(), path, rule);
    llvm::Error error = applier.run(*parsed);
    used += applier.used;
    return error;
  }

  void runOnOperation() override {
    llvm::Error error = read(encodings, parseEncodings, "AIMET encodings");
    if (!error)
      error = read(overrides, parseOverrides, "ONNX Runtime overrides");
    if (!error)
      return;
    emitError(getOperation().getLoc()) << llvm::toString(std::move(error));
    signalPassFailure();
  }
};
} // namespace
