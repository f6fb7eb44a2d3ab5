//===- Proofs.cpp - ranges and tables, proved from the module's numbers -------------===//

#include "Checks.h"
#include "Formulas.h"
#include "Layers.h"

#include "dialects/QOpt/QOptDialect.h"

#include "llvm/ADT/StringMap.h"

#include <limits>

using namespace mlir;
using namespace qopt;
using namespace qopt::audit;

static constexpr int64_t kI32Low = std::numeric_limits<int32_t>::min();
static constexpr int64_t kI32High = std::numeric_limits<int32_t>::max();

static std::string rangeText(int64_t low, int64_t high) {
  return ("[" + Twine(low) + ", " + Twine(high) + "]").str();
}

//===-- accumulators ----------------------------------------------------------------===//

/// Keeps the widest span of a layer for the certificate.
static Json spanDetails(StringRef layer, ArrayRef<Span> spans) {
  Span widest;
  for (const Span &span : spans) {
    widest.low = std::min(widest.low, span.low);
    widest.high = std::max(widest.high, span.high);
  }
  return Json::object({{"layer", layer}, {"low", widest.low}, {"high", widest.high}});
}

static void checkProductSums(QuantizableOpInterface op, Check &check) {
  const UniformType a = uniformType(op->getOperand(0)), b = uniformType(op->getOperand(1));
  if (!a || !b)
    return;
  const auto farthest = [](UniformType type) {
    return std::max(type.getStorageTypeMax() - type.getZeroPoint(),
                    type.getZeroPoint() - type.getStorageTypeMin());
  };
  const int64_t terms = cast<RankedTensorType>(op->getOperand(0).getType()).getShape().back();
  const int64_t most = terms * farthest(a) * farthest(b);
  ++check.examined;
  check.details.push(Json::object({{"layer", layerName(op)}, {"low", -most}, {"high", most}}));
  if (most > kI32High)
    check.fail(layerName(op), "the sum of its " + Twine(terms) + " products can reach " +
                                  Twine(most) + ", beyond i32 (N4)");
}

/// [N17] u8 codes of any zero point: a factor is at most 255.
static void checkDynamicSums(nn::DynamicLinearOp op, Check &check) {
  nn::ParameterOp weight = nn::getParameter(op.getWeight());
  FailureOr<nn::ParameterData<int8_t>> codes =
      weight ? nn::getI8Data(weight) : FailureOr<nn::ParameterData<int8_t>>(failure());
  if (failed(codes))
    return check.fail(layerName(op), "its weight is no constant that can be read");
  const quant::QuantizedType type = nn::getQuantizedElementType(weight.getType());
  const int64_t channels = cast<RankedTensorType>(weight.getType()).getDimSize(0);
  const int64_t depth = static_cast<int64_t>(codes->size()) / channels;
  int64_t most = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(codes->size()); i += depth) {
    int64_t sum = 0;
    for (const int8_t code : codes->values().slice(i, depth))
      sum += std::abs((type.isSigned() ? code : uint8_t(code)) - zeroPointOf(type, i / depth));
    most = std::max(most, 255 * sum);
  }
  check.examined += channels;
  check.details.push(Json::object({{"layer", layerName(op)}, {"low", -most}, {"high", most}}));
  if (most > kI32High)
    check.fail(layerName(op), "its accumulators can reach " + Twine(most) + ", beyond i32 (N4)");
}

Check audit::checkAccumulators(ModuleOp module) {
  Check check{"accumulators",
              "no partial sum of any layer leaves i32, in any order (N4)",
              "channels",
              0,
              {},
              Json::array()};
  mainOf(module).walk([&](QuantizableOpInterface op) {
    if (op.getQuantRule().sumsProducts && uniformType(op->getResult(0)))
      return checkProductSums(op, check);
    if (auto dynamic = dyn_cast<nn::DynamicLinearOp>(op.getOperation()))
      return checkDynamicSums(dynamic, check);
    const std::optional<Root> root = Root::of(op);
    if (!root)
      return;
    const std::vector<Span> spans = accumulatorSpans(*root);
    check.examined += root->channels();
    check.details.push(spanDetails(root->layer, spans));
    for (const auto &[channel, span] : llvm::enumerate(spans))
      if (span.low < kI32Low || span.high > kI32High) {
        check.fail(root->layer, "the accumulator of channel " + Twine(channel) + " can reach " +
                                    rangeText(span.low, span.high) + ", beyond i32 (N4)");
        break;
      }
  });
  return check;
}

