//===- Quantized.cpp - how quantization of other dialects is read ---------------------===//
//
// quant.qcast and quant.dcast, and the arithmetic by which torch-mlir spells
// quantized_decomposed.quantize_per_tensor and its sisters, become QuantizeLinear and
// DequantizeLinear (N2, N3). Arithmetic that gives other numbers is refused with the difference.
//
//===-----------------------------------------------------------------------------===//

#include "Quantized.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

namespace {
/// What QuantizeLinear and DequantizeLinear are given.
struct Parameters {
  std::vector<float> scales;
  std::vector<int64_t> zeroPoints; // as many as scales
  unsigned bits = 8;
  bool isSigned = true;
  int64_t axis = -1;
};
} // namespace

/// Adds the node. 32 bits are those of biases, and have no zero point.
static void addNode(Reader &reader, StringRef op, const std::string &input,
                    const Parameters &parameters, StringRef output) {
  const bool perAxis = parameters.axis >= 0;
  const auto count = static_cast<int64_t>(parameters.scales.size());
  const SmallVector<int64_t> shape(perAxis ? 1 : 0, count);
  const std::string scale = reader.store(reader.fresh(output + ".scale"),
                                         Tensor::from<float>(DType::F32, shape, parameters.scales));
  SmallVector<std::string> inputs{input, scale};
  if (parameters.bits <= 16) {
    const bool wide = parameters.bits > 8;
    Tensor codes = Tensor::empty(parameters.isSigned ? (wide ? DType::I16 : DType::I8)
                                                     : (wide ? DType::U16 : DType::U8),
                                 shape);
    for (int64_t i = 0; i < count; ++i)
      if (wide)
        reinterpret_cast<uint16_t *>(codes.raw())[i] =
            static_cast<uint16_t>(parameters.zeroPoints[i]);
      else
        codes.raw()[i] = static_cast<uint8_t>(parameters.zeroPoints[i]);
    inputs.push_back(reader.store(reader.fresh(output + ".zero_point"), std::move(codes),
                                  wide ? 0 : parameters.bits));
  }
  OnnxNode &node = reader.add(op, inputs, output);
  if (perAxis)
    setInt(node, "axis", parameters.axis);
}

/// Sets bits and sign of the codes low..high. Returns why no type has that range, or "".
static std::string setRange(Parameters &parameters, double low, double high) {
  for (unsigned bits = 2; bits <= 16; ++bits) {
    const double count = std::ldexp(1.0, static_cast<int>(bits));
    if ((low == 0.0 && high == count - 1) || (low == -count / 2 && high == count / 2 - 1)) {
      parameters.bits = bits;
      parameters.isSigned = low != 0.0;
      return {};
    }
  }
  std::string why;
  llvm::raw_string_ostream(why) << "makes codes from " << static_cast<int64_t>(low) << " to "
                                << static_cast<int64_t>(high)
                                << ", which is the range of no integer type; activations use the "
                                   "whole range";
  return why;
}

/// Why the zero points are none of the codes' type, or "".
static std::string checkZeroPoints(const Parameters &parameters) {
  const int64_t count = parameters.bits <= 16 ? int64_t(1) << parameters.bits : 1;
  const int64_t low = parameters.isSigned ? -(count / 2) : 0, high = low + count - 1;
  for (const int64_t zero : parameters.zeroPoints)
    if (zero < low || zero > high)
      return "has zero point " + std::to_string(zero) + ", expected one from " +
             std::to_string(low) + " to " + std::to_string(high) + ", the range of its codes" +
             (count == 1 ? " (biases of 32 bits have none)" : "");
  return {};
}

/// The codes behind a name as the sign says: stored integers of no sign are read anew.
static std::string codesOf(Reader &reader, const std::string &name, bool isSigned, unsigned bits) {
  const Tensor *data = reader.constant(name);
  const DType wanted = isSigned ? DType::I8 : DType::U8;
  if (!data || dtypeSize(data->dtype()) != 1 || (data->dtype() == wanted && bits == 8))
    return name;
  Tensor codes = Tensor::empty(wanted, data->shape());
  std::copy_n(data->raw(), data->bytes(), codes.raw());
  return reader.store(reader.fresh(name + ".codes"), std::move(codes), bits == 8 ? 0 : bits);
}

