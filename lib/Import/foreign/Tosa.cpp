//===- Tosa.cpp - how tosa ops are read -----------------------------------------------===//
//
// TOSA 1.0 in float (the operators' meaning: the TOSA specification 1.0, 2.3 to 2.11). Windows are
// NHWC there; they are read between two transposes, which cancel in the importer.
//
//===-----------------------------------------------------------------------------===//

#include "Reader.h"
#include "Windows.h"

#include "mlir/Dialect/Tosa/IR/TosaOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

static constexpr llvm::StringLiteral kInteger =
    "computes on integers; read the float network and quantize it here";

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static bool isFloatTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && isa<FloatType>(type.getElementType());
}

/// The integers of a !tosa.shape operand or of a constant.
static std::optional<SmallVector<int64_t>> integersOf(Value value) {
  DenseIntElementsAttr elements;
  if (auto shape = value.getDefiningOp<tosa::ConstShapeOp>())
    elements = dyn_cast<DenseIntElementsAttr>(shape.getValues());
  else
    matchPattern(value, m_Constant(&elements));
  if (!elements)
    return std::nullopt;
  return llvm::map_to_vector(elements.getValues<APInt>(),
                             [](const APInt &i) { return i.getSExtValue(); });
}

/// What a window reads of a slice that only cuts off what it would not read: the whole.
static Value withoutCut(Value input, const Window &window, ArrayRef<int64_t> result) {
  auto slice = input.getDefiningOp<tosa::SliceOp>();
  if (!slice)
    return input;
  const auto start = integersOf(slice.getStart());
  const ArrayRef<int64_t> whole = shapeOf(slice.getInput1()), part = shapeOf(input);
  if (!start || llvm::any_of(*start, [](int64_t s) { return s != 0; }) || part.size() != 4 ||
      whole[0] != part[0] || whole[3] != part[3])
    return input;
  for (int i = 0; i < 2; ++i) {
    const int64_t size = whole[i + 1];
    if (size == part[i + 1])
      continue;
    if (ShapedType::isDynamic(size) || window.after[i] != 0 ||
        window.positions(size, i) != result[i + 1])
      return input;
  }
  return withoutCut(slice.getInput1(), window, result);
}

/// TOSA orders padding by dimension: [top, bottom, left, right].
template <typename Op> static Window windowOf(Op op, ArrayRef<int64_t> kernel) {
  const ArrayRef<int64_t> pad = op.getPad(), stride = op.getStride();
  Window window;
  for (int i = 0; i < 2; ++i) {
    window.kernel.push_back(kernel[i]);
    window.stride.push_back(stride[i]);
    window.dilation.push_back(1);
    window.before.push_back(pad[2 * i]);
    window.after.push_back(pad[2 * i + 1]);
  }
  return window;
}

/// The bias, "" where it is zero.
static std::string readBias(Reader &reader, Value bias, int64_t channels) {
  const std::string name = reader.nameOf(bias);
  const std::optional<double> same = reader.splat(name);
  if (same == 0.0)
    return {};
  if (same && shapeOf(bias)[0] != channels)
    return reader.store(reader.fresh(name + ".channels"),
                        Tensor::full<float>(DType::F32, {channels}, static_cast<float>(*same)));
  return name;
}