//===-- biases ----------------------------------------------------------------------===//

Check audit::checkBiases(ModuleOp module) {
  Check check{"biases",   "every bias has the scale of input times weight and zero point 0 (N5)",
              "channels", 0,
              {},         Json()};
  mainOf(module).walk([&](Operation *op) {
    const std::optional<Root> root = Root::of(op);
    if (!root || !root->biasType)
      return;
    check.examined += root->channels();
    const auto inputScale = static_cast<float>(root->input.getScale());
    for (int64_t channel = 0; channel < root->channels(); ++channel) {
      const float expected = inputScale * root->weightScale(channel);
      const float actual = scaleOf(root->biasType, channel);
      if (expected == actual && zeroPointOf(root->biasType, channel) == 0)
        continue;
      std::string text;
      llvm::raw_string_ostream(text)
          << "the bias of channel " << channel << " has scale "
          << llvm::format("%.9g", double(actual)) << ", input times weight is "
          << llvm::format("%.9g", double(expected)) << " (N5)";
      check.fail(root->layer, text);
      break;
    }
  });
  return check;
}

//===-- products --------------------------------------------------------------------===//

namespace {
/// What a Winograd kernel relies on: A'(..)A is `odd * 2^shift` times the accumulator, and the
/// largest factors by which its integer transforms widen codes and weights.
struct WinogradNeeds {
  StringLiteral name;
  int shift;
  int64_t inputFactor, weightFactor;
};
} // namespace

/// By part of the kernel's symbol (Lavin and Gray, arXiv:1509.09308; F(4,3) and F(2,3) with
/// integer matrices: squares of the greatest absolute row sums of B' and G).
static constexpr WinogradNeeds kWinograd[] = {{"winograd43", 6, 100, 144}, {"winograd23", 2, 4, 9}};

static void checkWinograd(const Root &root, ArrayRef<Span> spans, int64_t input, int64_t weight,
                          StringRef kernel, Check &check) {
  for (const WinogradNeeds &needs : kWinograd) {
    if (!kernel.contains(needs.name))
      continue;
    const int64_t bound = int64_t(1) << (31 - needs.shift);
    int64_t low = 0, high = 0;
    for (const Span &span : spans) {
      low = std::min<int64_t>(low, span.low);
      high = std::max<int64_t>(high, span.high);
    }
    check.details.push(Json::object({{"layer", root.layer},
                                     {"kernel", kernel},
                                     {"accumulator", Json::array({low, high})},
                                     {"exact_below", bound}}));
    for (const auto &[channel, span] : llvm::enumerate(spans))
      if (span.low < -bound || span.high >= bound) {
        check.fail(root.layer, kernel + ": the accumulator of channel " + Twine(channel) +
                                   " can reach " + rangeText(span.low, span.high) +
                                   ", beyond the +-2^" + Twine(31 - needs.shift) +
                                   " in which this Winograd form is exact");
        break;
      }
    if (input * needs.inputFactor > 32767 || weight * needs.weightFactor > 32767)
      check.fail(root.layer, kernel + ": a transformed code or weight can leave 16 bits");
  }
}

