//===- NNAct.cpp - the pointwise functions, defined once in f64 ---------------------===//

#include "dialects/NN/NN.h"

#include "mlir/IR/DialectImplementation.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace qopt::nn;

static unsigned parameterCount(ActKind kind) {
  switch (kind) {
  case ActKind::Clip:
  case ActKind::HardSigmoid:
    return 2;
  case ActKind::LeakyRelu:
    return 1;
  default:
    return 0;
  }
}

Attribute ActAttr::parse(AsmParser &parser, Type) {
  StringRef keyword;
  const SMLoc at = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseKeyword(&keyword))
    return {};
  const std::optional<ActKind> kind = symbolizeActKind(keyword);
  if (!kind) {
    parser.emitError(at) << "unknown activation '" << keyword
                         << "'; expected relu, relu6, clip, leaky_relu, sigmoid, tanh, "
                            "hard_sigmoid, hard_swish, gelu, gelu_tanh or silu";
    return {};
  }
  double values[2] = {0.0, 0.0};
  for (unsigned i = 0; i < parameterCount(*kind); ++i)
    if (parser.parseComma() || parser.parseFloat(values[i]))
      return {};
  if (parser.parseGreater())
    return {};
  return parser.getChecked<ActAttr>(at, parser.getContext(), *kind, APFloat(values[0]),
                                    APFloat(values[1]));
}

void ActAttr::print(AsmPrinter &printer) const {
  printer << "<" << stringifyActKind(getKind());
  const double values[2] = {getA(), getB()};
  for (unsigned i = 0; i < parameterCount(getKind()); ++i) {
    printer << ", ";
    printer.printFloat(APFloat(values[i]));
  }
  printer << ">";
}

LogicalResult ActAttr::verify(function_ref<InFlightDiagnostic()> emitError, ActKind kind,
                              APFloat first, APFloat second) {
  const double a = first.convertToDouble(), b = second.convertToDouble();
  if (std::isnan(a) || std::isnan(b))
    return emitError() << "activation parameters must be numbers";
  if (kind == ActKind::Clip && a > b)
    return emitError() << "clip expects a lower bound not above the upper, got [" << a << ", " << b
                       << "]";
  return success();
}

double ActAttr::apply(double x) const {
  const double a = getA(), b = getB();
  switch (getKind()) {
  case ActKind::Relu:
    return x > 0.0 ? x : 0.0;
  case ActKind::Relu6:
    return x > 6.0 ? 6.0 : (x > 0.0 ? x : 0.0);
  case ActKind::Clip:
    return x > b ? b : (x < a ? a : x);
  case ActKind::LeakyRelu:
    return x >= 0.0 ? x : a * x;
  case ActKind::Sigmoid:
    return 1.0 / (1.0 + std::exp(-x));
  case ActKind::Tanh:
    return std::tanh(x);
  case ActKind::HardSigmoid:
    return std::fmin(std::fmax(a * x + b, 0.0), 1.0);
  case ActKind::HardSwish:
    return x * std::fmin(std::fmax(x / 6.0 + 0.5, 0.0), 1.0);
  case ActKind::Gelu:
    return 0.5 * x * (1.0 + std::erf(x * 0.70710678118654752440));
  case ActKind::GeluTanh:
    return 0.5 * x * (1.0 + std::tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
  case ActKind::Silu:
    return x / (1.0 + std::exp(-x));
  }
  llvm_unreachable("all activation kinds are handled");
}

bool ActAttr::isClamp() const {
  return getKind() == ActKind::Relu || getKind() == ActKind::Relu6 || getKind() == ActKind::Clip;
}

double ActAttr::getLowerBound() const { return getKind() == ActKind::Clip ? getA() : 0.0; }

double ActAttr::getUpperBound() const {
  if (getKind() == ActKind::Clip)
    return getB();
  return getKind() == ActKind::Relu6 ? 6.0 : std::numeric_limits<double>::infinity();
}

Attribute NumbersAttr::parse(AsmParser &parser, Type) {
  SmallVector<double> numbers;
  if (parser.parseLess() ||
      parser.parseCommaSeparatedList([&] { return parser.parseFloat(numbers.emplace_back()); }) ||
      parser.parseGreater())
    return {};
  return get(parser.getContext(), DenseF64ArrayAttr::get(parser.getContext(), numbers));
}

void NumbersAttr::print(AsmPrinter &printer) const {
  printer << "<";
  llvm::interleaveComma(getList().asArrayRef(), printer,
                        [&](double number) { printer.printFloat(APFloat(number)); });
  printer << ">";
}
