//===- Plan.cpp - which values get which parameters -----------------------------------===//

#include "Plan.h"

#include "dialects/NN/Parameter.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::prepare;
using quantize::SpecAttr;

/// u8 covers [-z * s, (256 - z) * s): the same range over the codes of `spec`, with the zero
/// point where the scheme wants it.
KnownParams prepare::boundedParams(std::pair<float, int32_t> u8, SpecAttr spec) {
  const double scale = u8.first, zeroPoint = u8.second;
  const double codes = static_cast<double>(spec.getQmax() - spec.getQmin() + 1);
  if (!spec.isSymmetric()) {
    const double ratio = 256.0 / codes;
    return {static_cast<float>(scale * ratio),
            static_cast<int32_t>(spec.getQmin() + std::nearbyint(zeroPoint / ratio))};
  }
  const int32_t middle = spec.getIsSigned() ? 0 : 1 << (spec.getBits() - 1);
  const double reach = std::max(zeroPoint, 256.0 - zeroPoint) * scale;
  const double steps = static_cast<double>(spec.getQmax() - middle + 1);
  return {static_cast<float>(reach / steps), middle};
}

static bool sameCodes(SpecAttr a, SpecAttr b) {
  return a.getBits() == b.getBits() && a.getIsSigned() == b.getIsSigned() &&
         a.getQmin() == b.getQmin() && a.getQmax() == b.getQmax();
}

/// A spec whose parameters stay: the initial ones of the observer `fixed`.
static std::optional<KnownParams> paramsOfSpec(SpecAttr spec) {
  if (spec.getObserver() != "fixed")
    return std::nullopt;
  return KnownParams{static_cast<float>(spec.getOption("scale", 1.0)),
                     static_cast<int32_t>(spec.getOption("zero_point", 0.0))};
}

void Plan::applyFixed(Point &point) {
  quantize::QParamsOp symbol = fixedParams(function, point.value);
  if (!symbol) {
    if (!point.known)
      point.known = paramsOfSpec(point.spec);
    return;
  }
  point.fixedByName = true;
  point.spec = symbol.getSpec();
  point.known = KnownParams{(*symbol.getScales())[0], (*symbol.getZeroPoints())[0]};
  point.derivedFrom = {};
}

/// N8: the result's parameters follow from the input's where the scheme lets the zero point
/// move; wide codes are computed as any other op (N1).
void Plan::derive(Point &point, QuantizableOpInterface op) {
  auto scalar = dyn_cast<DerivedResultOpInterface>(op.getOperation());
  if (!scalar || point.spec.getBits() > 8 || point.spec.getObserver() == "fixed")
    return;
  const Value source = sourceOf(op->getOperand(0));
  const auto found = points.find(source);
  if (found == points.end())
    return;
  const SpecAttr from = found->second.spec;
  const bool symmetric = from.isSymmetric() && scalar.keepsZeroPoint();
  if ((point.spec.isSymmetric() && !symmetric) || from.getBits() > 8)
    return;
  point.derivedFrom = source;
  point.spec = SpecAttr::get(
      op.getContext(), from.getBits(), from.getIsSigned(), from.getQmin(), from.getQmax(),
      symmetric ? quantize::Scheme::Symmetric : quantize::Scheme::Affine,
      quantize::Granularity::PerTensor, point.spec.getObserver(), point.spec.getOptions());
}

void Plan::addResult(QuantizableOpInterface op) {
  Point point;
  point.value = op->getResult(0);
  point.spec = configOf(op).getActivation();
  point.rule = configOf(op).getRule().str();
  if (const auto bounds = boundedResult(op))
    point.known = boundedParams(*bounds, point.spec);
  derive(point, op);
  applyFixed(point);
  points.insert({point.value, point});
}

/// What comes from outside the codes: inputs, results of float ops, constants.
void Plan::addBorders(QuantizableOpInterface op) {
  for (OpOperand &operand : op->getOpOperands()) {
    const Value value = operand.get();
    if (!readsCodes(operand) || hasCodes(value) || points.count(value))
      continue;
    Point point;
    point.value = value;
    point.spec = configOf(op).getActivation();
    point.rule = configOf(op).getRule().str();
    point.border = true;
    applyFixed(point);
    points.insert({value, point});
  }
}

Value Plan::leaderOf(Value value) const {
  for (auto parent = groups.find(value); parent != groups.end() && parent->second != value;
       parent = groups.find(value))
    value = parent->second;
  return value;
}

size_t Plan::numGroups() const {
  return llvm::count_if(groups, [](const auto &member) { return member.first == member.second; });
}

/// A member can take the group's parameters: the same kind of codes, and nobody has computed
/// its own.
bool Plan::canJoin(const Point &member, const Point &group) const {
  if (!sameCodes(member.spec, group.spec) || member.derivedFrom)
    return false;
  if (member.known || member.fixedByName)
    return group.known && *member.known == *group.known;
  return member.spec.getScheme() == group.spec.getScheme();
}

/// Unites the operands' sources with the result, as far as they can share (N9).
void Plan::share(QuantizableOpInterface op) {
  Point group;
  group.value = op->getResult(0);
  group.spec = configOf(op).getActivation();
  group.rule = configOf(op).getRule().str();
  applyFixed(group);
  SmallVector<Value> sources;
  for (const Value operand : op->getOperands())
    sources.push_back(leaderOf(sourceOf(operand)));
  // Where all have the same known parameters, so has the result.
  const Point &first = points.find(sources[0])->second;
  if (!group.known && first.known && llvm::all_of(sources, [&](Value source) {
        const Point &point = points.find(source)->second;
        return point.known == first.known && sameCodes(point.spec, first.spec);
      })) {
    group.known = first.known;
    group.spec = first.spec;
  }
  points.insert({group.value, group});
  groups[group.value] = group.value;
  for (auto [operand, source] : llvm::zip_equal(op->getOpOperands(), sources)) {
    if (leaderOf(source) == group.value)
      continue;
    if (canJoin(points.find(source)->second, group))
      groups[source] = group.value;
    else
      requantized.push_back(&operand);
  }
}

LogicalResult Plan::make() {
  // Ops on codes in program order, so that sources are planned before what follows from them.
  const WalkResult result = function.walk([&](QuantizableOpInterface op) {
    if (!onCodes(op))
      return WalkResult::advance();
    addBorders(op);
    if (shares(op))
      share(op);
    else if (!moves(op) && !givesFloat(op))
      addResult(op);
    for (const Value value : op->getResults())
      if (nameOf(value).empty()) {
        op->emitOpError("runs on codes but has no 'nn.name' to name its observer after");
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  if (result.wasInterrupted())
    return failure();
  for (const auto &[value, point] : points)
    if (nameOf(value).empty())
      return function.emitError("an input that is quantized has no 'nn.name' to name its "
                                "observer after");
  return success();
}
