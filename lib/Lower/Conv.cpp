//===- Conv.cpp - convolutions and linear layers, on codes and in float -------------===//

#include "FloatAct.h"
#include "Roots.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::lower;

//===-- geometry --------------------------------------------------------------------===//

template <typename OpTy> static FailureOr<Geometry> windowGeometry(OpTy op, Lowering &lowering) {
  FailureOr<std::array<int32_t, 3>> in = lowering.imageDims(op.getInput());
  FailureOr<std::array<int32_t, 3>> out = lowering.imageDims(op.getResult());
  if (failed(in) || failed(out))
    return failure();
  Geometry g;
  g.in = *in;
  g.out = *out;
  const ArrayRef<int64_t> weight = cast<RankedTensorType>(op.getWeight().getType()).getShape();
  for (int i = 0; i < 2; ++i) {
    g.kernel[i] = static_cast<int32_t>(weight[2 + i]);
    g.stride[i] = static_cast<int32_t>(op.getStride()[i]);
    g.padding[i] = static_cast<int32_t>(op.getPadding()[i]);
    g.dilation[i] = static_cast<int32_t>(op.getDilation()[i]);
  }
  g.groups = static_cast<int32_t>(op.getGroups());
  return g;
}

/// The rows of a linear layer are the columns of an image one row high.
static FailureOr<Geometry> linearGeometry(nn::LinearOp op, Lowering &lowering) {
  FailureOr<Sizes> dims = lowering.sampleDims(op.getInput().getType());
  if (failed(dims))
    return failure();
  if (dims->empty())
    return lowering.error() << "cannot be compiled: its input has no dimension beside the batch";
  int64_t rows = 1;
  for (const int64_t size : ArrayRef<int64_t>(*dims).drop_back())
    rows *= size;
  const int64_t outputs = cast<RankedTensorType>(op.getWeight().getType()).getDimSize(0);
  Geometry g;
  g.in = {static_cast<int32_t>(dims->back()), 1, static_cast<int32_t>(rows)};
  g.out = {static_cast<int32_t>(outputs), 1, static_cast<int32_t>(rows)};
  return g;
}

//===-- on codes --------------------------------------------------------------------===//

template <typename Params>
static void setCodes(Params &p, const Codes &in, const Codes &out,
                     const std::optional<Codes> &mid) {
  p.in_signed = in.isSigned, p.in_zero_point = in.zeroPoint;
  p.out_signed = out.isSigned, p.out_zero_point = out.zeroPoint;
  p.out_min = out.qmin, p.out_max = out.qmax;
  const Codes point = mid.value_or(Codes{false, 0, 0, 0, 1.0f});
  p.mid_signed = point.isSigned, p.mid_zero_point = point.zeroPoint;
  p.mid_min = point.qmin, p.mid_max = point.qmax;
}

/// [N7] Both forms of a fused residual.
static void setResidual(qrt_conv2d_params &p, const Codes &residual, const Codes &out,
                        const std::optional<Codes> &mid) {
  p.residual_kind = mid ? 2 : 1;
  p.residual_signed = residual.isSigned;
  p.residual_zero_point = residual.zeroPoint;
  p.residual_multiplier = residual.scale / out.scale;
  p.mid_multiplier = mid ? mid->scale / out.scale : 0.0f;
}

template <typename Params>
static PointerData setConstants(Params &p, const RootConstants &constants, ElementsAttr table,
                                Lowering &lowering) {
  p.bias = constants.bias.data();
  p.multiplier = constants.multipliers.data();
  PointerData pointers;
  ConstantPool &pool = lowering.constants();
  pointers.emplace_back("bias", pool.get("bias", ArrayRef<int32_t>(constants.bias)));
  pointers.emplace_back("multiplier",
                        pool.get("multiplier", ArrayRef<float>(constants.multipliers)));
  if (!constants.weightZeroPoints.empty()) {
    p.weight_zero_point = constants.weightZeroPoints.data();
    pointers.emplace_back(
        "weight_zero_point",
        pool.get("weight_zero_point", ArrayRef<int32_t>(constants.weightZeroPoints)));
  }
  if (table) {
    static const uint8_t present[256] = {}; // packers look only whether there is one
    p.table = present;
    pointers.emplace_back("table", table);
  }
  return pointers;
}

