//===- Generic.cpp - how linalg.generic is read ---------------------------------------===//
//
// A parallel generic is the expression that its body yields: each scalar op is an operator on
// whole tensors. A reduction by addition is a sum, and one of products a product of matrices. The
// bodies by which torch-mlir spells QuantizeLinear and DequantizeLinear (Quantized.h) are those.
//
//===-----------------------------------------------------------------------------===//

#include "Quantized.h"
#include "Reader.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

//===-- operands --------------------------------------------------------------------===//

/// The operand as numpy broadcasts it against the loops, which `map` indexes: transposed and
/// reshaped where its dimensions lie elsewhere. "" if no such form exists.
static std::string aligned(Reader &reader, Value operand, AffineMap map) {
  const std::string name = reader.nameOf(operand);
  const RankedTensorType type = typeOf(operand);
  const int64_t loops = map.getNumDims(), rank = type.getRank();
  SmallVector<std::pair<int64_t, int64_t>> used; // loop, dimension
  for (auto [at, expression] : llvm::enumerate(map.getResults())) {
    if (auto dim = dyn_cast<AffineDimExpr>(expression))
      used.emplace_back(dim.getPosition(), at);
    else if (type.getDimSize(at) != 1)
      return {};
  }
  auto inPlace = [&](auto entry) { return entry.first - entry.second == loops - rank; };
  if (llvm::all_of(used, inPlace))
    return name;
  std::string moved = name;
  SmallVector<int64_t> sizes(type.getShape());
  if (!llvm::is_sorted(used)) {
    if (static_cast<int64_t>(used.size()) != rank)
      return {};
    llvm::sort(used);
    SmallVector<int64_t> perm;
    for (auto &entry : used)
      perm.push_back(entry.second);
    moved = reader.transpose(name, perm);
    for (auto [at, from] : llvm::enumerate(perm))
      sizes[at] = type.getDimSize(from);
    for (auto [at, entry] : llvm::enumerate(used))
      entry.second = at;
  }
  SmallVector<int64_t> wanted(loops, 1);
  for (auto &[loop, dimension] : used)
    wanted[loop] = sizes[dimension];
  const Type element = type.getElementType();
  return reader.reshape(moved, RankedTensorType::get(sizes, element),
                        RankedTensorType::get(wanted, element));
}

//===-- bodies ----------------------------------------------------------------------===//

namespace {
class Body {
public:
  Body(Reader &reader, linalg::GenericOp op) : reader(reader), op(op) {}

  /// Names of the yielded value; "" with `problem` set otherwise.
  std::string problem;
  bool read(StringRef result);

private:
  std::string operand(Value value);
  void compute(Operation *scalar, StringRef out);
  void select(arith::SelectOp select, StringRef out);

  Reader &reader;
  linalg::GenericOp op;
  DenseMap<Value, std::string> known;
};
} // namespace

std::string Body::operand(Value value) {
  if (const auto number = numberOf(value))
    return reader.scalar(static_cast<float>(*number));
  std::string &name = known[value];
  if (!name.empty())
    return name;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner() != op.getBody() || argument.getArgNumber() >= op.getInputs().size()) {
      problem = "reads what it starts from";
      return {};
    }
    OpOperand &input = op->getOpOperand(argument.getArgNumber());
    if (!isa<RankedTensorType>(input.get().getType())) {
      const auto number = numberOf(input.get());
      if (!number) {
        problem = "uses a scalar that is computed at run time";
        return {};
      }
      return known[value] = reader.scalar(static_cast<float>(*number));
    }
    const std::string read = aligned(reader, input.get(), op.getMatchingIndexingMap(&input));
    if (read.empty())
      problem = "indexes operand " + std::to_string(argument.getArgNumber()) +
                " in a way that is no broadcast";
    return known[value] = read;
  }
  Operation *scalar = value.getDefiningOp();
  if (!scalar || scalar->getBlock() != op.getBody()) {
    problem = "uses a scalar that is computed at run time";
    return {};
  }
  const std::string made =
      reader.fresh(reader.nameOf(op.getResult(0)) + "." + scalar->getName().stripDialect());
  reader.setRank(made, typeOf(op.getResult(0)).getRank());
  compute(scalar, made);
  return known[value] = made;
}

