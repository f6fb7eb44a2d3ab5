//===- Shape.cpp - shapes of the ops that move codes ---------------------------------===//

#include "dialects/NN/ops/Shapes.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::nn;
using namespace qopt::nn::shapes;

/// Product of the known sizes, and how many are unknown.
static std::pair<int64_t, int> countElements(ArrayRef<int64_t> shape) {
  int64_t known = 1;
  int unknown = 0;
  for (const int64_t size : shape) {
    if (isDynamic(size))
      ++unknown;
    else
      known *= size;
  }
  return {known, unknown};
}

LogicalResult ReshapeOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  Shape result;
  std::optional<size_t> rest;
  for (auto [index, entry] : llvm::enumerate(getShape())) {
    if (entry < -1 || (entry == 0 && index >= input.size()) || (entry == -1 && rest))
      return emitOpError("[reshape_c1] expected positive sizes, 0 to keep a dimension of ")
             << getInput().getType() << " or one -1, got [" << getShape() << "]";
    if (entry == -1)
      rest = index;
    result.push_back(entry == 0 ? input[index] : (entry == -1 ? 1 : entry));
  }
  const auto [inKnown, inUnknown] = countElements(input);
  const auto [outKnown, outUnknown] = countElements(result);
  if (rest) {
    if (inUnknown > outUnknown)
      result[*rest] = ShapedType::kDynamic;
    else if (outKnown == 0 || inKnown % outKnown != 0)
      return emitOpError("[reshape_c2] cannot reshape ")
             << getInput().getType() << " to [" << getShape() << "]";
    else
      result[*rest] = inKnown / outKnown;
  } else if (inUnknown == outUnknown && inKnown != outKnown) {
    return emitOpError("[reshape_c2] cannot reshape ")
           << getInput().getType() << " to [" << getShape() << "]";
  }
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult FlattenOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  const int64_t axis = getAxis();
  if (axis < 0 || axis > static_cast<int64_t>(input.size()))
    return emitOpError("[flatten_c1] axis ") << axis << " lies outside [0, " << input.size() << "]";
  Shape result(input.take_front(axis));
  const auto [known, unknown] = countElements(input.drop_front(axis));
  result.push_back(unknown ? ShapedType::kDynamic : known);
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult TransposeOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  SmallVector<int64_t> sorted(getPerm());
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, input.size())))
    return emitOpError("[transpose_c1] expected a permutation of ")
           << input.size() << " dimensions, got [" << getPerm() << "]";
  Shape result;
  for (const int64_t dim : getPerm())
    result.push_back(input[dim]);
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult SliceOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  Shape result(shapeOf(getInput()));
  const size_t count = getAxes().size();
  if (getStarts().size() != count || getEnds().size() != count || getSteps().size() != count)
    return emitOpError("[slice_c1] expected one start, end and step for each of ")
           << count << " axes";
  SmallVector<bool> seen(result.size(), false);
  for (size_t i = 0; i < count; ++i) {
    const int64_t axis = getAxes()[i];
    if (axis < 0 || axis >= static_cast<int64_t>(result.size()) || seen[axis])
      return emitOpError("[slice_c1] expected distinct axes within the rank of ")
             << getInput().getType() << ", got [" << getAxes() << "]";
    seen[axis] = true;
    const int64_t start = getStarts()[i], end = getEnds()[i], step = getSteps()[i];
    const bool within = isDynamic(result[axis]) || end <= result[axis];
    if (start < 0 || end <= start || step < 1 || !within)
      return emitOpError("[slice_c2] expected 0 <= start < end <= ")
             << result[axis] << " and a positive step along axis " << axis << ", got " << start
             << ":" << end << ":" << step;
    result[axis] = (end - start + step - 1) / step;
  }
  shapes.push_back(std::move(result));
  return success();
}

/// Checks that `axes` are distinct and lie in [0, rank).
static bool distinctAxes(ArrayRef<int64_t> axes, int64_t rank, SmallVectorImpl<bool> &marked) {
  marked.assign(rank, false);
  for (const int64_t axis : axes) {
    if (axis < 0 || axis >= rank || marked[axis])
      return false;
    marked[axis] = true;
  }
  return true;
}

