//===- Linalg.cpp - how named linalg ops are read -------------------------------------===//

#include "Reader.h"
#include "Windows.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

/// The number that a value is filled with.
static std::optional<double> fillOf(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return numberOf(fill.getInputs()[0]);
  auto elements = dyn_cast_or_null<DenseFPElementsAttr>(elementsOf(value));
  return elements && elements.isSplat()
             ? std::optional<double>(elements.getSplatValue<APFloat>().convertToDouble())
             : std::nullopt;
}

static Value initOf(Operation &op) { return cast<linalg::LinalgOp>(op).getDpsInits()[0]; }

/// The vector that a sum of rank 4 starts from, broadcast along all but the channels and perhaps
/// split into groups: a bias. "" where it is none.
static std::string biasOf(Reader &reader, Value init, int64_t channels) {
  auto split = init.getDefiningOp<tensor::ExpandShapeOp>();
  if (split &&
      split.getReassociationIndices() == SmallVector<ReassociationIndices>{{0}, {1, 2}, {3}, {4}})
    init = split.getSrc();
  auto broadcast = init.getDefiningOp<linalg::BroadcastOp>();
  return broadcast && typeOf(init).getRank() == 4 && typeOf(broadcast.getInput()).getRank() == 1 &&
                 !llvm::is_contained(broadcast.getDimensions(), channels)
             ? reader.nameOf(broadcast.getInput())
             : std::string();
}

/// Binds the op's result to `sum` plus what it starts from.
static std::string startFrom(Reader &reader, Operation &op, const std::string &sum) {
  const Value init = initOf(op);
  if (fillOf(init) == 0.0)
    return {};
  if (!reader.isBound(init))
    return "accumulates onto a value that is not read; expected a fill with 0 or a bias";
  reader.binary("Add", sum, reader.nameOf(init), reader.nameOf(op.getResult(0)));
  return {};
}

/// The name under which the sum is made: the op's own where nothing is added to it.
static std::string sumName(Reader &reader, Operation &op) {
  const std::string name = reader.nameOf(op.getResult(0));
  return fillOf(initOf(op)) == 0.0 ? name : reader.fresh(name + ".sum");
}

static SmallVector<int64_t> windowAttr(Operation &op, StringRef name) {
  auto elements = op.getAttrOfType<DenseIntElementsAttr>(name);
  SmallVector<int64_t> result;
  for (int i = 0; i < 2; ++i)
    result.push_back(elements ? (elements.getNumElements() == 1 ? *elements.value_begin<int64_t>()
                                                                : elements.getValues<int64_t>()[i])
                              : 1);
  return result;
}

static Window windowOf(Operation &op, ArrayRef<int64_t> kernel) {
  Window window;
  window.kernel.assign(kernel.begin(), kernel.end());
  window.stride = windowAttr(op, "strides");
  window.dilation = windowAttr(op, "dilations");
  window.before = window.after = {0, 0};
  return window;
}

//===-- convolutions ----------------------------------------------------------------===//

static std::string emitConv(Reader &reader, Operation &op, bool channelsLast,
                            const std::string &weight, ArrayRef<int64_t> kernel, int64_t groups) {
  const Window window = windowOf(op, kernel);
  const std::string bias = biasOf(reader, initOf(op), channelsLast ? 3 : 1);
  const std::string sum = bias.empty() ? sumName(reader, op) : reader.nameOf(op.getResult(0));
  auto emit = [&](StringRef in, StringRef out) {
    SmallVector<std::string> inputs{in.str(), weight};
    if (!bias.empty())
      inputs.push_back(bias);
    OnnxNode &node = reader.add("Conv", inputs, out);
    window.describe(node);
    setInt(node, "group", groups);
  };
  const std::string input = reader.nameOf(op.getOperand(0));
  if (channelsLast)
    reader.channelsFirst(input, sum, emit);
  else
    emit(input, sum);
  return bias.empty() ? startFrom(reader, op, sum) : std::string();
}

template <bool channelsLast, int64_t... perm>
static std::string readConv(Reader &reader, Operation &op) {
  constexpr std::array<int64_t, 4> toOihw = {perm...};
  const std::string given = reader.nameOf(op.getOperand(1));
  const ArrayRef<int64_t> shape = shapeOf(op.getOperand(1));
  return emitConv(reader, op, channelsLast,
                  llvm::is_sorted(toOihw) ? given : reader.transpose(given, toOihw),
                  {shape[toOihw[2]], shape[toOihw[3]]}, 1);
}

/// Weight [C, H, W], or [H, W, C].
template <bool channelsLast> static std::string readDepthwise(Reader &reader, Operation &op) {
  const RankedTensorType type = typeOf(op.getOperand(1));
  SmallVector<int64_t> shape(type.getShape());
  std::string weight = reader.nameOf(op.getOperand(1));
  if (channelsLast) {
    weight = reader.transpose(weight, {2, 0, 1});
    shape = {shape[2], shape[0], shape[1]};
  }
  const Type element = type.getElementType();
  const std::string filters =
      reader.reshape(weight, RankedTensorType::get(shape, element),
                     RankedTensorType::get({shape[0], 1, shape[1], shape[2]}, element));
  return emitConv(reader, op, channelsLast, filters, {shape[1], shape[2]}, shape[0]);
}

