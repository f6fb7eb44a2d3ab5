//===- Slice.cpp - one layer of a network, alone ------------------------------------===//

#include "qopt/Audit/Reduce.h"

#include "Layers.h"

#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Support/Text.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;

static bool isPoint(Operation *op) {
  return isa_and_present<quantize::ObserveOp, quantize::FakeQuantOp>(op);
}

/// The op that makes the named value; a border that bears the name counts only where no layer
/// does (codes of an input).
static Operation *makerOf(func::FuncOp main, StringRef name) {
  Operation *border = nullptr;
  for (Operation &op : main.front())
    for (const Value result : op.getResults())
      if (nn::getValueName(result) == name) {
        if (isa<QuantizableOpInterface>(op))
          return &op;
        border = &op;
      }
  return border;
}

/// The point whose parameters a value carries before convert: its own, or behind ops that move
/// codes that of their input.
static FlatSymbolRefAttr carriedSymbol(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isPoint(op))
      return op->getAttrOfType<FlatSymbolRefAttr>("qparams");
    auto layer = dyn_cast<QuantizableOpInterface>(op);
    const ResultRule rule = layer ? layer.getQuantRule().result : ResultRule::Float;
    if (rule != ResultRule::SameAs && rule != ResultRule::Shared)
      return {};
    value = op->getOperand(0);
  }
  return {};
}

/// The name of what the layer reads, through borders.
static std::string nameOf(Value value, unsigned index) {
  std::string name = nn::getValueName(value);
  while (name.empty() && value.getDefiningOp() && value.getDefiningOp()->getNumOperands() == 1) {
    value = value.getDefiningOp()->getOperand(0);
    name = nn::getValueName(value);
  }
  return name.empty() ? "in" + std::to_string(index) : name;
}

namespace {
class Slicer {
public:
  Slicer(func::FuncOp main, Operation *op) : main(main), op(op), builder(op) {}

  void run() {
    const unsigned before = main.getNumArguments();
    for (OpOperand &operand : op->getOpOperands())
      if (!isConstant(operand.get()))
        operand.set(argumentFor(operand.get()));
    SmallVector<Value> results;
    builder.setInsertionPointAfter(op);
    for (const Value result : op->getResults())
      results.push_back(returned(result));
    Operation *exit = main.front().getTerminator();
    exit->setOperands(results);
    eraseOthers(exit);
    main.front().eraseArguments(0, before);
    setSignature(results);
  }

private:
  /// A parameter, or a point on one.
  static bool isConstant(Value value) {
    while (isPoint(value.getDefiningOp()))
      value = value.getDefiningOp()->getOperand(0);
    return static_cast<bool>(nn::getParameter(value));
  }

  Value argumentFor(Value value) {
    Value &made = arguments[value];
    if (made)
      return made;
    const auto type = cast<RankedTensorType>(value.getType());
    const auto plain = RankedTensorType::get(type.getShape(), builder.getF32Type());
    made = main.front().addArgument(plain, op->getLoc());
    names.push_back(nameOf(value, static_cast<unsigned>(names.size())));
    if (uniformType(value))
      made = quantize::QuantizeOp::create(builder, op->getLoc(), type, made).getResult();
    else if (const FlatSymbolRefAttr symbol = carriedSymbol(value))
      made = quantize::ObserveOp::create(builder, op->getLoc(), type, made, symbol).getResult();
    return made;
  }

  /// What stands for a result at the border: its point, or its real values.
  Value returned(Value result) {
    for (Operation *user : result.getUsers())
      if (isPoint(user))
        return user->getResult(0);
    if (!uniformType(result))
      return result;
    const auto type = cast<RankedTensorType>(result.getType());
    const auto plain = RankedTensorType::get(type.getShape(), builder.getF32Type());
    return quantize::DequantizeOp::create(builder, op->getLoc(), plain, result).getResult();
  }

  /// From the end, whatever nothing reads any more.
  void eraseOthers(Operation *exit) {
    for (Operation &other : llvm::make_early_inc_range(llvm::reverse(main.front())))
      if (&other != exit && other.use_empty())
        other.erase();
  }

  void setSignature(ArrayRef<Value> results) {
    const std::string result = layerName(op);
    main.setFunctionType(
        builder.getFunctionType(main.front().getArgumentTypes(), ValueRange(results).getTypes()));
    SmallVector<DictionaryAttr> argumentAttrs, resultAttrs;
    const auto named = [&](const std::string &name) {
      return builder.getDictionaryAttr(
          builder.getNamedAttr(nn::NNDialect::kNameAttr, builder.getStringAttr(name)));
    };
    for (const std::string &name : names)
      argumentAttrs.push_back(named(name));
    for (size_t i = 0; i < results.size(); ++i)
      resultAttrs.push_back(named(results.size() == 1 ? result : result + "." + std::to_string(i)));
    main.setAllArgAttrs(argumentAttrs);
    main.setAllResultAttrs(resultAttrs);
  }

  func::FuncOp main;
  Operation *op;
  OpBuilder builder;
  DenseMap<Value, Value> arguments;
  std::vector<std::string> names;
};
} // namespace

/// Symbols that nothing in the slice names.
static void eraseUnusedSymbols(ModuleOp module) {
  llvm::StringSet<> used;
  module.walk([&](Operation *op) {
    op->getAttrDictionary().walk([&](FlatSymbolRefAttr name) { used.insert(name.getValue()); });
  });
  for (auto symbol : llvm::make_early_inc_range(module.getOps<quantize::QParamsOp>()))
    if (!used.contains(symbol.getSymName()))
      symbol.erase();
    else
      symbol.removeStateAttr();
}

llvm::Expected<OwningOpRef<ModuleOp>> qopt::sliceLayer(ModuleOp module, StringRef name) {
  OwningOpRef<ModuleOp> slice = module.clone();
  func::FuncOp main = mainOf(*slice);
  Operation *op = makerOf(main, name);
  if (!op)
    return makeError("no layer makes a value named '" + name + "'");
  Slicer(main, op).run();
  (*slice)->removeAttr(quantize::QOptDialect::kSourceAttr);
  eraseUnusedSymbols(*slice);
  return std::move(slice);
}