/// Whether `predicate` holds where the left operand is the greater one (1) or the smaller (-1).
static int direction(arith::CmpFPredicate predicate) {
  using P = arith::CmpFPredicate;
  switch (predicate) {
  case P::OGT:
  case P::OGE:
  case P::UGT:
  case P::UGE:
    return 1;
  case P::OLT:
  case P::OLE:
  case P::ULT:
  case P::ULE:
    return -1;
  default:
    return 0;
  }
}

/// The slope where `value` is x times a constant.
static std::optional<double> slopeOf(Value value, Value x) {
  auto product = value.getDefiningOp<arith::MulFOp>();
  if (!product)
    return std::nullopt;
  if (product.getLhs() == x)
    return numberOf(product.getRhs());
  return product.getRhs() == x ? numberOf(product.getLhs()) : std::nullopt;
}

/// Maxima, minima and leaky_relu; numbers are ordered here, so the arm for NaN is never taken.
void Body::select(arith::SelectOp select, StringRef out) {
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!compare) {
    problem = "selects by what is no comparison of its operands";
    return;
  }
  const Value a = compare.getLhs(), b = compare.getRhs();
  Value yes = select.getTrueValue(), no = select.getFalseValue();
  if (compare.getPredicate() == arith::CmpFPredicate::UNO) {
    reader.add("Identity", {operand(no)}, out);
    return;
  }
  const int greater = direction(compare.getPredicate());
  auto same = [](Value x, Value y) {
    return x == y || (numberOf(x) && numberOf(x) == numberOf(y));
  };
  if (greater != 0 && same(yes, a) && same(no, b))
    return reader.extremum(greater > 0, operand(a), operand(b), out);
  if (greater != 0 && same(yes, b) && same(no, a))
    return reader.extremum(greater < 0, operand(a), operand(b), out);
  if (greater < 0)
    std::swap(yes, no);
  const std::optional<double> slope = slopeOf(no, a);
  if (greater != 0 && numberOf(b) == 0.0 && yes == a && slope) {
    OnnxNode &node = reader.add("LeakyRelu", {operand(a)}, out);
    setFloat(node, "alpha", static_cast<float>(*slope));
    return;
  }
  problem = "selects in a way that is no maximum, minimum or leaky_relu";
}

void Body::compute(Operation *scalar, StringRef out) {
  if (readsCodes(scalar)) {
    problem = readDequantize(reader, op, scalar, out);
    return;
  }
  auto unary = [&](StringRef name) { reader.add(name, {operand(scalar->getOperand(0))}, out); };
  auto binary = [&](StringRef name) {
    const std::string a = operand(scalar->getOperand(0)), b = operand(scalar->getOperand(1));
    if (problem.empty())
      reader.binary(name, a, b, out);
  };
  auto extremum = [&](bool isMax) {
    const std::string a = operand(scalar->getOperand(0)), b = operand(scalar->getOperand(1));
    if (problem.empty())
      reader.extremum(isMax, a, b, out);
  };
  llvm::TypeSwitch<Operation *>(scalar)
      .Case([&](arith::AddFOp) { binary("Add"); })
      .Case([&](arith::SubFOp) { binary("Sub"); })
      .Case([&](arith::MulFOp) { binary("Mul"); })
      .Case([&](arith::DivFOp) { binary("Div"); })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) { extremum(true); })
      .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) { extremum(false); })
      .Case([&](arith::SelectOp op) { select(op, out); })
      .Case([&](arith::TruncFOp cast) {
        // Widening is exact, and f64 is how frontends compute f32 scalars; anything less loses
        // bits.
        if (cast.getType().getIntOrFloatBitWidth() < 32)
          problem = narrowing(cast.getType());
        else
          unary("Identity");
      })
      .Case([&](arith::ExtFOp) { unary("Identity"); })
      .Case([&](arith::NegFOp) { unary("Neg"); })
      .Case([&](math::ExpOp) { unary("Exp"); })
      .Case([&](math::TanhOp) { unary("Tanh"); })
      .Case([&](math::ErfOp) { unary("Erf"); })
      .Case([&](math::SqrtOp) { unary("Sqrt"); })
      .Case([&](math::RsqrtOp) {
        const std::string root = reader.fresh(out + ".sqrt");
        reader.add("Sqrt", {operand(scalar->getOperand(0))}, root);
        reader.add("Reciprocal", {root}, out);
      })
      .Case<math::PowFOp, math::FPowIOp>([&](auto) {
        reader.add("Pow", {operand(scalar->getOperand(0)), operand(scalar->getOperand(1))}, out);
      })
      .Case<arith::FPToSIOp, arith::FPToUIOp>([&](auto) {
        QuantizeForm form;
        if (problem = matchQuantize(scalar, form); !problem.empty())
          return;
        const std::string input = operand(form.input);
        if (problem.empty())
          problem = addQuantize(reader, op, form, input, out);
      })
      .Default([&](Operation *other) {
        problem = "computes with " + other->getName().getStringRef().str() +
                  ", which no rule reads in a body";
      });
}

