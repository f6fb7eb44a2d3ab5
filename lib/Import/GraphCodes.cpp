//===- GraphCodes.cpp - values that the model holds as integer codes -----------------===//
//
// The importer keeps what codes stand for, in f32 behind a quantization point, and beside it
// their scale and zero point. So QuantizeLinear is a point, DequantizeLinear is nothing, and
// whatever moves codes moves the value.
//
//===-----------------------------------------------------------------------------===//

#include "GraphImporter.h"
#include "NodeContext.h"

#include "dialects/NN/Parameter.h"
#include "dialects/QOpt/QOptDialect.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

std::optional<CodeType> importer::codeTypeOf(StringRef elementType) {
  if (elementType == "uint8")
    return CodeType{8, false};
  if (elementType == "int8")
    return CodeType{8, true};
  return std::nullopt;
}

QuantRef importer::plainNumbers(CodeType type) {
  return std::make_shared<QuantInfo>(QuantInfo{type, {1.0f}, {0}, -1});
}

StringRef GraphImporter::plainName(StringRef name) const {
  StringRef plain = name;
  return plain.consume_back("_QuantizeLinear_Input") && dequantized.contains(plain) ? plain : name;
}

/// Imported parameters are taken as they are: no observer changes them.
static quantize::SpecAttr specOf(MLIRContext *context, const QuantInfo &quant) {
  return quantize::SpecAttr::get(context, quant.type.bits, quant.type.isSigned, quant.type.qmin(),
                                 quant.type.qmax(), quantize::Scheme::Affine,
                                 quant.isPerAxis() ? quantize::Granularity::PerChannel
                                                   : quantize::Granularity::PerTensor,
                                 "fixed", DictionaryAttr());
}

Value GraphImporter::addPoint(Value value, const QuantInfo &quant, StringRef name, Location loc) {
  std::string symbol = name.str();
  for (unsigned suffix = 1; !symbolNames.insert(symbol).second; ++suffix)
    symbol = (name + "." + Twine(suffix)).str();
  OpBuilder symbols(function);
  const NamedAttribute attributes[] = {
      symbols.getNamedAttr("sym_name", symbols.getStringAttr(symbol)),
      symbols.getNamedAttr("spec", specOf(&context, quant)),
      symbols.getNamedAttr("rule", symbols.getStringAttr("the imported model"))};
  auto qparams = quantize::QParamsOp::create(symbols, loc, TypeRange(), ValueRange(), attributes);
  if (quant.isPerAxis())
    qparams.setAxis(quant.axis);
  qparams.setQParams(quant.scales, quant.zeroPoints);
  qparams.setFixed(true);
  auto point = quantize::ObserveOp::create(builder, loc, value.getType(), value,
                                           FlatSymbolRefAttr::get(&context, symbol));
  setBatchMultiple(point, batchMultiple(value));
  return point;
}

/// i32 codes of zero point 0.
static Type wideType(MLIRContext *context, const QuantInfo &quant) {
  const Type storage = IntegerType::get(context, quant.type.bits);
  const Type expressed = Float32Type::get(context);
  constexpr unsigned flags = quant::QuantizationFlags::Signed;
  if (!quant.isPerAxis())
    return quant::UniformQuantizedType::get(flags, storage, expressed, quant.scales[0], 0,
                                            quant.type.qmin(), quant.type.qmax());
  const SmallVector<double> scales(quant.scales.begin(), quant.scales.end());
  return quant::UniformQuantizedPerAxisType::get(
      flags, storage, expressed, scales, SmallVector<int64_t>(scales.size(), 0),
      static_cast<int32_t>(quant.axis), quant.type.qmin(), quant.type.qmax());
}

