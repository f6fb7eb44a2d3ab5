//===- BatchNorms.cpp - the batch_norms of a module, and what they read -----------------------===//

#include "BatchNorms.h"
#include "Ranges.h"

#include "dialects/NN/Parameter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/DenseMap.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;
using quantize::FoldBatchNormOp;
using quantize::QOptDialect;

//===-- finding ---------------------------------------------------------------------===//

/// The layer whose weight a fold makes, behind its point; or null.
static Operation *rootOf(FoldBatchNormOp fold) {
  for (Operation *user : fold.getFoldedWeight().getUsers()) {
    for (Operation *reader : isPoint(user) ? SmallVector<Operation *>(user->getUsers())
                                           : SmallVector<Operation *>{user})
      if (isa<FusionRootOpInterface>(reader) && isa<nn::NNDialect>(reader->getDialect()))
        return reader;
  }
  return nullptr;
}

static FailureOr<BatchNormSite> siteOf(FoldBatchNormOp fold) {
  BatchNormSite site;
  site.op = fold;
  site.root = rootOf(fold);
  if (!site.root)
    return fold.emitOpError("cannot be re-estimated: no layer of the nn dialect reads its weight");
  site.gamma = nn::getParameter(fold.getGamma());
  site.mean = nn::getParameter(fold.getMean());
  site.var = nn::getParameter(fold.getVar());
  site.bias = fold.getBias() ? nn::getParameter(fold.getBias()) : nn::ParameterOp();
  site.eps = fold.getEps().convertToDouble();
  site.name = nn::getValueName(site.root->getResult(0));
  return site;
}

static BatchNormSite siteOf(nn::BatchNormOp op) {
  BatchNormSite site;
  site.op = op;
  site.gamma = nn::getParameter(op.getGamma());
  site.mean = nn::getParameter(op.getMean());
  site.var = nn::getParameter(op.getVar());
  site.eps = op.getEps().convertToDouble();
  site.name = nn::getValueName(op.getResult());
  return site;
}

/// Fills in how many batch_norms stand before each.
static void findLevels(func::FuncOp main, std::vector<BatchNormSite> &sites) {
  llvm::DenseMap<Operation *, BatchNormSite *> siteAt; // the op behind which statistics have acted
  for (BatchNormSite &site : sites)
    siteAt[site.root ? site.root : site.op] = &site;
  llvm::DenseMap<Value, int64_t> levels;
  for (Operation &op : main.front()) {
    int64_t level = 0;
    for (const Value operand : op.getOperands())
      level = std::max(level, levels.lookup(operand));
    if (BatchNormSite *site = siteAt.lookup(&op))
      site->level = level++;
    for (const Value result : op.getResults())
      levels[result] = level;
  }
}

FailureOr<std::vector<BatchNormSite>> calibrate::findBatchNorms(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal())
    return module.emitError("expected a function @main, the prepared network");
  std::vector<BatchNormSite> sites;
  for (Operation &op : main.front()) {
    if (auto fold = dyn_cast<FoldBatchNormOp>(op)) {
      if (fold.getPolicy() != quantize::BatchNormPolicy::Update)
        continue;
      FailureOr<BatchNormSite> site = siteOf(fold);
      if (failed(site))
        return failure();
      sites.push_back(std::move(*site));
    } else if (auto norm = dyn_cast<nn::BatchNormOp>(op)) {
      sites.push_back(siteOf(norm));
    }
  }
  if (sites.empty())
    return module.emitError("has no batch_norm whose statistics training updates: `qopt prepare "
                            "--qat` keeps those that `qopt prepare` puts into the weights");
  llvm::DenseSet<Operation *> seen;
  for (BatchNormSite &site : sites) {
    if (!site.gamma || !site.mean || !site.var)
      return site.op->emitError() << "'" << site.name << "': the parameters of its batch_norm must "
                                  << "be constants";
    if (!seen.insert(site.mean).second || !seen.insert(site.var).second)
      return site.op->emitError() << "'" << site.name
                                  << "': another batch_norm has the statistics \""
                                  << site.mean.getName() << "\" too; which of them they are of "
                                  << "cannot be told";
  }
  findLevels(main, sites);
  return sites;
}

//===-- numbers ---------------------------------------------------------------------===//

static std::vector<double> numbersOf(nn::ParameterOp parameter) {
  FailureOr<nn::ParameterData<float>> data = nn::getF32Data(parameter);
  return failed(data) ? std::vector<double>() : std::vector<double>(data->begin(), data->end());
}

SiteNumbers calibrate::readSite(BatchNormSite &site) {
  SiteNumbers numbers;
  numbers.factors = numbersOf(site.gamma);
  numbers.bias.assign(numbers.factors.size(), 0.0);
  if (site.bias)
    numbers.bias = numbersOf(site.bias);
  for (const auto [channel, var] : llvm::enumerate(numbersOf(site.var))) {
    numbers.sigma.push_back(std::sqrt(var + site.eps));
    numbers.factors[channel] = site.root ? numbers.factors[channel] / numbers.sigma.back() : 1.0;
  }
  return numbers;
}