bool Body::read(StringRef result) {
  const Value yielded = op.getBody()->getTerminator()->getOperand(0);
  Operation *scalar = yielded.getDefiningOp();
  if (scalar && scalar->getBlock() == op.getBody() && !numberOf(yielded)) {
    compute(scalar, result);
  } else {
    const std::string name = operand(yielded);
    if (problem.empty())
      reader.add("Identity", {name}, result);
  }
  return problem.empty();
}

//===-- reductions ------------------------------------------------------------------===//

/// The one operand of an addition onto what the op starts from, or null.
static Value addend(linalg::GenericOp op) {
  Block *body = op.getBody();
  auto add = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  const Value start = body->getArguments().back();
  if (!add || (add.getLhs() != start && add.getRhs() != start))
    return {};
  return add.getLhs() == start ? add.getRhs() : add.getLhs();
}

static bool startsFromZero(linalg::GenericOp op) {
  auto fill = op.getOutputs()[0].getDefiningOp<linalg::FillOp>();
  return fill && numberOf(fill.getInputs()[0]) == 0.0;
}

static std::string readSum(Reader &reader, linalg::GenericOp op) {
  const SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  const RankedTensorType from = typeOf(op.getInputs()[0]), to = typeOf(op.getResult(0));
  if (!maps[0].isIdentity())
    return "sums in another order than that of its operand";
  SumInfo info{reader.nameOf(op.getInputs()[0]), 1.0,          {},   from.getRank(),
               to.getRank() == from.getRank(),   std::nullopt, false};
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (kind != utils::IteratorType::reduction)
      continue;
    if (from.isDynamicDim(loop))
      return "sums over a dimension of unknown size";
    info.axes.push_back(static_cast<int64_t>(loop));
    info.count *= static_cast<double>(from.getDimSize(loop));
  }
  SmallVector<AffineExpr> kept;
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    if (kind != utils::IteratorType::reduction)
      kept.push_back(getAffineDimExpr(loop, op.getContext()));
    else if (info.keepDims)
      kept.push_back(getAffineConstantExpr(0, op.getContext()));
  if (maps[1] != AffineMap::get(maps[0].getNumDims(), 0, kept, op.getContext()))
    return "writes its sums in another order than that of its operand";
  reader.sum(std::move(info), reader.nameOf(op.getResult(0)));
  return {};
}

/// Operand `index` with its dimensions in the order of `loops`.
static std::string inOrder(Reader &reader, linalg::GenericOp op, unsigned index,
                           ArrayRef<unsigned> loops) {
  const AffineMap map = op.getIndexingMapsArray()[index];
  SmallVector<int64_t> perm;
  for (const unsigned loop : loops) {
    const auto at = map.getResultPosition(getAffineDimExpr(loop, op.getContext()));
    if (!at)
      return {};
    perm.push_back(*at);
  }
  const std::string name = reader.nameOf(op->getOperand(index));
  return llvm::is_sorted(perm) ? name : reader.transpose(name, perm);
}