template <typename Op> static std::string readConv(Reader &reader, Operation &operation) {
  constexpr bool depthwise = std::is_same_v<Op, tosa::DepthwiseConv2DOp>;
  auto op = cast<Op>(operation);
  if (!isFloatTensor(op.getInput()))
    return kInteger.str();
  const ArrayRef<int64_t> weight = shapeOf(op.getWeight()); // OHWI, or HWCM
  Window window = windowOf(op, weight.drop_front(depthwise ? 0 : 1));
  window.dilation.assign(op.getDilation().begin(), op.getDilation().end());
  const Value input = withoutCut(op.getInput(), window, shapeOf(op.getOutput()));
  const int64_t channels = depthwise ? weight[2] * weight[3] : weight[0];
  std::string kernel = reader.nameOf(op.getWeight());
  if (depthwise) {
    kernel = reader.transpose(kernel, {2, 3, 0, 1});
    const Type f32 = Float32Type::get(operation.getContext());
    kernel = reader.reshape(
        kernel, RankedTensorType::get({weight[2], weight[3], weight[0], weight[1]}, f32),
        RankedTensorType::get({channels, 1, weight[0], weight[1]}, f32));
  } else {
    kernel = reader.transpose(kernel, {0, 3, 1, 2});
  }
  SmallVector<std::string> rest{kernel};
  if (std::string bias = readBias(reader, op.getBias(), channels); !bias.empty())
    rest.push_back(std::move(bias));
  reader.channelsFirst(reader.nameOf(input), reader.nameOf(op.getOutput()),
                       [&](StringRef in, StringRef out) {
                         SmallVector<std::string> inputs{in.str()};
                         llvm::append_range(inputs, rest);
                         OnnxNode &node = reader.add("Conv", inputs, out);
                         window.describe(node);
                         setInt(node, "group", depthwise ? weight[2] : 1);
                       });
  return {};
}

static std::string readTransposeConv(Reader &reader, Operation &operation) {
  auto op = cast<tosa::TransposeConv2DOp>(operation);
  if (!isFloatTensor(op.getInput()))
    return kInteger.str();
  const ArrayRef<int64_t> pad = op.getOutPad(), stride = op.getStride();
  if (llvm::any_of(pad, [](int64_t p) { return p > 0; }))
    return "pads its result; only the cropping that other frameworks call padding is read";
  const std::string weight = reader.transpose(reader.nameOf(op.getWeight()), {3, 0, 1, 2}); // IOHW
  const std::string bias = readBias(reader, op.getBias(), shapeOf(op.getOutput())[3]);
  reader.channelsFirst(reader.nameOf(op.getInput()), reader.nameOf(op.getOutput()),
                       [&](StringRef in, StringRef out) {
                         SmallVector<std::string> inputs{in.str(), weight};
                         if (!bias.empty())
                           inputs.push_back(bias);
                         OnnxNode &node = reader.add("ConvTranspose", inputs, out);
                         setInts(node, "strides", stride);
                         setInts(node, "pads", {-pad[0], -pad[2], -pad[1], -pad[3]});
                       });
  return {};
}

template <typename Op> static std::string readPool(Reader &reader, Operation &operation) {
  constexpr bool isMax = std::is_same_v<Op, tosa::MaxPool2dOp>;
  auto op = cast<Op>(operation);
  if (!isFloatTensor(op.getInput()))
    return kInteger.str();
  const Window window = windowOf(op, op.getKernel());
  const Value input = withoutCut(op.getInput(), window, shapeOf(op.getOutput()));
  reader.channelsFirst(
      reader.nameOf(input), reader.nameOf(op.getOutput()), [&](StringRef in, StringRef out) {
        OnnxNode &node = reader.add(isMax ? "MaxPool" : "AveragePool", {in.str()}, out);
        window.describe(node);
        setInts(node, "kernel_shape", window.kernel);
      });
  return {};
}

/// [1, M, K] x [1, K, N] with a constant is a linear layer: a product of matrices.
static std::string readMatMul(Reader &reader, Operation &operation) {
  auto op = cast<tosa::MatMulOp>(operation);
  if (!isFloatTensor(op.getA()))
    return kInteger.str();
  const std::string a = reader.nameOf(op.getA()), b = reader.nameOf(op.getB());
  const std::string result = reader.nameOf(op.getOutput());
  if (!reader.constant(b) || shapeOf(op.getB())[0] != 1) {
    reader.add("MatMul", {a, b}, result);
    return {};
  }
  auto matrix = [](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    return RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
  };
  const std::string product =
      reader.make("MatMul",
                  {reader.reshape(a, op.getA().getType(), matrix(op.getA())),
                   reader.reshape(b, op.getB().getType(), matrix(op.getB()))},
                  "matrix");
  reader.reshape(product, matrix(op.getOutput()), op.getOutput().getType(), result);
  return {};
}