//===-- quant -----------------------------------------------------------------------===//

static std::string readType(Type element, Parameters &parameters) {
  auto quantized = dyn_cast<quant::QuantizedType>(element);
  if (!quantized)
    return "has no quantized type";
  const unsigned width = quantized.getStorageTypeIntegralWidth();
  parameters.isSigned = quantized.isSigned();
  parameters.bits = width;
  if (auto uniform = dyn_cast<quant::UniformQuantizedType>(element)) {
    parameters.scales = {static_cast<float>(uniform.getScale())};
    parameters.zeroPoints = {uniform.getZeroPoint()};
  } else if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(element)) {
    for (const double scale : perAxis.getScales())
      parameters.scales.push_back(static_cast<float>(scale));
    parameters.zeroPoints.assign(perAxis.getZeroPoints().begin(), perAxis.getZeroPoints().end());
    parameters.axis = perAxis.getQuantizedDimension();
  } else {
    return "has a quantized type that is neither per tensor nor per axis; blocks are not supported";
  }
  return {};
}

static Type elementOf(Value value) { return cast<ShapedType>(value.getType()).getElementType(); }

/// The parameters that the codes of `typed` have; those of constants keep what range they have.
static std::string readCodes(Reader &reader, Value typed, StringRef input, Parameters &parameters) {
  auto type = dyn_cast<quant::QuantizedType>(elementOf(typed));
  if (std::string why = readType(type, parameters); !why.empty())
    return why;
  if (reader.constant(input))
    return {};
  return setRange(parameters, static_cast<double>(type.getStorageTypeMin()),
                  static_cast<double>(type.getStorageTypeMax()));
}

static std::string readQcast(Reader &reader, Operation &op) {
  Parameters parameters;
  const std::string input = reader.nameOf(op.getOperand(0));
  if (std::string why = readCodes(reader, op.getResult(0), input, parameters); !why.empty())
    return why;
  addNode(reader, "QuantizeLinear", input, parameters, reader.nameOf(op.getResult(0)));
  return {};
}

static std::string readDcast(Reader &reader, Operation &op) {
  Parameters parameters;
  const std::string input = reader.nameOf(op.getOperand(0));
  if (std::string why = readCodes(reader, op.getOperand(0), input, parameters); !why.empty())
    return why;
  if (std::string why = checkZeroPoints(parameters); !why.empty())
    return why;
  addNode(reader, "DequantizeLinear", input, parameters, reader.nameOf(op.getResult(0)));
  return {};
}

/// Codes with and without their type are the same codes.
static std::string readScast(Reader &reader, Operation &op) {
  const std::string input = reader.nameOf(op.getOperand(0));
  auto type = dyn_cast<quant::QuantizedType>(elementOf(op.getResult(0)));
  reader.bind(op.getResult(0),
              type ? codesOf(reader, input, type.isSigned(), type.getStorageTypeIntegralWidth())
                   : input);
  return {};
}

llvm::ArrayRef<ReadEntry> importer::quantRows() {
  static constexpr ReadEntry rows[] = {
      {"quant.qcast", readQcast}, {"quant.dcast", readDcast}, {"quant.scast", readScast}};
  return rows;
}

//===-- arithmetic ------------------------------------------------------------------===//