/// x [N, G, C, H, W], w [G, F, C, H, W]: a convolution of G groups.
static std::string readGrouped(Reader &reader, Operation &op) {
  const RankedTensorType x = typeOf(op.getOperand(0)), w = typeOf(op.getOperand(1)),
                         y = typeOf(op.getResult(0));
  auto merge = [](RankedTensorType type, int64_t at) {
    SmallVector<int64_t> sizes(type.getShape());
    sizes[at] *= sizes[at + 1];
    sizes.erase(sizes.begin() + at + 1);
    return RankedTensorType::get(sizes, type.getElementType());
  };
  const std::string bias = biasOf(reader, initOf(op), 1);
  if (bias.empty() && fillOf(initOf(op)) != 0.0)
    return "accumulates onto a value; expected a fill with 0 or a bias";
  const Window window = windowOf(op, w.getShape().take_back(2));
  SmallVector<std::string> inputs{reader.reshape(reader.nameOf(op.getOperand(0)), x, merge(x, 1)),
                                  reader.reshape(reader.nameOf(op.getOperand(1)), w, merge(w, 0))};
  if (!bias.empty())
    inputs.push_back(bias);
  const std::string sum = reader.fresh(reader.nameOf(op.getResult(0)) + ".groups");
  OnnxNode &node = reader.add("Conv", inputs, sum);
  window.describe(node);
  setInt(node, "group", w.getDimSize(0));
  reader.reshape(sum, merge(y, 1), y, reader.nameOf(op.getResult(0)));
  return {};
}

//===-- pools -----------------------------------------------------------------------===//

/// The window is the shape of operand 1; the pool starts from the least number, or 0.
template <bool isMax, bool channelsLast>
static std::string readPool(Reader &reader, Operation &op) {
  const Window window = windowOf(op, shapeOf(op.getOperand(1)));
  const std::string input = reader.nameOf(op.getOperand(0)),
                    result = reader.nameOf(op.getResult(0));
  const std::optional<double> start = fillOf(initOf(op));
  if (!start || (isMax ? *start > -3e38 : *start != 0.0))
    return isMax ? "does not start from -infinity" : "does not start from 0";
  if (!isMax && (window.dilation[0] != 1 || window.dilation[1] != 1))
    return "is a dilated sum";
  if (!isMax) {
    SumInfo info{input,       static_cast<double>(window.kernel[0] * window.kernel[1]),
                 {},          4,
                 true,        OnnxNode(),
                 channelsLast};
    window.describe(*info.window);
    setInts(*info.window, "kernel_shape", window.kernel);
    info.window->attributes.erase("dilations");
    setInt(*info.window, "count_include_pad", 1);
    reader.sum(std::move(info), result);
    return {};
  }
  auto emit = [&](StringRef in, StringRef out) {
    OnnxNode &node = reader.add("MaxPool", {in.str()}, out);
    window.describe(node);
    setInts(node, "kernel_shape", window.kernel);
  };
  if (channelsLast)
    reader.channelsFirst(input, result, emit);
  else
    emit(input, result);
  return {};
}

//===-- products --------------------------------------------------------------------===//

/// Operand `name`, whose last two dimensions `map` reads in the order (row, column) of the loops.
static FailureOr<std::string> ordered(Reader &reader, const std::string &name, AffineMap map,
                                      unsigned row, unsigned column) {
  const unsigned rank = map.getNumResults();
  if (rank + 1 != map.getNumDims())
    return failure();
  for (unsigned i = 0; i + 2 < rank; ++i)
    if (map.getResult(i) != getAffineDimExpr(i, map.getContext()))
      return failure();
  const AffineExpr r = getAffineDimExpr(row, map.getContext()),
                   c = getAffineDimExpr(column, map.getContext());
  if (map.getResult(rank - 2) == r && map.getResult(rank - 1) == c)
    return name;
  if (map.getResult(rank - 2) != c || map.getResult(rank - 1) != r)
    return failure();
  auto perm = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  std::swap(perm[rank - 2], perm[rank - 1]);
  return reader.transpose(name, perm);
}

static std::string readProduct(Reader &reader, Operation &op) {
  auto product = cast<linalg::LinalgOp>(op);
  const SmallVector<AffineMap> maps = product.getIndexingMapsArray();
  const unsigned loops = product.getNumLoops(), m = loops - 3, n = loops - 2, k = loops - 1;
  const FailureOr<std::string> a = ordered(reader, reader.nameOf(op.getOperand(0)), maps[0], m, k);
  const FailureOr<std::string> b = ordered(reader, reader.nameOf(op.getOperand(1)), maps[1], k, n);
  const AffineMap inOrder =
      AffineMap::getMultiDimIdentityMap(loops, op.getContext()).getMajorSubMap(loops - 1);
  if (failed(a) || failed(b) || maps[2] != inOrder)
    return "indexes its operands in a way that is no (transposed, batched) product of matrices";
  const std::string sum = sumName(reader, op);
  reader.add("MatMul", {*a, *b}, sum);
  return startFrom(reader, op, sum);
}