template <char kind> static std::string readBinary(Reader &reader, Operation &op) {
  if (!isFloatTensor(op.getOperand(0)))
    return kInteger.str();
  const std::string a = reader.nameOf(op.getOperand(0)), b = reader.nameOf(op.getOperand(1));
  const std::string result = reader.nameOf(op.getResult(0));
  const auto isWide = [&](Value side, const std::string &name) {
    return !reader.splat(name) && shapeOf(side) == shapeOf(op.getResult(0));
  };
  if (reader.splat(a).has_value() != reader.splat(b).has_value() && !isWide(op.getOperand(0), a) &&
      !isWide(op.getOperand(1), b))
    return "widens its operand to the shape of a constant; broadcast it first";
  if (kind == '>' || kind == '<')
    reader.extremum(kind == '>', a, b, result);
  else
    reader.binary(kind == '+' ? "Add" : kind == '-' ? "Sub" : "Mul", a, b, result);
  return {};
}

static std::string readClamp(Reader &reader, Operation &operation) {
  auto op = cast<tosa::ClampOp>(operation);
  auto low = dyn_cast<FloatAttr>(op.getMinVal()), high = dyn_cast<FloatAttr>(op.getMaxVal());
  if (!low || !high)
    return kInteger.str();
  reader.clip(reader.nameOf(op.getInput()), low.getValue().convertToFloat(),
              high.getValue().convertToFloat(), reader.nameOf(op.getOutput()));
  return {};
}

static std::string readSum(Reader &reader, Operation &operation) {
  auto op = cast<tosa::ReduceSumOp>(operation);
  if (!isFloatTensor(op.getInput()))
    return kInteger.str();
  const std::string input = reader.nameOf(op.getInput());
  const ArrayRef<int64_t> shape = shapeOf(op.getInput());
  const int64_t axis = op.getAxis();
  if (ShapedType::isDynamic(shape[axis]))
    return "sums over a dimension of unknown size";
  SumInfo info{input, 1.0, {}, static_cast<int64_t>(shape.size()), true, std::nullopt, false};
  if (const SumInfo *inner = reader.sumOf(input); inner && !inner->window && inner->keepDims)
    info = *inner;
  info.count *= static_cast<double>(shape[axis]);
  if (!llvm::is_contained(info.axes, axis))
    info.axes.push_back(axis);
  llvm::sort(info.axes);
  reader.sum(std::move(info), reader.nameOf(op.getOutput()));
  return {};
}

static std::string readReshape(Reader &reader, Operation &op) {
  reader.reshape(reader.nameOf(op.getOperand(0)), op.getOperand(0).getType(),
                 op.getResult(0).getType(), reader.nameOf(op.getResult(0)));
  return {};
}

static std::string readTranspose(Reader &reader, Operation &operation) {
  auto op = cast<tosa::TransposeOp>(operation);
  const SmallVector<int64_t> perm(op.getPerms().begin(), op.getPerms().end());
  reader.transpose(reader.nameOf(op.getInput1()), perm, reader.nameOf(op.getOutput()));
  return {};
}

static std::string readSlice(Reader &reader, Operation &operation) {
  auto op = cast<tosa::SliceOp>(operation);
  const auto start = integersOf(op.getStart()), size = integersOf(op.getSize());
  if (!start || !size)
    return "its start and size are no constants";
  SmallVector<int64_t> ends, axes;
  for (size_t i = 0; i < start->size(); ++i) {
    ends.push_back((*size)[i] < 0 ? INT64_MAX : (*start)[i] + (*size)[i]);
    axes.push_back(static_cast<int64_t>(i));
  }
  reader.add(
      "Slice",
      {reader.nameOf(op.getInput1()), reader.ints(*start), reader.ints(ends), reader.ints(axes)},
      reader.nameOf(op.getOutput()));
  return {};
}

static std::string readConcat(Reader &reader, Operation &operation) {
  auto op = cast<tosa::ConcatOp>(operation);
  setInt(reader.add("Concat", reader.namesOf(op.getInput1()), reader.nameOf(op.getOutput())),
         "axis", op.getAxis());
  return {};
}