void calibrate::writeSite(BatchNormSite &site, ArrayRef<float> mean, ArrayRef<float> var) {
  const auto write = [](nn::ParameterOp parameter, ArrayRef<float> data) {
    const ArrayRef<int64_t> shape = cast<ShapedType>(parameter.getType()).getShape();
    parameter.setValueAttr(
        nn::makeElements(parameter.getContext(), parameter.getName(), shape, data));
  };
  write(site.mean, mean);
  write(site.var, var);
}

LogicalResult calibrate::followScales(BatchNormSite &site, const SiteNumbers &before) {
  auto fold = dyn_cast<FoldBatchNormOp>(site.op);
  Operation *point =
      fold ? cast<FusionRootOpInterface>(site.root).getWeightOperand().get().getDefiningOp()
           : nullptr;
  if (!isPoint(point))
    return success();
  quantize::QParamsOp symbol =
      quantize::lookupQParams(point, point->getAttrOfType<FlatSymbolRefAttr>("qparams"));
  if (!symbol || symbol.getFixed() || !symbol.isResolved())
    return success();
  if (symbol.getSpec().isPerChannel() && fold.getGroups() == 1) {
    const SiteNumbers after = readSite(site);
    SmallVector<float> scales(*symbol.getScales());
    for (size_t c = 0; c < scales.size(); ++c)
      scales[c] *= static_cast<float>(before.sigma[c] / after.sigma[c]);
    symbol.setQParams(scales, llvm::to_vector(*symbol.getZeroPoints()));
    return success();
  }
  if (!symbol.getObserverEnabled() || symbol.getLearned())
    return success();
  Observer observer;
  observer.symbol = symbol;
  observer.constants.push_back(fold.getFoldedWeight());
  llvm::Expected<Params> params = observedParams(observer);
  if (!params)
    return symbol.emitError() << llvm::toString(params.takeError());
  symbol.setQParams(params->scales, params->zeroPoints);
  return success();
}

//===-- probes ----------------------------------------------------------------------===//

/// The root with nothing behind its sums, and without a bias; `weight` in place of its own if
/// given, then in float.
static Value bareRoot(Operation *op, Value weight) {
  auto root = cast<FusionRootOpInterface>(op);
  OpBuilder builder(op);
  OperationState state(op->getLoc(), op->getName());
  state.addOperands({op->getOperand(0), weight ? weight : root.getWeightOperand().get()});
  NamedAttrList attributes(op->getAttrDictionary());
  for (const StringRef behind : {"act", "mid", "table"})
    attributes.erase(behind);
  if (auto segments = dyn_cast_or_null<DenseI32ArrayAttr>(attributes.get("operandSegmentSizes"))) {
    SmallVector<int32_t> sizes(segments.size(), 0);
    sizes[0] = sizes[1] = 1;
    attributes.set("operandSegmentSizes", builder.getDenseI32ArrayAttr(sizes));
  }
  if (weight) {
    attributes.erase(QOptDialect::kQConfigAttr);
    attributes.set(QOptDialect::kFloatReasonAttr,
                   builder.getStringAttr("statistics of a batch_norm of tiny gamma (N16)"));
  } else {
    attributes.set(QOptDialect::kFloatResultAttr, builder.getUnitAttr());
  }
  state.addAttributes(attributes);
  state.addTypes(op->getResultTypes());
  return builder.create(state)->getResult(0);
}

Probes calibrate::makeProbes(ModuleOp module, ArrayRef<BatchNormSite *> sites) {
  IRMapping map;
  Probes probes;
  probes.module = cast<ModuleOp>(module->clone(map));
  SmallVector<Value> results;
  const auto add = [&](Value value, int64_t axis) {
    results.push_back(value);
    probes.axes.push_back(axis);
    return static_cast<int64_t>(results.size()) - 1;
  };
  for (BatchNormSite *site : sites) {
    std::pair<int64_t, int64_t> place(-1, -1);
    if (!site->root) {
      place.first = add(map.lookup(site->op->getOperand(0)), 1);
    } else {
      const int64_t axis = cast<FusionRootOpInterface>(site->root).getResultChannelAxis();
      Operation *root = map.lookup(site->root);
      place.first = add(bareRoot(root, {}), axis);
      if (llvm::any_of(readSite(*site).factors,
                       [](double factor) { return std::fabs(factor) < kLeastFactor; }))
        place.second =
            add(bareRoot(root, map.lookup(cast<FoldBatchNormOp>(site->op).getWeight())), axis);
    }
    probes.places.push_back(place);
  }
  auto main = probes.module->lookupSymbol<func::FuncOp>("main");
  Operation *exit = main.front().getTerminator();
  exit->setOperands(results);
  main.setFunctionType(FunctionType::get(main.getContext(), main.getArgumentTypes(),
                                         ValueRange(results).getTypes()));
  main.setAllResultAttrs(
      SmallVector<DictionaryAttr>(results.size(), DictionaryAttr::get(main.getContext())));
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(main.front())))
    if (&op != exit && op.use_empty())
      op.erase();
  return probes;
}