//===-- the rest --------------------------------------------------------------------===//

/// Whether only ops read a value that broadcast it by themselves, so that it may stand for fewer
/// elements than it has.
static bool onlyBroadcasts(Value value) {
  // What an op starts from, or an operand element by element: windows and products count elements.
  auto broadcasts = [](OpOperand &use) {
    auto user = dyn_cast<linalg::LinalgOp>(use.getOwner());
    return user && !isa<linalg::TransposeOp, linalg::BroadcastOp>(user) &&
           (user.isDpsInit(&use) || user.getNumReductionLoops() == 0);
  };
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    if (auto split = dyn_cast<tensor::ExpandShapeOp>(use.getOwner())) // a bias in groups
      return llvm::all_of(split->getUses(), broadcasts);
    return broadcasts(use);
  });
}

static std::string readTranspose(Reader &reader, Operation &operation) {
  auto op = cast<linalg::TransposeOp>(operation);
  reader.transpose(reader.nameOf(op.getInput()), op.getPermutation(),
                   reader.nameOf(op.getResult()[0]));
  return {};
}

/// Numpy's rules broadcast what reads it.
static std::string readBroadcast(Reader &reader, Operation &operation) {
  auto op = cast<linalg::BroadcastOp>(operation);
  if (!onlyBroadcasts(op.getResult()[0]))
    return "widens a value for an op that does not broadcast by itself";
  SmallVector<int64_t> sizes(typeOf(op.getResult()[0]).getShape());
  for (const int64_t added : op.getDimensions())
    sizes[added] = 1;
  const RankedTensorType from = typeOf(op.getInput());
  reader.bind(op.getResult()[0],
              reader.reshape(reader.nameOf(op.getInput()), from,
                             RankedTensorType::get(sizes, from.getElementType())));
  return {};
}

template <char kind> static std::string readBinary(Reader &reader, Operation &op) {
  const std::string a = reader.nameOf(op.getOperand(0)), b = reader.nameOf(op.getOperand(1));
  const std::string result = reader.nameOf(op.getResult(0));
  if (kind == '>' || kind == '<')
    reader.extremum(kind == '>', a, b, result);
  else
    reader.binary(kind == '+'   ? "Add"
                  : kind == '-' ? "Sub"
                  : kind == '*' ? "Mul"
                                : "Div",
                  a, b, result);
  return {};
}

static std::string readSoftmax(Reader &reader, Operation &operation) {
  auto op = cast<linalg::SoftmaxOp>(operation);
  setInt(reader.add("Softmax", {reader.nameOf(op.getInput())}, reader.nameOf(op.getResult()[0])),
         "axis", static_cast<int64_t>(op.getDimension()));
  return {};
}

/// Nothing to compute: ops that start from it look at it themselves.
static std::string readFill(Reader &reader, Operation &op) {
  const std::optional<double> value = numberOf(op.getOperand(0));
  const RankedTensorType type = typeOf(op.getResult(0));
  if (!value)
    return "fills with a value computed at run time";
  if (!onlyBroadcasts(op.getResult(0)))
    return "fills a value for an op that does not broadcast by itself; make it a constant";
  SmallVector<int64_t> ones(type.getRank(), 1);
  reader.bind(op.getResult(0),
              reader.store(reader.fresh("fill"),
                           Tensor::full<float>(DType::F32, ones, static_cast<float>(*value))));
  return {};
}

llvm::ArrayRef<ReadEntry> importer::linalgRows() {
  static constexpr ReadEntry rows[] = {
      {"linalg.conv_2d_nchw_fchw", readConv<false, 0, 1, 2, 3>},
      {"linalg.conv_2d_nhwc_hwcf", readConv<true, 3, 2, 0, 1>},
      {"linalg.conv_2d_nhwc_fhwc", readConv<true, 0, 3, 1, 2>},
      {"linalg.conv_2d_ngchw_gfchw", readGrouped},
      {"linalg.depthwise_conv_2d_nchw_chw", readDepthwise<false>},
      {"linalg.depthwise_conv_2d_nhwc_hwc", readDepthwise<true>},
      {"linalg.pooling_nchw_max", readPool<true, false>},
      {"linalg.pooling_nhwc_max", readPool<true, true>},
      {"linalg.pooling_nchw_sum", readPool<false, false>},
      {"linalg.pooling_nhwc_sum", readPool<false, true>},
      {"linalg.matmul", readProduct},
      {"linalg.batch_matmul", readProduct},
      {"linalg.transpose", readTranspose},
      {"linalg.broadcast", readBroadcast},
      {"linalg.add", readBinary<'+'>},
      {"linalg.sub", readBinary<'-'>},
      {"linalg.mul", readBinary<'*'>},
      {"linalg.div", readBinary<'/'>},
      {"linalg.max", readBinary<'>'>},
      {"linalg.min", readBinary<'<'>},
      {"linalg.softmax", readSoftmax},
      {"linalg.fill", readFill},
  };
  return rows;
}