Check audit::checkProducts(ModuleOp module, const Program &program) {
  Check check{"products",
              "codes and weights less their zero points fit 16 bits, sums of two (16-bit) and "
              "four (8-bit) products fit i32 without saturation, Winograd accumulators fit",
              "layers",
              0,
              {},
              Json()};
  llvm::StringMap<SmallVector<StringRef>> kernels;
  const qrt_call_list &list = *program.calls();
  for (const qrt_variant_calls &variant : ArrayRef(list.variants, list.num_variants))
    for (const qrt_call_desc &call : ArrayRef(variant.calls, variant.num_calls))
      if (SmallVector<StringRef> &known = kernels[call.layer];
          !llvm::is_contained(known, call.kernel))
        known.push_back(call.kernel);
  mainOf(module).walk([&](Operation *op) {
    const std::optional<Root> root = Root::of(op);
    if (!root)
      return;
    ++check.examined;
    const int64_t zero = root->input.getZeroPoint();
    const int64_t input =
        std::max(root->input.getStorageTypeMax() - zero, zero - root->input.getStorageTypeMin());
    int64_t weight = 0;
    for (int64_t i = 0; i < root->elements(); ++i)
      weight = std::max(weight, std::abs(root->centred(i)));
    // VNNI takes u8 codes as they are: at most 255 times a weight.
    const int64_t widest = std::max<int64_t>(input, 255);
    if (input > 32767 || weight > 32767 || 4 * widest * weight > kI32High)
      check.fail(root->layer, "codes up to " + Twine(input) + " and weights up to " +
                                  Twine(weight) +
                                  " around their zero points do not fit the "
                                  "kernels' products");
    const std::vector<Span> spans = accumulatorSpans(*root);
    for (const StringRef kernel : kernels.lookup(root->layer))
      checkWinograd(*root, spans, input, weight, kernel, check);
  });
  return check;
}

//===-- tables ----------------------------------------------------------------------===//

/// What the function's table must hold, by raw byte; nothing where the op needs none.
static std::optional<std::vector<uint8_t>> expectedTable(Operation *op) {
  std::vector<uint8_t> bytes;
  const UniformType inputType = uniformType(op->getOperand(0));
  const UniformType outputType = uniformType(op->getResult(0));
  auto observer = op->getAttrOfType<FlatSymbolRefAttr>(quantize::QOptDialect::kObserverAttr);
  quantize::QParamsOp symbol = observer ? quantize::lookupQParams(op, observer) : nullptr;
  auto scalar = dyn_cast<DerivedResultOpInterface>(op);
  auto pointwise = dyn_cast<PointwiseOpInterface>(op);
  const std::optional<Root> root = Root::of(op);
  auto act = root ? dyn_cast_or_null<nn::ActAttr>(root->act) : nn::ActAttr();
  if (!outputType || (!pointwise && !(act && !act.isClamp() && root->mid)))
    return std::nullopt;
  const UniformType from = pointwise ? inputType : root->mid;
  if (!from)
    return std::nullopt;
  const Grid in(from), out(outputType);
  const int64_t channels = pointwise ? std::max<int64_t>(pointwise.getPointwiseChannels(), 1) : 1;
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int byte = 0; byte < 256; ++byte) {
      const double raw = codeOfByte(byte, from.isSigned());
      const double code = std::fmin(std::fmax(raw, in.low), in.high);
      if (scalar && symbol && symbol.getDerivedFromAttr()) {
        bytes.push_back(
            byteOfCode(scalar.deriveCode(int(code), int(in.zero), int(in.low), int(in.high))));
        continue;
      }
      const double x = in.dequantize(code);
      const double y = pointwise ? pointwise.evaluatePointwise(x, channel) : act.apply(x);
      bytes.push_back(byteOfCode(out.quantize(static_cast<float>(y))));
    }
  return bytes;
}

Check audit::checkTables(ModuleOp module) {
  Check check{"tables",  "every entry of every table is N3, the function in f64, N2 (N10)",
              "entries", 0,
              {},        Json()};
  mainOf(module).walk([&](Operation *op) {
    if (!isa<QuantizableOpInterface>(op))
      return;
    const std::optional<std::vector<uint8_t>> expected = expectedTable(op);
    auto table = op->getAttrOfType<DenseElementsAttr>("table");
    if (!expected)
      return;
    if (!table || table.getNumElements() != static_cast<int64_t>(expected->size())) {
      check.fail(layerName(op), "expected a table of " + Twine(expected->size()) + " codes");
      return;
    }
    for (const auto &[index, value] : llvm::enumerate(table.getValues<int8_t>())) {
      ++check.examined;
      const uint8_t actual = static_cast<uint8_t>(value), wanted = (*expected)[index];
      if (actual == wanted)
        continue;
      check.fail(layerName(op), "table entry " + Twine(index) + " is byte " + Twine(int(actual)) +
                                    ", the function gives " + Twine(int(wanted)) + " (N10)");
      break;
    }
  });
  return check;
}