/// One clamp at the end of a chain: its input and its bound.
static Value peelClamp(Value value, double &low, double &high) {
  Operation *op = value.getDefiningOp();
  auto bound = [&](Value input, Value limit, bool isMax) {
    const std::optional<double> number = numberOf(limit);
    if (!number)
      return Value();
    // The narrower bound holds, wherever in the chain it stands.
    if (isMax)
      low = std::max(low, *number);
    else
      high = std::min(high, *number);
    return input;
  };
  if (isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(op))
    return bound(op->getOperand(0), op->getOperand(1), true);
  if (isa_and_nonnull<arith::MinimumFOp, arith::MinNumFOp>(op))
    return bound(op->getOperand(0), op->getOperand(1), false);
  auto select = dyn_cast_or_null<arith::SelectOp>(op);
  auto compare = select ? select.getCondition().getDefiningOp<arith::CmpFOp>() : nullptr;
  if (!compare)
    return {};
  using P = arith::CmpFPredicate;
  const bool less = llvm::is_contained({P::OLT, P::ULT, P::OLE, P::ULE}, compare.getPredicate());
  const bool more = llvm::is_contained({P::OGT, P::UGT, P::OGE, P::UGE}, compare.getPredicate());
  // select(x < c, c, x) is a maximum, select(x > c, c, x) a minimum.
  if (less != more && select.getFalseValue() == compare.getLhs() &&
      select.getTrueValue() == compare.getRhs())
    return bound(compare.getLhs(), compare.getRhs(), less);
  return {};
}

std::string importer::matchQuantize(Operation *cast, QuantizeForm &form) {
  Value value = cast->getOperand(0);
  form.low = -std::numeric_limits<double>::infinity();
  form.high = std::numeric_limits<double>::infinity();
  while (const Value inner = peelClamp(value, form.low, form.high))
    value = inner;
  if (!std::isfinite(form.low) || !std::isfinite(form.high))
    return "converts floats to integers without saturating them behind the zero point (N2)";
  if (auto sum = value.getDefiningOp<arith::AddFOp>()) {
    form.zeroPoint = sum.getRhs();
    value = sum.getLhs();
  }
  if (value.getDefiningOp<math::RoundOp>())
    return "rounds halves away from zero; N2 rounds them to even";
  auto round = value.getDefiningOp<math::RoundEvenOp>();
  if (!round)
    return "converts floats to integers without rounding to the nearest (N2)";
  auto quotient = round.getOperand().getDefiningOp<arith::DivFOp>();
  if (!quotient)
    return "multiplies by the reciprocal of a scale, which differs from the division of N2 near "
           "ties; divide by the scale";
  form.input = quotient.getLhs();
  form.scale = quotient.getRhs();
  return {};
}

/// The numbers of a scalar, or of a vector along one loop.
static std::string readNumbers(Reader &reader, linalg::GenericOp op, Value value,
                               std::vector<double> &numbers, int64_t &axis) {
  if (const std::optional<double> number = numberOf(value)) {
    numbers = {*number};
    return {};
  }
  if (auto convert = value.getDefiningOp();
      convert && isa<arith::SIToFPOp, arith::UIToFPOp, arith::ExtSIOp>(convert))
    value = convert->getOperand(0);
  auto argument = dyn_cast<BlockArgument>(value);
  if (!argument || argument.getOwner() != op.getBody() ||
      argument.getArgNumber() >= op.getInputs().size())
    return "has a scale or zero point that is computed at run time";
  OpOperand &input = op->getOpOperand(argument.getArgNumber());
  const Tensor *data = reader.constant(reader.nameOf(input.get()));
  const AffineMap map = op.getMatchingIndexingMap(&input);
  if (!data)
    return "has a scale or zero point that is computed at run time";
  if (data->numElements() != 1 && !map.isProjectedPermutation())
    return "has scales or zero points that are read at computed places";
  for (const AffineExpr expression : map.getResults())
    if (auto dim = dyn_cast<AffineDimExpr>(expression)) {
      if (axis >= 0 && axis != static_cast<int64_t>(dim.getPosition()))
        return "has scales along two dimensions; blocks are not supported";
      axis = dim.getPosition();
    }
  const Tensor floats = data->toF32();
  numbers.assign(floats.values<float>().begin(), floats.values<float>().end());
  return {};
}

static std::string readParameters(Reader &reader, linalg::GenericOp op, Value scale,
                                  Value zeroPoint, Parameters &parameters) {
  std::vector<double> scales, zeros{0.0};
  if (std::string why = readNumbers(reader, op, scale, scales, parameters.axis); !why.empty())
    return why;
  if (zeroPoint)
    if (std::string why = readNumbers(reader, op, zeroPoint, zeros, parameters.axis); !why.empty())
      return why;
  if (zeros.size() != 1 && zeros.size() != scales.size())
    return "has another number of zero points than of scales";
  for (size_t i = 0; i < scales.size(); ++i) {
    parameters.scales.push_back(static_cast<float>(scales[i]));
    const double zero = zeros[zeros.size() == 1 ? 0 : i];
    if (zero != std::floor(zero))
      return "has a zero point that is no integer";
    parameters.zeroPoints.push_back(static_cast<int64_t>(zero));
  }
  return {};
}

