//===- Names.cpp - the names of values, checked --------------------------------------===//

#include "dialects/NN/Names.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
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