/// Biases have i32 codes, more than f32 holds: codes and scale stay apart.
FailureOr<Value> GraphImporter::wideParameter(const ConstantRef &constant) {
  const QuantInfo &quant = *constant->quant;
  const std::string name = uniqueParameterName(constant->name);
  const Location loc = NameLoc::get(builder.getStringAttr(name));
  const Type element = wideType(&context, quant);
  OpBuilder::InsertionGuard guard(builder);
  goBehindParameters();
  auto codes =
      nn::createParameter(builder, loc, name, RankedTensorType::get(constant->shape, element),
                          ArrayRef<int32_t>(constant->wideCodes));
  auto result = quantize::DequantizeOp::create(
      builder, loc, RankedTensorType::get(constant->shape, builder.getF32Type()), codes);
  keepAlive.push_back(constant);
  return parameters[constant.get()] = result.getResult();
}

FailureOr<Value> GraphImporter::reinterpretCodes(const Binding &binding, const QuantInfo &wanted,
                                                 StringRef name, Location loc) {
  const QuantInfo &given = *binding.codes;
  Value value = binding.value;
  if (isa<BlockArgument>(value))
    value = addPoint(value, given, name, loc);
  if (given == wanted)
    return value;
  QuantInfo now = given;
  // Each step changes scale or zero point as N8 says, and no code.
  auto step = [&](auto op, float scale, int32_t zeroPoint, StringRef suffix) {
    const std::string unique = uniqueValueName((name + suffix).str());
    nn::setValueName(op, unique);
    now.scales[0] = scale;
    now.zeroPoints[0] = zeroPoint;
    value = addPoint(op->getResult(0), now, unique, loc);
  };
  auto scalar = [&](float number) {
    return builder.getNamedAttr("scalar", builder.getF32FloatAttr(number));
  };
  if (now.zeroPoints[0] != 0)
    step(nn::createInferred<nn::AddScalarOp>(
             builder, loc, value, {scalar(static_cast<float>(now.zeroPoints[0]) * now.scales[0])},
             1),
         now.scales[0], 0, ".offset");
  if (now.scales[0] != wanted.scales[0])
    step(nn::createInferred<nn::MulScalarOp>(builder, loc, value,
                                             {scalar(wanted.scales[0] / now.scales[0])}, 1),
         wanted.scales[0], 0, ".scale");
  if (wanted.zeroPoints[0] != 0)
    step(nn::createInferred<nn::AddScalarOp>(
             builder, loc, value,
             {scalar(-static_cast<float>(wanted.zeroPoints[0]) * wanted.scales[0])}, 1),
         wanted.scales[0], wanted.zeroPoints[0], ".zero_point");
  return value;
}

/// Nodes that move codes hand their parameters on; all others but the quantizing ones compute
/// with numbers, which codes are not.
LogicalResult GraphImporter::followCodes(const OnnxNode &node, const OpRow &row,
                                         NodeContext &context) {
  if (row.takesCodes)
    return success();
  QuantRef codes;
  for (const std::string &input : node.inputs)
    if (const Binding *binding = input.empty() ? nullptr : lookup(input); binding && binding->codes)
      codes = binding->codes;
  if (!codes)
    return success();
  for (const std::string &input : node.inputs) {
    const Binding *binding = input.empty() ? nullptr : lookup(input);
    if (binding && binding->value && (!binding->codes || !(*binding->codes == *codes)))
      return context.error() << "joins codes of different parameters; put DequantizeLinear before "
                                "it and QuantizeLinear behind it";
  }
  for (const std::string &output : node.outputs) {
    auto found = bindings.find(output);
    if (output.empty() || found == bindings.end() || !found->second.value)
      continue;
    auto maker = found->second.value.getDefiningOp<QuantizableOpInterface>();
    if (maker && maker.getQuantRule().result != ResultRule::SameAs &&
        maker.getQuantRule().result != ResultRule::Shared)
      return context.error() << "computes with integers of type " << codes->type.text()
                             << "; put DequantizeLinear before it";
    found->second.codes = codes;
  }
  return success();
}

/// Codes leave the network as numbers.
FailureOr<Value> GraphImporter::outputValue(const OnnxValue &output) {
  const Binding *binding = lookup(output.name);
  if (!binding)
    return error() << "output '" << output.name << "' is made by no node";
  if (binding->constant)
    return parameter(binding->constant, fileLoc());
  if (!binding->codes)
    return binding->value;
  return reinterpretCodes(*binding, *plainNumbers(binding->codes->type), output.name, fileLoc());
}