std::string importer::addQuantize(Reader &reader, linalg::GenericOp op, const QuantizeForm &form,
                                  const std::string &input, StringRef output) {
  Parameters parameters;
  if (std::string why = setRange(parameters, form.low, form.high); !why.empty())
    return why;
  if (std::string why = readParameters(reader, op, form.scale, form.zeroPoint, parameters);
      !why.empty())
    return why;
  if (std::string why = checkZeroPoints(parameters); !why.empty())
    return why;
  addNode(reader, "QuantizeLinear", input, parameters, output);
  return {};
}

namespace {
/// (codes - zeroPoint) * scale.
struct DequantizeForm {
  BlockArgument codes;
  Value scale, zeroPoint;
  bool isSigned = true;
};
} // namespace

static std::optional<DequantizeForm> matchDequantize(Operation *scalar) {
  if (!isa<arith::MulFOp>(scalar))
    return std::nullopt;
  for (unsigned side = 0; side < 2; ++side) {
    DequantizeForm form;
    Value value = scalar->getOperand(side);
    form.scale = scalar->getOperand(1 - side);
    if (auto difference = value.getDefiningOp<arith::SubFOp>()) {
      form.zeroPoint = difference.getRhs();
      value = difference.getLhs();
    }
    Operation *convert = value.getDefiningOp();
    if (!isa_and_nonnull<arith::SIToFPOp, arith::UIToFPOp>(convert))
      continue;
    form.isSigned = isa<arith::SIToFPOp>(convert);
    value = convert->getOperand(0);
    // In the codes' own narrow type the difference wraps; a negative one needs a signed conversion.
    if (auto difference = value.getDefiningOp<arith::SubIOp>();
        difference && !form.zeroPoint && form.isSigned &&
        (difference.getType().getIntOrFloatBitWidth() >= 32 ||
         isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(difference.getLhs().getDefiningOp()))) {
      form.zeroPoint = difference.getRhs();
      value = difference.getLhs();
    }
    if (Operation *extend = value.getDefiningOp();
        isa_and_nonnull<arith::ExtSIOp, arith::ExtUIOp>(extend)) {
      form.isSigned = isa<arith::ExtSIOp>(extend);
      value = extend->getOperand(0);
    }
    form.codes = dyn_cast<BlockArgument>(value);
    if (form.codes && isa<IntegerType>(form.codes.getType()))
      return form;
  }
  return std::nullopt;
}

bool importer::readsCodes(Operation *scalar) { return matchDequantize(scalar).has_value(); }

std::string importer::readDequantize(Reader &reader, linalg::GenericOp op, Operation *scalar,
                                     StringRef output) {
  const DequantizeForm form = *matchDequantize(scalar);
  OpOperand &input = op->getOpOperand(form.codes.getArgNumber());
  if (!op.getMatchingIndexingMap(&input).isIdentity())
    return "reads codes in another order than that of its loops";
  Parameters parameters;
  if (std::string why = readParameters(reader, op, form.scale, form.zeroPoint, parameters);
      !why.empty())
    return why;
  parameters.bits = form.codes.getType().getIntOrFloatBitWidth();
  parameters.isSigned = form.isSigned;
  std::string codes = reader.nameOf(input.get());
  if (parameters.bits <= 8)
    codes = codesOf(reader, codes, form.isSigned, parameters.bits);
  // The type of codes that the network makes is narrower than their storage where it says so.
  if (const OnnxNode *maker = reader.maker(codes, "QuantizeLinear"))
    parameters.bits = reader.bitsOf(maker->inputs[2]);
  if (std::string why = checkZeroPoints(parameters); !why.empty())
    return why;
  addNode(reader, "DequantizeLinear", codes, parameters, output);
  return {};
}
