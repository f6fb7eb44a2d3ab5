//===- Layout.cpp - NHWC interiors become NCHW ---------------------------------------===//
//
// A model of an NHWC framework arrives with transposes around its convolutions and ops on
// NHWC data between them. Each transpose is moved down through the ops that work alike in
// any order of dimensions, until it meets its inverse, and both go. Those that make NCHW move
// up instead: the convolution behind them is where they belong, or the input.
//
//===-----------------------------------------------------------------------------===//

#include "GraphImporter.h"

#include "dialects/NN/Parameter.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

//===-- permutations ----------------------------------------------------------------===//

/// The transpose that makes a value, if it is one.
static nn::TransposeOp transposeOf(Value value) { return value.getDefiningOp<nn::TransposeOp>(); }

static SmallVector<int64_t> inverse(ArrayRef<int64_t> perm) {
  SmallVector<int64_t> result(perm.size());
  for (auto [to, from] : llvm::enumerate(perm))
    result[from] = to;
  return result;
}

/// Behind removing the dimensions `removed` (of the input) from transpose(x, perm): the
/// permutation of what is left.
static SmallVector<int64_t> withoutDims(ArrayRef<int64_t> perm, ArrayRef<int64_t> removed) {
  SmallVector<int64_t> result;
  for (const int64_t dim : perm)
    if (!llvm::is_contained(removed, dim))
      result.push_back(dim - llvm::count_if(removed, [&](int64_t r) { return r < dim; }));
  return result;
}

/// Makes NCHW of NHWC.
static bool makesChannelsFirst(ArrayRef<int64_t> perm) {
  return perm == ArrayRef<int64_t>({0, 3, 1, 2});
}

static SmallVector<int64_t> mapAxes(ArrayRef<int64_t> axes, ArrayRef<int64_t> perm) {
  return llvm::map_to_vector(axes, [&](int64_t axis) { return perm[axis]; });
}

//===-- how each op works on permuted data ------------------------------------------===//

/// Rewrites the attributes of `op`, which read transpose(x, perm), to read x instead. Returns
/// the permutation to put behind it, or nothing where the op cannot.
static std::optional<SmallVector<int64_t>> permuteAttributes(Operation *op,
                                                             ArrayRef<int64_t> perm) {
  using Perm = std::optional<SmallVector<int64_t>>;
  const SmallVector<int64_t> same(perm);
  Builder builder(op->getContext());
  return llvm::TypeSwitch<Operation *, Perm>(op)
      .Case<nn::AddOp, nn::SubOp, nn::MulOp, nn::DivOp>([&](auto) { return same; })
      .Case<nn::SoftmaxOp, nn::CatOp, nn::SplitOp>([&](auto axisOp) {
        axisOp.setAxis(perm[axisOp.getAxis()]);
        return same;
      })
      .Case([&](nn::PadOp pad) {
        SmallVector<int64_t> low(perm.size()), high(perm.size());
        for (auto [to, from] : llvm::enumerate(perm)) {
          low[from] = pad.getLow()[to];
          high[from] = pad.getHigh()[to];
        }
        pad.setLow(low);
        pad.setHigh(high);
        return same;
      })
      .Case([&](nn::SliceOp slice) {
        slice.setAxes(mapAxes(slice.getAxes(), perm));
        return same;
      })
      .Case([&](nn::ReduceMeanOp mean) {
        SmallVector<int64_t> axes = mapAxes(mean.getAxes(), perm);
        llvm::sort(axes);
        mean.setAxes(axes);
        return mean.getKeepdims() ? same : withoutDims(perm, axes);
      })
      .Case([&](nn::SqueezeOp squeeze) {
        SmallVector<int64_t> axes = mapAxes(squeeze.getAxes(), perm);
        llvm::sort(axes);
        squeeze.setAxes(axes);
        return withoutDims(perm, axes);
      })
      .Default([&](Operation *other) -> Perm {
        auto pointwise = dyn_cast<PointwiseOpInterface>(other);
        return pointwise && pointwise.getPointwiseChannels() == 0 ? Perm(same) : std::nullopt;
      });
}

/// A constant that broadcasts against transpose(x, perm), for use against x.
static FailureOr<Value> permuteConstant(OpBuilder &builder, nn::ParameterOp parameter,
                                        ArrayRef<int64_t> perm) {
  const auto type = cast<RankedTensorType>(parameter.getType());
  SmallVector<int64_t> shape(perm.size() - type.getRank(), 1);
  llvm::append_range(shape, type.getShape());
  const FailureOr<nn::ParameterData<float>> data = nn::getF32Data(parameter);
  if (failed(data))
    return failure();
  const ConstantRef stored = makeFloats({}, Tensor::from<float>(DType::F32, shape, *data));
  const ConstantRef moved = transposeConstant(*stored, inverse(perm));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfter(parameter);
  // The name is free if this is the only use.
  Operation *anchor = parameter->hasOneUse() ? parameter.getOperation() : parameter->getParentOp();
  return nn::createParameter(builder, parameter.getLoc(),
                             nn::uniqueParameterName(anchor, parameter.getName()), moved->shape,
                             moved->floats.values<float>())
      .getResult();
}