LogicalResult SqueezeOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  SmallVector<bool> removed;
  bool valid = distinctAxes(getAxes(), input.size(), removed);
  Shape result;
  for (size_t i = 0; valid && i < input.size(); ++i) {
    valid = !removed[i] || compatible(input[i], 1);
    if (!removed[i])
      result.push_back(input[i]);
  }
  if (!valid)
    return emitOpError("[squeeze_c1] expected distinct axes of size 1 in ")
           << getInput().getType() << ", got [" << getAxes() << "]";
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult UnsqueezeOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  SmallVector<bool> inserted;
  const int64_t rank = static_cast<int64_t>(input.size() + getAxes().size());
  if (!distinctAxes(getAxes(), rank, inserted))
    return emitOpError("[unsqueeze_c1] expected distinct axes within the result's rank ")
           << rank << ", got [" << getAxes() << "]";
  Shape result;
  size_t next = 0;
  for (const bool isNew : inserted)
    result.push_back(isNew ? 1 : input[next++]);
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult PadOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  Shape result(shapeOf(getInput()));
  if (getLow().size() != result.size() || getHigh().size() != result.size())
    return emitOpError("[pad_c1] expected one entry per dimension of ")
           << getInput().getType() << ", got " << getLow().size() << " and " << getHigh().size();
  for (size_t i = 0; i < result.size(); ++i) {
    if (getLow()[i] < 0 || getHigh()[i] < 0)
      return emitOpError("[pad_c2] padding must not be negative; use nn.slice to crop");
    if (!isDynamic(result[i]))
      result[i] += getLow()[i] + getHigh()[i];
  }
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult DepthToSpaceOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  const int64_t block = getBlock();
  if (input.size() != 4 || block < 1 || isDynamic(input[1]) || input[1] % (block * block) != 0)
    return emitOpError("[depth_to_space_c1] expected rank 4 and channels divisible by ")
           << block << "^2, got " << getInput().getType();
  auto times = [&](int64_t size) { return isDynamic(size) ? size : size * block; };
  shapes.push_back({input[0], input[1] / (block * block), times(input[2]), times(input[3])});
  return success();
}

LogicalResult CatOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  if (getInputs().empty())
    return emitOpError("[cat_c1] expected at least one input");
  Shape result(shapeOf(getInputs().front()));
  const int64_t axis = getAxis();
  if (axis < 0 || axis >= static_cast<int64_t>(result.size()))
    return emitOpError("[cat_c1] axis ")
           << axis << " lies outside the rank of " << getInputs().front().getType();
  for (const Value input : getInputs().drop_front()) {
    const ArrayRef<int64_t> shape = shapeOf(input);
    if (shape.size() != result.size())
      return emitOpError("[cat_c1] inputs of different rank: ")
             << getInputs().front().getType() << " and " << input.getType();
    for (int64_t i = 0; i < static_cast<int64_t>(shape.size()); ++i) {
      if (i == axis)
        result[i] = isDynamic(result[i]) || isDynamic(shape[i]) ? ShapedType::kDynamic
                                                                : result[i] + shape[i];
      else if (!compatible(result[i], shape[i]))
        return emitOpError("[cat_c2] inputs differ in dimension ")
               << i << ": " << getInputs().front().getType() << " and " << input.getType();
    }
  }
  shapes.push_back(std::move(result));
  return success();
}

LogicalResult SplitOp::inferResultShapes(SmallVectorImpl<SmallVector<int64_t>> &shapes) {
  const ArrayRef<int64_t> input = shapeOf(getInput());
  const int64_t axis = getAxis();
  if (axis < 0 || axis >= static_cast<int64_t>(input.size()))
    return emitOpError("[split_c1] axis ")
           << axis << " lies outside the rank of " << getInput().getType();
  int64_t sum = 0;
  for (const int64_t size : getSizes()) {
    sum += size;
    Shape part(input);
    part[axis] = size;
    shapes.push_back(std::move(part));
  }
  const bool positive = llvm::all_of(getSizes(), [](int64_t size) { return size > 0; });
  if (!positive || getSizes().size() != getNumResults() || !compatible(sum, input[axis]))
    return emitOpError("[split_c2] expected ")
           << getNumResults() << " positive sizes that add up to " << input[axis] << ", got ["
           << getSizes() << "]";
  return success();
}
