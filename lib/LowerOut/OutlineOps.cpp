//===- OutlineOps.cpp - one function per op -------------------------------------------===//

#include "qopt/LowerOut/Passes.h"

#include "dialects/NN/NN.h"
#include "dialects/NN/Parameter.h"

#include "mlir/IR/IRMapping.h"

namespace qopt::lowerout {
#define GEN_PASS_DEF_OUTLINEOPS
#include "qopt/LowerOut/Passes.h.inc"
} // namespace qopt::lowerout

using namespace mlir;
using namespace qopt;
using namespace qopt::lowerout;

/// `nn.name` for an argument or result.
static DictionaryAttr nameOf(Value value, Builder &builder) {
  const std::string name = nn::getValueName(value);
  if (name.empty())
    return builder.getDictionaryAttr({});
  return builder.getDictionaryAttr(
      builder.getNamedAttr(nn::NNDialect::kNameAttr, builder.getStringAttr(name)));
}

/// The function that computes `op` from its activations.
static void outline(Operation *op, int64_t place, OpBuilder &builder) {
  SmallVector<Value> arguments;
  SmallVector<DictionaryAttr> argumentNames, resultNames;
  for (const Value operand : op->getOperands())
    if (!nn::getParameter(operand) && !llvm::is_contained(arguments, operand)) {
      arguments.push_back(operand);
      argumentNames.push_back(nameOf(operand, builder));
    }
  for (const Value result : op->getResults())
    resultNames.push_back(nameOf(result, builder));
  const auto type = builder.getFunctionType(ValueRange(arguments).getTypes(), op->getResultTypes());
  const std::string name = ("op_" + Twine(place) + "_" + op->getName().stripDialect()).str();
  auto function = func::FuncOp::create(builder, op->getLoc(), name, type);
  function.setAllArgAttrs(argumentNames);
  function.setAllResultAttrs(resultNames);
  Block *body = function.addEntryBlock();
  OpBuilder inside = OpBuilder::atBlockEnd(body);
  IRMapping mapping;
  mapping.map(arguments, body->getArguments());
  for (const Value operand : op->getOperands())
    if (nn::ParameterOp parameter = nn::getParameter(operand);
        parameter && !mapping.contains(operand))
      inside.clone(*parameter, mapping);
  Operation *clone = inside.clone(*op, mapping);
  func::ReturnOp::create(inside, op->getLoc(), clone->getResults());
}

namespace {
struct OutlineOps : lowerout::impl::OutlineOpsBase<OutlineOps> {
  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !llvm::hasSingleElement(main.getBody())) {
      getOperation().emitError()
          << "outlining expects a function @main of one block; leave out per-op to lower others";
      return signalPassFailure();
    }
    OpBuilder builder(main);
    int64_t place = 0;
    for (Operation &op : main.front().without_terminator())
      if (!isa<nn::ParameterOp>(op))
        outline(&op, place++, builder);
    main.erase();
  }
};
} // namespace
