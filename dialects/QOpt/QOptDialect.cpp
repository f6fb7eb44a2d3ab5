//===- QOptDialect.cpp - the qopt dialect and its attributes ------------------------===//

#include "dialects/QOpt/QOptDialect.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace qopt;
using namespace qopt::quantize;

#include "dialects/QOpt/QOptOpsDialect.cpp.inc"
#include "dialects/QOpt/QOptOpsEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/QOpt/QOptOpsAttrs.cpp.inc"

namespace {
/// Quantized types and specs print as aliases: a per-channel type holds hundreds of scales
/// and would repeat them at each use.
struct QuantAliases : OpAsmDialectInterface {
  using OpAsmDialectInterface::OpAsmDialectInterface;

  AliasResult getAlias(Type type, raw_ostream &os) const override {
    auto quantized = dyn_cast<quant::QuantizedType>(type);
    if (!quantized)
      return AliasResult::NoAlias;
    os << (isa<quant::UniformQuantizedPerAxisType>(type) ? "qc_" : "q_")
       << (quantized.isSigned() ? "s" : "u") << quantized.getStorageTypeIntegralWidth();
    return AliasResult::FinalAlias;
  }

  AliasResult getAlias(Attribute attribute, raw_ostream &os) const override {
    if (auto spec = dyn_cast<SpecAttr>(attribute)) {
      os << "spec_" << (spec.getIsSigned() ? "s" : "u") << spec.getBits();
      return AliasResult::FinalAlias;
    }
    if (isa<QConfigAttr>(attribute)) {
      os << "qconfig";
      return AliasResult::FinalAlias;
    }
    return AliasResult::NoAlias;
  }
};
} // namespace

void QOptDialect::initialize() {
  addInterfaces<QuantAliases>();
  addVersionToBytecode(*this);
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/QOpt/QOptOpsAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/QOpt/QOptOps.cpp.inc"
      >();
}

/// Discardable attributes of the dialect: known names with the right kind only, so that a
/// misspelled one is not silently ignored.
/// Index, count and samples of a shard.
static bool isShard(Attribute value) {
  auto entry = dyn_cast<DictionaryAttr>(value);
  if (!entry || entry.size() != 3)
    return false;
  auto index = entry.getAs<IntegerAttr>("index"), count = entry.getAs<IntegerAttr>("count"),
       samples = entry.getAs<IntegerAttr>("samples");
  return index && count && samples && index.getInt() >= 0 && index.getInt() < count.getInt();
}

LogicalResult QOptDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  const StringRef name = attribute.getName();
  const Attribute value = attribute.getValue();
  auto expect = [&](bool ok, StringRef what) -> LogicalResult {
    if (ok)
      return success();
    return op->emitError() << "attribute '" << name << "' expects " << what << ", got " << value;
  };
  if (name == kQConfigAttr)
    return expect(isa<QConfigAttr>(value), "a #qopt.qconfig");
  if (name == kFloatReasonAttr || name == kStageAttr || name == kSourceAttr || name == kEntryAttr)
    return expect(isa<StringAttr>(value), "a string");
  if (name == kFloatResultAttr)
    return expect(isa<UnitAttr>(value), "no value");
  if (name == kObservedAttr)
    return expect(isa<DictionaryAttr>(value), "a dictionary of count, min, max, clipped");
  if (name == kShardAttr)
    return expect(isShard(value), "{count, index, samples} with 0 <= index < count");
  if (name == kObserverAttr)
    return expect(isa<FlatSymbolRefAttr>(value), "the name of a qopt.qparams");
  if (name == kNumericsAttr)
    return expect(isa<NumericsAttr>(value), "#qopt.numerics<\"qopt.v1\">");
  if (name == kVersionAttr) {
    auto version = dyn_cast<IntegerAttr>(value);
    if (!version || !version.getType().isSignlessInteger(64))
      return expect(false, "an i64");
    if (version.getInt() < 1 || version.getInt() > kVersion)
      return op->emitError() << "attribute '" << name
                             << "': " << unknownVersionText(version.getInt());
    return success();
  }
  if (name.starts_with("qopt.x_"))
    return success(); // free notes of tools
  return op->emitError() << "unknown attribute '" << name
                         << "'; tools may add their own under 'qopt.x_'";
}

ArrayRef<StringLiteral> quantize::observerKinds() {
  static constexpr StringLiteral kinds[] = {"min_max",
                                            "moving_average_min_max",
                                            "per_channel_min_max",
                                            "histogram",
                                            "percentile",
                                            "mse",
                                            "entropy",
                                            "fixed",
                                            kDynamicObserver};
  return kinds;
}

