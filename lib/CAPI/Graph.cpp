//===- Graph.cpp - a network as JSON ------------------------------------------------===//

#include "lib/CAPI/Internal.h"

#include "dialects/NN/NN.h"
#include "dialects/QOpt/QOptDialect.h"
#include "qopt/Pipelines/Stages.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/JSON.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using llvm::json::OStream;

namespace {

class GraphWriter {
public:
  explicit GraphWriter(OStream &json) : json(json) {}

  void module(ModuleOp module);
  void qparams(quantize::QParamsOp op);

private:
  void number(double value);
  void numbers(ArrayRef<float> values);
  void element(Type type);
  void value(Value value);
  void attribute(Attribute attribute);
  void attributes(Operation *op);
  void operands(Operation *op);
  void op(Operation *op);
  void function(func::FuncOp function);
  void spec(quantize::SpecAttr spec);

  OStream &json;
  llvm::DenseMap<Value, int64_t> ids;
};

} // namespace

void GraphWriter::number(double value) {
  if (std::isfinite(value))
    return json.value(value);
  json.rawValue(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
}

void GraphWriter::numbers(ArrayRef<float> values) {
  json.array([&] {
    for (const float value : values)
      number(value);
  });
}

/// "f32", or what the codes are.
void GraphWriter::element(Type type) {
  auto quantized = dyn_cast<quant::QuantizedType>(type);
  if (!quantized) {
    std::string text;
    llvm::raw_string_ostream(text) << type;
    return json.value(text);
  }
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  std::optional<int64_t> axis;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    scales.assign(perAxis.getScales().begin(), perAxis.getScales().end());
    zeroPoints.assign(perAxis.getZeroPoints().begin(), perAxis.getZeroPoints().end());
    axis = perAxis.getQuantizedDimension();
  } else if (auto uniform = dyn_cast<quant::UniformQuantizedType>(type)) {
    scales.push_back(uniform.getScale());
    zeroPoints.push_back(uniform.getZeroPoint());
  }
  const unsigned bits = quantized.getStorageTypeIntegralWidth();
  json.object([&] {
    json.attribute("storage", ((quantized.isSigned() ? "s" : "u") + Twine(bits)).str());
    json.attribute("bits", static_cast<int64_t>(bits));
    json.attribute("signed", quantized.isSigned());
    json.attribute("qmin", quantized.getStorageTypeMin());
    json.attribute("qmax", quantized.getStorageTypeMax());
    json.attributeArray("scales", [&] { llvm::for_each(scales, [&](double s) { number(s); }); });
    json.attributeArray("zero_points",
                        [&] { llvm::for_each(zeroPoints, [&](int64_t z) { json.value(z); }); });
    json.attribute("axis", axis ? llvm::json::Value(*axis) : llvm::json::Value(nullptr));
  });
}

void GraphWriter::value(Value value) {
  const auto type = cast<RankedTensorType>(value.getType());
  const int64_t id = static_cast<int64_t>(ids.size());
  ids[value] = id;
  json.object([&] {
    json.attribute("id", id);
    json.attribute("name", nn::getValueName(value));
    json.attributeArray("shape", [&] {
      for (const int64_t size : type.getShape())
        json.value(ShapedType::isDynamic(size) ? llvm::json::Value(nullptr)
                                               : llvm::json::Value(size));
    });
    json.attributeBegin("element");
    element(type.getElementType());
    json.attributeEnd();
  });
}