static std::string readPad(Reader &reader, Operation &operation) {
  auto op = cast<tosa::PadOp>(operation);
  const auto padding = integersOf(op.getPadding());
  if (!padding)
    return "its padding is no constant";
  SmallVector<int64_t> pads;
  for (size_t side = 0; side < 2; ++side)
    for (size_t i = side; i < padding->size(); i += 2)
      pads.push_back((*padding)[i]);
  const std::optional<double> value = reader.splat(reader.nameOf(op.getPadConst()));
  if (!value)
    return "its value is no constant";
  reader.add(
      "Pad",
      {reader.nameOf(op.getInput1()), reader.ints(pads), reader.scalar(static_cast<float>(*value))},
      reader.nameOf(op.getOutput()));
  return {};
}

static std::string readCast(Reader &reader, Operation &op) {
  if (!isFloatTensor(op.getOperand(0)) || !isFloatTensor(op.getResult(0)))
    return kInteger.str();
  const Type from = getElementTypeOrSelf(op.getOperand(0)),
             to = getElementTypeOrSelf(op.getResult(0));
  if (to.getIntOrFloatBitWidth() < std::min(from.getIntOrFloatBitWidth(), 32u))
    return narrowing(to);
  reader.bind(op.getResult(0), reader.nameOf(op.getOperand(0)));
  return {};
}

static std::string readAlias(Reader &reader, Operation &op) {
  reader.bind(op.getResult(0), reader.nameOf(op.getOperand(0)));
  return {};
}

/// An operator of one operand under another name.
template <size_t index> static std::string readNamed(Reader &reader, Operation &op) {
  static constexpr StringLiteral names[] = {"Sigmoid", "Tanh", "Exp",       "Erf",
                                            "Neg",     "Sqrt", "Reciprocal"};
  if (!isFloatTensor(op.getOperand(0)))
    return kInteger.str();
  reader.add(names[index], {reader.nameOf(op.getOperand(0))}, reader.nameOf(op.getResult(0)));
  return {};
}

static std::string readRsqrt(Reader &reader, Operation &op) {
  const std::string root = reader.make("Sqrt", {reader.nameOf(op.getOperand(0))}, "sqrt");
  reader.add("Reciprocal", {root}, reader.nameOf(op.getResult(0)));
  return {};
}

static std::string readPow(Reader &reader, Operation &op) {
  reader.add("Pow", reader.namesOf(op.getOperands()), reader.nameOf(op.getResult(0)));
  return {};
}

llvm::ArrayRef<ReadEntry> importer::tosaRows() {
  static constexpr ReadEntry rows[] = {
      {"tosa.conv2d", readConv<tosa::Conv2DOp>},
      {"tosa.depthwise_conv2d", readConv<tosa::DepthwiseConv2DOp>},
      {"tosa.transpose_conv2d", readTransposeConv},
      {"tosa.max_pool2d", readPool<tosa::MaxPool2dOp>},
      {"tosa.avg_pool2d", readPool<tosa::AvgPool2dOp>},
      {"tosa.matmul", readMatMul},
      {"tosa.add", readBinary<'+'>},
      {"tosa.sub", readBinary<'-'>},
      {"tosa.mul", readBinary<'*'>},
      {"tosa.maximum", readBinary<'>'>},
      {"tosa.minimum", readBinary<'<'>},
      {"tosa.clamp", readClamp},
      {"tosa.reduce_sum", readSum},
      {"tosa.sigmoid", readNamed<0>},
      {"tosa.tanh", readNamed<1>},
      {"tosa.exp", readNamed<2>},
      {"tosa.erf", readNamed<3>},
      {"tosa.negate", readNamed<4>},
      {"tosa.reciprocal", readNamed<6>},
      {"tosa.rsqrt", readRsqrt},
      {"tosa.pow", readPow},
      {"tosa.reshape", readReshape},
      {"tosa.transpose", readTranspose},
      {"tosa.slice", readSlice},
      {"tosa.concat", readConcat},
      {"tosa.pad", readPad},
      {"tosa.cast", readCast},
      {"tosa.identity", readAlias},
  };
  return rows;
}