/// A product of matrices, in any order of dimensions.
static std::string readContraction(Reader &reader, linalg::GenericOp op) {
  const FailureOr<linalg::ContractionDimensions> dims =
      linalg::inferContractionDims(cast<linalg::LinalgOp>(op.getOperation()));
  if (failed(dims) || dims->m.size() != 1 || dims->n.size() != 1 || dims->k.size() != 1 ||
      dims->batch.size() > 2)
    return "is a sum of products that is no (batched) product of matrices";
  SmallVector<unsigned> left(dims->batch.begin(), dims->batch.end()), right(left), result(left);
  left.append({dims->m[0], dims->k[0]});
  right.append({dims->k[0], dims->n[0]});
  result.append({dims->m[0], dims->n[0]});
  SmallVector<int64_t> back; // from [batch, m, n] to the result's order
  for (const AffineExpr expression : op.getIndexingMapsArray()[2].getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expression);
    if (!dim)
      return "writes its result at computed places";
    back.push_back(llvm::find(result, dim.getPosition()) - result.begin());
  }
  const std::string a = inOrder(reader, op, 0, left), b = inOrder(reader, op, 1, right);
  if (a.empty() || b.empty())
    return "reads its operands at computed places";
  const std::string name = reader.nameOf(op.getResult(0));
  if (llvm::is_sorted(back)) {
    reader.add("MatMul", {a, b}, name);
    return {};
  }
  reader.transpose(reader.make("MatMul", {a, b}, "product"), back, name);
  return {};
}

static std::string readReduction(Reader &reader, linalg::GenericOp op) {
  const Value value = addend(op);
  if (!value || !startsFromZero(op))
    return "reduces by another rule than a sum that starts from 0";
  auto isInput = [&](Value scalar) {
    auto argument = dyn_cast<BlockArgument>(scalar);
    return argument && argument.getOwner() == op.getBody() &&
           argument.getArgNumber() < op.getInputs().size();
  };
  if (isInput(value) && op.getInputs().size() == 1)
    return readSum(reader, op);
  auto product = value.getDefiningOp<arith::MulFOp>();
  if (product && op.getInputs().size() == 2 && isInput(product.getLhs()) &&
      isInput(product.getRhs()) && product.getLhs() != product.getRhs())
    return readContraction(reader, op);
  return "sums what is neither an operand nor a product of two";
}

//===-- the row ---------------------------------------------------------------------===//

static std::string readGeneric(Reader &reader, Operation &operation) {
  auto op = cast<linalg::GenericOp>(operation);
  if (op->getNumResults() != 1)
    return "makes several results; expected one";
  if (op.getNumReductionLoops() > 0)
    return readReduction(reader, op);
  const AffineMap out = op.getIndexingMapsArray().back();
  if (op.getNumParallelLoops() != op.getNumLoops() || !out.isIdentity())
    return "writes its result in another order than that of its loops";
  // A result that is wider than each operand would need a copy.
  const RankedTensorType result = typeOf(op.getResult(0));
  const bool hasShape = llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *input) {
    const AffineMap map = op.getMatchingIndexingMap(input);
    return !op.getMatchingBlockArgument(input).use_empty() &&
           llvm::all_of(llvm::seq<unsigned>(0, map.getNumDims()), [&](unsigned loop) {
             return result.getDimSize(loop) == 1 || map.isFunctionOfDim(loop);
           });
  });
  if (!hasShape)
    return "widens its operands; let what reads it broadcast them";
  Body body(reader, op);
  body.read(reader.nameOf(op.getResult(0)));
  return body.problem;
}

llvm::ArrayRef<ReadEntry> importer::genericRows() {
  static constexpr ReadEntry rows[] = {{"linalg.generic", readGeneric}};
  return rows;
}