/// Plain values where there are some: an activation with its parameters, the name of a symbol,
/// the case of an enumeration; else the attribute's text.
void GraphWriter::attribute(Attribute attribute) {
  if (auto truth = dyn_cast<BoolAttr>(attribute))
    return json.value(truth.getValue());
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return json.value(integer.getInt());
  if (auto real = dyn_cast<FloatAttr>(attribute))
    return number(real.getValueAsDouble());
  if (auto text = dyn_cast<StringAttr>(attribute))
    return json.value(text.getValue());
  if (auto symbol = dyn_cast<FlatSymbolRefAttr>(attribute))
    return json.value(symbol.getValue());
  if (isa<UnitAttr>(attribute))
    return json.value(true);
  if (auto list = dyn_cast<DenseI64ArrayAttr>(attribute))
    return json.array(
        [&] { llvm::for_each(list.asArrayRef(), [&](int64_t i) { json.value(i); }); });
  if (auto list = dyn_cast<nn::NumbersAttr>(attribute))
    return json.array([&] {
      llvm::for_each(list.getList().asArrayRef(), [&](double number) { this->number(number); });
    });
  if (auto list = dyn_cast<ArrayAttr>(attribute))
    return json.array([&] { llvm::for_each(list, [&](Attribute a) { this->attribute(a); }); });
  if (auto act = dyn_cast<nn::ActAttr>(attribute))
    return json.object([&] {
      json.attribute("kind", nn::stringifyActKind(act.getKind()));
      json.attributeBegin("a");
      number(act.getA());
      json.attributeEnd();
      json.attributeBegin("b");
      number(act.getB());
      json.attributeEnd();
    });
  if (auto learned = dyn_cast<quantize::LearnedAttr>(attribute))
    return json.object([&] {
      json.attribute("zero_point", learned.getZeroPoint());
      json.attribute("grad_scale", quantize::stringifyGradScale(learned.getGradScale()));
    });
  if (auto quantized = dyn_cast<TypeAttr>(attribute))
    return element(quantized.getValue());
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  // #nn<coord_mode half_pixel> and the like: the last word is the case.
  StringRef word = text;
  if ((word.consume_front("#nn<") || word.consume_front("#qopt<")) && word.consume_back(">") &&
      word.contains(' '))
    return json.value(word.rsplit(' ').second);
  json.value(text);
}

void GraphWriter::attributes(Operation *op) {
  json.attributeObject("attrs", [&] {
    for (const NamedAttribute named : op->getAttrs()) {
      const StringRef name = named.getName().strref();
      // Data is not text, and names stand beside.
      if (isa<ElementsAttr>(named.getValue()) || name == nn::NNDialect::kNameAttr ||
          name == nn::NNDialect::kLayerAttr || name == "operandSegmentSizes")
        continue;
      json.attributeBegin(name);
      attribute(named.getValue());
      json.attributeEnd();
    }
  });
}

/// What each operand is to the op.
static SmallVector<StringRef> rolesOf(Operation *op) {
  if (auto fold = dyn_cast<quantize::FoldBatchNormOp>(op)) {
    SmallVector<StringRef> roles{"weight", "gamma", "beta", "mean", "var"};
    if (fold.getBias())
      roles.insert(roles.begin() + 1, "bias");
    return roles;
  }
  SmallVector<StringRef> roles(op->getNumOperands(), "input");
  if (auto quantizable = dyn_cast<QuantizableOpInterface>(op))
    for (const unsigned i : llvm::seq(op->getNumOperands()))
      roles[i] = stringifyRole(quantizable.getOperandRole(i));
  return roles;
}

void GraphWriter::operands(Operation *op) {
  json.attributeArray("operands", [&] {
    for (const Value operand : op->getOperands())
      json.value(ids.lookup(operand));
  });
  json.attributeArray("roles", [&] {
    for (const StringRef role : rolesOf(op))
      json.value(role);
  });
}

void GraphWriter::op(Operation *op) {
  auto layer = op->getAttrOfType<StringAttr>(nn::NNDialect::kLayerAttr);
  auto name = op->getAttrOfType<StringAttr>(nn::NNDialect::kNameAttr);
  json.object([&] {
    json.attribute("op", op->getName().getStringRef());
    json.attribute("name", name ? llvm::json::Value(name.getValue()) : llvm::json::Value(nullptr));
    json.attribute("layer",
                   layer ? llvm::json::Value(layer.getValue()) : llvm::json::Value(nullptr));
    json.attribute("dynamic", quantize::isDynamic(op));
    operands(op);
    json.attributeArray("results",
                        [&] { llvm::for_each(op->getResults(), [&](Value v) { value(v); }); });
    attributes(op);
  });
}

