//===- FloatActivation.cpp - activations of float layers, on arrays --------------------===//

#include "lib/Reference/FloatActivation.h"

#include <cmath>

using namespace qopt;
using namespace qopt::nn;

template <typename Function>
static void map(const float *in, float *out, int64_t count, Function function) {
  for (int64_t i = 0; i < count; ++i)
    out[i] = function(in[i]);
}

static float clamp(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

void reference::applyActivation(ActAttr act, const float *in, float *out, int64_t count) {
  const auto a = static_cast<float>(act.getA()), b = static_cast<float>(act.getB());
  switch (act.getKind()) {
  case ActKind::Relu:
    return map(in, out, count, [](float x) { return x < 0.0f ? 0.0f : x; });
  case ActKind::Relu6:
    return map(in, out, count, [](float x) { return clamp(x, 0.0f, 6.0f); });
  case ActKind::Clip:
    return map(in, out, count, [=](float x) { return clamp(x, a, b); });
  case ActKind::LeakyRelu:
    return map(in, out, count, [=](float x) { return x < 0.0f ? a * x : x; });
  case ActKind::HardSigmoid:
    return map(in, out, count, [=](float x) { return clamp(a * x + b, 0.0f, 1.0f); });
  case ActKind::HardSwish:
    return map(in, out, count, [](float x) { return x * clamp(x / 6.0f + 0.5f, 0.0f, 1.0f); });
  case ActKind::Sigmoid:
    return map(in, out, count, [](float x) { return 1.0f / (1.0f + std::exp(-x)); });
  case ActKind::Silu:
    return map(in, out, count, [](float x) { return x / (1.0f + std::exp(-x)); });
  case ActKind::Tanh:
    return map(in, out, count, [](float x) { return std::tanh(x); });
  case ActKind::Gelu:
    return map(in, out, count,
               [](float x) { return 0.5f * x * (1.0f + std::erf(x * 0.70710678f)); });
  case ActKind::GeluTanh:
    return map(in, out, count, [=](float x) { return static_cast<float>(act.apply(x)); });
  }
}
