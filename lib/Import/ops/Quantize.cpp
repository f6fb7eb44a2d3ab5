//===- Quantize.cpp - QuantizeLinear, DequantizeLinear -------------------------------===//
//
// Operators on codes were rewritten with these two before (ExpandQuantized.cpp).
//
//===-----------------------------------------------------------------------------===//

#include "../NodeContext.h"

#include "qopt/Support/Numerics.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

/// "y_quantized" of ONNX Runtime's tools stands for "y".
static std::string floatName(StringRef name) {
  name.consume_back("_quantized");
  return name.str();
}

//===-- scale and zero point --------------------------------------------------------===//

/// Element types of ONNX's enumeration (TensorProto.DataType).
static std::optional<CodeType> codeTypeOfNumber(int64_t type) {
  switch (type) {
  case 2:
    return CodeType{8, false};
  case 3:
    return CodeType{8, true};
  case 4:
    return CodeType{16, false};
  case 5:
    return CodeType{16, true};
  case 21:
    return CodeType{4, false};
  case 22:
    return CodeType{4, true};
  default:
    return std::nullopt;
  }
}

static LogicalResult checkScales(NodeContext &node, const Constant &scale) {
  if (node.getInt("block_size", 0) != 0 || scale.shape.size() > 1)
    return node.error() << "blocked quantization (a scale of rank " << scale.shape.size()
                        << ") is not supported; expected one scale, or one per channel";
  for (const float value : scale.floats.values<float>())
    if (!(value > 0.0f) || !std::isfinite(value))
      return node.error() << "the scale '" << scale.name << "' is " << value
                          << ", expected a positive number";
  return success();
}

/// The type of the zero point (input 2), or `fallback` where there is none.
static FailureOr<CodeType> codeType(NodeContext &node, CodeType fallback) {
  if (!node.hasInput(2))
    return fallback;
  const ConstantRef zeroPoint = node.constant(2);
  if (!zeroPoint || !zeroPoint->isInt || !zeroPoint->type.bits)
    return node.error() << "the zero point '" << node.node().inputs[2]
                        << "' is no constant of an integer type";
  return zeroPoint->type;
}

/// Inputs 1 and 2 as parameters of codes of a tensor of this rank.
static FailureOr<QuantInfo> readParameters(NodeContext &node, CodeType fallback, int64_t rank) {
  const FailureOr<ConstantRef> scale = node.weights(1, "the scale");
  if (failed(scale) || failed(checkScales(node, **scale)))
    return failure();
  const FailureOr<CodeType> type = codeType(node, fallback);
  if (failed(type))
    return failure();
  QuantInfo quant;
  quant.type = *type;
  quant.scales.assign((*scale)->floats.values<float>().begin(),
                      (*scale)->floats.values<float>().end());
  const size_t count = quant.scales.size();
  quant.zeroPoints.assign(count, 0);
  if (const ConstantRef zeroPoint = node.constant(2)) {
    const std::optional<SmallVector<int64_t>> values = zeroPoint->knownInts();
    if (!values || values->size() != count)
      return node.error() << "has " << count << " scales and " << (values ? values->size() : 0)
                          << " zero points";
    llvm::copy(*values, quant.zeroPoints.begin());
  }
  if (count == 1)
    return quant;
  const FailureOr<int64_t> axis = node.axis(node.getInt("axis", 1), rank);
  if (failed(axis))
    return failure();
  quant.axis = *axis;
  return quant;
}

/// One scale for each index of the axis.
static LogicalResult checkAxis(NodeContext &node, const QuantInfo &quant, ArrayRef<int64_t> shape) {
  if (!quant.isPerAxis() || shape[quant.axis] == static_cast<int64_t>(quant.scales.size()))
    return success();
  return node.error() << "has " << quant.scales.size() << " scales for axis " << quant.axis
                      << " of size " << shape[quant.axis];
}

/// Activations: per tensor, at most 8 bits, computed by no other rule than N2.
static LogicalResult checkActivation(NodeContext &node, const QuantInfo &quant) {
  if (quant.isPerAxis())
    return node.error() << "quantizes an activation per channel; activations have one scale (N1): "
                           "quantize the model with per-tensor activations";
  if (quant.type.bits > 8)
    return node.error() << "makes codes of " << quant.type.bits
                        << " bits; programs run on 2 to 8 bits (N1): quantize the model to 8 bits";
  return success();
}