void GraphWriter::function(func::FuncOp function) {
  json.attributeArray("inputs", [&] {
    for (const BlockArgument argument : function.getArguments())
      value(argument);
  });
  Block &body = function.getBody().front();
  json.attributeArray("ops", [&] {
    for (Operation &each : body.without_terminator())
      op(&each);
  });
  json.attributeArray("outputs", [&] {
    for (OpOperand &operand : body.getTerminator()->getOpOperands()) {
      auto name = function.getResultAttrOfType<StringAttr>(operand.getOperandNumber(),
                                                           nn::NNDialect::kNameAttr);
      json.object([&] {
        json.attribute("name", name ? name.str() : nn::getValueName(operand.get()));
        json.attribute("id", ids.lookup(operand.get()));
      });
    }
  });
}

void GraphWriter::spec(quantize::SpecAttr spec) {
  json.attribute("bits", static_cast<int64_t>(spec.getBits()));
  json.attribute("signed", spec.getIsSigned());
  json.attribute("qmin", spec.getQmin());
  json.attribute("qmax", spec.getQmax());
  json.attribute("scheme", quantize::stringifyScheme(spec.getScheme()));
  json.attribute("granularity", quantize::stringifyGranularity(spec.getGranularity()));
  json.attribute("observer", spec.getObserver());
  json.attributeObject("options", [&] {
    if (!spec.getOptions())
      return;
    for (const NamedAttribute named : spec.getOptions()) {
      json.attributeBegin(named.getName());
      attribute(named.getValue());
      json.attributeEnd();
    }
  });
}

/// Every attribute of the symbol by its own name, so that a new one shows by itself.
void GraphWriter::qparams(quantize::QParamsOp op) {
  json.object([&] {
    spec(op.getSpec());
    json.attributeBegin("scales");
    if (op.getScales())
      numbers(*op.getScales());
    else
      json.value(nullptr);
    json.attributeEnd();
    json.attributeBegin("zero_points");
    if (op.getZeroPoints())
      json.array([&] { llvm::for_each(*op.getZeroPoints(), [&](int32_t z) { json.value(z); }); });
    else
      json.value(nullptr);
    json.attributeEnd();
    json.attribute("has_state", op.getState().has_value());
    static constexpr StringRef beside[] = {"sym_name", "spec", "scales", "zero_points", "state"};
    for (const StringRef name : op.getAttributeNames()) {
      if (llvm::is_contained(beside, name))
        continue;
      json.attributeBegin(name);
      if (const Attribute value = op->getAttr(name))
        attribute(value);
      else
        json.value(nullptr);
      json.attributeEnd();
    }
  });
}

void GraphWriter::module(ModuleOp module) {
  json.object([&] {
    json.attribute("stage", stageOf(module));
    if (auto main = module.lookupSymbol<func::FuncOp>("main"); main && !main.isExternal())
      function(main);
    json.attributeObject("qparams", [&] {
      for (quantize::QParamsOp op : module.getOps<quantize::QParamsOp>()) {
        json.attributeBegin(op.getSymName());
        qparams(op);
        json.attributeEnd();
      }
    });
  });
}

std::string capi::graphJson(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OStream json(os);
  GraphWriter(json).module(module);
  json.flush();
  return text;
}

std::string capi::qparamsJson(Operation *symbol) {
  std::string text;
  llvm::raw_string_ostream os(text);
  OStream json(os);
  GraphWriter(json).qparams(cast<quantize::QParamsOp>(symbol));
  json.flush();
  return text;
}

qopt_status qopt_module_graph(const qopt_module *module, qopt_bytes *out) {
  capi::giveBytes(capi::graphJson(module->module.get()), out);
  return QOPT_OK;
}
