//===- Arithmetic.cpp - operators that are put together while reading -----------------===//
//
// Sums that are means, clamps in two steps and sigmoids in four become one operator. What a part
// was is left in the graph: nothing that no output needs is imported.
//
//===-----------------------------------------------------------------------------===//

#include "Reader.h"

#include <cmath>

using namespace mlir;
using namespace qopt;
using namespace qopt::importer;

void Reader::sum(SumInfo info, StringRef output) {
  const std::string average = fresh(output + ".mean");
  mean(info, average);
  add("Mul", {average, scalar(static_cast<float>(info.count))}, output);
  sums[output] = std::move(info);
}

void Reader::mean(const SumInfo &info, StringRef output) {
  auto pool = [&](StringRef op) {
    auto emit = [&](StringRef in, StringRef out) {
      OnnxNode &node = add(op, {in.str()}, out);
      if (info.window)
        node.attributes = info.window->attributes;
    };
    if (info.channelsLast)
      channelsFirst(info.source, output, emit);
    else
      emit(info.source, output);
  };
  if (info.window)
    return pool("AveragePool");
  const bool last = info.axes == ArrayRef<int64_t>{1, 2};
  if (info.keepDims && info.rank == 4 && (last || info.axes == ArrayRef<int64_t>{2, 3})) {
    auto emit = [&](StringRef in, StringRef out) { add("GlobalAveragePool", {in.str()}, out); };
    return last ? channelsFirst(info.source, output, emit) : emit(info.source, output);
  }
  OnnxNode &node = add("ReduceMean", {info.source}, output);
  setInts(node, "axes", info.axes);
  setInt(node, "keepdims", info.keepDims);
}

/// The x of 1 + exp(-x), or "".
static std::string sigmoidInput(const Reader &reader, StringRef denominator) {
  const OnnxNode *sum = reader.maker(denominator, "Add");
  for (int i = 0; sum && i < 2; ++i) {
    const OnnxNode *exp = reader.maker(sum->inputs[i], "Exp");
    const OnnxNode *neg = exp ? reader.maker(exp->inputs[0], "Neg") : nullptr;
    if (neg && reader.splat(sum->inputs[1 - i]) == 1.0)
      return neg->inputs[0];
  }
  return {};
}

void Reader::binary(StringRef op, StringRef a, StringRef b, StringRef output) {
  if (op == "Mul" && sumOf(b))
    std::swap(a, b);
  const SumInfo *info = sumOf(a);
  const std::optional<double> factor = info ? splat(b) : std::nullopt;
  if (factor && *factor != 0.0 && (op == "Mul" || op == "Div")) {
    const double scale = (op == "Mul" ? *factor : 1.0 / *factor) * info->count;
    // The factor is 1 / count in f32.
    if (std::abs(scale - 1.0) < 1e-6)
      return mean(*info, output);
  }
  if (op == "Div" && splat(a) == 1.0)
    if (const std::string x = sigmoidInput(*this, b); !x.empty()) {
      add("Sigmoid", {x}, output);
      return;
    }
  add(op, {a.str(), b.str()}, output);
}

void Reader::clip(StringRef input, float low, float high, StringRef output) {
  std::string source = input.str();
  if (auto before = clips.find(input); before != clips.end()) {
    const ClipInfo &inner = before->second;
    // clamp(clamp(x, a, b), c, d) is one clamp.
    source = inner.source;
    const float l = std::min(std::max(inner.low, low), high);
    high = std::max(std::min(inner.high, high), low);
    low = l;
  }
  add("Clip", {source, scalar(low), scalar(high)}, output);
  clips[output] = {source, low, high};
}

void Reader::extremum(bool isMax, StringRef a, StringRef b, StringRef output) {
  constexpr float open = std::numeric_limits<float>::max();
  if (splat(a))
    std::swap(a, b);
  if (const std::optional<double> bound = splat(b)) {
    const auto limit = static_cast<float>(*bound);
    return isMax ? clip(a, limit, open, output) : clip(a, -open, limit, output);
  }
  OnnxNode &node = add(isMax ? "Max" : "Min", {a.str(), b.str()}, output);
  node.problem = "the maximum of two activations is not supported, only with a constant";
}