/// Calls `visit(element, channel)` for all elements.
template <typename Visitor>
static void forEachElement(ArrayRef<int64_t> shape, int64_t axis, Visitor visit) {
  int64_t inner = 1, count = 1;
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    count *= shape[dim];
    if (static_cast<int64_t>(dim) > axis)
      inner *= shape[dim];
  }
  for (int64_t i = 0; i < count; ++i)
    visit(i, axis < 0 ? 0 : i / inner % shape[axis]);
}

//===-- QuantizeLinear --------------------------------------------------------------===//

static FailureOr<QuantInfo> quantizeParameters(NodeContext &node, int64_t rank) {
  const int64_t wanted = node.getInt("output_dtype", 0);
  const std::optional<CodeType> type = codeTypeOfNumber(wanted ? wanted : 2);
  if (!type)
    return node.error() << "output_dtype " << wanted
                        << " is not supported; expected an integer type of 4, 8 or 16 bits";
  return readParameters(node, *type, rank);
}

static LogicalResult importQuantize(NodeContext &node) {
  const FailureOr<Value> input = node.value(0);
  if (failed(input))
    return failure();
  if (node.graph().lookup(node.node().inputs[0])->codes)
    return node.error() << "quantizes integers; expected a float input";
  const FailureOr<QuantInfo> quant = quantizeParameters(node, NodeContext::rankOf(*input));
  if (failed(quant) || failed(checkActivation(node, *quant)))
    return failure();
  const std::string &name = node.node().outputs[0];
  const std::string made = nn::getValueName(*input); // a point has no name of its own
  const Value point =
      node.graph().addPoint(*input, *quant, made.empty() ? floatName(name) : made, node.loc());
  node.graph().bind(name, {point, nullptr, std::make_shared<QuantInfo>(*quant)});
  return success();
}

/// [N2] of a constant.
static LogicalResult foldQuantize(NodeContext &node) {
  const FailureOr<ConstantRef> input = node.weights(0, "the input");
  if (failed(input))
    return failure();
  const ArrayRef<int64_t> shape = (*input)->shape;
  const FailureOr<QuantInfo> quant = quantizeParameters(node, shape.size());
  if (failed(quant) || failed(checkAxis(node, *quant, shape)))
    return failure();
  if (quant->type.bits > 8)
    return checkActivation(node, *quant);
  const auto qmin = static_cast<int32_t>(quant->type.qmin());
  const auto qmax = static_cast<int32_t>(quant->type.qmax());
  auto result = std::make_shared<Constant>();
  result->name = (*input)->name;
  result->shape.assign(shape.begin(), shape.end());
  result->isInt = true;
  result->type = quant->type;
  result->codes = Tensor::empty(quant->type.isSigned ? DType::I8 : DType::U8, shape);
  auto *out = reinterpret_cast<uint8_t *>(result->codes.raw());
  const float *in = (*input)->floats.data<float>();
  forEachElement(shape, quant->axis, [&](int64_t i, int64_t channel) {
    out[i] = static_cast<uint8_t>(
        numerics::quantize(in[i], quant->scales[channel], quant->zeroPoints[channel], qmin, qmax));
  });
  return node.bind(std::move(result));
}

//===-- DequantizeLinear ------------------------------------------------------------===//

static LogicalResult importDequantize(NodeContext &node) {
  const Binding *binding = node.graph().lookup(node.node().inputs[0]);
  if (!binding->codes)
    return node.error() << "dequantizes a float value; expected codes of QuantizeLinear, or an "
                           "integer input";
  const FailureOr<QuantInfo> quant =
      readParameters(node, binding->codes->type, NodeContext::rankOf(binding->value));
  if (failed(quant) || failed(checkActivation(node, *quant)))
    return failure();
  if (!(quant->type == binding->codes->type))
    return node.error() << "its zero point is of type " << quant->type.text() << ", the codes are "
                        << binding->codes->type.text();
  const std::string &name = node.node().outputs[0];
  const FailureOr<Value> value = node.graph().reinterpretCodes(*binding, *quant, name, node.loc());
  return failed(value) ? failure() : node.bind(*value);
}