/// Emits a conv2d on codes; `residual` has the result's layout.
template <typename Params>
static LogicalResult emitOnCodes(const Root &root, const Geometry &g, Value result, View input,
                                 std::optional<View> residual, View output, Lowering &lowering) {
  const Codes in = codesOf(root.input.getType());
  // [N6] A float result is acc * (sx * sw): the multiplier to a scale of 1.
  const bool toFloat = !nn::getQuantizedElementType(result.getType());
  const Codes out =
      toFloat ? Codes{}
              : codesOf(result.getType()).clampedBy(root.table ? nn::ActAttr() : root.act);
  FailureOr<std::optional<Codes>> mid = midOf(lowering, root);
  if (failed(mid))
    return failure();
  if (root.table && (!*mid || root.residual))
    return lowering.error() << "cannot be compiled: a table needs 'mid' and no residual";
  if (root.table && failed(checkTable(lowering, root.table, 0)))
    return failure();
  if (root.act && !root.act.isClamp() && !root.table)
    return lowering.error() << "cannot be compiled: activation " << root.act
                            << " on codes needs a table; run the convert stage first";
  FailureOr<RootConstants> constants =
      readConstants(lowering, root, g.out[0], in, *mid ? **mid : out);
  if (failed(constants))
    return failure();
  Params p = {};
  setGeometry(p, g);
  setCodes(p, in, out, *mid);
  p.output_f32 = toFloat;
  SmallVector<Value, 2> inputs{input.buffer};
  if constexpr (std::is_same_v<Params, qrt_conv2d_params>)
    if (residual) {
      setResidual(p, codesOf(root.residual.getType()), codesOf(result.getType()), *mid);
      inputs.push_back(residual->buffer);
    }
  PointerData pointers = setConstants(p, *constants, root.table, lowering);
  return lowering.emit(p, inputs, output.buffer, std::move(pointers), constants->weights);
}

//===-- in float --------------------------------------------------------------------===//

static LogicalResult emitFloat(const Root &root, const Geometry &g, bool isTransposed, View input,
                               std::optional<View> residual, View output, Lowering &lowering) {
  nn::ParameterOp weight = nn::getParameter(root.weight);
  nn::ParameterOp bias = root.bias ? nn::getParameter(root.bias) : nn::ParameterOp();
  if (!weight || (root.bias && !bias))
    return lowering.error() << "cannot be compiled: weight and bias must be constants";
  qrt_f32_conv2d_params p = {};
  setGeometry(p, g);
  p.transposed = isTransposed;
  p.has_residual = residual.has_value();
  setFloatAct(p, root.act);
  PointerData pointers{{"weight", weight.getValue()}};
  if (bias)
    pointers.emplace_back("bias", bias.getValue());
  SmallVector<Value, 2> inputs{input.buffer};
  if (residual)
    inputs.push_back(residual->buffer);
  return lowering.emit(p, inputs, output.buffer, std::move(pointers));
}

//===-- the ops ---------------------------------------------------------------------===//

/// Operands and result with `inputOrder` and `resultOrder` in memory (natural when empty).
template <typename Params>
static LogicalResult lowerRoot(Operation *op, const Root &root, const Geometry &g,
                               bool isTransposed, ArrayRef<unsigned> order, Lowering &lowering) {
  const Value result = op->getResult(0);
  FailureOr<View> input = lowering.dense(
      root.input,
      order.empty() ? ArrayRef<unsigned>(lowering.naturalOrder(root.input.getType())) : order);
  if (failed(input))
    return failure();
  std::optional<View> residual;
  if (root.residual) {
    FailureOr<View> made = lowering.dense(
        root.residual,
        order.empty() ? ArrayRef<unsigned>(lowering.naturalOrder(root.residual.getType())) : order);
    if (failed(made))
      return failure();
    residual = *made;
  }
  FailureOr<View> output = lowering.allocate(result, order);
  if (failed(output))
    return failure();
  if (!onCodes(op))
    return emitFloat(root, g, isTransposed, *input, residual, *output, lowering);
  return emitOnCodes<Params>(root, g, result, *input, residual, *output, lowering);
}

static LogicalResult lowerConv2d(nn::Conv2dOp op, Lowering &lowering) {
  FailureOr<Geometry> g = windowGeometry(op, lowering);
  if (failed(g))
    return failure();
  return lowerRoot<qrt_conv2d_params>(op, rootOf(op), *g, false, {}, lowering);
}

static LogicalResult lowerConvTranspose2d(nn::ConvTranspose2dOp op, Lowering &lowering) {
  FailureOr<Geometry> g = windowGeometry(op, lowering);
  if (failed(g))
    return failure();
  Root root = rootOf(op);
  root.weightAxis = 1;
  root.groups = g->groups;
  return lowerRoot<qrt_conv_transpose2d_params>(op, root, *g, true, {}, lowering);
}

/// Features are innermost in memory, whatever the rank.
static LogicalResult lowerLinear(nn::LinearOp op, Lowering &lowering) {
  FailureOr<Geometry> g = linearGeometry(op, lowering);
  FailureOr<Sizes> dims = lowering.sampleDims(op.getInput().getType());
  if (failed(g) || failed(dims))
    return failure();
  return lowerRoot<qrt_conv2d_params>(op, rootOf(op), *g, false, rowMajor(dims->size()), lowering);
}

void lower::addConvLowerings(LoweringTable &table) {
  table.add<nn::Conv2dOp>(lowerConv2d, "conv2d f32_conv2d");
  table.add<nn::ConvTranspose2dOp>(lowerConvTranspose2d, "conv_transpose2d f32_conv2d");
  table.add<nn::LinearOp>(lowerLinear, "conv2d f32_conv2d");
}