//===-- rewriting -------------------------------------------------------------------===//

namespace {

class TransposeFolder {
public:
  explicit TransposeFolder(func::FuncOp function)
      : function(function), builder(function.getContext()) {
    function.walk([&](Operation *op) {
      for (const Value result : op->getResults())
        names.insert(nn::getValueName(result));
    });
  }

  void run() {
    // Each step moves a transpose on or removes one, so this ends; should a step ever undo
    // another, the bound ends it.
    int64_t rounds = 2 * names.size() + 16;
    for (bool changed = true; changed && rounds > 0; --rounds) {
      changed = false;
      for (Operation &op : llvm::make_early_inc_range(function.getBody().front()))
        changed |= simplify(op) || skipUnitTranspose(op) || hoist(op) || sink(op);
    }
  }

private:
  bool simplify(Operation &op);
  bool skipUnitTranspose(Operation &op);
  bool hoist(Operation &op);
  bool sink(Operation &op);
  bool canPermute(Operation &op, ArrayRef<int64_t> perm);
  nn::TransposeOp makeTranspose(Value value, ArrayRef<int64_t> perm, StringRef name,
                                Operation &origin);
  bool prepareOperands(Operation &op, ArrayRef<int64_t> perm);
  void transposeResults(Operation &op, ArrayRef<int64_t> perm);
  std::string freshName(StringRef name) {
    std::string result = name.str();
    for (unsigned suffix = 1; !names.insert(result).second; ++suffix)
      result = (name + "_" + Twine(suffix)).str();
    return result;
  }

  func::FuncOp function;
  OpBuilder builder;
  llvm::StringSet<> names;
};

} // namespace

/// Dead and identity transposes go, two in a row become one.
bool TransposeFolder::simplify(Operation &op) {
  auto transpose = dyn_cast<nn::TransposeOp>(op);
  if (!transpose)
    return false;
  if (transpose.use_empty()) {
    transpose.erase();
    return true;
  }
  if (llvm::equal(transpose.getPerm(), llvm::seq<int64_t>(0, transpose.getPerm().size()))) {
    transpose.replaceAllUsesWith(transpose.getInput());
    transpose.erase();
    return true;
  }
  nn::TransposeOp first = transposeOf(transpose.getInput());
  if (!first)
    return false;
  transpose.setPerm(mapAxes(transpose.getPerm(), first.getPerm()));
  transpose.getInputMutable().assign(first.getInput());
  return true;
}

/// Whether all operands of `op` can be had without the transpose `perm`; constants are
/// permuted on the way.
bool TransposeFolder::prepareOperands(Operation &op, ArrayRef<int64_t> perm) {
  auto isSame = [&](Value operand) {
    nn::TransposeOp transpose = transposeOf(operand);
    return transpose && transpose.getPerm() == perm;
  };
  auto fits = [&](Value operand) {
    return isSame(operand) ||
           (nn::getParameter(operand) && cast<RankedTensorType>(operand.getType()).getRank() <=
                                             static_cast<int64_t>(perm.size()));
  };
  if (!llvm::all_of(op.getOperands(), fits))
    return false;
  SmallVector<Value> operands;
  for (const Value operand : op.getOperands()) {
    if (isSame(operand)) {
      operands.push_back(transposeOf(operand).getInput());
      continue;
    }
    const FailureOr<Value> moved = permuteConstant(builder, nn::getParameter(operand), perm);
    if (failed(moved))
      return false;
    operands.push_back(*moved);
  }
  op.setOperands(operands);
  return true;
}

/// Puts a transpose behind each result, which then stands for the old one.
void TransposeFolder::transposeResults(Operation &op, ArrayRef<int64_t> perm) {
  builder.setInsertionPointAfter(&op);
  for (const Value result : op.getResults()) {
    nn::TransposeOp transpose = makeTranspose(result, perm, nn::getValueName(result), op);
    Value(result).replaceAllUsesExcept(transpose.getResult(), transpose);
  }
}