/// [N3] of a constant, which remembers its codes' parameters.
static ConstantRef dequantized(const Constant &codes, ArrayRef<int64_t> values,
                               const QuantInfo &quant) {
  ConstantRef result = makeFloats(floatName(codes.name), Tensor::empty(DType::F32, codes.shape));
  float *out = result->floats.data<float>();
  forEachElement(codes.shape, quant.axis, [&](int64_t i, int64_t channel) {
    out[i] = numerics::dequantize(static_cast<int32_t>(values[i]), quant.scales[channel],
                                  quant.zeroPoints[channel]);
  });
  result->quant = std::make_shared<QuantInfo>(quant);
  if (quant.type.bits > 16)
    result->wideCodes.assign(values.begin(), values.end());
  return result;
}

/// Convert takes the codes from the floats (N2), so these must lead back to them.
static LogicalResult checkExact(NodeContext &node, const Constant &made, ArrayRef<int64_t> values) {
  const QuantInfo &quant = *made.quant;
  bool exact = true;
  forEachElement(made.shape, quant.axis, [&](int64_t i, int64_t channel) {
    exact &= values[i] == numerics::quantize(made.floats.data<float>()[i], quant.scales[channel],
                                             quant.zeroPoints[channel],
                                             static_cast<int32_t>(quant.type.qmin()),
                                             static_cast<int32_t>(quant.type.qmax()));
  });
  if (exact)
    return success();
  return node.error() << "the scale of '" << made.name
                      << "' is so small that its weights cannot be told apart in f32";
}

static LogicalResult foldDequantize(NodeContext &node) {
  const ConstantRef codes = node.constant(0);
  if (!codes->isInt || !codes->type.bits)
    return node.error() << "expected integer codes of a stored type, got "
                        << (codes->isInt ? "computed integers" : "floats");
  const FailureOr<QuantInfo> quant = readParameters(node, codes->type, codes->shape.size());
  if (failed(quant) || failed(checkAxis(node, *quant, codes->shape)))
    return failure();
  if (!(quant->type == codes->type))
    return node.error() << "its zero point is of type " << quant->type.text() << ", the codes are "
                        << codes->type.text();
  const bool isWide = quant->type.bits > 16;
  if (isWide && llvm::any_of(quant->zeroPoints, [](int32_t z) { return z != 0; }))
    return node.error() << "codes of 32 bits must have zero point 0";
  if (quant->type.bits == 16)
    return node.error() << "'" << codes->name
                        << "' has codes of 16 bits; programs run on 2 to 8 bits (N1): quantize "
                           "the model to 8 bits";
  const std::optional<SmallVector<int64_t>> values = codes->knownInts();
  ConstantRef result = dequantized(*codes, *values, *quant);
  if (!isWide && failed(checkExact(node, *result, *values)))
    return failure();
  return node.bind(std::move(result));
}

//===-- what operators on codes were rewritten to -----------------------------------===//

/// The scale constant in input `index`.
static FailureOr<ArrayRef<float>> scalesOf(NodeContext &node, unsigned index) {
  const FailureOr<ConstantRef> scale = node.weights(index, "the scale");
  if (failed(scale) || failed(checkScales(node, **scale)))
    return failure();
  return (*scale)->floats.values<float>();
}

/// A bias of i32 codes at the scale sx * sw (N5), times alpha.
static LogicalResult foldDequantizeBias(NodeContext &node) {
  const ConstantRef codes = node.constant(0);
  const FailureOr<ArrayRef<float>> input = scalesOf(node, 1), weight = scalesOf(node, 2);
  if (failed(input) || failed(weight))
    return failure();
  if (!(codes->type == CodeType{32, true}) || input->size() != 1)
    return node.error() << "expected a bias of int32 codes and one input scale";
  QuantInfo quant;
  quant.type = codes->type;
  const auto alpha = static_cast<float>(node.getFloat("alpha", 1.0));
  for (const float scale : *weight)
    quant.scales.push_back(input->front() * scale * alpha);
  quant.zeroPoints.assign(quant.scales.size(), 0);
  quant.axis = quant.scales.size() == 1 ? -1 : static_cast<int64_t>(codes->shape.size()) - 1;
  if (failed(checkAxis(node, quant, codes->shape)))
    return failure();
  return node.bind(dequantized(*codes, *codes->knownInts(), quant));
}

static LogicalResult importDequantizeBias(NodeContext &node) {
  return node.error() << "the bias and the scales must be constants";
}

