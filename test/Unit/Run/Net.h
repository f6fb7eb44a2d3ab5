//===- Net.h - converted networks as text, with random codes -----------------------------===//

#ifndef QOPT_TEST_UNIT_RUN_NET_H
#define QOPT_TEST_UNIT_RUN_NET_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace qopt::test {

using Shape = std::vector<int64_t>;

/// A value of the text under construction.
struct Value {
  std::string name; ///< with the percent sign
  Shape shape;      ///< -1: the batch
  std::string element;
};

/// Parameters of a quantized type.
struct Quant {
  bool isSigned = false;
  int bits = 8;
  float scale = 0.05f;
  int zeroPoint = 0;

  int low() const { return isSigned ? -(1 << (bits - 1)) : 0; }
  int high() const { return isSigned ? (1 << (bits - 1)) - 1 : (1 << bits) - 1; }
  std::string text() const {
    return llvm::formatv("!quant.uniform<{0}{1}:f32, {2:e9}:{3}>", isSigned ? "i" : "u", bits,
                         scale, zeroPoint);
  }
};

struct ConvOptions {
  int64_t channels = 4, kernel = 3, stride = 1, padding = 1, dilation = 1, groups = 1;
  bool perChannel = true, bias = true, weightZeroPoints = false;
  std::string act; ///< "relu", "clip, -1.0, 2.0"
  std::optional<Value> residual;
  bool mid = true; ///< with a residual
  bool table = false;
};

