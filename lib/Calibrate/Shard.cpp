//===- Shard.cpp - a part of the samples, and whether parts are the whole -------------===//

#include "Shard.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::calibrate;
using quantize::QOptDialect;

llvm::Expected<Shard> Shard::parse(StringRef text) {
  Shard shard;
  if (text.empty())
    return shard;
  const auto [index, count] = text.split('/');
  if (index.getAsInteger(10, shard.index) || count.getAsInteger(10, shard.count) ||
      shard.count < 1 || shard.index < 0 || shard.index >= shard.count)
    return makeError("shard: expected i/n with 0 <= i < n, as in 0/4, got '" + text + "'");
  return shard;
}

std::optional<Shard> Shard::of(ModuleOp module) {
  auto entry = module->getAttrOfType<DictionaryAttr>(QOptDialect::kShardAttr);
  if (!entry)
    return std::nullopt;
  const auto number = [&](StringRef name) { return entry.getAs<IntegerAttr>(name).getInt(); };
  return Shard{number("index"), number("count"), number("samples")};
}

void Shard::store(ModuleOp module) const {
  if (count == 1) {
    module->removeAttr(QOptDialect::kShardAttr);
    return;
  }
  Builder builder(module.getContext());
  const auto number = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  module->setAttr(QOptDialect::kShardAttr,
                  builder.getDictionaryAttr({number("index", index), number("count", count),
                                             number("samples", samples)}));
}

llvm::Error ShardSet::add(ModuleOp module, StringRef path) {
  const std::optional<Shard> shard = Shard::of(module);
  if (firstPath.empty()) {
    first = shard;
    firstPath = path.str();
  }
  if (shard.has_value() != first.has_value())
    return makeError((shard ? firstPath : path.str()) + ": does not say which shard it is, but " +
                     (shard ? path.str() : firstPath) +
                     " does; calibrate it again with --shard, or merge what belongs together");
  if (!shard)
    return llvm::Error::success();
  if (shard->count != first->count)
    return makeError(path + ": is shard " + shard->text() + ", but " + firstPath + " is shard " +
                     first->text() + "; all must be of the same number of shards");
  if (shard->samples != first->samples)
    return makeError(path + ": is a shard of " + Twine(shard->samples) + " samples, but " +
                     firstPath + " of " + Twine(first->samples) +
                     "; all shards must be of the same data");
  const auto [entry, isNew] = paths.try_emplace(shard->index, path.str());
  if (!isNew)
    return makeError(path + ": is shard " + shard->text() + ", and so is " + entry->second +
                     "; each shard is merged once");
  return llvm::Error::success();
}

llvm::Error ShardSet::complete() const {
  if (!first)
    return llvm::Error::success();
  std::vector<std::string> missing;
  for (int64_t index = 0; index < first->count; ++index)
    if (!paths.count(index))
      missing.push_back(Shard{index, first->count}.text());
  if (missing.empty())
    return llvm::Error::success();
  return makeError("of the shards that " + firstPath + " belongs to, " + Twine(missing.size()) +
                   " are missing: " + joinList(missing) +
                   "; merge all of them at once, or the scales lack a part of the samples");
}
