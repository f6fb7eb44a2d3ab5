//===- Names.cpp - the names of values, checked --------------------------------------===//

#include "dialects/NN/Names.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace qopt;

using Owners = llvm::StringMap<Location>;

static LogicalResult claim(Owners &owners, const std::string &name, Location location,
                           const Twine &what) {
  if (name.empty())
    return emitError(location) << what << " has no 'nn.name'; every value needs one";
  const auto [entry, isNew] = owners.try_emplace(name, location);
  if (isNew)
    return success();
  InFlightDiagnostic error = emitError(location) << what << " has the name '" << name
                                                 << "', which another value has already";
  error.attachNote(entry->second) << "the first value of that name";
  return error;
}

static bool verifyFunction(func::FuncOp function) {
  bool ok = true;
  Owners owners;
  for (const BlockArgument argument : function.getArguments())
    ok &= succeeded(
        claim(owners, nn::getValueName(argument), function.getLoc(),
              "argument " + Twine(argument.getArgNumber()) + " of @" + function.getName()));
  function.walk([&](QuantizableOpInterface op) {
    // The values of one op differ by their number.
    const std::string name = nn::getValueName(op->getResult(0));
    ok &= succeeded(claim(owners, name, op.getLoc(), op->getName().getStringRef()));
  });
  return ok;
}

LogicalResult nn::verifyNames(ModuleOp module) {
  bool ok = true;
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (!function.isExternal())
      ok &= verifyFunction(function);
  return success(ok);
}

std::string nn::layerOfNode(StringRef name) {
  if (!name.starts_with("/"))
    return name.str();
  SmallVector<StringRef> parts, path;
  name.drop_front().split(parts, '/');
  if (parts.size() == 1)
    return parts[0].str();
  parts.pop_back(); // the operator
  for (const StringRef part : parts) {
    // A container's child repeats its name: layer1, layer1.0.
    if (!path.empty() && part.starts_with((path.back() + ".").str()))
      path.back() = part;
    else
      path.push_back(part);
  }
  return llvm::join(path, ".");
}

void nn::appendNodeNames(Location location, SmallVectorImpl<StringRef> &names) {
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (const Location part : fused.getLocations())
      appendNodeNames(part, names);
  else if (auto name = dyn_cast<NameLoc>(location))
    names.push_back(name.getName().getValue());
}