/// Builds the text of @main op by op; types and codes are random.
class Net {
public:
  explicit Net(unsigned seed) : random(seed) {}

  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); }
  bool chance() { return pick(0, 1) == 1; }

  Quant quant() {
    Quant q;
    q.isSigned = chance();
    q.bits = pick(0, 7) == 0 ? 4 : 8;
    q.scale = std::uniform_real_distribution<float>(0.01f, 0.08f)(random);
    if (q.bits == 4)
      q.scale *= 16;
    q.zeroPoint = pick(q.low(), q.high());
    return q;
  }

  static std::string typeText(const Shape &shape, llvm::StringRef element) {
    std::string text = "tensor<";
    for (const int64_t size : shape)
      text += (size < 0 ? "?" : std::to_string(size)) + "x";
    return text + element.str() + ">";
  }
  static std::string type(const Value &value) { return typeText(value.shape, value.element); }

  /// "0x..." of random bytes between two codes.
  std::string randomCodes(int64_t count, int low, int high) {
    std::string text = "\"0x";
    for (int64_t i = 0; i < count; ++i)
      text += llvm::formatv("{0:X-2}", static_cast<uint8_t>(pick(low, high))).str();
    return text + "\"";
  }
  std::string randomInts(int64_t count, int range) {
    std::string text = "\"0x";
    for (int64_t i = 0; i < count; ++i) {
      const auto value = static_cast<uint32_t>(pick(-range, range));
      for (int byte = 0; byte < 4; ++byte)
        text += llvm::formatv("{0:X-2}", static_cast<uint8_t>(value >> 8 * byte)).str();
    }
    return text + "\"";
  }

  /// An argument of @main, by its name with the percent sign.
  std::string argument(const std::string &typeText) {
    const std::string name = "in" + std::to_string(arguments.size());
    arguments.push_back("%" + name + ": " + typeText + " {nn.name = \"" + name + "\"}");
    return "%" + name;
  }

  /// A network input, quantized.
  Value input(const Shape &shape) {
    const std::string text = typeText(shape, "f32");
    const std::string name = argument(text).substr(1);
    inputShapes.push_back(shape);
    Value value = fresh(shape, quant().text());
    body += llvm::formatv("{0} = qopt.quantize %{1} {{nn.name = \"{2}\"} : {3} -> {4}\n",
                          value.name, name, value.name.substr(1), text, type(value));
    return value;
  }

  /// `%v = <head> {attributes, nn.name} : (operand types) -> type`.
  Value op(llvm::StringRef head, llvm::ArrayRef<Value> operands, llvm::StringRef attributes,
           const Shape &shape, llvm::StringRef element) {
    Value value = fresh(shape, element.str());
    body += value.name + " = " + head.str() + " {" + attributes.str() +
            (attributes.empty() ? "" : ", ") + "nn.name = \"" + value.name.substr(1) + "\"} : (" +
            llvm::join(llvm::map_range(operands, type), ", ") + ") -> " + type(value) + "\n";
    return value;
  }

  /// `nn.kind %a, %b {attributes}`.
  Value simple(llvm::StringRef kind, llvm::ArrayRef<Value> operands, llvm::StringRef attributes,
               const Shape &shape, llvm::StringRef element) {
    std::string head = "nn." + kind.str() + " ";
    for (size_t i = 0; i < operands.size(); ++i)
      head += (i ? ", " : "") + operands[i].name;
    return op(head, operands, attributes, shape, element);
  }

  /// Weights of `shape` whose channels lie on `axis`, or per tensor with axis -1.
  Value weights(const Shape &shape, int64_t axis, bool zeroPoints) {
    int64_t count = 1;
    for (const int64_t size : shape)
      count *= size;
    std::string element = "!quant.uniform<i8<-127:127>:f32";
    if (axis >= 0)
      element += ":" + std::to_string(axis) + ", {";
    else
      element += ", ";
    for (int64_t c = 0; c < (axis >= 0 ? shape[axis] : 1); ++c) {
      const float scale = std::uniform_real_distribution<float>(0.002f, 0.02f)(random);
      element += llvm::formatv("{0}{1:e9}", c ? ", " : "", scale).str();
      if (zeroPoints)
        element += ":" + std::to_string(pick(-20, 20));
    }
    element += axis >= 0 ? "}>" : ">";
    return parameter(shape, element, "i8", randomCodes(count, -127, 127));
  }

  Value parameter(const Shape &shape, llvm::StringRef element, llvm::StringRef storage,
                  llvm::StringRef data) {
    Value value = fresh(shape, element.str());
    body += llvm::formatv("{0} = nn.parameter \"{1}\" dense<{2}> : {3} -> {4}\n", value.name,
                          value.name.substr(1), data, typeText(shape, storage), type(value));
    return value;
  }

  /// A constant of activations.
  Value constant(const Shape &shape, const Quant &q) {
    int64_t count = 1;
    for (const int64_t size : shape)
      count *= size;
    return parameter(shape, q.text(), "i8", randomCodes(count, q.low(), q.high()));
  }

  Value conv(const Value &x, const ConvOptions &o) {
    const int64_t extent = (o.kernel - 1) * o.dilation + 1;
    const auto slide = [&](int64_t size) { return (size + 2 * o.padding - extent) / o.stride + 1; };
    const Value w = weights({o.channels, x.shape[1] / o.groups, o.kernel, o.kernel},
                            o.perChannel ? 0 : -1, o.weightZeroPoints);
    const std::string attributes =
        llvm::formatv("stride = array<i64: {0}, {0}>, padding = array<i64: {1}, {1}, {1}, {1}>, "
                      "dilation = array<i64: {2}, {2}>, groups = {3} : i64",
                      o.stride, o.padding, o.dilation, o.groups);
    return root("conv2d", x, w, o, attributes,
                {x.shape[0], o.channels, slide(x.shape[2]), slide(x.shape[3])});
  }

  Value linear(const Value &x, const ConvOptions &o) {
    const Value w =
        weights({o.channels, x.shape.back()}, o.perChannel ? 0 : -1, o.weightZeroPoints);
    Shape shape = x.shape;
    shape.back() = o.channels;
    return root("linear", x, w, o, "", shape);
  }

  /// Weight, bias, residual and epilogue of any root.
  Value root(llvm::StringRef kind, const Value &x, const Value &w, const ConvOptions &o,
             std::string attributes, const Shape &shape) {
    std::vector<Value> operands{x, w};
    std::string head = ("nn." + kind + " " + x.name + ", " + w.name).str();
    if (o.bias) {
      operands.push_back(parameter({o.channels}, "!quant.uniform<i32:f32, 1.000000e-03>", "i32",
                                   randomInts(o.channels, 2000)));
      head += ", " + operands.back().name;
    }
    if (o.residual) {
      operands.push_back(*o.residual);
      head += " residual(" + o.residual->name + ")";
    }
    if (!o.act.empty())
      head += " act <" + o.act + ">";
    if ((o.residual && o.mid) || o.table)
      head += " mid(" + quant().text() + ")";
    const Quant out = quant();
    if (o.table)
      attributes += (attributes.empty() ? "" : ", ") + table(out);
    return op(head, operands, attributes, shape, out.text());
  }

  std::string table(const Quant &out, int64_t channels = 0) {
    const int64_t count = 256 * std::max<int64_t>(channels, 1);
    return "table = dense<" + randomCodes(count, out.low(), out.high()) + "> : tensor<" +
           (channels ? std::to_string(channels) + "x" : "") + "256xi8>";
  }

  /// Dequantizes `results` (those that are codes) and returns them.
  std::string finish(llvm::ArrayRef<Value> results) {
    std::vector<std::string> names, types, ports;
    for (const Value &value : results) {
      Value out = value;
      if (value.element != "f32") {
        out = fresh(value.shape, "f32");
        body += llvm::formatv("{0} = qopt.dequantize {1} {{nn.name = \"{2}\"} : {3} -> {4}\n",
                              out.name, value.name, out.name.substr(1), type(value), type(out));
      }
      names.push_back(out.name);
      types.push_back(type(out));
      ports.push_back(type(out) + " {nn.name = \"out" + std::to_string(ports.size()) + "\"}");
    }
    return "module attributes {qopt.version = 1 : i64, qopt.numerics = "
           "#qopt.numerics<\"qopt.v1\">, qopt.stage = \"converted\"} {\nfunc.func @main(" +
           llvm::join(arguments, ", ") + ") -> (" + llvm::join(ports, ", ") + ") {\n" + body +
           "return " + llvm::join(names, ", ") + " : " + llvm::join(types, ", ") + "\n}\n}\n";
  }

  Value fresh(const Shape &shape, std::string element) {
    return {"%v" + std::to_string(next++), shape, std::move(element)};
  }

  std::mt19937 random;
  std::vector<Shape> inputShapes;
  std::string body;

private:
  std::vector<std::string> arguments;
  int next = 0;
};

} // namespace qopt::test

#endif // QOPT_TEST_UNIT_RUN_NET_H