LogicalResult NumericsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                   StringRef version) {
  if (version != "qopt.v1")
    return emitError() << "unknown numerics \"" << version << "\"; the one legal value is "
                       << "\"qopt.v1\"";
  return success();
}

LogicalResult SpecAttr::verify(function_ref<InFlightDiagnostic()> emitError, unsigned bits,
                               bool isSigned, int64_t qmin, int64_t qmax, Scheme scheme,
                               Granularity granularity, StringRef observer,
                               DictionaryAttr options) {
  if (bits < 2 || bits > 16)
    return emitError() << "expected 2 to 16 bits, got " << bits;
  const int64_t low = isSigned ? -(int64_t(1) << (bits - 1)) : 0;
  const int64_t high = isSigned ? (int64_t(1) << (bits - 1)) - 1 : (int64_t(1) << bits) - 1;
  if (qmin < low || qmax > high || qmin >= qmax)
    return emitError() << "expected codes within [" << low << ", " << high << "] for "
                       << (isSigned ? "s" : "u") << bits << ", got [" << qmin << ", " << qmax
                       << "]";
  if (!llvm::is_contained(observerKinds(), observer)) {
    return emitError() << "unknown observer \"" << observer << "\"; expected one of "
                       << llvm::join(observerKinds(), ", ");
  }
  if (observer == kDynamicObserver &&
      (bits != 8 || isSigned || qmin != 0 || qmax != 255 || scheme != Scheme::Affine ||
       granularity != Granularity::PerTensor))
    return emitError() << "parameters found at run time (observer \"dynamic\", N17) are those of "
                          "u8 codes [0, 255], affine, per_tensor";
  return success();
}

void quantize::printNumbers(AsmPrinter &printer, Operation *, ScalesAttr scales) {
  printer << "[";
  llvm::interleaveComma(scales.getNumbers().asArrayRef(), printer,
                        [&](float scale) { printer.printFloat(APFloat(scale)); });
  printer << "]";
}

ParseResult quantize::parseNumbers(AsmParser &parser, ScalesAttr &scales) {
  SmallVector<float> numbers;
  // The text has enough digits that rounding to f64 first changes nothing.
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        double number;
        if (parser.parseFloat(number))
          return failure();
        numbers.push_back(static_cast<float>(number));
        return success();
      }))
    return failure();
  scales =
      ScalesAttr::get(parser.getContext(), DenseF32ArrayAttr::get(parser.getContext(), numbers));
  return success();
}

Attribute ScalesAttr::parse(AsmParser &parser, Type) {
  ScalesAttr scales;
  if (parser.parseLess() || parseNumbers(parser, scales) || parser.parseGreater())
    return {};
  return scales;
}

void ScalesAttr::print(AsmPrinter &printer) const {
  printer << "<";
  printNumbers(printer, nullptr, *this);
  printer << ">";
}

/// `<scale>`, `<scale, zero_point>`, and what the gradients are multiplied by where it is not lsq.
Attribute LearnedAttr::parse(AsmParser &parser, Type) {
  bool zeroPoint = false;
  GradScale gradScale = GradScale::Lsq;
  if (parser.parseLess() || parser.parseKeyword("scale"))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    const SMLoc at = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword))
      return {};
    if (keyword == "zero_point") {
      zeroPoint = true;
      continue;
    }
    const std::optional<GradScale> named = symbolizeGradScale(keyword);
    if (!named) {
      parser.emitError(at) << "expected zero_point, lsq, torch or none, got '" << keyword << "'";
      return {};
    }
    gradScale = *named;
  }
  if (parser.parseGreater())
    return {};
  return get(parser.getContext(), zeroPoint, gradScale);
}

void LearnedAttr::print(AsmPrinter &printer) const {
  printer << "<scale";
  if (getZeroPoint())
    printer << ", zero_point";
  if (getGradScale() != GradScale::Lsq)
    printer << ", " << stringifyGradScale(getGradScale());
  printer << ">";
}

double SpecAttr::getOption(StringRef name, double fallback) const {
  if (!getOptions())
    return fallback;
  if (auto value = getOptions().getAs<FloatAttr>(name))
    return value.getValueAsDouble();
  if (auto value = getOptions().getAs<IntegerAttr>(name))
    return static_cast<double>(value.getInt());
  return fallback;
}