/// q - z as numbers of scale 1.
static FailureOr<QuantInfo> integerParameters(NodeContext &node, CodeType type, int64_t rank) {
  QuantInfo quant{type, {1.0f}, {0}, -1};
  if (!node.hasInput(1))
    return quant;
  const ConstantRef zeroPoint = node.constant(1);
  const auto values = zeroPoint ? zeroPoint->knownInts() : std::nullopt;
  if (!values || values->empty())
    return node.error() << "the zero point '" << node.node().inputs[1]
                        << "' is computed at run time, expected constant integers";
  quant.zeroPoints.assign(values->begin(), values->end());
  quant.scales.assign(values->size(), 1.0f);
  if (values->size() > 1) {
    const FailureOr<int64_t> axis = node.axis(node.getInt("axis", 0), rank);
    if (failed(axis))
      return failure();
    quant.axis = *axis;
  }
  return quant;
}

static LogicalResult importIntegerInput(NodeContext &node) {
  const Binding *binding = node.graph().lookup(node.node().inputs[0]);
  if (!binding->value || !binding->codes)
    return node.error() << "expected codes of QuantizeLinear, or an integer input";
  const FailureOr<QuantInfo> quant =
      integerParameters(node, binding->codes->type, NodeContext::rankOf(binding->value));
  if (failed(quant) || failed(checkActivation(node, *quant)))
    return failure();
  const FailureOr<Value> value =
      node.graph().reinterpretCodes(*binding, *quant, node.node().outputs[0], node.loc());
  return failed(value) ? failure() : node.bind(*value);
}

/// The sums are computed in f32, which holds integers up to 2^24 exactly: refuse what may leave.
static LogicalResult checkSums(NodeContext &node, const Constant &weight, int64_t axis) {
  SmallVector<double> sums(weight.shape[axis], 0.0);
  forEachElement(weight.shape, axis, [&](int64_t i, int64_t channel) {
    sums[channel] += std::fabs(weight.floats.data<float>()[i]) * 255.0;
  });
  for (const double sum : sums)
    if (sum > 0x1p24)
      return node.error() << "its sums can reach " << sum
                          << ", beyond the integers that f32 holds (2^24); quantize the model "
                             "with QLinearConv or QDQ, whose sums stay integer";
  return success();
}

static LogicalResult importIntegerWeight(NodeContext &node) {
  return node.error() << "the weight '" << node.node().inputs[0]
                      << "' is computed at run time, expected constant codes";
}

static LogicalResult foldIntegerWeight(NodeContext &node) {
  const ConstantRef codes = node.constant(0);
  if (!codes->isInt || codes->shape.empty() || codes->type.bits > 8 || !codes->type.bits)
    return node.error() << "expected a weight of 8-bit codes";
  const int64_t rank = codes->shape.size();
  const FailureOr<QuantInfo> quant = integerParameters(node, codes->type, rank);
  const FailureOr<int64_t> axis = node.axis(node.getInt("axis", 0), rank);
  if (failed(quant) || failed(axis) || failed(checkAxis(node, *quant, codes->shape)))
    return failure();
  ConstantRef result = dequantized(*codes, *codes->knownInts(), *quant);
  if (failed(checkSums(node, *result, *axis)))
    return failure();
  return node.bind(std::move(result));
}

llvm::ArrayRef<OpRow> importer::quantizeRows() {
  constexpr int64_t pattern = kLastOpset + 1; // of expandQuantized only
  static constexpr OpRow rows[] = {
      {"QuantizeLinear", 10, kLastOpset, importQuantize, "", foldQuantize, true},
      {"DequantizeLinear", 10, kLastOpset, importDequantize, "", foldDequantize, true},
      {"com.microsoft.QuantizeLinear", 1, kLastOpset, importQuantize, "", foldQuantize, true},
      {"com.microsoft.DequantizeLinear", 1, kLastOpset, importDequantize, "", foldDequantize, true},
      {"DequantizeBias", pattern, kLastOpset, importDequantizeBias, "", foldDequantizeBias, true},
      {"IntegerInput", pattern, kLastOpset, importIntegerInput, "", nullptr, true},
      {"IntegerWeight", pattern, kLastOpset, importIntegerWeight, "", foldIntegerWeight, true},
  };
  return rows;
}