/// A transpose that only moves dimensions of size 1 keeps the order of elements, so a
/// reshape can read its input.
bool TransposeFolder::skipUnitTranspose(Operation &op) {
  nn::TransposeOp transpose =
      isa<nn::FlattenOp, nn::ReshapeOp>(op) ? transposeOf(op.getOperand(0)) : nn::TransposeOp();
  if (!transpose)
    return false;
  const auto input = cast<RankedTensorType>(transpose.getInput().getType());
  SmallVector<int64_t> order;
  for (const int64_t dim : transpose.getPerm())
    if (input.getDimSize(dim) != 1)
      order.push_back(dim);
  if (!llvm::is_sorted(order))
    return false;
  const Type wanted = op.getResult(0).getType();
  op.setOperand(0, transpose.getInput());
  if (succeeded(nn::inferAndSetResultTypes(&op)) && op.getResult(0).getType() == wanted)
    return true;
  op.setOperand(0, transpose);
  op.getResult(0).setType(wanted);
  return false;
}

/// Before an op whose result is only read as NCHW, its one activation is made NCHW and back,
/// and the way back sinks through the op, where it meets the transposes behind it.
bool TransposeFolder::hoist(Operation &op) {
  if (op.getNumResults() != 1 || op.use_empty() || isa<nn::TransposeOp>(op))
    return false;
  auto readsAsNchw = [](Operation *user) {
    auto transpose = dyn_cast<nn::TransposeOp>(user);
    return transpose && makesChannelsFirst(transpose.getPerm());
  };
  SmallVector<OpOperand *> activations;
  for (OpOperand &operand : op.getOpOperands())
    if (!nn::getParameter(operand.get()))
      activations.push_back(&operand);
  const auto hasRank4 = [](Type type) { return cast<RankedTensorType>(type).getRank() == 4; };
  if (!llvm::all_of(op.getUsers(), readsAsNchw) || activations.size() != 1 ||
      !hasRank4(activations[0]->get().getType()) || transposeOf(activations[0]->get()) ||
      !canPermute(op, {0, 2, 3, 1}))
    return false;
  OpOperand &operand = *activations[0];
  builder.setInsertionPoint(&op);
  const Value value = operand.get();
  const std::string name = nn::getValueName(value);
  nn::TransposeOp there = makeTranspose(value, {0, 3, 1, 2}, name, op);
  nn::TransposeOp back = makeTranspose(there, {0, 2, 3, 1}, name, op);
  operand.set(back);
  const bool sunk = sink(op);
  if (!sunk)
    operand.set(value);
  if (back->use_empty())
    back->erase();
  if (there->use_empty())
    there->erase();
  return sunk;
}

/// Whether an op can work on permuted data: its attributes are tried on a copy.
bool TransposeFolder::canPermute(Operation &op, ArrayRef<int64_t> perm) {
  Operation *probe = op.clone();
  const bool can = permuteAttributes(probe, perm).has_value();
  probe->destroy();
  return can;
}

nn::TransposeOp TransposeFolder::makeTranspose(Value value, ArrayRef<int64_t> perm, StringRef name,
                                               Operation &origin) {
  auto transpose = nn::createInferred<nn::TransposeOp>(
      builder, origin.getLoc(), value,
      {builder.getNamedAttr("perm", builder.getDenseI64ArrayAttr(perm))});
  nn::setValueName(transpose, freshName((name + ".transposed").str()));
  if (const Attribute layer = origin.getAttr(nn::NNDialect::kLayerAttr))
    transpose->setAttr(nn::NNDialect::kLayerAttr, layer);
  return transpose;
}

bool TransposeFolder::sink(Operation &op) {
  if (isa<nn::TransposeOp>(op) || op.getNumOperands() == 0)
    return false;
  nn::TransposeOp transpose;
  for (const Value operand : op.getOperands())
    if (!transpose)
      transpose = transposeOf(operand);
  if (!transpose || makesChannelsFirst(transpose.getPerm()))
    return false;
  const SmallVector<int64_t> perm(transpose.getPerm());
  if (!canPermute(op, perm) || !prepareOperands(op, perm))
    return false;
  const std::optional<SmallVector<int64_t>> behind = permuteAttributes(&op, perm);
  if (failed(nn::inferAndSetResultTypes(&op)))
    llvm_unreachable("a permuted op has a shape");
  transposeResults(op, *behind);
  return true;
}

static int64_t countTransposes(func::FuncOp function) {
  int64_t count = 0;
  function.walk([&](nn::TransposeOp) { ++count; });
  return count;
}

void importer::foldTransposes(func::FuncOp function) {
  const int64_t before = countTransposes(function);
  if (before == 0)
    return;
  func::FuncOp original = function.clone();
  TransposeFolder(function).run();
  if (countTransposes(function) > before)
    function.getBody().takeBody(original.getBody());
  original->erase();
  for (nn::ParameterOp parameter : llvm::make_early_inc_range(function.getOps<nn::ParameterOp>()))
    if (parameter->use_empty())
      parameter->erase();
}
